package arbiter_test

import (
	"log/slog"
	"testing"
	"time"

	"plimsoll/fleet"
	"plimsoll/fleet/arbiter"
	"plimsoll/fleet/bootstrap"
	"plimsoll/fleet/bootstrap/xtest"
	"plimsoll/fleet/correlate"
	"plimsoll/fleet/ledger"
	"plimsoll/fleet/wire"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// shows waits until an arbiter's overview is so, going by nothing but what it says of changes.
func shows(t *testing.T, a *arbiter.Arbiter, what string, is func(view.Overview) bool) view.Overview {
	t.Helper()
	deadline := time.After(patience)
	for {
		changed := a.Changed()
		o := a.Overview()
		if is(o) {
			return o
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("not in time: %s; it shows %+v", what, o)
		}
	}
}

func TestOverviewShowsWhatHostsAndPeopleSay(t *testing.T) {
	t.Parallel()
	f := xtest.One(t)
	cfg := arbiter.Config{Fleet: xtest.Name, Name: "arb1", Version: "1.2.3", NATS: fleet.DefaultConfig(), Rules: quick()}
	cfg.NATS.URLs, cfg.NATS.Credentials = f.URLs(), f.Credentials(bootstrap.Arbiter, "arb1")
	a, err := arbiter.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if o := a.Overview(); o.Answers || !o.At.IsZero() || o.Fleet != xtest.Name {
		t.Errorf("before it runs: %+v", o)
	}
	attends(t, a)
	person := f.Connect(bootstrap.Person, "alice")
	order[wire.Done](t, person, wire.OrderPool, wire.PoolSetting{Pool: "db", Budget: 1, MinHealthy: 1})
	hosts := onFeed(t, f, "r12-a", 5)
	o := shows(t, a, "five hosts in a pool", func(o view.Overview) bool {
		return o.Answers && len(o.Hosts) == 5 && len(o.Pools) == 1 && len(o.Pools[0].Ledger.Members) == 5
	})
	if last := o.Deeds[len(o.Deeds)-1]; last.Pool != "db" || last.Deed.What != ledger.DeedRegistered || last.Revision != o.Pools[0].Revision {
		t.Errorf("the last deed is %+v", last)
	}

	hosts.hosts[3].Is(wire.Alive{Status: redundancy.Lost.String(), Margin: &wire.Margin{Full: 1}})
	shows(t, a, "a host that has lost its margin", func(o view.Overview) bool {
		h := o.Hosts[3]
		return h.Seen == wire.SeenPresent && h.Alive != nil && h.Alive.Status == "Lost" && h.Alive.Margin.Full == 1
	})

	order[wire.Done](t, person, wire.OrderFreeze, wire.Command{Pool: "db", Why: "a switch is being replaced"})
	shows(t, a, "the freeze, and its event", func(o view.Overview) bool {
		f, frozen := o.Pools[0].Ledger.FrozenBy(ledger.ByHand)
		return frozen && f.By == "alice" && len(o.Told) == 1 && o.Told[0].Type == redundancy.FleetFrozen && o.Told[0].Text != ""
	})

	hosts.hurt(0, 3, now)
	shows(t, a, "the fault that is shared", func(o view.Overview) bool {
		return len(o.Cases) == 1 && o.Cases[0].Domain == "feed:r12-a" && o.Cases[0].Verdict.State == correlate.Found &&
			o.Cases[0].Incident == 1 && len(o.Cases[0].Verdict.Hurt) == 3
	})
	if at := a.Overview().At; at.IsZero() {
		t.Error("it does not say when it judged that")
	}
}
