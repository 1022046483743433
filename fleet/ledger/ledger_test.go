package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/fleet/ledger"
)

// created is when the store of all tests was made; start is when they begin, by an arbiter's clock.
var (
	created = time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	start   = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
)

// must takes a ledger that was not refused.
func must(tb testing.TB) func(ledger.Ledger, []ledger.Reason) ledger.Ledger {
	tb.Helper()
	return func(l ledger.Ledger, why []ledger.Reason) ledger.Ledger {
		tb.Helper()
		if len(why) > 0 {
			tb.Fatalf("refused: %v", why)
		}
		return l
	}
}

// keys are the keys of reasons.
func keys(why []ledger.Reason) string {
	var out []string
	for _, r := range why {
		out = append(out, r.Key)
	}
	return strings.Join(out, " ")
}

// pool is a ledger with so many members: h0, h1 and so on.
func pool(tb testing.TB, budget, minHealthy, members int) ledger.Ledger {
	tb.Helper()
	l := must(tb)(ledger.New("db", budget, minHealthy))
	for i := range members {
		l = must(tb)(l.Register(fmt.Sprintf("h%d", i)))
	}
	return l
}

// polled is a poll of all members about a, on l at revision, answered by all that are in yes.
func polled(l ledger.Ledger, revision uint64, a ledger.Ask, yes ...string) ledger.Poll {
	p := ledger.Poll{Question: ledger.Question{Ask: a, On: l.At(created, revision)}, Sent: start}
	for _, host := range yes {
		self := ledger.Self{Host: host, Serving: ledger.ServingYes}
		if host == a.Host {
			self.Wants = []string{a.Nonce}
		}
		p.Opinions = append(p.Opinions, self.Opine(p.Question))
	}
	return p
}

func ask(host, nonce string) ledger.Ask {
	return ledger.Ask{Host: host, Nonce: nonce, Action: "service.restart web"}
}

// granted is l with leave for a, decided on at revision.
func granted(tb testing.TB, l ledger.Ledger, revision uint64, a ledger.Ask) ledger.Ledger {
	tb.Helper()
	d := l.Decide(start, polled(l, revision, a, l.Members...))
	if d.Next == nil {
		tb.Fatalf("no leave for %v: %v", a, d.Reasons)
	}
	return *d.Next
}

func TestLeaveIsGrantedStartedAndReleased(t *testing.T) {
	t.Parallel()
	l := granted(t, pool(t, 1, 1, 3), 7, ask("h0", "n1"))
	want := ledger.Entry{Host: "h0", Nonce: "n1", Action: "service.restart web", Phase: ledger.Granted, Token: 7}
	got, _ := l.Entry("h0", "n1")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	l = must(t)(l.Start("h0", "n1", 7))
	if e, _ := l.Entry("h0", "n1"); e.Phase != ledger.Started {
		t.Errorf("it is %s after its start", e.Phase)
	}
	l = must(t)(l.Release("h0", "n1", ledger.Healthy))
	if len(l.Entries) != 0 {
		t.Errorf("%v is left after the release", l.Entries)
	}
	if diff := cmp.Diff(ledger.Deed{What: ledger.DeedReleased, Host: "h0", Nonce: "n1", Action: "service.restart web", Why: "healthy"}, l.Last); diff != "" {
		t.Error(diff)
	}
}

func TestTheSameNonceIsOneEntryHoweverOftenItIsAskedFor(t *testing.T) {
	t.Parallel()
	l := granted(t, pool(t, 2, 1, 3), 7, ask("h0", "n1"))
	if why := l.Room(ask("h0", "n1")); len(why) > 0 {
		t.Errorf("what it has is refused: %v", why)
	}
	d := l.Decide(start, polled(l, 8, ask("h0", "n1"), l.Members...))
	if d.Next != nil || len(l.Open()) != 1 {
		t.Errorf("it is granted again: %+v", d.Next)
	}
}

