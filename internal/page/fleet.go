package page

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"sync"
	"time"

	"plimsoll/fleet/correlate"
	"plimsoll/fleet/ledger"
	"plimsoll/fleet/wire"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// neighbours is what the page of a fleet shows. Open pages share its sheets: a fleet of thousands changes all the time.
type neighbours struct {
	html    *template.Template
	arbiter Arbiter

	mu    sync.Mutex // guards what follows
	last  *sheet
	made  time.Time
	newer <-chan struct{} // closed when there is another one than last
}

// sheet is picture.
func (n *neighbours) sheet(_ *sheet, now time.Time) (*sheet, <-chan struct{}, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.last != nil && now.Sub(n.made) < calm {
		return n.last, n.newer, nil
	}
	newer := n.arbiter.Changed()
	o := n.arbiter.Overview()
	if o.At.IsZero() {
		return nil, newer, nil
	}
	s, err := n.render(o, now)
	if err == nil {
		n.last, n.made, n.newer = s, now, newer
	}
	return s, newer, err
}

// fleetSections are the blocks that every page of a fleet has, by their ids, which are their templates' names too.
var fleetSections = []string{"fleet", "alarms", "census", "cases", "ledgers", "told", "deeds", "arbiter"}

func (n *neighbours) render(o view.Overview, now time.Time) (*sheet, error) {
	doc := newFleet(o, now)
	out := &sheet{at: o.At, title: "fleet " + o.Fleet + " · " + doc.word(), blocks: map[string]block{}, groups: map[string]block{}, says: doc.says()}
	paper := printer{html: n.html}
	for _, name := range fleetSections {
		out.blocks[name] = paper.block(name, doc)
	}
	for _, p := range doc.Pooled {
		out.groups[p.Block] = paper.block("pool", p)
		out.order = append(out.order, p.Block)
	}
	return out, paper.err
}

// fleetDocument is what the sections' templates are given.
type fleetDocument struct {
	frame
	view.Overview

	Count   int     // of hosts that are registered
	Counts  []count // of their statuses, the worst first
	Silent  int     // that are not heard
	Retired int
	Worst   []neighbour // those that are as ill as the worst, the first of them
	Pooled  []pool
	Open    []sharedFault // found, and not over
	Seen    []sharedFault // all others
	Frozen  []frozen
	Ledgers []book
	Last    []event // of what was told, the newest first
	Written []deed  // the newest first
}

// sharedFault is a case in words.
type sharedFault struct {
	view.Case

	Where, Class, Glyph, Says string
	Hosts                     []string
	More                      int
}

// frozen is one reason why a pool stands still, and the command that ends it.
type frozen struct {
	ledger.Freeze

	Pool, End string
}

// book is a pool's ledger in words.
type book struct {
	view.Pool

	Name, State, Class, Glyph string
	Open                      int
	Leave                     []leave
}

// leave is an entry of a ledger.
type leave struct {
	ledger.Entry

	Name   string // of its host
	Silent bool   // whose holder is not heard
}

type deed struct{ When, Pool, Text string }

// The bounds of what is named: what is wrong with more is wrong with what they share.
const (
	maxHurt  = 12 // hosts of a case
	maxWorst = 3
)

func newFleet(o view.Overview, now time.Time) fleetDocument {
	d := fleetDocument{frame: frame{Now: now, At: o.At}, Overview: o}
	var here []neighbour
	for _, row := range o.Hosts {
		if row.Retired != "" {
			d.Retired++
			continue
		}
		h := newNeighbour(row, now)
		if here = append(here, h); h.Gone != "" {
			d.Silent++
		}
	}
	slices.SortStableFunc(here, leastFirst)
	d.Count = len(here)
	for _, h := range here {
		if i := slices.IndexFunc(d.Counts, func(c count) bool { return c.Status == h.Status }); i >= 0 {
			d.Counts[i].N++
		} else {
			d.Counts = append(d.Counts, count{h.Status, 1})
		}
		if len(d.Worst) < maxWorst && !h.Well() && (len(d.Worst) == 0 || d.Worst[0].Word() == h.Word()) {
			d.Worst = append(d.Worst, h)
		}
	}
	d.Pooled = pools(here, o.Pools, now, o.At)
	for _, c := range o.Cases {
		if s := newSharedFault(c); c.Verdict.State == correlate.Found || c.Verdict.State == correlate.Calming {
			d.Open = append(d.Open, s)
		} else {
			d.Seen = append(d.Seen, s)
		}
	}
	for _, p := range o.Pools {
		d.Ledgers = append(d.Ledgers, newBook(p, here))
		for _, f := range p.Ledger.Frozen {
			d.Frozen = append(d.Frozen, frozen{f, p.Ledger.Pool, thaws(f.Cause)})
		}
	}
	for _, e := range slices.Backward(o.Told) {
		d.Last = append(d.Last, event{e, severityClass(e.Severity)})
	}
	for _, w := range slices.Backward(o.Deeds) {
		d.Written = append(d.Written, deed{short(w.At, now), w.Pool, deedText(w.Deed)})
	}
	return d
}

