package actions

import (
	"slices"
	"time"

	"plimsoll/redundancy"
)

// DailyCap is how many actions policy may start on one host within CapWithin. A host that needs more than that is sick in
// a way that no rule foresaw: it latches, and a person has to look.
const DailyCap = 3

// CapWithin is the time over which DailyCap counts.
const CapWithin = 24 * time.Hour

// LongestMemory is how far back a rule's limit and its failures can count, and so how long a start is remembered.
const LongestMemory = 31 * 24 * time.Hour

// maxStarts bounds what is remembered of starts. With the daily cap there are fewer, but for those that a person asked for.
const maxStarts = 512

// History is what happened, as far as decisions go by it: faults, actions under way, actions started, and groups that were
// moved. All of it follows from events and records, so that it survives a restart in the log. Whoever owns it changes it by
// Hear and Took; Decide only reads it. The zero value is the history of a host on which nothing happened.
type History struct {
	Faults   map[redundancy.ID][]Fault `json:"faults,omitempty"`  // by group, the oldest first
	Open     map[redundancy.ID]Record  `json:"open,omitempty"`    // by group: the newest record of the action under way
	Starts   []Start                   `json:"starts,omitempty"`  // the oldest first
	Owed     map[string]Record         `json:"owed,omitempty"`    // by action: ends whose leave has not been given back
	Vain     map[redundancy.ID]Record  `json:"vain,omitempty"`    // by group: its newest action, if that came to nothing
	Lapsed   map[redundancy.ID]Record  `json:"lapsed,omitempty"`  // by group: its newest hook, if that came to nothing
	Moves    map[redundancy.ID]Move    `json:"moves,omitempty"`   // by group: where it stood before a failover
	Latched  time.Time                 `json:"latched,omitzero"`  // since when the daily cap holds everything; zero: it does not
	Released time.Time                 `json:"released,omitzero"` // when a person last released it; the cap counts from there
}

// RetryAfter is how long a group is left alone after an action on it came to nothing. Until then what is judged may lag behind
// what a look found, and would only call for the same again.
const RetryAfter = 30 * time.Second

// Start is an action that was started.
type Start struct {
	At    time.Time     `json:"at"`
	Group redundancy.ID `json:"group"`
	Rule  string        `json:"rule"`
	Verb  Verb          `json:"verb"`
	By    string        `json:"by,omitempty"`
	ID    string        `json:"id,omitempty"`   // of the action
	Void  bool          `json:"void,omitempty"` // it was abandoned after all: it has surely not been done
}

// Move is a failover that has not been undone.
type Move struct {
	Home redundancy.ID `json:"home"` // the member that was in use before the first failover
	To   redundancy.ID `json:"to"`
	At   time.Time     `json:"at"`
	Rule string        `json:"rule"`
	Verb Verb          `json:"verb"`
}

// Hear takes in an event, in the order in which events are told.
func (h *History) Hear(e redundancy.Event) {
	if e.Group == "" {
		return
	}
	switch {
	case e.Type == redundancy.GroupRemoved:
		delete(h.Faults, e.Group)
		delete(h.Vain, e.Group)
		delete(h.Lapsed, e.Group)
	case e.Type == redundancy.GroupAdded:
		for _, m := range e.Members {
			h.note(m.ID, memberLevel(m.State, m.Health, m.Doubts), e)
		}
	case e.Type == redundancy.ComponentRemoved:
		h.note(e.Member, "", e)
	case e.Is == nil || e.Type == redundancy.RedundancyUnknown: // nothing is known to have begun or ended
	case e.Is.ComponentFace != nil:
		is := e.Is.ComponentFace
		h.note(e.Member, memberLevel(is.State, is.Health, is.Doubts), e)
		h.returned(e)
	case e.Is.GroupFace != nil:
		h.note("", statusLevel(e.Is.Status), e)
	}
}