func TestNobodyIsLetInOverTheBudget(t *testing.T) {
	t.Parallel()
	l := granted(t, pool(t, 1, 1, 3), 7, ask("h0", "n1"))
	want := []ledger.Reason{{Key: "budget", Text: "1 of 1, h0"}}
	if diff := cmp.Diff(want, l.Room(ask("h1", "n2"))); diff != "" {
		t.Error(diff)
	}
}

func TestAReleaseIsARevisionAlsoWhereThereIsNothingToRelease(t *testing.T) {
	t.Parallel()
	l := must(t)(pool(t, 1, 1, 3).Release("h0", "never", ledger.NotDone))
	if l.Last.What != ledger.DeedReleased || l.Last.Nonce != "never" {
		t.Errorf("it was written for %+v", l.Last)
	}
}

func TestWhatLeftItsHostUnhealthyIsNotReleased(t *testing.T) {
	t.Parallel()
	l := granted(t, pool(t, 1, 1, 3), 7, ask("h0", "n1"))
	if _, why := l.Release("h0", "n1", "unhealthy"); keys(why) != "unsettled" {
		t.Errorf("refused by %v", why)
	}
}

func TestWhatAPersonClearedCountsNoMoreAndIsNotStarted(t *testing.T) {
	t.Parallel()
	l := must(t)(granted(t, pool(t, 1, 1, 3), 7, ask("h0", "n1")).Clear("h0", "ann"))
	if len(l.Open()) != 0 {
		t.Errorf("open are %v", l.Open())
	}
	if _, why := l.Start("h0", "n1", 7); keys(why) != "cleared" {
		t.Errorf("refused by %v", why)
	}
	if why := l.Room(ask("h0", "n1")); keys(why) != "cleared" {
		t.Errorf("refused by %v", why)
	}
	if l = must(t)(l.Release("h0", "n1", ledger.NotDone)); len(l.Entries) != 0 {
		t.Errorf("%v is left once its host has said that it is over", l.Entries)
	}
}

func TestAMemberThatMayBeActingIsNotRetired(t *testing.T) {
	t.Parallel()
	l := granted(t, pool(t, 1, 1, 3), 7, ask("h0", "n1"))
	if _, why := l.Retire("h0", "ann"); keys(why) != "entries" {
		t.Errorf("refused by %v", why)
	}
	if l = must(t)(must(t)(l.Clear("h0", "ann")).Retire("h0", "ann")); l.Member("h0") || len(l.Entries) > 0 {
		t.Errorf("left is %+v", l)
	}
}

func TestNothingStartsInAFrozenPoolAndWhatHasMayEnd(t *testing.T) {
	t.Parallel()
	l := granted(t, pool(t, 2, 1, 3), 7, ask("h0", "n1"))
	l = must(t)(l.Freeze(ledger.Freeze{Cause: ledger.ByHand, Why: "maintenance of the switch", By: "ann"}))
	if _, why := l.Start("h0", "n1", 7); keys(why) != "frozen" {
		t.Errorf("refused by %v", why)
	}
	if why := l.Room(ask("h1", "n2")); keys(why) != "frozen" {
		t.Errorf("refused by %v", why)
	}
	must(t)(l.Release("h0", "n1", ledger.NotDone))
	l = must(t)(l.Thaw(ledger.ByHand, "ann"))
	must(t)(l.Start("h0", "n1", 7))
}

func TestARollbackIsAcceptedByAPersonAlone(t *testing.T) {
	t.Parallel()
	l := must(t)(pool(t, 1, 1, 3).Freeze(ledger.Freeze{Cause: ledger.ByRollback, Why: "h1 remembers more"}))
	if _, why := l.Thaw(ledger.ByRollback, "ann"); keys(why) != "rollback" {
		t.Errorf("refused by %v", why)
	}
	l = must(t)(l.Accept(ledger.Mark{Created: created, Epoch: 3, Revision: 90}, "ann"))
	if l.Epoch != 4 || len(l.Frozen) != 0 {
		t.Errorf("epoch %d, frozen %v", l.Epoch, l.Frozen)
	}
	if !l.At(created, 5).Since(ledger.Mark{Created: created, Epoch: 3, Revision: 90}) {
		t.Error("what was accepted is still taken for a rollback")
	}
}

