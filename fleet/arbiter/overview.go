package arbiter

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"plimsoll/fleet"
	"plimsoll/fleet/wire"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// Overview is what this arbiter knows of its fleet now. It asks nobody, and may be called at any time.
func (a *Arbiter) Overview() view.Overview {
	a.mu.Lock()
	now := time.Now()
	o := view.Overview{
		Fleet: a.cfg.Fleet, Arbiter: wire.HostName(a.cfg.Name), Version: a.cfg.Version, Answers: a.is.Serving, Since: a.roll.since,
		Hosts: make([]wire.HostRow, 0, len(a.places)),
	}
	if a.is.Problem != nil {
		o.Problem = a.is.Problem.Error()
	}
	for _, host := range slices.Sorted(maps.Keys(a.places)) {
		o.Hosts = append(o.Hosts, a.rowLocked(now, host))
	}
	look := a.knows
	a.mu.Unlock() // a lookout that has its own asks for this one's domains
	if look != nil {
		look.overlook(&o)
	}
	return o
}

// Changed is closed when there is another Overview, beside what time alone changes. Ask for it before that.
func (a *Arbiter) Changed() <-chan struct{} { return a.changed.next() }

// maxDeeds and maxTold are how much of the past is kept for people: the store and the stream have more.
const (
	maxDeeds = 40
	maxTold  = 20
)

// did notes what a ledger was written for. The caller holds l.mu.
func (l *lookout) did(d view.Deed) {
	if len(l.deeds) == maxDeeds {
		l.deeds = l.deeds[1:]
	}
	l.deeds = append(l.deeds, d)
}

// overlook adds what a lookout knows.
func (l *lookout) overlook(o *view.Overview) {
	for _, p := range l.all() {
		o.Pools = append(o.Pools, view.Pool{Ledger: p.Ledger, Revision: p.On.Revision})
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	o.At, o.Deeds = l.at, slices.Clone(l.deeds)
	for _, j := range l.cases {
		c := view.Case{Case: j.about, Verdict: j.verdict, Incident: j.was.Incident()}
		if c.Verdict.Next != nil {
			c.Incident = c.Verdict.Next.Incident
		}
		o.Cases = append(o.Cases, c)
	}
	slices.SortFunc(o.Cases, func(a, b view.Case) int {
		return cmp.Or(strings.Compare(a.Domain, b.Domain), strings.Compare(a.Fault, b.Fault))
	})
	for _, n := range l.notes {
		if e, err := fleet.Decode(n.Event); err == nil {
			o.Told = append(o.Told, e.Event())
		}
	}
	slices.SortFunc(o.Told, func(a, b redundancy.Event) int { return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.ID, b.ID)) })
	o.Told = o.Told[max(0, len(o.Told)-maxTold):]
}

// sameFace says whether a host that says b is shown as one that said a.
func sameFace(a *wire.Alive, b wire.Alive) bool {
	return a != nil && a.Status == b.Status && a.Version == b.Version && wire.SameShared(*a, b) &&
		(a.Margin == b.Margin || a.Margin != nil && b.Margin != nil && *a.Margin == *b.Margin)
}

// bell wakes all who wait. Its zero value is ready.
type bell struct {
	mu      sync.Mutex
	waiting chan struct{} // nil: nobody waits
}

// ring wakes those who wait now. It never waits.
func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiting != nil {
		close(b.waiting)
		b.waiting = nil
	}
}

// next is closed when the bell rings next.
func (b *bell) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiting == nil {
		b.waiting = make(chan struct{})
	}
	return b.waiting
}
