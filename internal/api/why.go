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

// Why is all that a verdict rests on.
type Why struct {
	Schema string         `json:"schema"`
	At     time.Time      `json:"at"`
	Group  Group          `json:"group"`
	Member *redundancy.ID `json:"member"` // if the question was after a member
	AllOf  []Need         `json:"all_of"`
	AnyOf  []Need         `json:"any_of"`
	Source *Source        `json:"source"`
	Causes []Cause        `json:"causes"`
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
	doc := Why{
		Schema: SchemaWhy, At: v.At.UTC(), Group: newGroup(g, now), Member: known(member),
		AllOf: newNeeds(g.Group, g.Group.Needs.AllOf), AnyOf: newNeeds(g.Group, g.Group.Needs.AnyOf), Causes: []Cause{},
	}
	if src, found := v.Assessment.Source(g.Source); found {
		s := newSource(src, v.Looks, now)
		doc.Source = &s
		if src.Fault != "" {
			doc.Causes = append(doc.Causes, newCause(v.Recent, redundancy.ID(src.Name), src.Fault))
		}
	}
	for subject, id := range g.Faults {
		doc.Causes = append(doc.Causes, newCause(v.Recent, subject, id))
	}
	slices.SortFunc(doc.Causes, func(a, b Cause) int { return cmp.Compare(a.Subject, b.Subject) })
	return doc
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
