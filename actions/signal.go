package actions

import (
	"slices"
	"time"

	"plimsoll/redundancy"
)

// Signal is what this host tells those who send it work: load balancers, and the peers that would take its address.
type Signal uint8

// The signals, from the best to the worst. SignalUnknown: it is not known what was told last, so nothing is.
const (
	SignalUnknown Signal = iota
	SignalUp
	SignalLess  // less work than others
	SignalDrain // no new work
	SignalDown  // none at all
)

// The verbs by which a rule changes the signal for as long as its group does not work.
const (
	TellLess  Verb = "signal.weight"
	TellDrain Verb = "signal.drain"
	TellDown  Verb = "signal.down"
)

var signalWords = []string{"unknown", "up", "weight", "drain", "down"}

// String is the word of the verb, or up.
func (s Signal) String() string {
	if int(s) < len(signalWords) {
		return signalWords[s]
	}
	return signalWords[SignalUnknown]
}

var signalOf = map[Verb]Signal{TellLess: SignalLess, TellDrain: SignalDrain, TellDown: SignalDown}

// signalWithin is how long a signal has from its decision: leave, the log, and a fresh look.
const signalWithin = 2 * time.Minute

// SignalWays are how the signal is changed: by a record of it, and by nothing else. That the change has been seen, whoever asks
// for the signal knows; no look does.
func SignalWays() []Way {
	var all []Way
	for _, v := range Signals() {
		all = append(all, Way{
			Verb: v, Within: signalWithin,
			Aim: func(g redundancy.Group, _ Wish) Aim { return Aim{Wanted: troubled(&g, redundancy.Judge(g).Status)} },
		})
	}
	return all
}

// Signal is what the host tells by h: the worst of what it has leave for and has not given back. So it changes with leave alone, for
// the better too, and holds what it is while nobody can be asked; and it is what it was after a restart.
func (h *History) Signal() Signal {
	is := SignalUp
	for _, r := range h.Owed {
		if r.Phase == Done {
			is = max(is, signalOf[r.Action.Verb])
		}
	}
	return is
}

// troubled says whether something that went wrong with a group still is.
func (h *History) troubled(group redundancy.ID) bool {
	return slices.ContainsFunc(h.Faults[group], func(f Fault) bool { return f.Ended.IsZero() })
}

// Signals are the verbs of SignalWays.
func Signals() []Verb { return []Verb{TellLess, TellDrain, TellDown} }

// NeedsLeave says whether v reaches others whatever a rule says.
func (v Verb) NeedsLeave() bool {
	t, known := traitOf(v)
	return known && t.reach == ReachFleet
}

// unseen says whether no look can show what v does: its record is all there is. It is done once for a failure.
func (v Verb) unseen() bool { return v == Hook || signalOf[v] != SignalUnknown }
