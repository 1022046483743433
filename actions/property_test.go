package actions_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// drawn is a host of some bonds in states of all kinds, with some history.
func drawn(r *rand.Rand) (redundancy.Assessment, actions.History, actions.Policy) {
	a, h, p := crowd(6, 0)
	doubts := [][]redundancy.Doubt{nil, {redundancy.DoubtSilent}, {redundancy.DoubtUnread}, {redundancy.DoubtSilent, redundancy.DoubtStale}}
	states := []redundancy.State{redundancy.Enabled, redundancy.Standby, redundancy.Disabled, redundancy.StateUnknown}
	for i := range a.Groups {
		g := &a.Groups[i]
		g.Group.Serving = []redundancy.Tristate{redundancy.Unread, redundancy.Yes, redundancy.No}[r.IntN(3)]
		for k := range g.Group.Members {
			g.Group.Members[k].State = states[r.IntN(len(states))]
			g.Group.Members[k].Doubts = doubts[r.IntN(len(doubts))]
		}
		if r.IntN(3) == 0 { // one to act on, or most draws show nothing
			g.Group.Serving = redundancy.Yes
			g.Group.Members[0].State, g.Group.Members[0].Doubts = redundancy.Enabled, doubts[1]
			g.Group.Members[1].State, g.Group.Members[1].Doubts = redundancy.Standby, nil
		}
		g.Verdict = redundancy.Judge(g.Group)
		id := g.Group.ID
		act := actions.Action{Rule: "builtin-path", Verb: actions.BondFailover, Group: id, From: id + "/eth0", To: id + "/eth1"}
		at := noon.Add(-time.Duration(r.IntN(48)) * time.Hour)
		switch r.IntN(5) {
		case 0:
			h.Took(actions.Record{Phase: actions.Intended, At: at, Action: act})
		case 1:
			h.Took(actions.Record{Phase: actions.Started, At: at, Action: act})
			h.Took(actions.Record{Phase: actions.Done, At: at, Action: act})
		}
	}
	return a, h, p
}

func TestDoubtAndHoldsNeverLeadToMoreActions(t *testing.T) {
	t.Parallel()
	holds := []func(*actions.Circumstances){
		func(c *actions.Circumstances) { c.Frozen = []string{"anna"} },
		func(c *actions.Circumstances) { c.Stopping = true },
		func(c *actions.Circumstances) { c.Booting = noon.Add(time.Minute) },
		func(c *actions.Circumstances) { c.Unlogged = "full" },
		func(c *actions.Circumstances) {
			c.Maintenance = []actions.Maintenance{{Until: noon.Add(time.Hour), By: "anna"}}
		},
	}
	acted := 0
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 0))
		a, h, p := drawn(r)
		plan := actions.Decide(noon, a, &h, p, actions.Circumstances{})
		taken := map[redundancy.ID]bool{}
		for _, do := range plan.Do {
			g, _ := a.Group(do.Group)
			_, busy := h.Open[do.Group]
			if g.Verdict.Status == redundancy.StatusUnknown || taken[do.Group] || busy {
				t.Errorf("seed %d: %s is done: %s, twice %v, busy %v", seed, do.Group, g.Verdict.Status, taken[do.Group], busy)
			}
			taken[do.Group] = true
		}
		acted += len(plan.Do)
		if len(plan.Do) > actions.DailyCap {
			t.Errorf("seed %d: %d actions at once", seed, len(plan.Do))
		}
		var c actions.Circumstances
		holds[r.IntN(len(holds))](&c)
		held := actions.Decide(noon, a, &h, p, c)
		if len(held.Do) > 0 {
			t.Errorf("seed %d: %v in spite of %+v", seed, held.Do, c)
		}
		if len(held.Held) < len(plan.Do)+len(plan.Held) {
			t.Errorf("seed %d: %d held, want those that would be done as well", seed, len(held.Held))
		}
		if again := fmt.Sprint(actions.Decide(noon, a, &h, p, actions.Circumstances{})); again != fmt.Sprint(plan) {
			t.Errorf("seed %d: decided otherwise the second time", seed)
		}
	}
	if acted < 250 {
		t.Errorf("only %d actions in all: the draws show too little", acted)
	}
}
