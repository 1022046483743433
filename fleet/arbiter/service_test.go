package arbiter_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nats.go/micro"

	"plimsoll/fleet"
	"plimsoll/fleet/arbiter"
	"plimsoll/fleet/bootstrap"
	"plimsoll/fleet/bootstrap/xtest"
	"plimsoll/fleet/member"
	"plimsoll/fleet/wire"
	"plimsoll/internal/view"
)

// patience bounds every wait.
const patience = time.Minute

// serve runs an arbiter until stop is called, or the test ends.
func serve(t *testing.T, f *xtest.Fleet, name string) (stop func()) {
	t.Helper()
	cfg := arbiter.Config{Fleet: xtest.Name, Name: name, Version: "1.2.3-test", NATS: fleet.DefaultConfig()}
	cfg.NATS.URLs, cfg.NATS.Credentials = f.URLs(), f.Credentials(bootstrap.Arbiter, name)
	a, err := arbiter.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return runs(t, a.Run, func() bool {
		select {
		case r := <-a.Reports():
			return r.Serving
		default:
			return false
		}
	})
}

// runs runs something until stop is called, or the test ends; it comes back once ready says so.
func runs(t *testing.T, run func(context.Context) error, ready func() bool) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); wait.Wait() })
	t.Cleanup(stop)
	until(t, "ready", ready)
	return stop
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	if err := soon(what, is); err != nil {
		t.Fatal(err)
	}
}

// soon is until for goroutines, which may not end a test.
func soon(what string, is func() bool) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !is() {
		select {
		case <-tick.C:
		case <-deadline:
			return fmt.Errorf("not in time: %s", what)
		}
	}
	return nil
}

// order is a person's request.
func order[A wire.Message](t *testing.T, nc *nats.Conn, what string, q wire.Message) A {
	t.Helper()
	var a A
	until(t, "an answer to "+what, func() bool { // which arbiter is gone, the server knows a moment later
		ctx, cancel := context.WithTimeout(t.Context(), patience/4)
		defer cancel()
		var err error
		a, err = fleet.Ask[A](ctx, nc, wire.OrderSubject(xtest.Name, "alice", what), q)
		if err != nil && !errors.Is(err, fleet.ErrNoArbiter) && !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		return err == nil
	})
	return a
}

// greet runs the hello of a host and gives its standings.
func greet(t *testing.T, f *xtest.Fleet, host, id string, pools ...string) (*member.Hello, func()) {
	t.Helper()
	h := member.NewHello(xtest.Name, host, wire.Registration{
		ID: id, Version: "1.2.3", Pools: pools, Domains: map[string][]string{"rack": {"r12"}},
	}, slog.New(slog.DiscardHandler))
	nc := f.Connect(bootstrap.Host, host)
	return h, runs(t, func(ctx context.Context) error { h.Attend(ctx, nc); return nil }, func() bool { return true })
}

func standing(t *testing.T, h *member.Hello, is func(member.Standing) bool) member.Standing {
	t.Helper()
	deadline := time.After(patience)
	var s member.Standing
	for {
		select {
		case s = <-h.Standings():
			if is(s) {
				return s
			}
		case <-deadline:
			t.Fatalf("not in time; the standing is %+v", s)
		}
	}
}

