package agent

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plimsoll/actions"
	"plimsoll/fleet"
	"plimsoll/fleet/bootstrap"
	fleettest "plimsoll/fleet/bootstrap/xtest"
	"plimsoll/fleet/ledger"
	"plimsoll/fleet/wire"
	"plimsoll/internal/api"
	"plimsoll/internal/config"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// neighbour is a habitat in a fleet's pool db, whose policy tells a file of each mirror that has lost its margin, with leave.
func neighbour(t *testing.T, f *fleettest.Fleet, name, tells string) *habitat {
	t.Helper()
	h := newHabitat(t)
	h.cfg.Mode, h.cfg.Host.Name = config.ModeEnforce, name
	h.cfg.NATS.URLs, h.cfg.NATS.CreateStream, h.cfg.NATS.Fleet = f.URLs(), false, fleettest.Name
	h.cfg.NATS.Credentials = f.Credentials(bootstrap.Host, name)
	h.cfg.Fleet.Register, h.cfg.Fleet.Pools = true, []string{"db"}
	h.cfg.Hooks = config.Hooks{"tell": {Argv: []string{"/bin/sh", "-c", `echo "$0" >>"$1"`, name, tells}, Timeout: time.Minute}}
	h.cfg.Policy = []config.Rule{{
		Name: "tell", Do: string(actions.Hook), Hook: "tell", Reach: actions.ReachFleet.String(), Pool: "db",
		When:  config.When{Event: config.Words{redundancy.RedundancyLost}},
		Limit: config.Limit{Max: 3, Per: time.Hour}, MigrationThreshold: 1, FailureTimeout: time.Hour,
	}}
	return h
}

// ask is a person's request to an arbiter, until there is one that answers.
func ask[A wire.Message](h *habitat, f *fleettest.Fleet, what string, q wire.Message) A {
	h.t.Helper()
	alice := f.Connect(bootstrap.Person, "alice")
	var a A
	h.eventually("an answer to "+what, func() bool {
		ctx, cancel := context.WithTimeout(h.t.Context(), patienceOfTests)
		defer cancel()
		var err error
		a, err = fleet.Ask[A](ctx, alice, wire.OrderSubject(fleettest.Name, "alice", what), q)
		return err == nil
	})
	return a
}

// TestWhatReachesOthersIsDoneWithLeaveAndGivenBack has two hosts, of which one has something to do.
func TestWhatReachesOthersIsDoneWithLeaveAndGivenBack(t *testing.T) {
	t.Parallel()
	f := fleettest.One(t)
	tells := filepath.Join(t.TempDir(), "told")
	well, ill := neighbour(t, f, "db2", tells), neighbour(t, f, "db1", tells)
	well.cfg.Fleet.Arbiter, well.cfg.Fleet.ArbiterCredentials = true, f.Credentials(bootstrap.Arbiter, "db2")
	well.raid.finds(whole)
	ill.raid.finds(halved)
	b := well.start()
	b.until("an arbiter", func(v *view.View) bool { return v.Fleet.Answers })
	ask[wire.Done](well, f, wire.OrderPool, wire.PoolSetting{Pool: "db", Budget: 1})

	a := ill.start()
	done := func(kind string) func(v *view.View) bool {
		return func(v *view.View) bool {
			return slices.ContainsFunc(v.Recent, func(e redundancy.Event) bool { return e.Type == kind })
		}
	}
	a.until("a ledger to ask", func(v *view.View) bool { return api.NewStatus(v, time.Now()).Fleet.Trusted })
	a.until("leave", done(redundancy.GrantMade))
	a.until("done", done(redundancy.ActionDone))
	ill.eventually("given back", func() bool {
		return len(ask[wire.Grants](ill, f, wire.OrderGrants, wire.PoolQuery{Pool: "db"}).Entries) == 0
	})
	if text, err := os.ReadFile(tells); err != nil || string(text) != "db1\n" {
		t.Errorf("told %q, %v", text, err)
	}
	var deeds []ledger.What
	for _, d := range ask[wire.Decisions](ill, f, wire.OrderDecisions, wire.PoolQuery{Pool: "db"}).Decisions {
		if d.Deed.Host == "db1" && d.Deed.What != ledger.DeedRegistered {
			deeds = append(deeds, d.Deed.What)
		}
	}
	deeds = slices.Compact(deeds) // a release whose answer is late is asked for again, and written again
	if want := []ledger.What{ledger.DeedGranted, ledger.DeedStarted, ledger.DeedReleased}; !slices.Equal(deeds, want) {
		t.Errorf("the decisions are %v, want %v", deeds, want)
	}

	ask[wire.Done](well, f, wire.OrderFreeze, wire.Command{Pool: "db", Why: "new switches"})
	ill.raid.finds(whole)
	a.until("mended", func(v *view.View) bool { return v.Assessment.Groups[0].Verdict.Status == redundancy.FullyRedundant })
	ill.raid.finds(halved)
	a.until("held while the pool is frozen", func(v *view.View) bool {
		return slices.ContainsFunc(v.Recent, func(e redundancy.Event) bool {
			return e.Type == redundancy.ActionHeld && strings.Contains(e.Text, "the fleet: pool db, by alice: new switches")
		})
	})
	if text, err := os.ReadFile(tells); err != nil || string(text) != "db1\n" {
		t.Errorf("after the freeze: told %q, %v", text, err)
	}
	ask[wire.Done](well, f, wire.OrderThaw, wire.Command{Pool: "db"})
	ill.eventually("done once it is thawed", func() bool {
		text, err := os.ReadFile(tells)
		return err == nil && string(text) == "db1\ndb1\n"
	})
}

