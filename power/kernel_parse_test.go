package power_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/power"
)

func TestChannelsOfAChipAreSortedByName(t *testing.T) {
	t.Parallel()
	got := map[string]int{}
	for _, c := range power.ParseChannels([]string{
		"in1_input", "in1_lcrit_alarm", "in1_alarm", "in01_alarm", "fan1_fault", "power1_average", "name", "temp_alarm", "hwmon1_alarm",
	}) {
		got[c.Key] = len(c.Alarms)
	}
	if diff := cmp.Diff(map[string]int{"in1": 2, "fan1": 1, "power1": 0}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatAChannelMeasuresIsToldByItsLabel(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]power.Quantity{
		"in1 vin": power.InputVoltage, "in3 vout1": power.OutputVoltage, "in2 vcap": power.Other, "power1 pin": power.InputPower,
		"power2 pout1": power.OutputPower, "curr1 iin": power.Other, "fan1 ": power.Cooling, "temp2 ": power.Cooling, "in1 ": power.Other,
	} {
		key, label, _ := strings.Cut(name, " ")
		if got := power.ParseQuantity(key, label); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}

func TestASerialNumberIsNotWhatItsFieldIsFilledUpWith(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"2C1A0001 ": "2C1A0001", "\xff\xff\xff": "", "0000": "", "N/A": "", "": "", " - ": "", "A\x00\x00": "A",
	} {
		if got := power.ParseSerial(raw); got != want {
			t.Errorf("%q is %q, want %q", raw, got, want)
		}
	}
}

func TestABatterysNameOutlivesTheKernelsNumber(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"hid-0003:051D:0002.0001-battery": "hid-0003:051D:0002-battery", "hid-3B0812X12345-battery": "hid-3B0812X12345-battery", "BAT0": "BAT0",
		"sbs-7-000b": "sbs-000b", "sbs-20-battery": "sbs-20-battery",
	} {
		if got := power.ParseName(name); got != want {
			t.Errorf("%s lasts as %s, want %s", name, got, want)
		}
	}
}

func FuzzParseChannels(f *testing.F) {
	for _, seed := range []string{"in1_input in1_lcrit_alarm", "fan1_fault", "power1_cap_alarm power9999_alarm", "temp_alarm _"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, names string) {
		all := strings.Fields(names)
		for _, c := range power.ParseChannels(all) {
			for item := range c.Alarms {
				if !strings.Contains(" "+strings.Join(all, " ")+" ", " "+c.Key+"_"+item+" ") {
					t.Errorf("%q has no %s_%s", names, c.Key, item)
				}
			}
		}
	})
}

func FuzzParseSerial(f *testing.F) {
	for _, seed := range []string{"2C1A0001 ", "\xff\xff", "0", "N/A"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if once := power.ParseSerial(raw); power.ParseSerial(once) != once {
			t.Errorf("%q: %q is cut again", raw, once)
		}
	})
}
