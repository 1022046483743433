package agent

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/fleet"
	"plimsoll/fleet/bootstrap"
	fleettest "plimsoll/fleet/bootstrap/xtest"
	"plimsoll/fleet/wire"
	"plimsoll/internal/api"
	"plimsoll/internal/view"
	"plimsoll/internal/view/xtest"
	"plimsoll/redundancy"
)

func TestAnAgentRegistersAnswersForTheFleetAndIsShownAsItIs(t *testing.T) {
	t.Parallel()
	f := fleettest.One(t)
	h := newHabitat(t)
	h.cfg.NATS.URLs, h.cfg.NATS.CreateStream, h.cfg.NATS.Fleet = f.URLs(), false, fleettest.Name
	h.cfg.NATS.Credentials = f.Credentials(bootstrap.Host, "db1")
	h.cfg.Host.Labels = map[string]string{"rack": "r12", "feed.psu1": "a", "feed.psu2": "b", "feed.sdb": "c", "owner": "dba"}
	h.cfg.Fleet.Register, h.cfg.Fleet.Arbiter = true, true
	h.cfg.Fleet.ArbiterCredentials = f.Credentials(bootstrap.Arbiter, "db1")
	h.raid.finds(whole)
	l := h.start()
	v := l.until("registered by its own arbiter", func(v *view.View) bool {
		return v.Fleet.Registered && v.Fleet.Answers && len(v.Baseline.Groups) == 1
	})

	alice := f.Connect(bootstrap.Person, "alice")
	var kept wire.KnownGood
	h.eventually("the fleet keeps what it is known good as", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), patienceOfTests)
		defer cancel()
		var err error
		kept, err = fleet.Ask[wire.KnownGood](ctx, alice, wire.OrderSubject(fleettest.Name, "alice", wire.OrderKnown), wire.BaselineQuery{Host: "db1"})
		return err == nil && kept.Baseline != nil
	})
	wantKept(t, *kept.Baseline, v)
	h.raid.finds(halved)
	var row wire.HostRow
	h.eventually("it is shown as it is", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), patienceOfTests)
		defer cancel()
		hosts, err := fleet.Ask[wire.Hosts](ctx, alice, wire.OrderSubject(fleettest.Name, "alice", wire.OrderStatus), wire.HostsQuery{})
		if err != nil || len(hosts.Hosts) != 1 {
			return false
		}
		row = hosts.Hosts[0]
		return row.Alive != nil && row.Alive.Status == redundancy.Lost.String()
	})
	if len(row.Domains["feed"]) != 3 || len(row.Domains["rack"]) != 1 || len(row.Domains) != 2 {
		t.Errorf("failure domains: %v, want three feeds and a rack", row.Domains)
	}
	if row.Alive.Margin == nil || *row.Alive.Margin != (wire.Margin{Least: 0, Most: 0, Full: 1}) {
		t.Errorf("margin: %+v", row.Alive.Margin)
	}
	if f := row.Alive.Faults; len(f) != 1 || f[0].Domain != "feed:c" || f[0].Fault != "raid.failed" || f[0].AgeS > patienceOfTests.Seconds() {
		t.Errorf("faults: %+v", f)
	}
	fates := map[string]wire.Answers{}
	for _, f := range row.Alive.Footings {
		fates[f.Domain] = f.Dies
	}
	want := map[string]wire.Answers{"feed:a": wire.AnswerUnknown, "feed:b": wire.AnswerUnknown, "feed:c": wire.AnswerNo, "rack:r12": wire.AnswerYes}
	if diff := cmp.Diff(want, fates); diff != "" {
		t.Errorf("what becomes of it (-want +got):\n%s", diff)
	}
}

