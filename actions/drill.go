package actions

import (
	"slices"
	"time"

	"plimsoll/redundancy"
)

// Mishap is what a drill has happen to a member.
type Mishap string

// The faults, as looks would find them.
const (
	FaultFailed    Mishap = "failed"    // it is there and does not work
	FaultMissing   Mishap = "missing"   // it is gone
	FaultPredicted Mishap = "predicted" // it works, and says that it will not for long
	FaultSilent    Mishap = "silent"    // the path behind it no longer answers
)

// Mishaps are all mishaps.
func Mishaps() []Mishap { return []Mishap{FaultFailed, FaultMissing, FaultPredicted, FaultSilent} }

// Drill is a fault to rehearse. A real one is carried out by what a person asks for between its begin and its end: of that only
// the two are told.
type Drill struct {
	Group  redundancy.ID `json:"group"`
	Member redundancy.ID `json:"member,omitempty"`
	Fault  Mishap        `json:"fault,omitempty"`
	Real   DrillPart     `json:"real,omitempty"`
}

// DrillPart is what of a real drill is told.
type DrillPart string

// The parts of a real drill.
const (
	DrillBegins DrillPart = "begins"
	DrillEnds   DrillPart = "ends"
)

// Rehearsal is what a fault would have led to: what would have been told and done, by the judge and the policy that also go by
// real ones. Nothing of it has happened.
type Rehearsal struct {
	Verdict redundancy.Verdict `json:"verdict"` // of the group, in the end
	Events  []redundancy.Event `json:"events"`  // with the times at which they would be told
	Do      []Action           `json:"do"`      // would be begun
	Held    []Holding          `json:"held"`    // would be called for, and held
}

const (
	// rehearsed is how far ahead a rehearsal goes for what settles.
	rehearsed = time.Hour
	// turns bounds the moments at which something settles.
	turns = 32
)

// Rehearse says what would come of d, were it seen at now: s is what is seen in truth, a what is judged of it. It is pure. A host on
// which nothing happens is judged beside it, and only in what they differ counts: what else settles meanwhile is none of the drill's.
func Rehearse(now time.Time, a redundancy.Assessment, s redundancy.Snapshot, r redundancy.Rules, h *History, p Policy, c Circumstances, d Drill) Rehearsal {
	truth := course{assessed: a, snapshot: s, history: h.Retimed(func(t time.Time) time.Time { return t })}
	struck := course{assessed: a, snapshot: d.strike(s), history: h.Retimed(func(t time.Time) time.Time { return t })}
	var out Rehearsal
	for at, n := now, 0; n < turns; n++ {
		usual, usually := truth.step(at, r, p, c)
		events, plan := struck.step(at, r, p, c)
		for _, e := range events {
			if !slices.ContainsFunc(usual, func(u redundancy.Event) bool { return u.Type == e.Type && u.Subject == e.Subject }) {
				out.Events = append(out.Events, e)
			}
		}
		out.Do, out.Held = nil, nil
		for _, a := range plan.Do {
			if !slices.ContainsFunc(usually.Do, a.like) {
				out.Do = append(out.Do, a)
			}
		}
		for _, held := range plan.Held {
			if !slices.ContainsFunc(usually.Held, func(u Holding) bool { return held.Action.like(u.Action) && len(u.Why) == len(held.Why) }) {
				out.Held = append(out.Held, held)
			}
		}
		next, any := struck.next(plan)
		if len(out.Do) > 0 || !any || next.Sub(now) > rehearsed {
			break
		}
		at = next
	}
	if g, there := struck.assessed.Group(d.Group); there {
		out.Verdict = g.Verdict
	}
	return out
}

// Retimed is r with every time changed. It shares nothing that holds a time with r.
func (r Rehearsal) Retimed(change func(time.Time) time.Time) *Rehearsal {
	p := Plan{Do: r.Do, Held: r.Held}.Retimed(change)
	r.Do, r.Held, r.Events = p.Do, p.Held, slices.Clone(r.Events)
	for i := range r.Events {
		r.Events[i].Time = change(r.Events[i].Time)
	}
	return &r
}

// like says whether a and b do the same to the same group by the same rule.
func (a Action) like(b Action) bool {
	return a.Rule == b.Rule && a.Verb == b.Verb && a.Group == b.Group && a.Hook == b.Hook
}

// course is a host as it goes on.
type course struct {
	assessed redundancy.Assessment
	snapshot redundancy.Snapshot
	history  History
}

// step judges and decides at a moment at which every source that tells anything has just told the same as before.
func (c *course) step(at time.Time, r redundancy.Rules, p Policy, circumstances Circumstances) ([]redundancy.Event, Plan) {
	c.snapshot.Sources = slices.Clone(c.snapshot.Sources)
	for i := range c.snapshot.Sources {
		if src := &c.snapshot.Sources[i]; !src.At.IsZero() && src.Failing == "" {
			src.At = at
		}
	}
	next := redundancy.Assess(c.assessed, c.snapshot, at, r)
	events := redundancy.Diff(c.assessed, next, func(int) string { return "" })
	for i := range events {
		if events[i].Time.IsZero() {
			events[i].Time = at
		}
		c.history.Hear(events[i])
	}
	c.assessed = next
	return events, Decide(at, next, &c.history, p, circumstances)
}

// next is when something changes by time alone.
func (c *course) next(p Plan) (time.Time, bool) {
	due, any := c.assessed.Next(c.snapshot)
	if !p.Next.IsZero() && (!any || p.Next.Before(due)) {
		due, any = p.Next, true
	}
	return due, any && due.After(c.assessed.At)
}

// strike is s with the fault in it, and nothing that s shares changed.
func (d Drill) strike(s redundancy.Snapshot) redundancy.Snapshot {
	s.Sources = slices.Clone(s.Sources)
	for i := range s.Sources {
		groups := s.Sources[i].Observation.Groups
		k := slices.IndexFunc(groups, func(g redundancy.Group) bool { return g.ID == d.Group })
		if k < 0 {
			continue
		}
		groups = slices.Clone(groups)
		groups[k] = d.hit(groups[k])
		s.Sources[i].Observation.Groups = groups
	}
	return s
}

// hit is g with the fault in its member. What g serves is known of a host without it: by what it needs it may serve no more.
func (d Drill) hit(g redundancy.Group) redundancy.Group {
	g.Members = slices.Clone(g.Members)
	for i := range g.Members {
		m := &g.Members[i]
		if m.ID != d.Member {
			continue
		}
		m.Evidence = []redundancy.Evidence{{Where: "drill", Value: string(d.Fault)}}
		switch d.Fault {
		case FaultFailed:
			m.State, m.Health, m.Doubts = redundancy.Disabled, redundancy.Critical, nil
		case FaultMissing:
			m.State, m.Health, m.Doubts, m.Device = redundancy.Absent, redundancy.Critical, nil, ""
		case FaultPredicted:
			m.Health, m.Doubts = redundancy.HealthWarning, []redundancy.Doubt{redundancy.DoubtPredicted}
		case FaultSilent:
			m.Doubts = []redundancy.Doubt{redundancy.DoubtSilent}
		}
	}
	if was := g.Serving; was == redundancy.Yes {
		g.Serving = redundancy.Unread
		if v := redundancy.Judge(g); v.Margin.Least >= 0 {
			g.Serving = was
		} else if v.Margin.Most < 0 {
			g.Serving = redundancy.No
		}
	}
	return g
}