func TestHoldersSayWhatTheyHoldAfterARollback(t *testing.T) {
	t.Parallel()
	l := granted(t, pool(t, 1, 1, 3), 7, ask("h1", "over"))
	claim := ledger.Self{Host: "h0", Holds: []string{"n1"}}.Claim(l.At(created, 8))
	if _, why := l.Reassert(claim); keys(why) != "rollback" {
		t.Errorf("refused by %v, without a rollback", why)
	}
	l = must(t)(l.Freeze(ledger.Freeze{Cause: ledger.ByRollback, Why: "h0 remembers more"}))
	l = must(t)(l.Reassert(claim))
	if open := l.Open(); len(open) != 2 || open[0].Phase != ledger.Started {
		t.Errorf("open are %v", open)
	}
	l = must(t)(l.Reassert(ledger.Self{Host: "h1"}.Claim(l.At(created, 9))))
	if open := l.Open(); len(open) != 1 || open[0].Host != "h0" {
		t.Errorf("open are %v, of which h1 holds nothing", open)
	}
	l = must(t)(l.Accept(ledger.Mark{}, "ann"))
	if _, why := l.Reassert(claim); keys(why) != "rollback" {
		t.Errorf("refused by %v, after it was accepted", why)
	}
	l = must(t)(l.Freeze(ledger.Freeze{Cause: ledger.ByRollback, Why: "once more"}))
	if _, why := l.Reassert(claim); keys(why) != "stale" {
		t.Errorf("refused by %v, though it is of another epoch", why)
	}
}

// TestEveryRevisionKeepsWhatLedgersPromise applies random operations, right ones and wrong ones, and looks at each revision.
func TestEveryRevisionKeepsWhatLedgersPromise(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		l := pool(t, 1+r.IntN(2), 1, 4)
		tokens := map[uint64]string{}
		for revision := uint64(1); revision < 60; revision++ {
			was := l
			next := operate(r, l, revision)
			if next == nil {
				continue
			}
			l = *next
			raw, err := l.Encode()
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if back, err := ledger.Parse(raw); err != nil || !cmp.Equal(l.Last, back.Last) || len(l.Entries) != len(back.Entries) {
				t.Fatalf("seed %d: %s reads back as %+v: %v", seed, raw, back, err)
			}
			if l.Last.What != ledger.DeedGranted {
				continue
			}
			e, _ := l.Entry(l.Last.Host, l.Last.Nonce)
			if len(was.Open()) >= was.Budget || len(was.Frozen) > 0 || !was.Member(e.Host) || e.Token != revision {
				t.Fatalf("seed %d: %s follows %+v", seed, raw, was)
			}
			if other, twice := tokens[e.Token]; twice {
				t.Fatalf("seed %d: %s and %s have one token", seed, other, e.Nonce)
			}
			tokens[e.Token] = e.Nonce
		}
	}
}

// operate is what one operation at random makes of l, or nil.
func operate(r *rand.Rand, l ledger.Ledger, revision uint64) *ledger.Ledger {
	host, nonce := fmt.Sprintf("h%d", r.IntN(4)), fmt.Sprintf("n%d", r.IntN(5))
	var next ledger.Ledger
	var why []ledger.Reason
	switch e, _ := l.Entry(host, nonce); r.IntN(10) {
	case 0:
		next, why = l.Release(host, nonce, ledger.Healthy)
	case 1:
		next, why = l.Clear(host, "ann")
	case 2:
		next, why = l.Freeze(ledger.Freeze{Cause: ledger.ByHand, Why: "so", By: "ann"})
	case 3, 4:
		next, why = l.Thaw(ledger.ByHand, "ann")
	case 5, 6:
		next, why = l.Start(host, nonce, e.Token)
	default:
		return l.Decide(start, polled(l, revision, ask(host, nonce), l.Members...)).Next
	}
	if len(why) > 0 {
		return nil
	}
	return &next
}