// TestAFaultIsAsOldAsTheHostsOwnSteadyClockHasIt sets the wall clock by an hour, and starts the agent anew.
func TestAFaultIsAsOldAsTheHostsOwnSteadyClockHasIt(t *testing.T) {
	t.Parallel()
	on := func(g redundancy.Group) redundancy.Group {
		g.Members = slices.Clone(g.Members)
		g.Members[1].StandsOn = []redundancy.ID{"feed:a"}
		return g
	}
	for _, off := range []time.Duration{0, time.Hour, -time.Hour} {
		w := newWorld(t)
		w.st.Shares, w.off = []redundancy.ID{"feed:a", "rack:r12"}, off
		w.open(Checkpoint{})
		w.look(on(whole))
		if seen := aged(w.st.View(w.now)); len(seen) > 0 {
			t.Errorf("sees %+v", seen)
		}
		w.after(time.Minute).look(on(halved))
		w.after(2 * time.Minute).look(on(halved))
		want := []wire.Fault{{Domain: "feed:a", Fault: "raid.failed", AgeS: 120}}
		if diff := cmp.Diff(want, aged(w.st.View(w.now))); diff != "" {
			t.Errorf("sees, with a clock that is %s off (-want +got):\n%s", off, diff)
		}
		again := newWorld(t)
		again.st.Shares, again.now, again.off = w.st.Shares, w.now.Add(time.Minute), off
		again.step(Input{Opened: &Opened{LogID: "l", Next: w.st.Log.Next, Before: w.checkpointOfRecords()}})
		again.look(on(halved))
		want[0].AgeS = 180
		if diff := cmp.Diff(want, aged(again.st.View(again.now))); diff != "" {
			t.Errorf("sees after a restart, with a clock that is %s off (-want +got):\n%s", off, diff)
		}
		w.after(time.Minute).look(on(whole))
		if seen := aged(w.st.View(w.now)); len(seen) > 0 {
			t.Errorf("sees %+v", seen)
		}
	}
}

// wantKept fails unless b is the document that the agent itself gives of its baseline.
func wantKept(t *testing.T, b wire.Baseline, v *view.View) {
	t.Helper()
	text, err := b.Unpack()
	var got api.Baseline
	if err == nil {
		err = json.Unmarshal(text, &got)
	}
	if err != nil {
		t.Fatal(err)
	}
	want := api.NewBaseline(v)
	if len(want.Groups) != 1 {
		t.Fatalf("the agent itself knows %d groups", len(want.Groups))
	}
	if diff := cmp.Diff(want.Groups, got.Groups); diff != "" || got.Host.Name != "db1" || got.Schema != api.SchemaBaseline {
		t.Errorf("kept of %s, %s (-want +got):\n%s", got.Host.Name, got.Schema, diff)
	}
}

func TestWhatAHostIsKnownGoodAsIsAnotherOnlyIfItsGroupsAre(t *testing.T) {
	t.Parallel()
	digest := func(change func(*view.View)) string {
		t.Helper()
		v := xtest.Drifted()
		change(v)
		b, some, err := knownGood(v)
		if err != nil {
			t.Fatal(err)
		}
		if !some {
			return ""
		}
		return b.Digest
	}
	is := digest(func(*view.View) {})
	for what, change := range map[string]func(*view.View){
		"another boot":    func(v *view.View) { v.Host.BootID = "another" },
		"another time":    func(v *view.View) { v.At = v.At.Add(time.Hour) },
		"another kernel":  func(v *view.View) { v.Host.Facts.Kernel = "6.1" },
		"a failed member": func(v *view.View) { v.Assessment.Groups[0].Group.Members[0].State = redundancy.Disabled },
	} {
		if got := digest(change); got != is || is == "" {
			t.Errorf("%s: the digest is %q, was %q", what, got, is)
		}
	}
	for what, change := range map[string]func(*view.View){
		"another installation": func(v *view.View) { v.Host.ID = "another" },
		"a group that is gone": func(v *view.View) { v.Assessment.Groups = v.Assessment.Groups[:2] },
	} {
		if got := digest(change); got == is || got == "" {
			t.Errorf("%s: the digest is %q, as before", what, got)
		}
	}
	for what, change := range map[string]func(*view.View){
		"nothing known":       func(v *view.View) { v.Baseline.Groups, v.Assessment.Groups = nil, nil },
		"a source not read":   func(v *view.View) { v.Assessment.Sources[0].At = time.Time{} },
		"a host that has not": func(v *view.View) { *v = view.View{} },
	} {
		if got := digest(change); got != "" {
			t.Errorf("%s: there is something to keep", what)
		}
	}
}
