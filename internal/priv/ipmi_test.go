package priv_test

import (
	"testing"

	"plimsoll/internal/ipmi"
	"plimsoll/internal/priv"
)

func TestOnlyCommandsThatReadAreSent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]ipmi.Command{
		"device id": ipmi.DeviceID(), "repository": ipmi.RepositoryInfo(), "reservation": ipmi.ReserveRepository(),
		"record": ipmi.ReadSDR(1, 2, 3, 4), "sensor": ipmi.SensorReading(3, 0xFF), "inventory": ipmi.FRUArea(1),
		"inventory's bytes": ipmi.ReadFRU(1, 2, 3), "log": ipmi.SELInfo(), "event": ipmi.SELEntry(1), "clock": ipmi.SELTime(),
		"power": ipmi.PowerReading(),
	} {
		if !priv.IsIPMIRead(c) {
			t.Errorf("%s: % x is not sent", name, c)
		}
	}
	for name, c := range map[string][]byte{
		"nothing": {}, "half a command": {0x28}, "chassis control: power off": {0x00, 0x02, 0x00}, "cold reset": {0x18, 0x02},
		"clear SEL": {0x28, 0x47, 1, 0, 'C', 'L', 'R', 0xAA}, "set SEL time": {0x28, 0x49, 0, 0, 0, 0}, "write FRU": {0x28, 0x12, 0, 0, 0, 1},
		"send message": {0x18, 0x34, 0, 0x20}, "set power limit": {0xB0, 0x04, 0xDC}, "set sensor thresholds": {0x10, 0x26, 1, 0, 0, 0, 0, 0, 0, 0},
		"a read with something behind it": {0x28, 0x20, 0}, "a power reading of a vendor's group": {0xB0, 0x02, 0, 1, 0, 0},
		"manufacturer's own": {0xC0, 0x01}, "an answer": {0x2C, 0x20}, "master write-read": {0x18, 0x52, 1, 0xA0, 1, 0},
	} {
		if priv.IsIPMIRead(c) {
			t.Errorf("%s: % x is sent", name, c)
		}
	}
}

// TestTheListOfIPMICommandsIsThisLong tries every command there can be with up to eight bytes of data.
func TestTheListOfIPMICommandsIsThisLong(t *testing.T) {
	t.Parallel()
	sent := map[[2]byte]bool{}
	for netfn := range 64 {
		for cmd := range 256 {
			for n := range 9 {
				data := make([]byte, n)
				copy(data, []byte{0xDC, 1})
				if priv.IsIPMIRead(append([]byte{byte(netfn << 2), byte(cmd)}, data...)) {
					sent[[2]byte{byte(netfn), byte(cmd)}] = true
				}
			}
		}
	}
	if len(sent) != 11 {
		t.Errorf("%d commands are sent: %v", len(sent), sent)
	}
}
