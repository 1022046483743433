package xtest

import (
	"time"

	"plimsoll/actions"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// Willing is the host in trouble in mode enforce: bond0 was moved and may return, an action on md1 is under way, others are held
// by a maintenance, by the daily cap, which has latched, and by a freeze.
func Willing() *view.View {
	v := Faulty()
	v.Mode = "enforce"
	bond, md0, md1 := &v.Assessment.Groups[0].Group, &v.Assessment.Groups[1].Group, &v.Assessment.Groups[2].Group
	act := func(verb actions.Verb, rule string, g *redundancy.Group) actions.Action {
		return actions.Action{
			Rule: rule, Verb: verb, Group: g.ID, Name: g.Name, From: g.Members[0].ID, To: g.Members[1].ID, Reach: actions.ReachHost,
			Decided: At(), Deadline: At().Add(10 * time.Second),
		}
	}
	back := act(actions.BondFailback, "path", bond)
	back.From, back.To = back.To, back.From
	replace := act(actions.RaidReplace, "predicted", md0)
	replace.Cause = "h1/l1/17"
	tell := actions.Action{
		Rule: "tell", Verb: actions.Hook, Hook: "page", Group: md0.ID, Name: md0.Name, Reach: actions.ReachHost, Decided: At(), Deadline: At().Add(time.Minute),
	}
	work := act(actions.RaidReplace, actions.ByHand, md1)
	work.ID, work.By = "h1/l1/40", "uid 0"
	moved := act(actions.BondFailover, "path", bond)
	moved.ID = "h1/l1/20"
	cap := actions.Reason{Key: "daily cap", Text: "3 actions within 24h: nothing more is done until a person releases it"}
	v.Will = view.Will{
		Plan: actions.Plan{
			Offer: []actions.Offer{{Action: back, Since: At().Add(-5 * time.Minute)}},
			Held: []actions.Holding{
				{Action: tell, Why: []actions.Reason{{Key: "freeze", Text: "uid 0: new switch"}, {Key: "settle.worse", Text: "for 10s now, counts after 30s", Until: At().Add(20 * time.Second)}}},
				{Action: replace, Why: []actions.Reason{{Key: "freeze", Text: "uid 0: new switch"}, {Key: "maintenance", Text: "md* for another 1h30m, says uid 0: new disks", Until: At().Add(90 * time.Minute)}, cap}},
			},
			Next: At().Add(20 * time.Second),
		},
		Works:  []actions.Work{{Action: work, Stage: "proving", Said: "device or resource busy"}},
		Frozen: []string{"uid 0: new switch"},
		Maintenance: []actions.Maintenance{
			{Group: "md*", Until: At().Add(90 * time.Minute), By: "uid 0", Why: "new disks"},
		},
		Latched: At().Add(-time.Hour),
		Moves: map[redundancy.ID]actions.Move{
			bond.ID: {Home: back.To, To: back.From, At: At().Add(-40 * time.Minute), Rule: "path", Verb: actions.BondFailover},
		},
		Ended: []actions.Record{
			{
				Phase: actions.Done, At: At().Add(-40 * time.Minute), Action: moved,
				Evidence: []redundancy.Evidence{{Where: "sys/class/net/bond0/bonding/active_slave", Value: "eth1"}},
			},
			{Phase: actions.Abandoned, At: At().Add(-30 * time.Minute), Action: moved, Why: "a fresh look finds nothing left to do"},
		},
		Counts: []view.Count{
			{Verb: actions.BondFailover, Phase: string(actions.Abandoned), N: 1},
			{Verb: actions.BondFailover, Phase: string(actions.Done), N: 1},
			{Verb: actions.BondFailover, Phase: string(actions.Intended), N: 2},
			{Verb: actions.BondFailover, Phase: string(actions.Started), N: 1},
		},
	}
	return v
}
