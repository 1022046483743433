package power_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"plimsoll/internal/hosttest"
	"plimsoll/power"
	"plimsoll/redundancy"
)

const (
	chip  = "sys/devices/pci0000:00/0000:00:1f.4/i2c-3/3-0058/hwmon/hwmon4/"
	story = "testdata/kernel/ipsps1-brownout-and-hot.txtar"
)

func TestASupplyThatIsPulledOutKeepsItsSerialNumber(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, story)
	r := power.ChipReader(h.Sys())
	kernel(t, r)
	for _, attr := range []string{"in1_input", "in1_alarm", "serial_number"} {
		h.Break(chip+attr, syscall.ENXIO)
	}
	for _, s := range kernel(t, r).Supplies(power.Settings{}) {
		if !strings.HasSuffix(string(s.ID), "/0058") {
			continue
		}
		if s.Serial != "2C1A0001" || s.Reports[0].Unread != "no such device or address" {
			t.Errorf("serial %q, unread for %q", s.Serial, s.Reports[0].Unread)
		}
	}
}

func TestASourceThatDoesNotAnswerIsUnreadAlone(t *testing.T) {
	t.Parallel()
	const soon = 100 * time.Millisecond
	stuck := make(chan struct{})
	t.Cleanup(func() { close(stuck) })
	h := hosttest.Root(t, story)
	r := power.ChipReader(h.Sys())
	r.Stick(soon, "hwmon4", stuck)
	for range 2 {
		states := map[string]redundancy.State{}
		g, _ := power.System{Supplies: kernel(t, r).Supplies(power.Settings{})}.Group(power.Settings{Needed: 1})
		for _, m := range g.Members {
			states[string(m.ID[len(m.ID)-4:])] = m.State
		}
		if states["0058"] != redundancy.StateUnknown || states["0059"] != redundancy.Enabled {
			t.Errorf("states are %v", states)
		}
	}
}
