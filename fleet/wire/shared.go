package wire

import (
	"fmt"
	"slices"

	"plimsoll/fleet/ledger"
)

// Fleetwide stands in subjects where a host's token does in others', for the events that arbiters tell of the fleet. No host
// and no person can have it: a name that begins with a dot is refused.
const Fleetwide = "_fleet"

// Fault is something that a host sees under a failure domain that it shares with others, and how long it has by the host's own
// steady clock. Wall clocks play no part.
type Fault struct {
	Domain string  `json:"domain"` // "feed:r12-a"
	Fault  string  `json:"fault"`  // "power.failed": what stands on it and is of this kind does not work
	AgeS   float64 `json:"age_s"`
}

// Same says whether f is the same fault as o, whatever its age.
func (f Fault) Same(o Fault) bool { return f.Domain == o.Domain && f.Fault == o.Fault }

// Footing is what becomes of a host if all of one failure domain goes.
type Footing struct {
	Domain string   `json:"domain"`
	Name   string   `json:"name,omitempty"`   // of the domain for people, where its id has another
	Dies   Answers  `json:"dies"`             // whether something goes down that is up now
	Margin *Margin  `json:"margin,omitempty"` // what is left if it does not; nil: there was none
	Down   []string `json:"down,omitempty"`   // what goes down, or may, by name; the first of many
}

// Answers is an answer that may not be known.
type Answers string

// The answers; any other is not known.
const (
	AnswerYes     Answers = "yes"
	AnswerNo      Answers = "no"
	AnswerUnknown Answers = "unknown"
)

// MaxShared bounds the faults and the footings of one message: a host hangs on two feeds and a few switches.
const MaxShared = 64

// MaxDown bounds what is named of what goes down with a domain.
const MaxDown = 8

// checkShared is the part of Check that is about failure domains.
func (a Alive) checkShared() error {
	if len(a.Faults) > MaxShared || len(a.Footings) > MaxShared {
		return fmt.Errorf("%d faults and %d footings, at most %d each", len(a.Faults), len(a.Footings), MaxShared)
	}
	for _, f := range a.Faults {
		if err := checkCase(f.Domain, f.Fault); err != nil {
			return err
		}
		if !(f.AgeS >= 0) { // nor is it no number
			return fmt.Errorf("fault %.60q is %g s old", f.Fault, f.AgeS)
		}
	}
	for _, f := range a.Footings {
		if err := checkNamed("domain", f.Domain, maxDomain); err != nil {
			return err
		}
		if err := checkText("name", f.Name, MaxName); err != nil {
			return err
		}
		if err := checkText("dies", string(f.Dies), MaxName); err != nil {
			return err
		}
		if len(f.Down) > MaxDown {
			return fmt.Errorf("%d that go down, at most %d", len(f.Down), MaxDown)
		}
		for _, name := range f.Down {
			if err := checkNamed("what goes down", name, MaxName); err != nil {
				return err
			}
		}
	}
	return checkPools(a.Failing)
}

// maxDomain bounds a failure domain: its kind, a colon and its name.
const maxDomain = 2*MaxName + 1

func checkCase(domain, fault string) error {
	if err := checkNamed("domain", domain, maxDomain); err != nil {
		return err
	}
	return checkNamed("fault", fault, MaxName)
}

// News is what an arbiter tells a host of what concerns it: a level, of which a later one replaces an earlier one pool by pool
// and case by case. It has the host hold still, or say less loudly what it says.
type News struct {
	// All says that these are all pools of the host, and not only what has changed.
	All   bool       `json:"all,omitempty"`
	Pools []PoolNews `json:"pools,omitempty"`
	Cases []CaseNews `json:"cases,omitempty"`
}

// PoolNews says whether a person has frozen a pool, as of one revision of its ledger.
type PoolNews struct {
	Pool   string      `json:"pool"`
	On     ledger.Mark `json:"on"`
	Frozen string      `json:"frozen,omitempty"` // by whom and why; empty: it is not
}

// CaseNews says whether most of a failure domain sees a fault.
type CaseNews struct {
	Domain   string `json:"domain"`
	Fault    string `json:"fault"`
	Incident uint64 `json:"incident"`
	Open     bool   `json:"open,omitempty"`
	Event    string `json:"event,omitempty"` // the id of the event that tells of it
}

// Schema is Message.
func (News) Schema() string { return "plimsoll.news/1" }

// Check is Message.
func (n News) Check() error {
	if len(n.Cases) > MaxShared {
		return fmt.Errorf("%d cases, at most %d", len(n.Cases), MaxShared)
	}
	var pools []string
	for _, p := range n.Pools {
		if pools = append(pools, p.Pool); len(p.Frozen) > MaxText {
			return checkText("frozen", p.Frozen, MaxText)
		}
	}
	for _, c := range n.Cases {
		if err := checkCase(c.Domain, c.Fault); err != nil {
			return err
		}
		if err := checkText("event", c.Event, MaxText); err != nil {
			return err
		}
	}
	return checkPools(pools)
}

// SameShared says whether hosts that say a and b see the same faults and fail in the same pools, whatever the faults' age.
func SameShared(a, b Alive) bool {
	return slices.Equal(a.Failing, b.Failing) && slices.EqualFunc(a.Faults, b.Faults, Fault.Same)
}
