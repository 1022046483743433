package actions_test

import (
	"strings"
	"testing"
	"time"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// calm is a bond of which nothing is wrong.
func calm() *bond {
	return &bond{active: "eth0", silent: map[string]bool{"eth0": false, "eth1": false}}
}

func ask(t *testing.T, b *bond, act actions.Act, change func(*actions.Circumstances, *actions.History)) (actions.Action, string) {
	t.Helper()
	var c actions.Circumstances
	var h actions.History
	if change != nil {
		change(&c, &h)
	}
	a := redundancy.Assessment{Groups: []redundancy.Assessed{{Group: b.group()}}}
	p := actions.Policy{Ways: ways()}
	action, why := actions.Asked(noon, &a, &h, &p, &c, act, "uid 0")
	var out []string
	for _, r := range why {
		out = append(out, r.String())
	}
	return action, strings.Join(out, "; ")
}

func TestAPersonMovesABondThatNothingIsWrongWith(t *testing.T) {
	t.Parallel()
	action, why := ask(t, calm(), actions.Act{Verb: actions.BondFailover, Group: "bond:bond0"}, nil)
	if why != "" || action.From != "bond:bond0/eth0" || action.To != "bond:bond0/eth1" || action.By != "uid 0" || !action.Deadline.After(noon) {
		t.Errorf("%+v is held: %q", action, why)
	}
}

func TestAPersonsActionGoesHome(t *testing.T) {
	t.Parallel()
	b := calm()
	b.active = "eth1"
	action, why := ask(t, b, actions.Act{Verb: actions.BondFailback, Group: "bond:bond0"}, func(_ *actions.Circumstances, h *actions.History) {
		h.Moves = map[redundancy.ID]actions.Move{"bond:bond0": {Home: "bond:bond0/eth0", To: "bond:bond0/eth1", Verb: actions.BondFailover}}
	})
	if why != "" || action.To != "bond:bond0/eth0" {
		t.Errorf("%+v is held: %q", action, why)
	}
}

func TestAPersonIsHeldByWhatSpeaksAgainstIt(t *testing.T) {
	t.Parallel()
	failover := actions.Act{Verb: actions.BondFailover, Group: "bond:bond0"}
	for name, c := range map[string]struct {
		act    actions.Act
		change func(*actions.Circumstances, *actions.History)
		want   string // what the reasons begin with; empty: there is none
	}{
		"mode observe": {failover, func(c *actions.Circumstances, _ *actions.History) { c.Observe = true }, "mode:"},
		"frozen":       {failover, func(c *actions.Circumstances, _ *actions.History) { c.Frozen = []string{"by hand"} }, "freeze: by hand"},
		"going down":   {failover, func(c *actions.Circumstances, _ *actions.History) { c.Stopping = true }, "shutdown:"},
		"no log":       {failover, func(c *actions.Circumstances, _ *actions.History) { c.Unlogged = "it is full" }, "log:"},
		"maintenance": {failover, func(c *actions.Circumstances, _ *actions.History) {
			c.Maintenance = []actions.Maintenance{{Until: noon.Add(time.Hour)}}
		}, ""},
		"just booted": {failover, func(c *actions.Circumstances, _ *actions.History) { c.Booting = noon.Add(time.Minute) }, ""},
		"another under way": {failover, func(_ *actions.Circumstances, h *actions.History) {
			h.Open = map[redundancy.ID]actions.Record{"bond:bond0": {Phase: actions.Started}}
		}, "one at a time:"},
		"the failover still under way": {
			actions.Act{Verb: actions.BondFailback, Group: "bond:bond0"}, func(_ *actions.Circumstances, h *actions.History) {
				h.Open = map[redundancy.ID]actions.Record{"bond:bond0": {Phase: actions.Started}}
			}, "one at a time:",
		},
		"nothing to do":      {actions.Act{Verb: actions.BondFailover, Group: "bond:bond0", To: "bond:bond0/eth0"}, nil, "refused: there is nothing to do"},
		"no such group":      {actions.Act{Verb: actions.BondFailover, Group: "bond:bond9"}, nil, "unknown:"},
		"not for its kind":   {actions.Act{Verb: actions.RaidReplace, Group: "bond:bond0"}, nil, "refused:"},
		"nobody can do that": {actions.Act{Verb: "netbond.cut", Group: "bond:bond0"}, nil, "refused:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, why := ask(t, calm(), c.act, c.change); !strings.HasPrefix(why, c.want) || (c.want == "") != (why == "") {
				t.Errorf("held by %q, want %q", why, c.want)
			}
		})
	}
}

func TestAPersonsActionKnowsTheOccupantItIsFor(t *testing.T) {
	t.Parallel()
	until := noon.Add(time.Minute)
	way := actions.Way{Verb: actions.ServiceRestart, Within: time.Minute, Aim: func(g redundancy.Group, w actions.Wish) actions.Aim {
		return actions.Aim{Wanted: true, From: w.To, To: w.To, Device: g.Members[0].Device, Against: []string{"too soon"}, Until: until}
	}}
	g := redundancy.Group{
		ID: "service:web", Name: "web", Kind: redundancy.KindService, Members: []redundancy.Component{{ID: "service:web/a", Device: "invocation:1"}},
	}
	a := redundancy.Assessment{Groups: []redundancy.Assessed{{Group: g}}}
	act := actions.Act{Verb: way.Verb, Group: g.ID, To: "service:web/a"}
	action, why := actions.Asked(noon, &a, &actions.History{}, &actions.Policy{Ways: []actions.Way{way}}, &actions.Circumstances{}, act, "uid 0")
	if action.Device != "invocation:1" {
		t.Errorf("the action is for %q", action.Device)
	}
	if len(why) != 1 || !why[0].Until.Equal(until) {
		t.Errorf("held by %v, want one reason that time does away with", why)
	}
}
