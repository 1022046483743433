package topology_test

import (
	"testing"

	"plimsoll/internal/hosttest"
	"plimsoll/internal/sysfs"
	"plimsoll/internal/topology"
	"plimsoll/internal/uevent"
)

func TestOnlyEventsOfHardwareAndBlockDevicesConcern(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		subsystem, path string
		want            bool
	}{
		{"block", "/devices/virtual/block/dm-0", true},
		{"enclosure", "/devices/pci0000:00/0000:03:00.0/enclosure/0:0:9:0", true},
		{"net", "/devices/pci0000:00/0000:05:00.0/net/eth0", true},
		{"net", "/devices/virtual/net/veth1", false},
		{"tty", "/devices/virtual/tty/tty1", false},
	} {
		if got := topology.Concerns(uevent.Event{Subsystem: c.subsystem, DevPath: c.path}); got != c.want {
			t.Errorf("%s %s: %t", c.subsystem, c.path, got)
		}
	}
}

// TestWatchPokesAtItsStartAndEndsWithItsContext runs on the tables of this kernel, and on those of a fixture, which can't be
// polled.
func TestWatchPokesAtItsStartAndEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for name, proc := range map[string]sysfs.FS{"this kernel": sysfs.New("/proc"), "a fixture": hosttest.Root(t, sata).Proc()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hosttest.Watches(t, topology.New(topology.Config{Sys: sysfs.New("/sys"), Proc: proc}))
		})
	}
}
