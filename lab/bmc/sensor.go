package bmc

import (
	"fmt"
	"slices"
	"strings"
)

// Sensor is one sensor of the BMC.
type Sensor struct {
	Name   string // what its record calls it
	Number byte

	entity, instance byte
	kind, reading    byte
	first            int // the bit that is set, or the watts, when the BMC comes up
	bits             int // how many states it has
}

// Present is the bit of a supply's sensor that says it is there (IPMI 2.0 table 42-3, type 08h).
const Present = 0

// firstWatts is what a supply takes in when the BMC comes up.
const firstWatts = 120

// Status is the sensor that says how a supply is.
func Status(supply int) Sensor {
	i := byte(supply)
	return Sensor{
		Name: fmt.Sprintf("PS%d Status", i), Number: i,
		entity: entitySupply, instance: i, kind: typeSupply, reading: readSpecific, first: Present, bits: 7,
	}
}

// InputPower is the sensor of the watts that a supply takes in.
func InputPower(supply int) Sensor {
	i := byte(supply)
	return Sensor{
		Name: fmt.Sprintf("PS%d Input Power", i), Number: 0x10 + i,
		entity: entitySupply, instance: i, kind: typeOther, reading: readThreshold, first: firstWatts,
	}
}

// Redundancy is the sensor that says what the BMC thinks of all supplies together.
func Redundancy() Sensor {
	return Sensor{Name: "PS Redundancy", Number: 0x20, entity: entityUnit, instance: 1, kind: typeSupply, reading: readRedundancy, bits: 8}
}

// PowerUnit is the sensor of the power unit. No state of it is set at first.
func PowerUnit() Sensor {
	return Sensor{Name: "Pwr Unit Status", Number: 0x21, entity: entityUnit, instance: 1, kind: typeUnit, reading: readSpecific, first: -1, bits: 8}
}

// Discrete reports whether the sensor has states and no value.
func (s Sensor) Discrete() bool { return s.reading != readThreshold }

func (s Sensor) mask() uint16 { return 1<<s.bits - 1 }

// Record is the sensor's record, of which the simulator fills in the first two bytes.
func (s Sensor) Record() []byte {
	if s.Discrete() {
		return s.discrete()
	}
	return s.analog()
}

// SetBit is the command that sets or clears one state, with an event of it.
func (s Sensor) SetBit(bit, value int) string {
	return fmt.Sprintf("sensor_set_bit %#x 0 %d %d %d 1", address, s.Number, bit, value)
}

// SetBits are the commands that set these states and clear all others, each with an event if it changes.
func (s Sensor) SetBits(set ...int) []string {
	commands := make([]string, s.bits)
	for bit := range s.bits {
		value := 0
		if slices.Contains(set, bit) {
			value = 1
		}
		commands[bit] = s.SetBit(bit, value)
	}
	return commands
}

// SetOnly is the command that sets one state and clears all others.
func (s Sensor) SetOnly(bit int) string {
	return fmt.Sprintf("sensor_set_bit_clr_rest %#x 0 %d %d 1", address, s.Number, bit)
}

// SetWatts is the command that sets the value of a sensor of watts.
func (s Sensor) SetWatts(watts int) string {
	return fmt.Sprintf("sensor_set_value %#x 0 %d %d 0", address, s.Number, watts/wattsPerCount)
}

func addRecord(record []byte) string {
	return fmt.Sprintf("main_sdr_add %#x %s", address, bytesOf(record))
}

func bytesOf(b []byte) string {
	words := make([]string, len(b))
	for i, v := range b {
		words[i] = fmt.Sprintf("%#02x", v)
	}
	return strings.Join(words, " ")
}

// add are the commands that make the sensor, and its record.
func (s Sensor) add() []string {
	mask := fmt.Sprintf("%015b", s.mask())
	commands := []string{
		fmt.Sprintf("sensor_add %#x 0 %d %#x %#x", address, s.Number, s.kind, s.reading),
		addRecord(s.Record()),
		fmt.Sprintf("sensor_set_event_support %#x 0 %d enable scanning per-state %s %s %s %s", address, s.Number, mask, mask, mask, mask),
	}
	switch {
	case !s.Discrete():
		return append(commands, s.SetWatts(s.first))
	case s.first >= 0:
		return append(commands, fmt.Sprintf("sensor_set_bit %#x 0 %d %d 1 0", address, s.Number, s.first))
	}
	return commands
}
