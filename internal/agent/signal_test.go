package agent

import (
	"testing"
	"time"

	"plimsoll/actions"
	"plimsoll/fleet/bootstrap"
	fleettest "plimsoll/fleet/bootstrap/xtest"
	"plimsoll/fleet/wire"
	"plimsoll/internal/config"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// TestTheSignalChangesWithLeaveAloneAndHoldsWithout has two hosts, of which one is to be drained while its mirror has lost its margin.
func TestTheSignalChangesWithLeaveAloneAndHoldsWithout(t *testing.T) {
	t.Parallel()
	f := fleettest.One(t)
	well, ill := neighbour(t, f, "db2", ""), neighbour(t, f, "db1", "")
	well.cfg.Fleet.Arbiter, well.cfg.Fleet.ArbiterCredentials = true, f.Credentials(bootstrap.Arbiter, "db2")
	ill.cfg.Policy = []config.Rule{{
		Name: "drain", Do: string(actions.TellDrain), Reach: actions.ReachFleet.String(), Pool: "db",
		When:  config.When{Status: config.Words{redundancy.Lost.String()}},
		Limit: config.Limit{Max: 3, Per: time.Hour}, MigrationThreshold: 1, FailureTimeout: time.Hour,
	}}
	well.raid.finds(whole)
	ill.raid.finds(whole)
	a := ill.start()
	is := func(s actions.Signal) func(*view.View) bool {
		return func(v *view.View) bool { return v.Will.Signal == s }
	}
	a.until("up at first", is(actions.SignalUp))
	ill.raid.finds(halved)
	a.until("held: nobody can be asked", func(v *view.View) bool { return len(v.Will.Plan.Held) > 0 && is(actions.SignalUp)(v) })

	b := well.start()
	b.until("an arbiter", func(v *view.View) bool { return v.Fleet.Answers })
	ask[wire.Done](well, f, wire.OrderPool, wire.PoolSetting{Pool: "db", Budget: 1})
	a.until("drained with leave", is(actions.SignalDrain))
	if n := len(ask[wire.Grants](ill, f, wire.OrderGrants, wire.PoolQuery{Pool: "db"}).Entries); n != 1 {
		t.Errorf("%d leaves are out, want 1", n)
	}
	a.end()
	a = ill.start()
	a.until("drained after a restart", is(actions.SignalDrain))

	b.end()
	ill.raid.finds(whole)
	a.until("held: mended, and nobody can be asked", func(v *view.View) bool {
		return v.Assessment.Groups[0].Verdict.Status == redundancy.FullyRedundant && is(actions.SignalDrain)(v)
	})
	well.start()
	a.until("up with the leave given back", is(actions.SignalUp))
}