func (h *History) note(member redundancy.ID, level string, e redundancy.Event) {
	faults := noted(h.Faults[e.Group], member, level, e)
	if len(faults) == 0 {
		return
	}
	set(&h.Faults, e.Group, faults)
}

// returned forgets a failover that somebody or something else has undone: the member is in use again.
func (h *History) returned(e redundancy.Event) {
	m, moved := h.Moves[e.Group]
	if moved && m.Home == e.Member && e.Is.State == redundancy.Enabled && e.Time.After(m.At) {
		delete(h.Moves, e.Group)
	}
}

// Took takes in a record, in the order of the log.
func (h *History) Took(r Record) {
	switch r.Phase {
	case Intended, Granted:
		h.open(r)
	case Started:
		h.open(r)
		h.start(r)
	case Done:
		h.ended(r)
		delete(*h.vain(r.Action.Verb), r.Action.Group)
		h.moved(r)
	case Failed, Abandoned:
		h.ended(r)
		set(h.vain(r.Action.Verb), r.Action.Group, r)
	case Freed:
		delete(h.Owed, r.Action.ID)
	case Released:
		h.Latched, h.Released = time.Time{}, r.At
	}
}

func (h *History) open(r Record) { set(&h.Open, r.Action.Group, r) }

// vain is where it is kept that an action by v came to nothing. A hook or a signal that did holds up hooks and signals alone: it
// says nothing of whether the group can be mended.
func (h *History) vain(v Verb) *map[redundancy.ID]Record {
	if v.unseen() {
		return &h.Lapsed
	}
	return &h.Vain
}

func (h *History) ended(r Record) {
	delete(h.Open, r.Action.Group)
	if r.Phase == Abandoned {
		h.void(r.Action.ID)
	}
	if r.Action.Reach != ReachHost {
		set(&h.Owed, r.Action.ID, r)
	}
}

func set[K comparable, V any](m *map[K]V, k K, v V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[k] = v
}

func (h *History) start(r Record) {
	h.Starts = slices.DeleteFunc(h.Starts, func(s Start) bool { return r.At.Sub(s.At) >= LongestMemory })
	h.Starts = append(h.Starts, Start{At: r.At, Group: r.Action.Group, Rule: r.Action.Rule, Verb: r.Action.Verb, By: r.Action.By, ID: r.Action.ID})
	h.Starts = h.Starts[max(0, len(h.Starts)-maxStarts):]
	if h.Latched.IsZero() && h.startedToday(r.At) >= DailyCap {
		h.Latched = r.At
	}
}

// void notes that what was started has not been done. It counts as a start all the same.
func (h *History) void(id string) {
	for i := range h.Starts {
		if h.Starts[i].ID == id {
			h.Starts[i].Void = true
		}
	}
}

// startedToday counts what the daily cap counts: not what a person asked for, who has looked.
func (h *History) startedToday(now time.Time) int {
	n := 0
	for _, s := range h.Starts {
		if s.By == "" && now.Sub(s.At) < CapWithin && s.At.After(h.Released) {
			n++
		}
	}
	return n
}

// moved notes where a group stood before a failover, or that it is back.
func (h *History) moved(r Record) {
	a := r.Action
	was, already := h.Moves[a.Group]
	if already && (a.To == was.Home || a.Verb == backOf(was.Verb)) {
		delete(h.Moves, a.Group)
		return
	}
	if backOf(a.Verb) == "" || a.From == "" {
		return
	}
	next := Move{Home: a.From, To: a.To, At: r.At, Rule: a.Rule, Verb: a.Verb}
	if already {
		next.Home = was.Home // on from there: home stays home
	}
	set(&h.Moves, a.Group, next)
}

// Rename has h call an event by the name that others know it by.
func (h *History) Rename(was, is string) {
	for _, faults := range h.Faults {
		for i := range faults {
			if faults[i].Event == was {
				faults[i].Event = is
			}
		}
	}
}
