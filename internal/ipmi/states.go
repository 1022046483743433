package ipmi

import (
	"fmt"
	"strings"
)

// Discrete states of power supplies (sensor type 08h, table 42-3), by offset.
const (
	SupplyPresent = iota
	SupplyFailed
	SupplyPredicted
	SupplyInputLost
	SupplyInputLostOrOutOfRange
	SupplyInputOutOfRange
	SupplyConfigurationError
	SupplyInactive
)

// Discrete states of power units (sensor type 09h, table 42-3), by offset.
const (
	UnitOff = iota
	UnitCycle
	Unit240VADown
	UnitInterlockDown
	UnitInputLost
	UnitControlFailed
	UnitFailed
	UnitPredicted
)

var (
	supplyStates = []string{
		"Presence detected", "Power Supply Failure detected", "Predictive Failure", "Power Supply input lost (AC/DC)",
		"Power Supply input lost or out-of-range", "Power Supply input out-of-range, but present", "Configuration error",
		"Power Supply Inactive",
	}
	unitStates = []string{
		"Power Off/Power Down", "Power Cycle", "240VA Power Down", "Interlock Power Down", "AC lost/Power input lost",
		"Soft Power Control Failure", "Power Unit Failure detected", "Predictive Failure",
	}
	redundancyStates = []string{
		"Fully Redundant", "Redundancy Lost", "Redundancy Degraded", "Non-redundant: Sufficient Resources from Redundant",
		"Non-redundant: Sufficient Resources from Insufficient Resources", "Non-redundant: Insufficient Resources",
		"Redundancy Degraded from Fully Redundant", "Redundancy Degraded from Non-redundant",
	}
	presenceStates   = []string{"Device Absent", "Device Present"}
	predictiveStates = []string{"Predictive Failure deasserted", "Predictive Failure asserted"}
)

// states are the words of a sensor's discrete states, by offset; none: they are not known.
func (s Sensor) states() []string {
	switch {
	case s.Reads == ReadsRedundancy:
		return redundancyStates
	case s.Reads == ReadsPresence:
		return presenceStates
	case s.Reads == ReadsPredictive:
		return predictiveStates
	case s.Reads == ReadsSpecific && s.Type == TypePowerSupply:
		return supplyStates
	case s.Reads == ReadsSpecific && s.Type == TypePowerUnit:
		return unitStates
	default:
		return nil
	}
}

// State is the state at offset in the table's words, or its number where it has none.
func (s Sensor) State(offset int) string {
	if words := s.states(); offset >= 0 && offset < len(words) {
		return words[offset]
	}
	return fmt.Sprintf("state %d", offset)
}

// Words are the states of r that are on, in the table's words, and the number that it reads.
func (s Sensor) Words(r Reading) string {
	var on []string
	if v, ok := s.Value(r); ok {
		on = append(on, fmt.Sprintf("%g", v)+unitWord(s.Unit, s.Percent))
	}
	for offset := range 15 {
		if s.Reads != ReadsThreshold && r.Has(offset) {
			on = append(on, s.State(offset))
		}
	}
	if len(on) == 0 {
		return "no state"
	}
	return strings.Join(on, ", ")
}

func unitWord(unit byte, percent bool) string {
	switch {
	case percent:
		return " %"
	case unit == UnitWatts:
		return " W"
	default:
		return ""
	}
}
