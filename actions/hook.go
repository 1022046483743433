package actions

import (
	"time"

	"plimsoll/redundancy"
)

// hookWithin is how long a hook has from its decision to its end: the longest that it may take by the configuration, a
// minute, and as much again for the log and a fresh look before it.
const hookWithin = 2 * time.Minute

// HookWay is how hooks are run, whatever their names: the configuration says what each is. A hook mends nothing that a look
// could see, so there is no Done: what its operator returns is the only evidence of it. It is called for while something is
// wrong with the group that the rule names.
func HookWay() Way {
	return Way{
		Verb: Hook, Within: hookWithin,
		Aim: func(g redundancy.Group, _ Wish) Aim { return Aim{Wanted: troubled(&g, redundancy.Judge(g).Status)} },
	}
}

// troubled says whether anything is wrong with g, whose status this is, or with one of its members.
func troubled(g *redundancy.Group, status redundancy.Status) bool {
	if statusLevel(status) != "" {
		return true
	}
	for i := range g.Members {
		m := &g.Members[i]
		if m.Health == redundancy.HealthWarning || memberLevel(m.State, m.Health, m.Doubts) != "" {
			return true
		}
	}
	return false
}

// ran says whether r has been started for group since what calls for it began. What was started and then surely not done
// does not count.
func (h *History) ran(r *Rule, group redundancy.ID, since time.Time) bool {
	for _, s := range h.Starts {
		if s.Group == group && s.Rule == r.Name && s.Verb == r.Do && !s.Void && !s.At.Before(since) {
			return true
		}
	}
	return false
}

// unseen says whether no look can show what became of w.
func (s *step) unseen(w *Work) bool {
	way := s.way(w.Action.Verb)
	return way != nil && way.Done == nil
}

// heard ends w by what its operator returned, since no look will say more.
func (w *Work) heard(why string) {
	if why != "" {
		w.end(Failed, why, nil)
		return
	}
	w.end(Done, "", []redundancy.Evidence{{Where: string(w.Action.Verb) + " " + w.Action.Hook, Value: "it came back without an error"}})
}

// settle ends w, of which nobody will hear what became, and says whether it did. It is not done again: it may have been.
func (s *step) settle(w *Work) bool {
	switch {
	case w.Returned: // before this agent began
		w.end(Failed, "what became of it is not known: the agent ended while it was done", nil)
	case w.Stuck:
		w.end(Failed, "what became of it is not known: it has not come back", nil)
	default:
		return false
	}
	return true
}
