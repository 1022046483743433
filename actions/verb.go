package actions

import (
	"fmt"
	"slices"
	"time"

	"plimsoll/redundancy"
)

// Verb is one thing that can be done to a group: the room, a dot, and the deed.
type Verb string

// The verbs. None stands in a rule that forbids all others.
const (
	None           Verb = "none"
	BondFailover   Verb = "netbond.failover"
	BondFailback   Verb = "netbond.failback"
	RaidReadmit    Verb = "raid.readmit"
	RaidReplace    Verb = "raid.replace"
	RaidEvict      Verb = "raid.evict"
	RaidAddSpare   Verb = "raid.add_spare"
	ServiceRestart Verb = "service.restart"
	ServiceStop    Verb = "service.stop"
	Hook           Verb = "hook" // run a hook of the configuration; a rule says which
)

// Reach is whom an action can hurt.
type Reach uint8

// The reaches. ReachHost: this host's own redundancy alone. ReachFleet: what others lean on; it needs a grant.
const (
	ReachUnknown Reach = iota
	ReachHost
	ReachFleet
)

var reachWords = []string{"unknown", "host", "fleet"}

// String is the word used in policy and records.
func (r Reach) String() string {
	if int(r) < len(reachWords) {
		return reachWords[r]
	}
	return fmt.Sprintf("#%d", uint8(r))
}

// MarshalText writes the word.
func (r Reach) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads the word; an unknown one is an error that lists those known.
func (r *Reach) UnmarshalText(b []byte) error {
	i := slices.Index(reachWords, string(b))
	if i < 0 {
		return fmt.Errorf("parse reach %q: want one of %q", b, reachWords)
	}
	*r = Reach(i)
	return nil
}

// trait is what is so of a verb whoever does it.
type trait struct {
	verb  Verb
	kind  redundancy.Kind // of the groups it can be done to; empty: any
	reach Reach           // the least it has; a rule may raise it
	back  Verb            // what undoes it once its cause is gone; empty: nothing does
	asked bool            // done for a person who asks alone: no rule can name it
}

// traits are all verbs but those that undo. netbond.failback follows from the failover that it undoes, by that rule's key
// failback.
var traits = []trait{
	{verb: BondFailover, kind: redundancy.KindBond, reach: ReachHost, back: BondFailback},
	{verb: RaidReadmit, kind: redundancy.KindRAID, reach: ReachHost},
	{verb: RaidReplace, kind: redundancy.KindRAID, reach: ReachHost},
	{verb: RaidEvict, kind: redundancy.KindRAID, reach: ReachHost, asked: true},
	{verb: RaidAddSpare, kind: redundancy.KindRAID, reach: ReachHost},
	{verb: ServiceRestart, kind: redundancy.KindService, reach: ReachHost},
	{verb: ServiceStop, kind: redundancy.KindService, reach: ReachHost},
	{verb: Hook, reach: ReachHost},
	{verb: TellLess, reach: ReachFleet},
	{verb: TellDrain, reach: ReachFleet},
	{verb: TellDown, reach: ReachFleet},
}

// traitOf is what is so of v, or of the verb that v undoes, and false where there is no such verb.
func traitOf(v Verb) (trait, bool) {
	for _, t := range traits {
		if t.verb == v || t.back == v && v != "" {
			return t, true
		}
	}
	return trait{}, false
}

// backOf is the verb that undoes v; empty: none does.
func backOf(v Verb) Verb {
	if t, known := traitOf(v); known && t.verb == v {
		return t.back
	}
	return ""
}

// Moves are the verb that moves a group of this kind to a standby and the one that undoes it, and false where none does.
func Moves(kind redundancy.Kind) (there, back Verb, able bool) {
	for _, t := range traits {
		if t.kind == kind && t.back != "" {
			return t.verb, t.back, true
		}
	}
	return "", "", false
}

