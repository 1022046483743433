package arbiter_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"plimsoll/actions"
	"plimsoll/fleet/arbiter"
	"plimsoll/fleet/bootstrap"
	"plimsoll/fleet/bootstrap/xtest"
	"plimsoll/fleet/ledger"
	"plimsoll/fleet/member"
	"plimsoll/fleet/wire"
)

// peer is a host of a real fleet: its connection, its place and its leave.
type peer struct {
	name  string
	nc    *nats.Conn
	leave *member.Leave
	mu    sync.Mutex
	kept  member.Kept
	sick  atomic.Bool
}

func (p *peer) Condition(string) member.Condition {
	if p.sick.Load() {
		return member.Condition{Serving: ledger.ServingNo}
	}
	return member.Condition{Serving: ledger.ServingYes}
}

func (p *peer) Healthy(actions.Action) (bool, string) { return !p.sick.Load(), "it does not serve" }

func (p *peer) Keep(_ context.Context, k member.Kept) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept = k
	return nil
}

// join has a host register in the pool db and answer polls.
func join(t *testing.T, f *xtest.Fleet, host string) *peer {
	t.Helper()
	h, _ := greet(t, f, host, "id-"+host, "db")
	standing(t, h, func(s member.Standing) bool { return s.Registered && s.Problem == nil })
	p := &peer{name: host, nc: f.Connect(bootstrap.Host, host)}
	p.begin(t, member.Kept{})
	return p
}

// begin is the start of p's agent, which goes on from what is kept.
func (p *peer) begin(t *testing.T, kept member.Kept) {
	t.Helper()
	line := member.NewLine(xtest.Name, p.name)
	p.leave = member.NewLeave(p.name, kept, line, p, p)
	voice := member.NewVoice(line, p.leave, []string{"db"}, slog.New(slog.DiscardHandler))
	runs(t, func(ctx context.Context) error { voice.Attend(ctx, p.nc); return nil }, func() bool { return true })
	until(t, "connected", func() bool { return line.Problem() == nil })
}

// pool makes the pool db.
func pool(t *testing.T, f *xtest.Fleet, budget, minHealthy int) (alice *nats.Conn) {
	t.Helper()
	alice = f.Connect(bootstrap.Person, "alice")
	if d := order[wire.Done](t, alice, wire.OrderPool, wire.PoolSetting{Pool: "db", Budget: budget, MinHealthy: minHealthy}); len(d.Did) == 0 {
		t.Fatal(d)
	}
	return alice
}

func (p *peer) action(n int) actions.Action {
	return action(p.name, fmt.Sprintf("%s/log/%d", p.name, n))
}

// asks has p ask until it is given leave, as its engine does every half minute. Like gives, it is for goroutines too.
func (p *peer) asks(ctx context.Context, n int) (a actions.Action, err error) {
	var wrong error
	err = soon(p.name+" gets leave", func() bool {
		n++
		a = p.action(n)
		try, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		if _, err := p.leave.Ask(try, a); err == nil {
			return true
		}
		wrong = p.gives(ctx, actions.Release{Action: a, Outcome: actions.Abandoned})
		return wrong != nil
	})
	return a, errors.Join(err, wrong)
}

// gives has p give leave back until that is heard.
func (p *peer) gives(ctx context.Context, r actions.Release) error {
	return soon(p.name+" gives leave back", func() bool {
		try, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		return p.leave.Release(try, r) == nil
	})
}

