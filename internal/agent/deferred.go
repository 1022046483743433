package agent

import (
	"slices"
	"strings"
	"time"

	"plimsoll/fleet/correlate"
	"plimsoll/fleet/wire"
	"plimsoll/redundancy"
)

// FleetNews is what the host's fleet tells it of faults that it may have in common with others.
type FleetNews struct {
	// Shared are its failure domains that have hosts enough to tell a fault of the domain from one of the host, sorted.
	Shared []redundancy.ID `json:"shared,omitempty"`
	// Found are the faults that most of such a domain sees.
	Found []wire.CaseNews `json:"found,omitempty"`
}

func (n FleetNews) same(o FleetNews) bool {
	return slices.Equal(n.Shared, o.Shared) && slices.Equal(n.Found, o.Found)
}

// Deferred is an event that was told without waking anybody, since it may be part of what the fleet tells of as one event.
type Deferred struct {
	Event redundancy.Event `json:"event"`
	Due   time.Time        `json:"due"` // when it is told again, if the fleet has not told of it and it is still so
}

// deferFor is how long an event waits for the fleet: by then whoever sees the same has said so.
func deferFor() time.Duration { return correlate.DefaultRules().Window }

// hush says how loudly e is told: one whose fault the fleet has told of says so, and one whose fault it may be about to tell of
// is deferred. All others stay as they are.
func (st *State) hush(e redundancy.Event, now time.Time) (redundancy.Event, *Deferred) {
	if e.Notify != redundancy.NotifyNow || e.Severity == redundancy.SeverityInfo || len(st.Fleet.Shared) == 0 {
		return e, nil
	}
	domain, below := st.domainOf(e, st.Fleet.Shared, func(g *redundancy.Assessed, member redundancy.ID) bool {
		return member == e.Member || now.Sub(st.began(g, member)) < deferFor()
	})
	if !below {
		return e, nil
	}
	if c, found := st.toldOf(domain, faultOf(e.Kind)); found {
		if e.Notify = redundancy.NotifyCaused; e.Cause == "" {
			e.Cause = c.Event
		}
		return e, nil
	}
	e.Notify = redundancy.NotifyDeferred
	return e, &Deferred{Due: now.Add(deferFor())}
}

// domainOf is the domain, of these, that explains e: what e tells of stands on it and does not work. A verdict is explained if all
// members do that count and do not work.
func (st *State) domainOf(
	e redundancy.Event, of []redundancy.ID, counts func(*redundancy.Assessed, redundancy.ID) bool,
) (domain redundancy.ID, below bool) {
	g, shown := st.Assessment.Group(e.Group)
	if !shown {
		return "", false
	}
	for i := range g.Group.Members {
		m := &g.Group.Members[i]
		if !m.Broken() || !counts(&g, m.ID) || e.Member != "" && e.Member != m.ID {
			continue
		}
		at := slices.IndexFunc(m.StandsOn, func(id redundancy.ID) bool { return slices.Contains(of, id) })
		if at < 0 {
			return "", false
		}
		domain, below = m.StandsOn[at], true
	}
	return domain, below
}

// anyMember counts all members.
func anyMember(*redundancy.Assessed, redundancy.ID) bool { return true }

// toldOf is what the fleet tells of a fault of a domain.
func (st *State) toldOf(domain redundancy.ID, fault string) (wire.CaseNews, bool) {
	i := slices.IndexFunc(st.Fleet.Found, func(c wire.CaseNews) bool { return c.Domain == string(domain) && c.Fault == fault })
	if i < 0 {
		return wire.CaseNews{}, false
	}
	return st.Fleet.Found[i], true
}

// undefer drops what the fleet has told of, or what is no longer so, and tells again what is due.
func (st *State) undefer(now time.Time, fx *Effects) {
	waiting := st.Deferred
	st.Deferred = nil
	for _, d := range waiting {
		domain, _ := st.domainOf(d.Event, st.Shares, anyMember)
		_, found := st.toldOf(domain, faultOf(d.Event.Kind))
		switch {
		case found, !st.still(d.Event):
		case now.Before(d.Due):
			fx.wake(d.Due)
			st.Deferred = append(st.Deferred, d)
		default:
			e := d.Event
			e.ID, e.Cause, e.Time, e.Was, e.Notify = "", d.Event.ID, time.Time{}, d.Event.Is, redundancy.NotifyNow
			e.Text += "; the fleet does not tell of it as a fault of " + strings.Replace(string(domain), ":", " ", 1)
			st.tellLoud(e, now, fx)
		}
	}
}

// still says whether what e told is so.
func (st *State) still(e redundancy.Event) bool {
	g, shown := st.Assessment.Group(e.Group)
	if !shown || e.Is == nil {
		return false
	}
	switch {
	case e.Is.GroupFace != nil:
		return *g.Face() == *e.Is.GroupFace
	case e.Is.ComponentFace != nil:
		m, listed := g.Group.Member(e.Member)
		return listed && m.State == e.Is.State && m.Health == e.Is.Health
	case e.Is.TextFace != nil:
		return slices.ContainsFunc(g.Group.Warnings, func(w redundancy.Warning) bool { return w.Key == e.Key && w.Member == e.Member })
	}
	return false
}

// correlated are the groups that have a fault which the fleet sees on many hosts.
func (st *State) correlated() []redundancy.ID {
	if len(st.Fleet.Found) == 0 {
		return nil
	}
	var out []redundancy.ID
	for i := range st.Assessment.Groups {
		g := &st.Assessment.Groups[i].Group
		if slices.ContainsFunc(g.Members, func(m redundancy.Component) bool {
			return m.Broken() && slices.ContainsFunc(m.StandsOn, func(id redundancy.ID) bool {
				_, found := st.toldOf(id, faultOf(g.Kind))
				return found
			})
		}) {
			out = append(out, g.ID)
		}
	}
	return out
}

// deferring takes in an event of the log, for the next agent: what was deferred before it began waits anew.
func deferring(waiting []Deferred, e redundancy.Event) []Deferred {
	if e.Notify == redundancy.NotifyDeferred {
		return append(waiting, Deferred{Event: e})
	}
	return slices.DeleteFunc(waiting, func(d Deferred) bool { return d.Event.ID == e.Cause && d.Event.Type == e.Type })
}

// resumeDeferred goes on with what an earlier agent had deferred, from now on.
func (st *State) resumeDeferred(before []Deferred, now time.Time) {
	for _, d := range before {
		d.Due = now.Add(deferFor())
		st.Deferred = append(st.Deferred, d)
	}
}
