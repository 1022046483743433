package actions_test

import (
	"fmt"
	"testing"
	"time"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// crowd is a host with n bonds, of which sick have a silent path, and a policy of ten rules.
func crowd(n, sick int) (redundancy.Assessment, actions.History, actions.Policy) {
	a := redundancy.Assessment{At: noon, Sources: []redundancy.SourceState{{Name: "bond", At: noon}}}
	var h actions.History
	for i := range n {
		id := redundancy.ID(fmt.Sprintf("bond:bond%04d", i))
		g := redundancy.Group{
			ID: id, Name: string(id[5:]), Kind: redundancy.KindBond, Type: redundancy.Failover, Serving: redundancy.Yes,
			Members: []redundancy.Component{
				{ID: id + "/eth0", Name: "eth0", State: redundancy.Enabled, Health: redundancy.OK},
				{ID: id + "/eth1", Name: "eth1", State: redundancy.Standby, Health: redundancy.OK},
			},
			Needs: redundancy.Needs{AllOf: []redundancy.Need{{Members: []redundancy.ID{id + "/eth0", id + "/eth1"}, Needed: redundancy.Exactly(1)}}},
		}
		if i < sick {
			g.Members[0].Doubts = []redundancy.Doubt{redundancy.DoubtSilent}
		}
		a.Groups = append(a.Groups, redundancy.Assessed{Group: g, Verdict: redundancy.Judge(g), Source: "bond", Since: noon.Add(-time.Hour)})
	}
	p := actions.Policy{Ways: ways(), Labels: map[string]string{"rack": "r12"}}
	for i := range 9 {
		r := actions.DefaultRule()
		r.Name, r.Do, r.Reach = fmt.Sprintf("rule-%d", i), actions.BondFailover, actions.ReachHost
		r.When = actions.When{
			Kind: []redundancy.Kind{redundancy.KindBond}, Group: []string{fmt.Sprintf("bond*-%d", i)},
			Labels: map[string][]string{"rack": {"r12", "r13"}},
		}
		p.Rules = append(p.Rules, r)
	}
	p.Rules = append(p.Rules, actions.Builtin()...)
	return a, h, p
}

func BenchmarkDecide(b *testing.B) {
	for _, tt := range []struct {
		name    string
		n, sick int
	}{{"1000-quiet", 1000, 0}, {"1000-one-sick", 1000, 1}, {"1000-all-sick", 1000, 1000}} {
		b.Run(tt.name, func(b *testing.B) {
			a, h, p := crowd(tt.n, tt.sick)
			b.ReportAllocs()
			for b.Loop() {
				actions.Decide(noon, a, &h, p, actions.Circumstances{})
			}
		})
	}
}

func BenchmarkDecideOnAHookForEverything(b *testing.B) {
	a, h, p := crowd(1000, 0)
	r := actions.DefaultRule()
	r.Name, r.Do, r.Hook, r.Reach = "tell", actions.Hook, "page", actions.ReachHost
	p.Rules = append([]actions.Rule{r}, p.Rules...)
	b.ReportAllocs()
	for b.Loop() {
		actions.Decide(noon, a, &h, p, actions.Circumstances{})
	}
}

func TestQuietGroupsCostNoMemory(t *testing.T) {
	cost := func(groups int) float64 {
		a, h, p := crowd(groups, 0)
		return testing.AllocsPerRun(10, func() { actions.Decide(noon, a, &h, p, actions.Circumstances{}) })
	}
	if one, many := cost(1), cost(1000); many > one {
		t.Errorf("%v allocations for 1000 quiet groups, and %v for one", many, one)
	}
}

func TestStormIsCappedAndEveryHoldingIsTold(t *testing.T) {
	t.Parallel()
	a, h, p := crowd(1000, 1000)
	plan := actions.Decide(noon, a, &h, p, actions.Circumstances{})
	if len(plan.Do) != actions.DailyCap || len(plan.Held) != 1000-actions.DailyCap {
		t.Errorf("%d to do, %d held; want %d and the rest", len(plan.Do), len(plan.Held), actions.DailyCap)
	}
	for _, hold := range plan.Held {
		if len(hold.Why) == 0 {
			t.Errorf("%s is held without a reason", hold.Action.Group)
		}
	}
}
