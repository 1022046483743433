package hwmon_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/hwmon"
)

func TestNamesOfAttributesAreTakenApart(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"fan1_input":            "fan 1 input",
		"temp12_crit_alarm":     "temp 12 crit_alarm",
		"in0_lcrit_alarm":       "in 0 lcrit_alarm",
		"temp1_emergency_alarm": "temp 1 emergency_alarm",
		"intrusion0_alarm":      "",
		"temp1_crit_hyst":       "",
		"fan_input":             "",
		"fan01_input":           "",
		"fan+1_input":           "",
		"curr1_alarm":           "",
		"power1_alarm":          "",
		"name":                  "",
		"":                      "",
	} {
		got := ""
		if s, n, item, ok := hwmon.ParseName(name); ok {
			got = fmt.Sprintf("%s %d %s", s, n, item)
		}
		if got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

func TestChannelsAreThoseThatCanTell(t *testing.T) {
	t.Parallel()
	got := []string{}
	for _, c := range hwmon.ParseChannels([]string{
		"temp2_input", "temp2_crit", "temp1_input", "temp1_max", "fan10_alarm", "fan2_fault", "fan1_input", "in3_input", "in4_min_alarm",
		"temp3_crit", "temp4_input", "temp4_emergency", "name", "uevent", "pwm1",
	}) {
		got = append(got, c.Key())
	}
	if diff := cmp.Diff([]string{"fan2", "fan10", "temp2", "temp4", "in4"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzParseName(f *testing.F) {
	for _, seed := range []string{"fan1_input", "temp65535_crit_alarm", "in0_alarm", "temp1__alarm", "fan-1_fault"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		s, n, item, ok := hwmon.ParseName(name)
		if again := fmt.Sprintf("%s%d_%s", s, n, item); ok && again != name {
			t.Errorf("%q was taken for %q", name, again)
		}
	})
}

func FuzzParseFlag(f *testing.F) {
	for _, seed := range []string{"0", "1", "-1", "2", "", "N/A"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if v, err := hwmon.ParseFlag(raw); err == nil && v != 0 && v != 1 {
			t.Errorf("%q was taken for %d", raw, v)
		}
	})
}
