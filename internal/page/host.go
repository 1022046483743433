package page

import (
	"cmp"
	"html/template"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/api"
	"plimsoll/internal/phrase"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// sections are the blocks that every page has, by their ids, which are their templates' names too.
var sections = []string{"host", "restraints", "tally", "will", "lone", "coverage", "events", "sources", "delivery"}

// host is what the page of a host shows.
type host struct {
	html  *template.Template
	agent Agent
}

// sheet is picture.
func (h host) sheet(was *sheet, now time.Time) (*sheet, <-chan struct{}, error) {
	newer := h.agent.Changed()
	v := h.agent.View()
	switch {
	case v == nil:
		return nil, newer, nil
	case was != nil && was.of == v:
		return was, newer, nil
	}
	s, err := h.render(v, now)
	return s, newer, err
}

// document is what the sections' templates are given.
type document struct {
	frame
	api.Status

	Host    api.Host // both of the above have one
	Weakest []string // the groups that the host's status is of
	Scale   *loadLine
	Counts  []count
	Troubled
	Gaps    []phrase.Gap
	Covered []covered
	Events  []event
}

// Troubled are the lone components that are not well.
type Troubled struct {
	Tallies []phrase.Tally
	Lone    []lone
	More    int
}

type count struct {
	Status redundancy.Status
	N      int
}

type lone struct {
	api.Lone

	ID, Class, Words string
}

// covered is a use and the names of the groups that cover for it.
type covered struct{ What, Kind, By string }

// event is one of the last events.
type event struct {
	redundancy.Event

	Class string
}

// group is what the template of a group is given.
type group struct {
	frame
	api.Group

	Block   string
	Class   string
	Scale   loadLine
	Members []member
	Threats []string
	Work    []string // actions on it under way
	Held    int      // actions on it that are called for and not done
}

type member struct {
	api.Component

	Name, Mark, Says, Class string
}

// render makes the sheet of v as it stands at now.
func (h host) render(v *view.View, now time.Time) (*sheet, error) {
	status := api.NewStatus(v, now)
	slices.SortStableFunc(status.Groups, byConcern)
	out := &sheet{
		of: v, at: v.At, title: status.Host.Name + " · " + verdict(status), blocks: map[string]block{}, groups: map[string]block{},
	}
	for _, e := range v.Recent {
		if e.Notify == redundancy.NotifyNow {
			out.says = append(out.says, saying{e.ID, e.Text})
		}
	}
	doc := newDocument(status, v.Recent, now)
	paper := printer{html: h.html}
	for _, name := range sections {
		out.blocks[name] = paper.block(name, doc)
	}
	for _, g := range status.Groups {
		it := newGroup(g, status, now)
		out.groups[it.Block] = paper.block("group", it)
		out.order = append(out.order, it.Block)
	}
	return out, paper.err
}

func verdict(s api.Status) string {
	if s.Status == nil {
		return "nothing redundant"
	}
	return s.Status.String()
}

// maxLone is how many lone components that are not well are named: what is wrong with more is wrong with what they share.
const maxLone = 30

// maxEvents is how many of the last events are shown; plimsoll events has them all.
const maxEvents = 20

func newDocument(s api.Status, recent []redundancy.Event, now time.Time) document {
	d := document{frame: frame{Now: now, At: s.At}, Status: s, Host: s.Host, Gaps: phrase.Gaps(s.Coverage)}
	d.Tallies = phrase.Tallies(s.Lone)
	counts := map[redundancy.Status]int{}
	names := map[redundancy.ID]string{}
	for _, g := range s.Groups {
		if counts[g.Status]++; counts[g.Status] == 1 {
			d.Counts = append(d.Counts, count{Status: g.Status})
		}
		names[g.ID] = g.Name
		if s.Status != nil && g.Status == *s.Status && g.Margin.Full > 0 {
			if d.Scale == nil {
				scale := newLoadLine(*s.Status, redundancy.Margin{Least: s.Margin.Least, Most: s.Margin.Most, Full: g.Margin.Full})
				d.Scale = &scale
			}
			d.Weakest = append(d.Weakest, g.Name)
		}
	}
	for i := range d.Counts {
		d.Counts[i].N = counts[d.Counts[i].Status]
	}
	for _, l := range s.Lone {
		t := phrase.TroubleOf(l)
		switch {
		case t == phrase.None || t == phrase.Untold && len(l.Warnings) == 0:
		case len(d.Troubled.Lone) == maxLone:
			d.More++
		default:
			d.Troubled.Lone = append(d.Troubled.Lone, lone{Lone: l, ID: string(l.ID), Class: troubleClass(t), Words: phrase.Lone(l)})
		}
	}
	for _, c := range s.Coverage {
		if c.Cover == redundancy.Covered {
			by := make([]string, len(c.Groups))
			for i, id := range c.Groups {
				by[i] = cmp.Or(names[id], string(id))
			}
			d.Covered = append(d.Covered, covered{c.What, c.Kind, strings.Join(by, ", ")})
		}
	}
	for _, e := range slices.Backward(recent[max(0, len(recent)-maxEvents):]) {
		d.Events = append(d.Events, event{e, severityClass(e.Severity)})
	}
	return d
}

func newGroup(g api.Group, s api.Status, now time.Time) group {
	out := group{
		frame: frame{Now: now, At: s.At}, Group: g, Block: "group-" + string(g.ID), Class: statusClass(g.Status),
		Scale: newLoadLine(g.Status, g.Margin),
	}
	for _, m := range phrase.Listed(g) {
		out.Members = append(out.Members, newMember(m, g.Type))
	}
	for _, f := range g.Fates {
		if phrase.Threatens(f) {
			out.Threats = append(out.Threats, phrase.Fate(g, f))
		}
	}
	for _, w := range s.Acting {
		if w.Action.Group == g.ID {
			out.Work = append(out.Work, phrase.Doing(w.Action)+": "+phrase.Stage(w))
		}
	}
	for _, h := range s.Held {
		if h.Group == g.ID {
			out.Held++
		}
	}
	return out
}

func newMember(m api.Component, kind redundancy.Type) member {
	out := member{Component: m, Name: phrase.Member(m)}
	switch phrase.ConcernOf(m) {
	case phrase.Broken:
		out.Mark, out.Says, out.Class = "✗", "does not work", "broken"
	case phrase.Doubtful:
		out.Mark, out.Says, out.Class = "?", "doubtful", "doubtful"
		if len(m.Doubts) > 0 {
			out.Says += ": " + phrase.Doubts(m.Doubts)
		}
	case phrase.Working:
		out.Mark, out.Says, out.Class = "↻", "recovering", "working"
	case phrase.Spare:
		out.Mark, out.Says, out.Class = "○", "spare", "spare"
	case phrase.Fine:
		out.Mark, out.Says, out.Class = "●", "works", "fine"
		switch {
		case kind == redundancy.Failover && m.State == redundancy.Enabled:
			out.Mark, out.Says = "▸", "active"
		case m.State == redundancy.Standby:
			out.Mark, out.Says = "◦", "stands by"
		}
	}
	return out
}

// byConcern has what wants attention first, and else the order of ids.
func byConcern(a, b api.Group) int {
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Margin.Least, b.Margin.Least), cmp.Compare(a.ID, b.ID))
}

func rank(g api.Group) int {
	r := 2 * statusRank(g.Status)
	if g.Status == redundancy.FullyRedundant && remarkable(g) {
		r-- // before those of which there is nothing to be said
	}
	return r
}

// statusRank has what wants attention first.
func statusRank(s redundancy.Status) int {
	return slices.Index([]redundancy.Status{
		redundancy.Failed, redundancy.Lost, redundancy.StatusUnknown, redundancy.Degraded, redundancy.FullyRedundant, redundancy.NotRedundant,
	}, s)
}

// remarkable says whether there is something to say of g beyond its status.
func remarkable(g api.Group) bool {
	return len(g.Warnings) > 0 || g.Activity != nil || g.Pending != nil || slices.ContainsFunc(g.Fates, phrase.Threatens)
}
