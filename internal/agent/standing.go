package agent

import (
	"cmp"
	"fmt"
	"strings"

	"plimsoll/actions"
	"plimsoll/fleet/ledger"
	"plimsoll/fleet/member"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// self is this host as the fleet asks after it: what was published of it last.
type self struct {
	policy func() *actions.Policy
	newest func() *view.View
}

// Condition is member.Host. What a pool is about are the groups that its rules can do something to.
func (s self) Condition(pool string) member.Condition { return s.condition(s.newest(), pool) }

// condition is that of the host as v shows it.
func (s self) condition(v *view.View, pool string) member.Condition {
	if v == nil {
		return member.Condition{Frozen: "its agent has only begun"}
	}
	c := member.Condition{Serving: ledger.ServingYes, Frozen: strings.Join(v.Will.Frozen, "; ")}
	found := false
	for i := range v.Assessment.Groups {
		g := &v.Assessment.Groups[i]
		if !s.policy().Concerns(pool, &g.Group) {
			continue
		}
		found = true
		switch g.Verdict.Status {
		case redundancy.Failed:
			c.Serving = ledger.ServingNo
			c.Thin = cmp.Or(c.Thin, g.Group.Name+" does not serve")
		case redundancy.Lost:
			c.Thin = cmp.Or(c.Thin, g.Group.Name+" has none left")
		case redundancy.StatusUnknown:
			if c.Serving == ledger.ServingYes {
				c.Serving = ""
			}
		case redundancy.FullyRedundant, redundancy.Degraded, redundancy.NotRedundant:
		}
	}
	if !found {
		c.Serving = "" // nothing here is what the pool is about, or it is not known yet
	}
	return c
}

// Healthy is member.Host.
func (s self) Healthy(a actions.Action) (healthy bool, why string) {
	v := s.newest()
	if v == nil {
		return false, "nothing is known of it yet"
	}
	g, there := v.Assessment.Group(a.Group)
	switch {
	case !there:
		return false, a.Name + " is gone"
	case g.Verdict.Status == redundancy.Failed, g.Verdict.Status == redundancy.StatusUnknown:
		return false, fmt.Sprintf("%s is %s", a.Name, g.Verdict.Status)
	case a.To == "" || a.Verb == actions.ServiceStop: // what was stopped is meant to be down
		return true, ""
	}
	if g.Group.Rebuilding() {
		return false, a.Name + " is being rebuilt"
	}
	if a.Verb == actions.RaidAddSpare { // it is a spare, or has a place by now
		return true, ""
	}
	m, listed := g.Group.Member(a.To)
	if !listed || m.State != redundancy.Enabled || m.Health == redundancy.Critical {
		return false, fmt.Sprintf("%s is not back", cmp.Or(m.Name, string(a.To)))
	}
	return true, ""
}