// word is how the fleet is, in a few.
func (d fleetDocument) word() string {
	switch {
	case d.Count == 0:
		return "no host"
	case len(d.Worst) > 0:
		return d.Worst[0].Word()
	}
	return "all well"
}

// says are what is read out when it comes up: what was told, and hosts that get into trouble.
func (d fleetDocument) says() []saying {
	var out []saying
	for _, h := range d.Pooled {
		for _, r := range h.Racks {
			for _, n := range r.Ill {
				out = append(out, saying{n.Name + n.Word(), n.Name + ": " + n.Word()})
			}
		}
	}
	for _, e := range d.Told {
		out = append(out, saying{e.ID, e.Text})
	}
	return out
}

func newSharedFault(c view.Case) sharedFault {
	v := c.Verdict
	s := sharedFault{Case: c, Where: strings.Replace(c.Domain, ":", " ", 1), Class: "info", Glyph: "·"}
	for _, host := range v.Hurt[:min(len(v.Hurt), maxHurt)] {
		s.Hosts = append(s.Hosts, wire.HostName(host))
	}
	s.More = len(v.Hurt) - len(s.Hosts)
	s.Says = fmt.Sprintf("%d of %d hosts see it", len(v.Hurt), v.Registered)
	if v.Silent > 0 {
		s.Says += fmt.Sprintf(", %d are silent", v.Silent)
	}
	switch v.State {
	case correlate.Found:
		s.Class, s.Glyph = "failed", "✗"
	case correlate.Calming:
		s.Class, s.Glyph = "degraded", "◐"
	case correlate.Undetermined:
		s.Class, s.Glyph = "unknown", "?"
	case correlate.Quiet, correlate.TooFew, correlate.Cleared:
	}
	return s
}

func newBook(p view.Pool, here []neighbour) book {
	l := p.Ledger
	b := book{Pool: p, Name: l.Pool, Open: len(l.Open()), State: "open", Class: "whole", Glyph: "✓"}
	switch {
	case len(l.Frozen) > 0:
		b.State, b.Class, b.Glyph = "frozen", "failed", "✗"
	case b.Open >= l.Budget:
		b.State, b.Class, b.Glyph = "full", "degraded", "◐"
	}
	for _, e := range l.Entries {
		i := slices.IndexFunc(here, func(h neighbour) bool { return h.Host == e.Host })
		b.Leave = append(b.Leave, leave{e, wire.HostName(e.Host), i < 0 || here[i].Gone != ""})
	}
	return b
}

// thaws is the command that ends a freeze of this cause.
func thaws(c ledger.Cause) string {
	if c == ledger.ByRollback {
		return "plimsoll fleet accept"
	}
	return "plimsoll fleet thaw"
}

// deedText is what a revision was written for, in a line.
func deedText(d ledger.Deed) string {
	parts := slices.DeleteFunc([]string{string(d.What), wire.HostName(d.Host), cmp.Or(d.Action, d.Why)}, func(s string) bool { return s == "" })
	out := strings.Join(parts, " ")
	if d.By != "" {
		out += ", by " + d.By
	}
	return out
}

// presence is what is to be said of a host that is not heard; empty: it is.
func presence(s wire.Seen) string {
	if s == wire.SeenPresent {
		return ""
	}
	return s.Text()
}

// statusOf is the status that a host tells of itself by this name; a word that this version does not know is Unknown.
func statusOf(name string) redundancy.Status {
	var s redundancy.Status
	if s.UnmarshalText([]byte(name)) != nil {
		return redundancy.StatusUnknown
	}
	return s
}
