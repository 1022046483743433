package api

import (
	"cmp"
	"slices"
	"time"

	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// SchemaWhy names the why document.
const SchemaWhy = "plimsoll.why/1"

// Why is all that a verdict rests on, or, of a lone component, what is known of it and which groups stand on it.
type Why struct {
	Schema string         `json:"schema"`
	At     time.Time      `json:"at"`
	Group  *Group         `json:"group"`     // null: the question was after a lone component
	Lone   *Lone          `json:"component"` // null: it was not
	Above  []Above        `json:"above"`     // groups with members on the lone component, sorted by id
	Member *redundancy.ID `json:"member"`    // if the question was after a member
	AllOf  []Need         `json:"all_of"`
	AnyOf  []Need         `json:"any_of"`
	Source *Source        `json:"source"`
	Causes []Cause        `json:"causes"`
	Held   []Holding      `json:"held"`    // actions on it that are called for and not done
	Offer  []Offer        `json:"offered"` // actions on it that a person may ask for
	Acting *Work          `json:"acting"`
	Moved  *Move          `json:"moved"` // by a failover that has not been undone
}

// Need is one need and how it is met: how many of its members surely work, and how many perhaps.
type Need struct {
	Members []redundancy.ID     `json:"members"`
	Needed  redundancy.Interval `json:"needed"`
	Good    int                 `json:"good"`
	Perhaps int                 `json:"perhaps"`
}

// Cause is an event that told of what is wrong now. Only its id is known if it is too old to be held in memory.
type Cause struct {
	Event   string        `json:"event"`
	Subject redundancy.ID `json:"subject"`
	Type    *string       `json:"type"`
	Time    *time.Time    `json:"time"`
	Text    *string       `json:"text"`
}

// NewWhy is the document on g, which is a group of v, asked after member if that is not empty.
func NewWhy(v *view.View, g redundancy.Assessed, member redundancy.ID, now time.Time) Why {
	shown := newGroup(g, now)
	doc := Why{
		Schema: SchemaWhy, At: v.At.UTC(), Group: &shown, Member: known(member), Above: []Above{},
		AllOf: newNeeds(g.Group, g.Group.Needs.AllOf), AnyOf: newNeeds(g.Group, g.Group.Needs.AnyOf), Causes: []Cause{},
	}
	doc.source(v, g.Source, now)
	for subject, id := range g.Faults {
		doc.Causes = append(doc.Causes, newCause(v.Recent, subject, id))
	}
	doc.will(v, g.Group.ID)
	slices.SortFunc(doc.Causes, func(a, b Cause) int { return cmp.Compare(a.Subject, b.Subject) })
	return doc
}

// source is where it comes from, and what is wrong with that.
func (w *Why) source(v *view.View, name string, now time.Time) {
	src, found := v.Assessment.Source(name)
	if !found {
		return
	}
	s := newSource(src, v.Looks, now)
	w.Source = &s
	if src.Fault != "" {
		w.Causes = append(w.Causes, newCause(v.Recent, redundancy.ID(src.Name), src.Fault))
	}
}

// will is what is done to the group with this id, and what is not and why.
func (w *Why) will(v *view.View, id redundancy.ID) {
	w.Held, w.Offer = []Holding{}, []Offer{}
	for _, h := range v.Will.Plan.Held {
		if h.Action.Group == id {
			w.Held = append(w.Held, will{v}.holding(h))
		}
	}
	for _, o := range v.Will.Plan.Offer {
		if o.Action.Group == id {
			w.Offer = append(w.Offer, will{v}.offer(o))
		}
	}
	for _, work := range v.Will.Works {
		if work.Action.Group == id {
			w.Acting = known(will{v}.work(work))
		}
	}
	if m, moved := v.Will.Moves[id]; moved {
		w.Moved = known(will{v}.move(id, m))
	}
}

func newNeeds(g redundancy.Group, needs []redundancy.Need) []Need {
	out := make([]Need, len(needs))
	for i, n := range needs {
		out[i] = Need{Members: some(n.Members), Needed: n.Needed}
		for _, id := range n.Members {
			c, listed := g.Member(id)
			if listed && c.Works() {
				out[i].Good++
			}
			if !listed || !c.Broken() {
				out[i].Perhaps++
			}
		}
	}
	return out
}

func newCause(recent []redundancy.Event, subject redundancy.ID, id string) Cause {
	c := Cause{Event: id, Subject: subject}
	i := slices.IndexFunc(recent, func(e redundancy.Event) bool { return e.ID == id })
	if i >= 0 {
		e := recent[i]
		at := e.Time.UTC()
		c.Type, c.Time, c.Text = &e.Type, &at, &e.Text
	}
	return c
}
