package power_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/hosttest"
	"plimsoll/power"
	"plimsoll/redundancy"
)

const bat0 = "sys/devices/LNXSYSTM:00/LNXSYBUS:00/PNP0C0A:00/power_supply/BAT0/"

// line is how the line and the batteries are judged, and the look's notes.
func line(t *testing.T, c *power.LineCollector) (string, []string) {
	t.Helper()
	o, err := c.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Groups) == 0 {
		return "", o.Notes
	}
	return redundancy.Judge(o.Groups[0]).Status.String(), o.Notes
}

func TestALineThatGoesAndComesBackIsToldByItself(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/kernel/laptop-on-line.txtar")
	c := power.NewLine(power.LineConfig{Sys: h.Sys()})
	const online = "sys/devices/LNXSYSTM:00/LNXSYBUS:00/ACPI0003:00/power_supply/AC/online"
	var got []string
	for _, is := range []string{"1", "0", "1"} {
		h.Write(t, online, is+"\n")
		status, _ := line(t, c)
		got = append(got, status)
	}
	if diff := cmp.Diff([]string{"FullyRedundant", "Lost", "FullyRedundant"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestABayThatWasEmptyAllAlongMissesNoBattery(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/kernel/laptop-battery-not-there.txtar")
	status, notes := line(t, power.NewLine(power.LineConfig{Sys: h.Sys()}))
	want := []string{"the bay of BAT0 is empty", "no battery feeds this host, as far as the kernel knows"}
	if diff := cmp.Diff(want, notes); diff != "" || status != "" {
		t.Errorf("judged %q, notes (-want +got):\n%s", status, diff)
	}
}

func TestABatteryThatIsTakenOutIsMissed(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/kernel/laptop-on-line.txtar")
	c := power.NewLine(power.LineConfig{Sys: h.Sys()})
	line(t, c)
	h.Write(t, bat0+"present", "0\n")
	if status, _ := line(t, c); status != "Lost" {
		t.Errorf("judged %q, want Lost", status)
	}
}

func TestABatteryIsNearlyEmptyIfEitherItsLevelOrItsCapacitySaysSo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		capacity, level, want string
	}{
		{"4", "Normal", "Lost"}, {"50", "Low", "Lost"}, {"50", "Critical", "Lost"}, {"50", "Normal", "FullyRedundant"}, {"50", "Unknown", "FullyRedundant"},
	} {
		h := hosttest.Root(t, "testdata/kernel/laptop-on-line.txtar")
		h.Write(t, bat0+"capacity", c.capacity)
		h.Write(t, bat0+"capacity_level", c.level)
		if got, _ := line(t, power.NewLine(power.LineConfig{Sys: h.Sys()})); got != c.want {
			t.Errorf("%+v is %s", c, got)
		}
	}
}

func TestWatchingLinesBeginsWithAPokeAndEndsWithItsContext(t *testing.T) {
	t.Parallel()
	hosttest.Watches(t, power.NewLine(power.LineConfig{Sys: hosttest.Root(t, "testdata/kernel/nothing.txtar").Sys()}))
}
