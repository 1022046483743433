package actions

import (
	"fmt"
	"time"

	"plimsoll/redundancy"
)

// failback looks whether g, which a failover moved, is to return home, and says whether that is the question: while the
// failover itself is called for again, it is not. It goes by the rule that moved g, whose conditions need not hold any more.
func (d *decision) failback(g *redundancy.Assessed, m Move) bool {
	if w := d.p.way(m.Verb); w != nil && w.Aim(g.Group, Wish{}).Wanted {
		return false
	}
	r := d.rule(m)
	verb := backOf(m.Verb)
	w := d.p.way(verb)
	aim := Aim{From: m.To, To: m.Home}
	if w != nil {
		if aim = w.Aim(g.Group, Wish{To: m.Home}); !aim.Wanted {
			return true
		}
	}
	c := d.candidate(g, r, verb, w, aim)
	c.hold(d.doubt(g, r)...)
	stable, why := d.stable(g, r, m)
	c.hold(why...)
	if r.Failback.Mode == FailbackAuto {
		c.hold(d.c.hold(d.now, &g.Group, false)...)
		if why, held := d.h.limit(d.now, r, g.Group.ID); held {
			c.hold(why)
		}
	} else {
		c.offer = stable
	}
	d.found = append(d.found, c)
	return true
}

// stable is since when home has worked for as long as r asks, and what is missing to that. Whatever befell home since then
// begins the time anew.
func (d *decision) stable(g *redundancy.Assessed, r *Rule, m Move) (time.Time, []Reason) {
	home, listed := g.Group.Member(m.Home)
	switch {
	case !listed:
		return d.now, []Reason{{Key: whyStable, Text: fmt.Sprintf("%s is no longer part of %s", m.Home, g.Group.Name)}}
	case !home.Works():
		return d.now, []Reason{{Key: whyStable, Text: home.Name + " does not work yet"}}
	}
	since := m.At
	for _, f := range d.h.Faults[g.Group.ID] {
		if f.Member != m.Home {
			continue
		}
		if f.stands() { // it works again, and that has not been told yet
			since = d.now
		} else if f.Ended.After(since) {
			since = f.Ended
		}
	}
	ready := since.Add(r.Failback.StableFor)
	if !d.now.Before(ready) {
		return ready, nil
	}
	return ready, []Reason{{
		Key: whyStable, Text: fmt.Sprintf("%s has worked for %s of %s", home.Name, span(d.now.Sub(since)), span(r.Failback.StableFor)),
		Until: ready,
	}}
}

// rule is the one that moved a group, or, where the policy has it no more, one that leaves all to a person.
func (d *decision) rule(m Move) *Rule {
	for _, r := range d.rules {
		if r.Name == m.Rule && r.Do == m.Verb {
			return r.Rule
		}
	}
	r := DefaultRule()
	r.Name, r.Do = m.Rule, m.Verb
	return &r
}