func TestAHostRegistersIsSeenAndIsRetiredForGood(t *testing.T) {
	t.Parallel()
	f := xtest.One(t)
	serve(t, f, "arb1")
	alice := f.Connect(bootstrap.Person, "alice")

	h, stop := greet(t, f, "db1", "id1", "db")
	s := standing(t, h, func(s member.Standing) bool { return s.Registered })
	if s.Problem == nil || len(s.Pools) != 0 {
		t.Errorf("a pool that nobody has made: %+v, want a problem", s)
	}
	done := order[wire.Done](t, alice, wire.OrderPool, wire.PoolSetting{Pool: "db", Budget: 1, MinHealthy: 1})
	if len(done.Did) != 1 || len(done.Refused) != 0 {
		t.Errorf("make a pool: %+v", done)
	}
	if s = standing(t, h, func(s member.Standing) bool { return s.Problem == nil }); !s.Registered || len(s.Pools) != 1 {
		t.Errorf("with the pool there: %+v", s)
	}

	h.Is(wire.Alive{Status: "Degraded", Margin: &wire.Margin{Least: 1, Most: 1, Full: 2}})
	var rows wire.Hosts
	until(t, "its status", func() bool {
		rows = order[wire.Hosts](t, alice, wire.OrderStatus, wire.HostsQuery{})
		return len(rows.Hosts) == 1 && rows.Hosts[0].Alive != nil && rows.Hosts[0].Alive.Status == "Degraded"
	})
	row := rows.Hosts[0]
	if row.Host != "db1" || row.ID != "id1" || row.Seen != wire.SeenPresent || row.Domains["rack"][0] != "r12" {
		t.Errorf("status: %+v", row)
	}
	pools := order[wire.Pools](t, alice, wire.OrderPools, wire.PoolsQuery{})
	want := []wire.PoolRow{{Pool: "db", Revision: pools.Pools[0].Revision, Members: 1, Budget: 1, MinHealthy: 1}}
	if diff := cmp.Diff(want, pools.Pools); diff != "" {
		t.Errorf("pools (-want +got):\n%s", diff)
	}

	stop()
	until(t, "that it left", func() bool {
		rows = order[wire.Hosts](t, alice, wire.OrderStatus, wire.HostsQuery{})
		return rows.Hosts[0].Seen == wire.SeenLeft
	})
	if done = order[wire.Done](t, alice, wire.OrderRetire, wire.Retirement{Host: "db1"}); len(done.Refused) != 0 {
		t.Errorf("retire: %+v", done)
	}
	if pools = order[wire.Pools](t, alice, wire.OrderPools, wire.PoolsQuery{}); pools.Pools[0].Members != 0 {
		t.Errorf("pools after it was retired: %+v", pools)
	}
	h, stop = greet(t, f, "db1", "id1", "db")
	if s = standing(t, h, func(member.Standing) bool { return true }); s.Registered || s.Problem == nil {
		t.Errorf("a retired host registers: %+v", s)
	}
	stop()
	h, _ = greet(t, f, "db1", "id2", "db") // the machine was installed anew
	if s = standing(t, h, func(member.Standing) bool { return true }); !s.Registered || s.Problem != nil {
		t.Errorf("another installation under the name: %+v", s)
	}
}

func TestAPlaceOfALaterVersionIsReadAndNotWrittenOver(t *testing.T) {
	t.Parallel()
	f := xtest.One(t)
	serve(t, f, "arb1")
	alice := f.Connect(bootstrap.Person, "alice")
	bucket, err := admin(t, f).KeyValue(t.Context(), bootstrap.Inventory)
	if err != nil {
		t.Fatal(err)
	}
	const place = `{"id":"id1","pools":[],"domains":{"rack":["r12"]},"since":"2026-01-02T03:04:05Z","cooling":"row 3"}`
	if _, err := bucket.PutString(t.Context(), "db1", place); err != nil {
		t.Fatal(err)
	}
	until(t, "the host", func() bool {
		rows := order[wire.Hosts](t, alice, wire.OrderStatus, wire.HostsQuery{}).Hosts
		return len(rows) == 1 && rows[0].ID == "id1" && rows[0].Domains["rack"][0] == "r12"
	})
	retire := wire.Retirement{Host: "db1"}
	if done, err := fleet.Ask[wire.Done](t.Context(), alice, wire.OrderSubject(xtest.Name, "alice", wire.OrderRetire), retire); err == nil && len(done.Refused) == 0 {
		t.Errorf("an arbiter that does not understand its place retired it: %+v", done)
	}
	e, err := bucket.Get(t.Context(), "db1")
	if err != nil || string(e.Value()) != place {
		t.Errorf("the place is now %s, %v", e.Value(), err)
	}
}

func TestARetiredHostCanBeHadBack(t *testing.T) {
	t.Parallel()
	f := xtest.One(t)
	serve(t, f, "arb1")
	alice := f.Connect(bootstrap.Person, "alice")
	_, stop := greet(t, f, "db1", "id1")
	until(t, "its place", func() bool {
		return len(order[wire.Hosts](t, alice, wire.OrderStatus, wire.HostsQuery{}).Hosts) == 1
	})
	stop()
	for _, r := range []wire.Retirement{{Host: "db1"}, {Host: "db1", Undo: true}} {
		if done := order[wire.Done](t, alice, wire.OrderRetire, r); len(done.Refused) != 0 {
			t.Errorf("%+v: %+v", r, done)
		}
	}
	for _, r := range []wire.Retirement{{Host: "db1", Undo: true}, {Host: "db2"}, {Host: "db2", Undo: true}} {
		if done := order[wire.Done](t, alice, wire.OrderRetire, r); len(done.Refused) != 1 {
			t.Errorf("%+v: %+v, want it refused", r, done)
		}
	}
	h, _ := greet(t, f, "db1", "id1")
	if s := standing(t, h, func(member.Standing) bool { return true }); !s.Registered {
		t.Errorf("a host that was taken back: %+v", s)
	}
}

