package raid

import (
	"slices"
	"time"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// within is how long after a decision an array may still be touched. mdadm reads and writes a few sectors, which a disk that has
// to try again takes its time for; what md does afterwards may last days, and is md's.
const within = 45 * time.Second

// Ways are what can be done to an array. None of it is done unless a rule names it or a person asks; evict only if a person asks.
func Ways() []actions.Way {
	return []actions.Way{
		{Verb: actions.RaidReadmit, Within: within, Aim: readmit, Done: seated},
		{Verb: actions.RaidReplace, Within: within, Aim: replace, Done: replaced},
		{Verb: actions.RaidEvict, Within: within, Aim: evict, Done: evicted},
		{Verb: actions.RaidAddSpare, Within: within, Aim: addSpare, Done: added},
	}
}

// readmit aims at a member that is back. One that has never left the host may have been taken out by a person: it takes one to
// put it back.
func readmit(g redundancy.Group, w actions.Wish) actions.Aim {
	return among(g, w, actions.RaidReadmit, func(c redundancy.Candidate) actions.Aim {
		a := actions.Aim{Wanted: true, From: c.Member, To: c.Member, Device: c.Device}
		if c.Stayed && !w.ByHand {
			a.Against = append(a.Against, c.Name+" has not left the host since it was a member: only a person can say that it is well")
		}
		return a
	})
}

// addSpare aims at a disk of the pool, for an array that lacks a spare.
func addSpare(g redundancy.Group, w actions.Wish) actions.Aim {
	if !wantsSpare(g) {
		return actions.Aim{}
	}
	aim := among(g, w, actions.RaidAddSpare, func(c redundancy.Candidate) actions.Aim {
		return actions.Aim{Wanted: true, To: c.Member, Device: c.Device}
	})
	switch {
	case aim.Wanted:
		return aim
	case g.Unsought:
		return actions.Aim{}
	default:
		return actions.Aim{Wanted: true, Against: []string{"no disk of the pool is in this host (helper.raid.pool)"}}
	}
}

// among finds the candidate for verb of which nothing speaks against it, or else the first.
func among(g redundancy.Group, w actions.Wish, verb actions.Verb, of func(redundancy.Candidate) actions.Aim) actions.Aim {
	var first actions.Aim
	for _, c := range g.Candidates {
		if c.Verb != string(verb) || w.ByHand && w.To != "" && w.To != c.Member {
			continue
		}
		a := of(c)
		if c.Tried != "" && !w.ByHand {
			a.Against = append(a.Against, c.Name+" could not be taken in: "+c.Tried)
		}
		texts, until := told(slices.Concat(g.Against, c.Against))
		if len(a.Against) == 0 {
			a.Until = until
		}
		a.Against = append(a.Against, texts...)
		if len(a.Against) == 0 {
			return a
		}
		if !first.Wanted {
			first = a
		}
	}
	return first
}

// told is what objections say, and when time alone does away with all of them; zero: it does not.
func told(all []redundancy.Objection) (texts []string, until time.Time) {
	lasting := false
	for _, o := range all {
		texts = append(texts, o.Text)
		lasting = lasting || o.Until.IsZero()
		if o.Until.After(until) {
			until = o.Until
		}
	}
	if lasting {
		until = time.Time{}
	}
	return texts, until
}

// wantsSpare says whether the array has no spare and a use for one: a place that does not work or is in doubt, or a baseline with
// more of them.
func wantsSpare(g redundancy.Group) bool {
	if !lacksSpare(g) {
		return false
	}
	return slices.ContainsFunc(g.Warnings, func(w redundancy.Warning) bool { return w.Key == redundancy.WarnSpareMissing }) ||
		slices.ContainsFunc(g.Members, func(m redundancy.Component) bool {
			return isSlot(g.ID, m.ID) && (m.Broken() || m.Predicted())
		})
}

// lacksSpare says whether nothing in the array waits for a place, or is on its way into one.
func lacksSpare(g redundancy.Group) bool {
	return !slices.ContainsFunc(g.Members, func(m redundancy.Component) bool {
		return m.State == redundancy.Spare || m.State == redundancy.Recovering
	})
}

// replace aims at a member that is expected to fail and still works, of an array with a spare. A person may name any that works.
// One that md replaces already, or will as soon as there is a spare, is md's.
func replace(g redundancy.Group, w actions.Wish) actions.Aim {
	named := w.ByHand && w.To != ""
	for _, m := range g.Members {
		if !isSlot(g.ID, m.ID) || m.State != redundancy.Enabled || named && m.ID != w.To {
			continue
		}
		if !named && (!m.Predicted() || len(m.Against) > 0) {
			continue
		}
		a := actions.Aim{Wanted: true, From: m.ID, To: m.ID, Device: m.Device}
		a.Against, _ = told(slices.Concat(g.Against, m.Against))
		if a.Against = append(a.Against, spareless(g)...); m.Device == "" {
			a.Against = append(a.Against, "who "+m.Name+" is, is not known")
		}
		return a
	}
	return actions.Aim{}
}

// spareless is why no spare of g is fit to take a member's place: md chooses among them itself.
func spareless(g redundancy.Group) []string {
	var out []string
	spares := 0
	for _, m := range g.Members {
		switch {
		case isSlot(g.ID, m.ID) && m.Broken():
			out = append(out, m.Name+" does not work: a spare is for that first")
		case m.State != redundancy.Spare:
		case len(m.Doubts) > 0 || m.Health != redundancy.OK:
			out = append(out, "md chooses among the spares, and "+m.Name+" is in doubt")
		default:
			spares++
		}
	}
	if spares == 0 {
		out = append(out, g.Name+" has no spare")
	}
	return out
}

// evict aims at the member that a person names.
func evict(g redundancy.Group, w actions.Wish) actions.Aim {
	m, listed := g.Member(w.To)
	if !w.ByHand || !listed || m.State == redundancy.Absent {
		return actions.Aim{}
	}
	a := actions.Aim{Wanted: true, From: m.ID, To: m.ID, Device: m.Device}
	a.Against, _ = told(g.Against)
	if left := without(g, m.ID); left < 1 {
		a.Against = append(a.Against, g.Name+" would survive no further failure for sure without "+m.Name)
	}
	return a
}

// without is how many further failures g surely survives once a member has been taken out. That g serves proves nothing for that.
func without(g redundancy.Group, id redundancy.ID) int {
	g.Members = slices.Clone(g.Members)
	for i := range g.Members {
		if g.Members[i].ID == id {
			g.Members[i].State, g.Members[i].Health = redundancy.Absent, redundancy.Critical
		}
	}
	if g.Serving == redundancy.Yes {
		g.Serving = redundancy.Unread
	}
	return g.Margin().Least
}
