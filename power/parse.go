package power

import (
	"fmt"
	"slices"

	"plimsoll/internal/ipmi"
	"plimsoll/redundancy"
)

// sourceIPMI is the BMC as a source of reports.
const sourceIPMI = "IPMI"

// reading is what a sensor answered, or why it did not.
type reading struct {
	ipmi.Reading
	err string // empty: it did
}

// parseReading reads one answer.
func parseReading(answer []byte) reading {
	body, err := ipmi.Body(answer)
	if err != nil {
		return reading{err: err.Error()}
	}
	r, err := ipmi.ParseReading(body)
	if err != nil {
		return reading{err: err.Error()}
	}
	return reading{Reading: r, err: r.Unavailable}
}

// where is the place of evidence from s.
func where(s ipmi.Sensor) string { return fmt.Sprintf("IPMI sensor %02Xh %s", s.Number, s.Name) }

// answered is what s said, as evidence.
func answered(s ipmi.Sensor, r reading) redundancy.Evidence {
	if r.err != "" {
		return redundancy.Evidence{Where: where(s), Err: r.err}
	}
	return redundancy.Evidence{Where: where(s), Value: s.Words(r.Reading)}
}

// offsets are the discrete states of a supply, as facts.
var offsets = map[int]Fact{
	ipmi.SupplyPresent: Present, ipmi.SupplyFailed: Failed, ipmi.SupplyPredicted: Predicted, ipmi.SupplyInputLost: InputLost,
	ipmi.SupplyInputLostOrOutOfRange: InputLostOrOutOfRange, ipmi.SupplyInputOutOfRange: InputOutOfRange,
	ipmi.SupplyConfigurationError: ConfigurationError, ipmi.SupplyInactive: Inactive,
}

// says adds to facts what a status sensor says. A state that its record does not list among those that it can tell is one of
// which it says nothing; records that list none are wrong, and their sensors tell all.
func says(facts map[Fact]bool, s ipmi.Sensor, r ipmi.Reading) {
	tells := func(offset int) bool { return r.Has(offset) || s.Mask == 0 || s.Mask&(1<<offset) != 0 }
	switch s.Reads {
	case ipmi.ReadsSpecific:
		for offset, fact := range offsets {
			if tells(offset) {
				facts[fact] = facts[fact] || r.Has(offset)
			}
		}
	case ipmi.ReadsPresence:
		facts[Present] = r.Has(1)
	case ipmi.ReadsPredictive:
		facts[Predicted] = facts[Predicted] || r.Has(1)
	}
}

// report is what the BMC says of the supply in a bay.
func (b bay) report(readings map[sensorKey]reading, stamps map[sensorKey]redundancy.Evidence) Report {
	out := Report{Source: sourceIPMI, Says: map[Fact]bool{}}
	for _, s := range b.status {
		r := readings[keyOf(s)]
		out.Evidence = append(out.Evidence, answered(s, r))
		if r.err != "" {
			out.Unread = r.err
			continue
		}
		says(out.Says, s, r.Reading)
	}
	if len(out.Says) > 0 {
		out.Unread = "" // another of its sensors told
	}
	for _, s := range b.status {
		if e, has := stamps[keyOf(s)]; has {
			out.Evidence = append(out.Evidence, e)
		}
	}
	out.Input, out.Output = watts(b.input, readings), watts(b.output, readings)
	for _, s := range []*ipmi.Sensor{b.input, b.output} {
		if w := watts(s, readings); w.Known && !b.tells(*s) {
			out.Evidence = append(out.Evidence, redundancy.Evidence{Where: where(*s), Value: fmt.Sprintf("%g W", w.Value)})
		}
	}
	return out
}

// tells says whether s is one of the bay's status sensors, some of which measure as well.
func (b bay) tells(s ipmi.Sensor) bool {
	return slices.ContainsFunc(b.status, func(t ipmi.Sensor) bool { return keyOf(t) == keyOf(s) })
}

// watts is what s measures; nil measures nothing.
func watts(s *ipmi.Sensor, readings map[sensorKey]reading) Watts {
	if s == nil {
		return Watts{}
	}
	r, has := readings[keyOf(*s)]
	if !has || r.err != "" {
		return Watts{}
	}
	v, known := s.Value(r.Reading)
	return Watts{Known: known && v >= 0, Value: max(v, 0)}
}

// sensorKey is where a sensor is at the BMC.
type sensorKey struct{ lun, number byte }

func keyOf(s ipmi.Sensor) sensorKey { return sensorKey{s.LUN, s.Number} }

// gloom are the verdicts from bad to good: of several that are on, the worst counts.
var gloom = []Verdict{
	Insufficient, RedundancyLost, SufficientFromInsufficient, SufficientFromRedundant, RedundancyDegraded, DegradedFromFull,
	DegradedFromNone, FullyRedundant,
}

// said is what a redundancy sensor says of all supplies. The offsets of event type 0Bh are the verdicts in their order.
func said(s ipmi.Sensor, r reading) Said {
	out := Said{Evidence: answered(s, r)}
	if r.err != "" {
		return out
	}
	for _, v := range gloom {
		if r.Has(int(v) - int(FullyRedundant)) {
			out.Verdict = v
			return out
		}
	}
	return out
}

// beyond is what is wrong with a power unit, which is what is behind the supplies.
func beyond(s ipmi.Sensor, r reading) (redundancy.Warning, bool) {
	for _, offset := range []int{ipmi.UnitFailed, ipmi.UnitInputLost, ipmi.UnitControlFailed, ipmi.UnitPredicted} {
		if r.err == "" && r.Has(offset) {
			return redundancy.Warning{
				Key:  WarnUnit,
				Text: fmt.Sprintf("the BMC says of the host's power (%s): %s", s.Name, s.State(offset)), Evidence: []redundancy.Evidence{answered(s, r)},
			}, true
		}
	}
	return redundancy.Warning{}, false
}