func (p *peer) get(t *testing.T, n int) actions.Action {
	t.Helper()
	a, err := p.asks(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// starts has p begin what it has leave for.
func (p *peer) starts(ctx context.Context, a actions.Action) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return p.leave.Begin(ctx, a)
}

func (p *peer) start(t *testing.T, a actions.Action) {
	t.Helper()
	if err := p.starts(t.Context(), a); err != nil {
		t.Fatalf("%s begins: %v", p.name, err)
	}
}

func (p *peer) giveBack(t *testing.T, r actions.Release) {
	t.Helper()
	if err := p.gives(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

func entries(t *testing.T, alice *nats.Conn) []ledger.Entry {
	t.Helper()
	return order[wire.Grants](t, alice, wire.OrderGrants, wire.PoolQuery{Pool: "db"}).Entries
}

// TestOneHostAtATimeIsGivenLeaveByTwoArbitersOnThreeServers has three hosts act in turns while servers and arbiters come and go.
func TestOneHostAtATimeIsGivenLeaveByTwoArbitersOnThreeServers(t *testing.T) {
	t.Parallel()
	f := xtest.Three(t)
	stopFirst := serve(t, f, "arb1")
	serve(t, f, "arb2")
	alice := pool(t, f, 1, 1)
	hosts := []*peer{join(t, f, "a"), join(t, f, "b"), join(t, f, "c")}
	var acting atomic.Int32
	var all sync.WaitGroup
	const each = 3
	for _, p := range hosts {
		all.Go(func() {
			for n := range each {
				a, err := p.asks(t.Context(), 1000*(n+1))
				if err == nil {
					err = p.starts(t.Context(), a)
				}
				if err != nil {
					t.Errorf("%s: %v", p.name, err)
					return
				}
				if now := acting.Add(1); now != 1 {
					t.Errorf("%d act at once", now)
				}
				if n == 1 && p == hosts[0] {
					stopFirst()
				}
				acting.Add(-1)
				if err := p.gives(t.Context(), actions.Release{Action: a, Outcome: actions.Done}); err != nil {
					t.Errorf("%s: %v", p.name, err)
				}
			}
		})
	}
	all.Wait()
	until(t, "nothing is left", func() bool { return len(entries(t, alice)) == 0 }) // a replica may show an older page
	told := order[wire.Decisions](t, alice, wire.OrderDecisions, wire.PoolQuery{Pool: "db"})
	started := map[string]int{}
	for _, d := range told.Decisions {
		if d.Deed.What == ledger.DeedStarted {
			started[d.Deed.Host]++
		}
	}
	for _, p := range hosts {
		if started[p.name] < 1 {
			t.Errorf("the decisions tell of no start of %s: %+v", p.name, told)
		}
	}
}

// TestAHostAtAnotherSiteTakesItsTurn has a host behind a gateway ask, and answer the polls for another.
func TestAHostAtAnotherSiteTakesItsTurn(t *testing.T) {
	t.Parallel()
	hub, far := xtest.Sites(t)
	serve(t, hub, "arb1")
	alice := pool(t, hub, 1, 1)
	for _, p := range []*peer{join(t, far, "b"), join(t, hub, "a")} { // of two, each needs the other's word
		a := p.get(t, 1000)
		p.start(t, a)
		if open := entries(t, alice); len(open) != 1 || open[0].Host != p.name {
			t.Errorf("while %s acts, the ledger has %+v", p.name, open)
		}
		p.giveBack(t, actions.Release{Action: a, Outcome: actions.Done})
	}
}

// TestAHolderThatDiedCountsUntilAPersonSaysThatItsHostIsDown kills the agent between the record and the effect.
func TestAHolderThatDiedCountsUntilAPersonSaysThatItsHostIsDown(t *testing.T) {
	t.Parallel()
	f := xtest.One(t)
	serve(t, f, "arb1")
	alice := pool(t, f, 1, 1)
	a, b, _ := join(t, f, "a"), join(t, f, "b"), join(t, f, "c")
	held := a.get(t, 0)
	a.start(t, held)
	a.nc.Close()
	if _, err := b.leave.Ask(t.Context(), b.action(1)); !errors.Is(err, actions.ErrNotBegun) {
		t.Fatalf("b is answered %v", err)
	}
	b.giveBack(t, actions.Release{Action: b.action(1), Outcome: actions.Abandoned})
	if d := order[wire.Done](t, alice, wire.OrderClear, wire.Command{Pool: "db", Host: "a"}); len(d.Did) != 1 {
		t.Fatalf("cleared: %+v", d)
	}
	b.start(t, b.get(t, 1))

	a.nc = f.Connect(bootstrap.Host, "a") // it was only paused
	a.begin(t, a.kept)
	if err := a.leave.Begin(t.Context(), held); !errors.Is(err, actions.ErrNotBegun) {
		t.Errorf("a begins what was cleared: %v", err)
	}
	a.giveBack(t, actions.Release{Action: held, Outcome: actions.Failed})
	for _, e := range entries(t, alice) {
		if e.Host == "a" {
			t.Errorf("left: %+v", e)
		}
	}
}

// TestAFrozenPoolBeginsNothing freezes it between the grant and the deed.
func TestAFrozenPoolBeginsNothing(t *testing.T) {
	t.Parallel()
	f := xtest.One(t)
	serve(t, f, "arb1")
	alice := pool(t, f, 1, 0)
	a := join(t, f, "a")
	held := a.get(t, 0)
	if d := order[wire.Done](t, alice, wire.OrderFreeze, wire.Command{Why: "new switches"}); len(d.Did) != 1 {
		t.Fatalf("frozen: %+v", d)
	}
	if err := a.leave.Begin(t.Context(), held); !errors.Is(err, actions.ErrNotBegun) {
		t.Errorf("a begins: %v", err)
	}
	if d := order[wire.Done](t, alice, wire.OrderThaw, wire.Command{Pool: "db"}); len(d.Did) != 1 {
		t.Fatalf("thawed: %+v", d)
	}
	a.start(t, held)
}

// TestWithoutAnArbiterOrAMajorityOfServersNothingIsBegun is the minority's side: it asks, is not answered, and does nothing.
func TestWithoutAnArbiterOrAMajorityOfServersNothingIsBegun(t *testing.T) {
	t.Parallel()
	f := xtest.Three(t)
	stop := serve(t, f, "arb1")
	pool(t, f, 1, 0)
	a := join(t, f, "a")
	granted := a.get(t, 0)
	begins := func(what string) {
		t.Helper()
		// A start that can be committed is within milliseconds.
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if err := a.leave.Begin(ctx, granted); err == nil {
			t.Errorf("a begins with %s", what)
		}
	}
	f.Stop(1)
	f.Stop(2)
	begins("one server of three")
	f.Start(1)
	f.Start(2)
	a.start(t, granted) // once they are back
	stop()
	begins("no arbiter")
}

// TestAfterARollbackHoldersSpeakForThemselvesBeforeAPersonAccepts takes the ledger back to before a start, as a power failure
// does with servers that had not flushed.
func TestAfterARollbackHoldersSpeakForThemselvesBeforeAPersonAccepts(t *testing.T) {
	t.Parallel()
	f := xtest.One(t)
	serve(t, f, "arb1")
	alice := pool(t, f, 1, 0)
	a, b := join(t, f, "a"), join(t, f, "b")
	restore := backup(t, f)
	held := a.get(t, 0)
	a.start(t, held)
	restore()

	other := b.action(1)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := b.leave.Ask(ctx, other); err == nil || !strings.Contains(err.Error(), "rollback") {
		t.Fatalf("b is answered %v", err)
	}
	b.giveBack(t, actions.Release{Action: other, Outcome: actions.Abandoned})
	if d := order[wire.Done](t, alice, wire.OrderThaw, wire.Command{Pool: "db"}); len(d.Did) > 0 {
		t.Errorf("a thaw ends it: %+v", d)
	}
	if d := order[wire.Done](t, alice, wire.OrderAccept, wire.Command{Pool: "db"}); len(d.Did) != 1 {
		t.Fatalf("accepted: %+v", d)
	}
	if e := entries(t, alice); len(e) != 1 || e[0].Nonce != held.ID || e[0].Phase != ledger.Started {
		t.Errorf("what a holds is %+v", e)
	}
	if _, err := b.leave.Ask(t.Context(), b.action(2)); !errors.Is(err, actions.ErrNotBegun) {
		t.Errorf("b is answered %v while a acts", err)
	}
	a.giveBack(t, actions.Release{Action: held, Outcome: actions.Done})
	b.start(t, b.get(t, 10))
}

// TestAnArbiterThatIsStartedAnewRemembersWhatItWasShown takes the ledger back to before a change that nobody but the arbiter has
// seen, and that arbiter has ended since.
func TestAnArbiterThatIsStartedAnewRemembersWhatItWasShown(t *testing.T) {
	t.Parallel()
	f := xtest.One(t)
	memory := filepath.Join(t.TempDir(), "arbiter.json")
	keeps := func(c *arbiter.Config) { c.Memory = memory }
	stop := looks(t, f, "arb1", keeps)
	alice := pool(t, f, 1, 1)
	restore := backup(t, f)
	order[wire.Done](t, alice, wire.OrderPool, wire.PoolSetting{Pool: "db", Budget: 2})
	revision := order[wire.Pools](t, alice, wire.OrderPools, wire.PoolsQuery{}).Pools[0].Revision
	until(t, "it is kept", func() bool {
		text, err := os.ReadFile(memory)
		return err == nil && strings.Contains(string(text), fmt.Sprintf(`"revision":%d`, revision))
	})
	stop()
	restore()
	looks(t, f, "arb1", keeps)
	d := order[wire.Done](t, alice, wire.OrderPool, wire.PoolSetting{Pool: "db", Budget: 3})
	if len(d.Refused) != 1 || !strings.Contains(d.Refused[0], "an arbiter remembers revision") {
		t.Errorf("after the store forgot what the arbiter was shown: %+v", d)
	}
}

// backup keeps what the one server of f has on its disk now, and gives what brings that back later, as if no more had been
// flushed.
func backup(t *testing.T, f *xtest.Fleet) (restore func()) {
	t.Helper()
	disk, kept := filepath.Join(f.Dir(), "n0"), filepath.Join(t.TempDir(), "n0")
	swap := func(from, to string) {
		t.Helper()
		f.Stop(0)
		if err := os.RemoveAll(to); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(to, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
		f.Start(0)
	}
	swap(disk, kept)
	return func() { swap(kept, disk) }
}
