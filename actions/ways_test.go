package actions_test

import (
	"slices"
	"time"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// ways are those of a room for bonds and of one for arrays, as simple as they can be.
func ways() []actions.Way {
	hook := actions.HookWay()
	hook.Within = 10 * time.Second // as the others
	return []actions.Way{
		hook,
		{Verb: actions.BondFailover, Within: 10 * time.Second, Aim: failover, Done: inUse},
		{Verb: actions.BondFailback, Within: 10 * time.Second, Aim: failback, Done: inUse},
		{Verb: actions.RaidReplace, Within: 10 * time.Second, Aim: replace, Done: replacing},
	}
}

func failover(g redundancy.Group, w actions.Wish) actions.Aim {
	active, found := inState(g, redundancy.Enabled)
	if !found || !w.ByHand && !slices.Contains(active.Doubts, redundancy.DoubtSilent) {
		return actions.Aim{}
	}
	aim := actions.Aim{Wanted: w.To != active.ID, From: active.ID}
	if g.Settings["primary_reselect"] == "always" {
		aim.Against = append(aim.Against, "the kernel would take it back (primary_reselect=always)")
	}
	for _, m := range g.Members {
		if m.State == redundancy.Standby && m.Works() {
			aim.To = m.ID
			return aim
		}
	}
	aim.Against = append(aim.Against, "no standby is proven")
	return aim
}

func failback(g redundancy.Group, w actions.Wish) actions.Aim {
	active, found := inState(g, redundancy.Enabled)
	return actions.Aim{Wanted: found && active.ID != w.To, From: active.ID, To: w.To}
}

func inUse(g redundancy.Group, a actions.Action) redundancy.Tristate {
	active, found := inState(g, redundancy.Enabled)
	switch {
	case !found:
		return redundancy.Unread
	case active.ID == a.To:
		return redundancy.Yes
	default:
		return redundancy.No
	}
}

func replace(g redundancy.Group, _ actions.Wish) actions.Aim {
	for _, m := range g.Members {
		if !slices.Contains(m.Doubts, redundancy.DoubtPredicted) {
			continue
		}
		spare, found := inState(g, redundancy.Spare)
		aim := actions.Aim{Wanted: true, From: m.ID, To: spare.ID}
		if !found {
			aim.Against = []string{"there is no spare"}
		}
		return aim
	}
	return actions.Aim{}
}

func replacing(g redundancy.Group, a actions.Action) redundancy.Tristate {
	if m, listed := g.Member(a.To); listed && m.State == redundancy.Recovering {
		return redundancy.Yes
	}
	return redundancy.No
}

func inState(g redundancy.Group, s redundancy.State) (redundancy.Component, bool) {
	i := slices.IndexFunc(g.Members, func(m redundancy.Component) bool { return m.State == s })
	if i < 0 {
		return redundancy.Component{}, false
	}
	return g.Members[i], true
}