// TestAFrozenFleetStopsWhatReachesNobodyElseToo has a host in a pool and one in none, each with something to do to itself alone.
func TestAFrozenFleetStopsWhatReachesNobodyElseToo(t *testing.T) {
	t.Parallel()
	f := fleettest.One(t)
	dir := t.TempDir()
	hosts := map[string]*habitat{}
	for _, name := range []string{"db1", "db2"} {
		h := neighbour(t, f, name, filepath.Join(dir, name))
		h.cfg.Policy[0].Reach, h.cfg.Policy[0].Pool = actions.ReachHost.String(), ""
		h.raid.finds(whole)
		hosts[name] = h
	}
	hosts["db1"].cfg.Fleet.Arbiter, hosts["db1"].cfg.Fleet.ArbiterCredentials = true, f.Credentials(bootstrap.Arbiter, "db1")
	hosts["db2"].cfg.Fleet.Pools = nil
	first := hosts["db1"].start()
	first.until("an arbiter", func(v *view.View) bool { return v.Fleet.Answers })
	ask[wire.Done](hosts["db1"], f, wire.OrderPool, wire.PoolSetting{Pool: "db", Budget: 1})
	first.until("a member", func(v *view.View) bool { return slices.Equal(v.Fleet.Pools, []string{"db"}) })
	second := hosts["db2"].start()
	second.until("registered", func(v *view.View) bool { return v.Fleet.Registered && !v.Fleet.Trusted })

	ask[wire.Done](hosts["db1"], f, wire.OrderFreeze, wire.Command{Why: "new switches"})
	for name, l := range map[string]*life{"db1": first, "db2": second} {
		l.until(name+" is frozen", func(v *view.View) bool {
			return slices.ContainsFunc(v.Will.Frozen, func(why string) bool { return strings.Contains(why, "by alice: new switches") })
		})
		hosts[name].raid.finds(halved)
		l.until(name+" holds", func(v *view.View) bool {
			return slices.ContainsFunc(v.Recent, func(e redundancy.Event) bool {
				return e.Type == redundancy.ActionHeld && slices.Contains(e.Is.HeldBy, "freeze")
			})
		})
		if _, err := os.Stat(filepath.Join(dir, name)); !os.IsNotExist(err) {
			t.Errorf("%s has acted while its fleet is frozen: %v", name, err)
		}
	}
	ask[wire.Done](hosts["db1"], f, wire.OrderThaw, wire.Command{})
	for name, h := range hosts {
		h.eventually(name+" acts once it is thawed", func() bool {
			text, err := os.ReadFile(filepath.Join(dir, name))
			return err == nil && string(text) == name+"\n"
		})
	}
}