func TestWhenAnArbiterIsLostAnotherAnswersAndTheInventoryStays(t *testing.T) {
	t.Parallel()
	f := xtest.Three(t)
	stop := serve(t, f, "arb1")
	alice := f.Connect(bootstrap.Person, "alice")
	const hosts = 5
	for i := range hosts {
		h, _ := greet(t, f, fmt.Sprintf("db%d", i), fmt.Sprintf("id%d", i))
		standing(t, h, func(s member.Standing) bool { return s.Registered })
	}
	serve(t, f, "arb2")
	stop()
	f.Stop(1)
	rows := order[wire.Hosts](t, alice, wire.OrderStatus, wire.HostsQuery{After: "db1"})
	if rows.Arbiter != "arb2" || len(rows.Hosts) != hosts-2 {
		t.Errorf("hosts after db1, asked after the first arbiter and a server were lost: %+v", rows)
	}
	for _, r := range rows.Hosts {
		if r.Seen == wire.SeenAbsent {
			t.Errorf("%s is absent for an arbiter that has only begun to listen", r.Host)
		}
	}
	h, _ := greet(t, f, "db9", "id9")
	standing(t, h, func(s member.Standing) bool { return s.Registered })
}

func TestAnArbiterHasReadTheInventoryBeforeItAnswers(t *testing.T) {
	t.Parallel()
	f := xtest.One(t)
	serve(t, f, "arb1")() // it makes the buckets
	js, err := jetstream.New(f.Connect(bootstrap.Arbiter, "before"))
	if err != nil {
		t.Fatal(err)
	}
	const hosts = 2000 // it takes a while to read them
	for i := range hosts {
		place := fmt.Sprintf(`{"id":"id%d","pools":[],"domains":{},"since":"2026-01-01T00:00:00Z"}`, i)
		if _, err := js.PublishAsync(fmt.Sprintf("$KV.%s.web%d", bootstrap.Inventory, i), []byte(place)); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-js.PublishAsyncComplete():
	case <-time.After(patience):
		t.Fatal("the places were not stored")
	}
	cfg := arbiter.Config{Fleet: xtest.Name, Name: "arb2", Version: "1.2.3-test", NATS: fleet.DefaultConfig()}
	cfg.NATS.URLs, cfg.NATS.Credentials = f.URLs(), f.Credentials(bootstrap.Arbiter, "arb2")
	a, err := arbiter.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	runs(t, a.Run, func() bool { return true })
	if o := shows(t, a, "it answers", func(o view.Overview) bool { return o.Answers }); len(o.Hosts) != hosts {
		t.Errorf("when it began to answer it knew %d of %d hosts", len(o.Hosts), hosts)
	}
}

func TestArbitersAreFoundAsAMicroServiceByAdministrators(t *testing.T) {
	t.Parallel()
	f := xtest.One(t)
	serve(t, f, "arb1")
	admin, alice := f.Connect(bootstrap.Admin, "admin"), f.Connect(bootstrap.Person, "alice")
	order[wire.Hosts](t, alice, wire.OrderStatus, wire.HostsQuery{})
	ask := func(verb micro.Verb, answer any) {
		t.Helper()
		subject, err := micro.ControlSubject(verb, "plimsoll-arbiter", "")
		if err != nil {
			t.Fatal(err)
		}
		m, err := admin.Request(subject, nil, patience)
		if err != nil {
			t.Fatalf("%s: %v", subject, err)
		}
		if err := json.Unmarshal(m.Data, answer); err != nil {
			t.Fatalf("%s: %v in %s", subject, err, m.Data)
		}
	}
	var info micro.Info
	ask(micro.InfoVerb, &info)
	if info.Version != "1.2.3" || info.Metadata["host"] != "arb1" || info.Metadata["version"] != "1.2.3-test" || len(info.Endpoints) == 0 {
		t.Errorf("info: %+v", info)
	}
	var stats micro.Stats
	ask(micro.StatsVerb, &stats)
	if i := slices.IndexFunc(stats.Endpoints, func(e *micro.EndpointStats) bool { return e.Name == wire.OrderStatus }); i < 0 || stats.Endpoints[i].NumRequests != 1 {
		t.Errorf("stats after one request for the hosts: %+v", stats.Endpoints)
	}
}

func TestAnArbiterDoesNotTrustItsOwnAccountUnlessItIsTold(t *testing.T) {
	t.Parallel()
	f := xtest.One(t)
	serve(t, f, "arb1")
	inside := f.Connect(bootstrap.Admin, "admin")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := fleet.Ask[wire.Done](ctx, inside, wire.OrderSubject(xtest.Name, "alice", wire.OrderRetire), wire.Retirement{Host: "db1"})
	if _, refused := errors.AsType[*fleet.AnswerError](err); !refused {
		t.Errorf("an order from the arbiter's own account: %v, want it refused", err)
	}
}
