package cli

import (
	"slices"
	"testing"
	"time"

	"plimsoll/actions"
	apitest "plimsoll/internal/api/xtest"
	"plimsoll/internal/view"
	"plimsoll/internal/view/xtest"
	"plimsoll/redundancy"
)

// TestADrillForRealReturnsABondOnceTheAgentShowsThatItHasMoved has the move be shown a while after it was done, as one that settles.
func TestADrillForRealReturnsABondOnceTheAgentShowsThatItHasMoved(t *testing.T) {
	t.Parallel()
	shows := func(states ...redundancy.State) *view.View {
		v := xtest.Quiet()
		g := xtest.Bond("bond9", "eth0", "eth1")
		for i := range g.Members {
			g.Members[i].State = states[i]
		}
		v.Assessment.Groups = []redundancy.Assessed{{Group: g, Verdict: redundancy.Judge(g), Source: "bond"}}
		return v
	}
	agent, socket := apitest.Serve(t, shows(redundancy.Enabled, redundancy.Standby), func() time.Time { return xtest.At() })
	shown := make(chan struct{})
	agent.Becomes = func(o actions.Order) (actions.Outcome, error) {
		if o.Act == nil {
			return actions.Outcome{}, nil
		}
		if o.Act.Verb == actions.BondFailover {
			time.AfterFunc(2*shownAgain, func() {
				agent.Post(shows(redundancy.Standby, redundancy.Enabled))
				close(shown)
			})
			return actions.Outcome{At: xtest.At(), Action: done(o)}, nil
		}
		select {
		case <-shown:
		default:
			t.Error("the way back was asked for before the agent showed that there is one")
		}
		return actions.Outcome{At: xtest.At(), Action: done(o)}, nil
	}
	got := world{socket: socket}.run(t, "drill", "bond9", "--real")
	if got.code != exitOK {
		t.Fatalf("exits %d: %s", got.code, got.err)
	}
	var asked []string
	for _, o := range agent.Orders() {
		switch {
		case o.Act != nil:
			asked = append(asked, string(o.Act.Verb))
		case o.Drill != nil:
			asked = append(asked, string(o.Drill.Real))
		}
	}
	want := []string{string(actions.DrillBegins), string(actions.BondFailover), string(actions.BondFailback), string(actions.DrillEnds)}
	if !slices.Equal(asked, want) {
		t.Errorf("asked for %v, want %v", asked, want)
	}
}
