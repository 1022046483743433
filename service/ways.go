package service

import (
	"time"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// within is how long after a decision a unit may still be touched. The job that follows may last longer; what became of it is
// then for looks to say.
const within = 45 * time.Second

// Ways are what can be done to a group of services. None of it is done unless a rule names it or a person asks.
func Ways() []actions.Way {
	return []actions.Way{
		{Verb: actions.ServiceRestart, Within: within, Aim: restartable, Done: restarted},
		{Verb: actions.ServiceStop, Within: within, Aim: stoppable, Done: stopped},
	}
}

// restartable aims at a unit that has failed, or that runs while its check says it is sick. What a person has stopped stays
// stopped, unless a person asks.
func restartable(g redundancy.Group, w actions.Wish) actions.Aim {
	return aim(g, w, actions.ServiceRestart, func(c redundancy.Component) bool {
		return c.Health == redundancy.Critical && (c.State == redundancy.Disabled || c.State == redundancy.Enabled || c.State == redundancy.Recovering)
	})
}

// stoppable aims at a unit that runs while its check says it is sick, if the others surely are enough.
func stoppable(g redundancy.Group, w actions.Wish) actions.Aim {
	a := aim(g, w, actions.ServiceStop, func(c redundancy.Component) bool {
		return c.Health == redundancy.Critical && c.State == redundancy.Enabled
	})
	if a.Wanted && !enoughWithout(g, a.From) {
		a.Against, a.Until = append(a.Against, "the others are not surely enough without it"), time.Time{}
	}
	return a
}

// aim finds the member that verb is called for: the first of which nothing speaks against it, or else the first.
func aim(g redundancy.Group, w actions.Wish, verb actions.Verb, called func(c redundancy.Component) bool) actions.Aim {
	var first actions.Aim
	for _, c := range g.Members {
		if c.Device == "" && c.State != redundancy.Disabled && c.State != redundancy.Recovering {
			continue // no unit, or nothing is known of it, or an errand that has not failed
		}
		if named := w.ByHand && w.To != ""; named && c.ID != w.To || !named && !called(c) {
			continue
		}
		a := actions.Aim{Wanted: true, From: c.ID, To: c.ID, Device: c.Device}
		a.Against, a.Until = against(c, verb)
		if len(a.Against) == 0 {
			return a
		}
		if !first.Wanted {
			first = a
		}
	}
	return first
}

// against is what speaks against doing verb to c, and when time alone does away with all of it; zero: it does not.
func against(c redundancy.Component, verb actions.Verb) (texts []string, until time.Time) {
	lasting := false
	for _, o := range c.Against {
		if o.Verb != "" && o.Verb != string(verb) {
			continue
		}
		texts = append(texts, o.Text)
		lasting = lasting || o.Until.IsZero()
		if o.Until.After(until) {
			until = o.Until
		}
	}
	if lasting {
		return texts, time.Time{}
	}
	return texts, until
}

// enoughWithout says whether every need of g is surely met by other members than id. It counts them itself, since a group that
// serves proves no margin for that.
func enoughWithout(g redundancy.Group, id redundancy.ID) bool {
	for _, need := range g.Needs.AllOf {
		sure := 0
		for _, other := range need.Members {
			if c, listed := g.Member(other); listed && other != id && c.Works() {
				sure++
			}
		}
		if sure < need.Needed.High {
			return false
		}
	}
	return len(g.Needs.AllOf) > 0
}

// restarted is shown by another run of the unit, once it is active; whether that one is well is another matter. While the unit
// changes, nobody knows yet.
func restarted(g redundancy.Group, a actions.Action) redundancy.Tristate {
	c, listed := g.Member(a.From)
	switch {
	case !listed:
		return redundancy.No
	case changing(c):
		return redundancy.Unread
	case c.State == redundancy.Enabled && c.Device != a.Device, c.State == redundancy.Standby: // an errand, run again
		return redundancy.Yes
	default:
		return redundancy.No
	}
}

// stopped is shown by the unit being inactive, or failed by the way it ended.
func stopped(g redundancy.Group, a actions.Action) redundancy.Tristate {
	c, listed := g.Member(a.From)
	switch {
	case !listed:
		return redundancy.No
	case changing(c):
		return redundancy.Unread
	case c.State == redundancy.Disabled || c.State == redundancy.Absent:
		return redundancy.Yes
	default:
		return redundancy.No
	}
}

// changing says whether the unit is on its way from one state to another, or cannot be seen.
func changing(c redundancy.Component) bool {
	switch c.State {
	case redundancy.StateUnknown, redundancy.Recovering:
		return true
	case redundancy.Disabled:
		return c.Health == redundancy.HealthUnknown
	case redundancy.Enabled:
		return c.Device == "" // only its check has been heard, or it is an errand under way
	case redundancy.Standby, redundancy.Spare, redundancy.Absent:
		return false
	default:
		return true
	}
}
