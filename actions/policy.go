package actions

import (
	"time"

	"plimsoll/redundancy"
)

// Policy is what may be done on this host.
type Policy struct {
	Rules  []Rule            `json:"rules"`            // the file's, then Builtin's: for each group and verb the first that matches counts
	Labels map[string]string `json:"labels,omitempty"` // the host's
	Ways   []Way             `json:"-"`                // what the rooms of this program can do
}

// Rule says when to do what, and within which limits.
type Rule struct {
	Name     string            `json:"name"` // unique
	When     When              `json:"when"`
	Do       Verb              `json:"do"`
	Hook     string            `json:"hook,omitempty"` // which, where Do is Hook
	Reach    Reach             `json:"reach"`          // at least the verb's
	Pool     string            `json:"pool,omitempty"`
	Settle   redundancy.Settle `json:"settle"` // beside that of the assessment
	Limit    Limit             `json:"limit"`
	Failures Failures          `json:"failures"`
	Failback Failback          `json:"failback"`
	Unless   []Exception       `json:"unless,omitempty"`
}

// When is what must be so for a rule to match. All keys that are given must hold, and of each key one of its words; a key
// that is not given holds always.
type When struct {
	Kind         []redundancy.Kind   `json:"kind,omitempty"`
	Group        []string            `json:"group,omitempty"`         // patterns for the group's name or id: * is any text, ? one byte
	Event        []string            `json:"event,omitempty"`         // one of Levels: what that event tells of is so now
	Labels       map[string][]string `json:"labels,omitempty"`        // the host's
	MemberHealth []redundancy.Health `json:"member_health,omitempty"` // of some member
	Status       []redundancy.Status `json:"status,omitempty"`        // the best and the worst that the group may be
}

// Limit is how often one rule acts on one group: Max times within Per. A Max of 0 is never.
type Limit struct {
	Max int           `json:"max"`
	Per time.Duration `json:"per"`
}

// Failures is how many it takes to act, and how long each counts. One that still stands counts however old it is.
type Failures struct {
	Threshold int           `json:"threshold"`
	Timeout   time.Duration `json:"timeout"`
}

// Failback is how a group returns to where it was before a failover, once that has worked for StableFor without a break.
type Failback struct {
	Mode      FailbackMode  `json:"mode"`
	StableFor time.Duration `json:"stable_for"`
}

// FailbackMode is who decides on a failback.
type FailbackMode string

// The modes. Manual offers it to a person.
const (
	FailbackManual FailbackMode = "manual"
	FailbackAuto   FailbackMode = "auto"
)

// Exception is a state of things in which a rule holds still.
type Exception string

// UnlessCorrelated holds a rule still while the fleet sees the same fault on many hosts. Where there is no fleet, nothing is
// correlated.
const UnlessCorrelated Exception = "correlated"

// Levels are the words that a rule's event can have: events that tell of something that lasts. Others, such as the end of
// an activity, leave nothing behind that could be looked at before an action, and so start none.
func Levels() []string {
	return []string{
		redundancy.ComponentFailed, redundancy.ComponentMissing, redundancy.ComponentPredicted,
		redundancy.RedundancyDegraded, redundancy.RedundancyLost, redundancy.RedundancyFailed,
	}
}

// DefaultRule is a rule of which nothing is given: what its keys are unless a file says otherwise.
func DefaultRule() Rule {
	return Rule{
		Limit:    Limit{Max: 3, Per: time.Hour},
		Failures: Failures{Threshold: 1, Timeout: 24 * time.Hour},
		// A path or a disk that has failed once fails again within minutes, if it does.
		Failback: Failback{Mode: FailbackManual, StableFor: 30 * time.Minute},
	}
}

// Builtin are the rules behind those of any file: what is safe on every host. A bond moves to a standby that is proven, while
// the path in use is silent. All else is for a file to name.
func Builtin() []Rule {
	path := DefaultRule()
	path.Name, path.Do, path.Reach = "builtin-path", BondFailover, ReachHost
	// Switches learn where the addresses are now, and some dampen ports whose addresses move; the path that was left may need
	// as long to be proven again.
	path.Limit = Limit{Max: 1, Per: 10 * time.Minute}
	path.When.Kind = []redundancy.Kind{redundancy.KindBond}
	return []Rule{path}
}