// Verbs are the words that a rule's do can have.
func Verbs() []Verb {
	out := []Verb{None}
	for _, t := range traits {
		if !t.asked {
			out = append(out, t.verb)
		}
	}
	return out
}

// Doable are all verbs that something can be done by, those that undo others and those that no rule can name among them.
func Doable() []Verb {
	var out []Verb
	for _, t := range traits {
		out = append(out, t.verb)
		if t.back != "" {
			out = append(out, t.back)
		}
	}
	return out
}

// Kinds are the kinds of group that have a verb of their own.
func Kinds() []redundancy.Kind {
	var out []redundancy.Kind
	for _, t := range traits {
		if t.kind != "" && !slices.Contains(out, t.kind) {
			out = append(out, t.kind)
		}
	}
	return out
}

// Of says whether v can be done to groups of this kind. None can be said of every kind, and so can a hook.
func (v Verb) Of(kind redundancy.Kind) bool {
	t, known := traitOf(v)
	return v == None || known && (t.kind == "" || t.kind == kind)
}

// Action is one thing to do to one group.
type Action struct {
	ID    string        `json:"id,omitempty"` // given when it is intended; empty in a plan
	Rule  string        `json:"rule"`
	Verb  Verb          `json:"verb"`
	Hook  string        `json:"hook,omitempty"` // which, where the verb is Hook
	Group redundancy.ID `json:"group"`
	Name  string        `json:"name"` // the group's, for people
	// From and To are the members concerned, by the verb: what is left and what is taken. Either may be empty. A verb that
	// concerns one member alone has it in both.
	From redundancy.ID `json:"from,omitempty"`
	To   redundancy.ID `json:"to,omitempty"`
	// Device is From's occupant as it was decided on, for a verb that puts another in its place: only where there is another
	// is it done, and where there is one already it is not begun.
	Device redundancy.ID `json:"device,omitempty"`
	Reach  Reach         `json:"reach"`
	Pool   string        `json:"pool,omitempty"`  // where the leave to do it comes from, if it reaches others
	Cause  string        `json:"cause,omitempty"` // id of the event that told why
	By     string        `json:"by,omitempty"`    // who asked for it; empty: policy
	// Decided is when, and Deadline the moment from which on it must not be begun any more.
	Decided  time.Time `json:"decided"`
	Deadline time.Time `json:"deadline"`
}

// wish is what a's verb was asked for beside the group's state, when a was decided.
func (a Action) wish() Wish {
	w := Wish{ByHand: a.By != ""}
	if t, known := traitOf(a.Verb); w.ByHand || known && t.verb != a.Verb {
		w.To = a.To
	}
	return w
}

// Way is how a room does one verb. Its functions are pure: they go by the group as one look found it.
type Way struct {
	Verb   Verb
	Within time.Duration // from the decision to the deadline
	// Aim says what the verb would do to g now.
	Aim func(g redundancy.Group, w Wish) Aim
	// Done says whether g shows that a has been done: Yes or No from direct evidence, else Unread. Nil: no look can show it,
	// and what the operator returns is the outcome. Where nobody heard that, it counts as failed, and is not done again.
	Done func(g redundancy.Group, a Action) redundancy.Tristate
}

// Wish is what is asked of a verb beside what the group's state calls for.
type Wish struct {
	To redundancy.ID // the member to return to, for a verb that undoes, or that a person named; empty: the room chooses
	// ByHand: a person asks. The state that the verb is for need not be there; what speaks against it counts all the same.
	ByHand bool
}

// Aim is what a verb would do to a group as it is now. The zero value is: nothing.
type Aim struct {
	Wanted   bool // the group is in the state that the verb is for
	From, To redundancy.ID
	Device   redundancy.ID // as in Action
	Against  []string      // why it must not be done as things are, in words; empty: nothing is known against it
	Until    time.Time     // when time alone does away with all of Against; zero: it does not. Only a look shows that it has
}
