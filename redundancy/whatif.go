package redundancy

import "slices"

// Prospect is what would become of a host.
type Prospect struct {
	Verdicts []Verdict `json:"verdicts"` // on every group, sorted by group
	Uses     []Outlook `json:"uses"`     // of every use, sorted by use
}

// Outlook is what would become of one use: Yes, it survives; No, it surely dies; Unread, it dies or not, since what it stands
// on is not understood or may fail.
type Outlook struct {
	Use      ID       `json:"use"`
	Survives Tristate `json:"survives"`
}

// WhatIf judges every group and use of s as if all that is named in lost had failed, with all that stands on it, directly or
// through others: members, parts, and groups that then are surely unmet. What stands on an opaque part, or on a group that
// then may have failed, may be lost with it: such a member is in doubt. Serving counts as unread, because the proof of it is
// of the time before; a No stays No. What works although a group below it has failed already is not taken down by that
// group alone. It is pure and instant.
func WhatIf(s Snapshot, lost ...ID) Prospect {
	l := loss{groups: s.Groups(), uses: s.Uses()}
	for i := range l.groups {
		if l.groups[i].Serving == Yes {
			l.groups[i].Serving = Unread
		}
	}
	l.begin()
	if len(lost) > 0 {
		l.stand(newFooting(s, l.groups, l.uses))
		l.name(lost...)
		l.spread()
	}
	return l.prospect()
}

// extent is how far a loss has reached something.
type extent uint8

const (
	untouched extent = iota
	perhaps          // it may be gone
	gone
)

// loss is a loss on its way up.
type loss struct {
	groups   []Group
	uses     []Use
	verdicts []Verdict
	marks    []mark // of groups
	dying    []extent
	footing  *footing
	reached  []extent // of things
	trail    []int    // the things that were reached
	touched  []int    // the groups that have lost something
	next     []int    // things that were reached and have not passed it on
	again    []int    // groups to be judged again
}

// mark is what is noted of a group.
type mark struct {
	failed bool        // it had surely failed before
	before []Component // its members, once it has lost some
	again  bool        // it is to be judged again
}

// begin judges every group before the loss.
func (l *loss) begin() {
	l.verdicts, l.marks, l.dying = make([]Verdict, len(l.groups)), make([]mark, len(l.groups)), make([]extent, len(l.uses))
	for i, g := range l.groups {
		l.verdicts[i] = Judge(g)
		l.marks[i].failed = l.verdicts[i].Best == Failed
	}
}

func (l *loss) stand(on *footing) {
	l.footing, l.reached = on, make([]extent, len(on.things))
}

// undo makes l ready for another loss; verdicts and uses stay as the last one left them.
func (l *loss) undo() {
	for _, at := range l.trail {
		l.reached[at] = untouched
	}
	for _, i := range l.touched {
		l.groups[i].Members, l.marks[i].before = l.marks[i].before, nil
	}
	l.trail, l.touched = l.trail[:0], l.touched[:0]
}

// name takes away what was named, a group with all its members.
func (l *loss) name(lost ...ID) {
	for _, id := range lost {
		if i, found := slices.BinarySearchFunc(l.groups, id, compareGroup); found {
			for m := range l.groups[i].Members {
				l.member(i, m, gone)
			}
		}
		if at, known := l.footing.places[id]; known {
			l.reach(at, gone) // an opaque part too
		}
	}
}

// spread passes the loss on until it reaches nothing new: through things as far as it goes, and only then through a group,
// which fails or not by all that it has lost.
func (l *loss) spread() {
	for len(l.next) > 0 || len(l.again) > 0 {
		for len(l.next) > 0 {
			at := l.next[len(l.next)-1]
			l.next = l.next[:len(l.next)-1]
			for k := l.footing.things[at].last; k > 0; k = l.footing.links[k-1].next {
				l.pass(l.footing.links[k-1], l.reached[at])
			}
		}
		for len(l.again) > 0 && len(l.next) == 0 {
			i := l.again[len(l.again)-1]
			l.again = l.again[:len(l.again)-1]
			l.judge(i)
		}
	}
}

func (l *loss) pass(up link, e extent) {
	switch up.bears {
	case bearsThing:
		if l.footing.things[up.up].opaque {
			e = perhaps
		}
		l.reach(up.up, e)
	case bearsMember:
		l.member(up.up, up.within, e)
	case bearsUse:
		l.dying[up.up] = max(l.dying[up.up], e)
	}
}

func (l *loss) reach(at int, e extent) {
	if e > l.reached[at] {
		if l.reached[at] == untouched {
			l.trail = append(l.trail, at)
		}
		l.reached[at] = e
		l.next = append(l.next, at)
	}
}

// member takes a member away, or puts it in doubt. One that was absent before is no news to anybody.
func (l *loss) member(group, at int, e extent) {
	g, m := &l.groups[group], &l.marks[group]
	c := &g.Members[at]
	if c.State == Absent || e == perhaps && c.standing() == bad {
		return
	}
	if m.before == nil {
		m.before, g.Members = g.Members, slices.Clone(g.Members)
		l.touched = append(l.touched, group)
		c = &g.Members[at]
	}
	switch {
	case e == gone:
		c.State, c.Health, c.Doubts = Absent, Critical, nil
	case c.State != StateUnknown:
		c.State, c.Health = StateUnknown, HealthUnknown
	}
	if !m.again {
		m.again = true
		l.again = append(l.again, group)
	}
	if place, known := l.footing.places[c.ID]; known {
		l.reach(place, e)
	}
}

// judge judges a group that has lost something. If it has surely failed by that, what stands on it is gone.
func (l *loss) judge(i int) {
	l.marks[i].again = false
	v := Judge(l.groups[i])
	l.verdicts[i] = v
	e := untouched
	switch {
	case v.Best == Failed && !l.marks[i].failed:
		e = gone
	case v.Worst == Failed:
		e = perhaps
	}
	if place, known := l.footing.places[v.Group]; known {
		l.reach(place, e)
	}
}

func (l *loss) prospect() Prospect {
	p := Prospect{Verdicts: l.verdicts, Uses: make([]Outlook, len(l.uses))}
	survives := [...]Tristate{untouched: Yes, perhaps: Unread, gone: No}
	for i, u := range l.uses {
		p.Uses[i] = Outlook{Use: u.ID, Survives: survives[l.dying[i]]}
	}
	return p
}
