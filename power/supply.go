package power

import (
	"slices"

	"plimsoll/redundancy"
)

// Fact is one thing that a source can say of a supply. The words are those of the sensor type Power Supply (08h, IPMI 2.0
// table 42-3); other sources are told in them.
type Fact uint8

// The facts.
const (
	FactUnknown           Fact = iota
	Present                    // it is in its bay
	Failed                     // it has failed
	Predicted                  // it is going to fail
	InputLost                  // nothing comes in
	InputLostOrOutOfRange      // nothing comes in, or not what should; which of the two is not said
	InputOutOfRange            // what comes in is not what should, and it works
	ConfigurationError         // it does not fit its peers or the host
	Inactive                   // it stands by
)

var factWords = []string{
	"unknown", "present", "failed", "predicted to fail", "input lost", "input lost or out of range",
	"input out of range", "configuration error", "inactive",
}

// String is the fact for people.
func (f Fact) String() string {
	if int(f) < len(factWords) {
		return factWords[f]
	}
	return "fact of another version"
}

// Facts are all facts that a supply can have.
func Facts() []Fact {
	return []Fact{
		Present, Failed, Predicted, InputLost, InputLostOrOutOfRange, InputOutOfRange, ConfigurationError, Inactive,
	}
}

// Report is what one source says of one supply.
type Report struct {
	Source string // for people: IPMI, power_supply, pmbus
	// Says is what it says. A fact that is not there is one of which it says nothing.
	Says map[Fact]bool
	// Unread is why it could not be asked about the supply's condition; empty: it could. Says is then empty.
	Unread   string
	Evidence []redundancy.Evidence
	// Beside are warnings of what it says that is none of the facts, of no member yet.
	Beside []redundancy.Warning

	Input, Output Watts // what goes in and comes out, measured
}

// Watts is a power that may not be known.
type Watts struct {
	Known bool
	Value float64
}

// Supply is one power supply, with all that its sources say of it.
type Supply struct {
	ID      redundancy.ID // power:system/10.1
	Name    string        // for people and labels: psu1
	Serial  string        // empty: not known
	Product string        // likewise
	Rated   Watts         // what it can give
	Reports []Report
}

// says is what the reports say together of f, and whether they contradict each other, in which case nobody knows.
func (s Supply) says(f Fact) (answer redundancy.Tristate, contradicted bool) {
	for _, r := range s.Reports {
		said, has := r.Says[f]
		if !has {
			continue
		}
		is := redundancy.No
		if said {
			is = redundancy.Yes
		}
		if answer != redundancy.Unread && answer != is {
			return redundancy.Unread, true
		}
		answer = is
	}
	return answer, false
}

// is says whether the reports say f and none says otherwise.
func (s Supply) is(f Fact) bool {
	answer, _ := s.says(f)
	return answer == redundancy.Yes
}

// told says whether any source told of the supply's condition.
func (s Supply) told() bool {
	return slices.ContainsFunc(s.Reports, func(r Report) bool { return r.Unread == "" })
}

// contradicted are the facts on which its sources contradict each other.
func (s Supply) contradicted() []Fact {
	var out []Fact
	for _, f := range Facts() {
		if _, yes := s.says(f); yes {
			out = append(out, f)
		}
	}
	return out
}

// evidence is all that its sources said.
func (s Supply) evidence() []redundancy.Evidence {
	var out []redundancy.Evidence
	for _, r := range s.Reports {
		out = append(out, r.Evidence...)
	}
	return out
}

// component tells the supply as a member of a group: good is present, not failed, and fed.
func (s Supply) component() redundancy.Component {
	c := redundancy.Component{
		ID: s.ID, Name: s.Name, State: redundancy.Enabled, Health: redundancy.OK, Evidence: s.evidence(),
	}
	if s.Serial != "" {
		c.Device = redundancy.ID("serial:" + s.Serial)
	}
	switch lost, _ := s.says(InputLost); {
	case !s.told(), len(s.doubtful()) > 0:
		c.State, c.Health, c.Doubts = redundancy.StateUnknown, redundancy.HealthUnknown, []redundancy.Doubt{redundancy.DoubtUnread}
	case s.absent():
		c.State, c.Health = redundancy.Absent, redundancy.Critical
	case lost == redundancy.Yes && s.is(Failed): // many call what is not fed failed, too: nobody knows until it is
		c.State, c.Health = redundancy.Disabled, redundancy.HealthUnknown
	case lost == redundancy.Yes: // nothing is wrong with it
		c.State = redundancy.Disabled
	case s.is(Failed):
		c.State, c.Health = redundancy.Disabled, redundancy.Critical
	case s.is(InputLostOrOutOfRange) && lost != redundancy.No && !s.is(InputOutOfRange):
		c.State, c.Health, c.Doubts = redundancy.StateUnknown, redundancy.HealthUnknown, []redundancy.Doubt{redundancy.DoubtUnread}
	case s.is(Predicted):
		c.Health, c.Doubts = redundancy.HealthWarning, []redundancy.Doubt{redundancy.DoubtPredicted}
	case s.is(Inactive):
		c.State = redundancy.Standby
	}
	return c
}

// absent says whether its bay is empty, as its sources have it.
func (s Supply) absent() bool {
	present, _ := s.says(Present)
	return present == redundancy.No
}

// doubtful are the facts that decide whether it works and on which its sources contradict each other.
func (s Supply) doubtful() []Fact {
	return slices.DeleteFunc(s.contradicted(), func(f Fact) bool {
		return f != Present && f != Failed && f != InputLost
	})
}
