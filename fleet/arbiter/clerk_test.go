package arbiter_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"plimsoll/actions"
	"plimsoll/fleet/arbiter"
	"plimsoll/fleet/ledger"
)

// TestWhateverBefallsAnyMessageNoMoreActThanMayAndAllAreServed lets each kind of trouble befall each message and each call to
// the store in turn, while two hosts of a pool that lets one act at a time want to.
func TestWhateverBefallsAnyMessageNoMoreActThanMayAndAllAreServed(t *testing.T) {
	t.Parallel()
	for _, befalls := range []trouble{lost, unheard, late, soonLate, stale} {
		t.Run(string(befalls), func(t *testing.T) {
			t.Parallel()
			for k, calls := 1, 1; k <= calls && !t.Failed(); k++ {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, 1, 1, "a", "b", "c")
					w.trouble[k] = befalls
					w.serve("a", "b")
					w.judge(fmt.Sprintf("%s befalls call %d", befalls, k))
					calls = min(w.calls, 60)
				})
			}
		})
	}
}

// TestTwoTroublesAreNoWorseThanOne is the same with two, close to one another.
func TestTwoTroublesAreNoWorseThanOne(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]trouble{{unheard, late}, {late, late}, {late, lost}, {stale, unheard}, {soonLate, soonLate}} {
		t.Run(fmt.Sprint(pair), func(t *testing.T) {
			t.Parallel()
			for k := 1; k <= 30 && !t.Failed(); k++ {
				for d := 1; d <= 8 && !t.Failed(); d++ {
					synctest.Test(t, func(t *testing.T) {
						w := newWorld(t, 1, 1, "a", "b", "c")
						w.trouble[k], w.trouble[k+d] = pair[0], pair[1]
						w.serve("a", "b")
						w.judge(fmt.Sprintf("%v befall calls %d and %d", pair, k, k+d))
					})
				}
			}
		})
	}
}

func TestOneAskIsOneEntryHoweverOftenItIsAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, 0, "a", "b", "c")
	var tokens []uint64
	for range 2 {
		token, err := w.members["a"].Ask(t.Context(), action("a", "a/1"))
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, token)
	}
	if n := len(w.now().Entries); n != 1 || tokens[0] != tokens[1] {
		t.Errorf("%d entries, tokens %v", n, tokens)
	}
}

func TestWhatIsRefusedSaysWhy(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		host string
		with func(*world)
		want string
	}{
		{"the budget is spent", "b", func(w *world) { w.grant("a") }, "budget: 1 of 1, a"},
		{"half of the members is no majority", "a", func(w *world) { w.deaf["b"], w.deaf["c"] = true, true }, "majority: 2 of 4 members said yes, more than half have to; min_healthy: 1 others serve, 2 have to"},
		{"too few others serve", "a", func(w *world) { w.sick["b"], w.sick["c"] = true, true }, "min_healthy: 1 others serve, 2 have to"},
		{"who asks is no member", "x", func(*world) {}, "member: x is no member of db"},
		{"a person has frozen the pool", "a", func(w *world) {
			w.do(func(l ledger.Ledger) (ledger.Ledger, []ledger.Reason) {
				return l.Freeze(ledger.Freeze{Cause: ledger.ByHand, Why: "new switches", By: "anna"})
			})
		}, "frozen: new switches, by anna"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1, 2, "a", "b", "c", "d")
			tt.with(w)
			_, err := w.member(tt.host).Ask(t.Context(), action(tt.host, "n"))
			if err == nil || err.Error() != tt.want {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}

// TestAHolderWhoseHostWasDeclaredDownBeginsNothing: it was paused between the grant and the deed.
func TestAHolderWhoseHostWasDeclaredDownBeginsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1, 1, "a", "b", "c")
		a := w.granted(t)
		w.do(func(l ledger.Ledger) (ledger.Ledger, []ledger.Reason) { return l.Clear("a", "anna") })
		if !w.act("b", "b/1") {
			t.Error("b gets no leave though nobody else has any")
		}
		if err := w.members["a"].Begin(t.Context(), a); !errors.Is(err, actions.ErrNotBegun) {
			t.Errorf("a begins: %v", err)
		}
		if err := w.members["a"].Release(t.Context(), actions.Release{Action: a, Outcome: actions.Abandoned}); err != nil {
			t.Error(err)
		}
		if left := w.now().Entries; len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		w.judge("")
	})
}

// TestWhatLeftItsHostUnhealthyCountsUntilItIsHealthy is the story of a service that does not come up at first.
func TestWhatLeftItsHostUnhealthyCountsUntilItIsHealthy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1, 1, "a", "b", "c")
		first := w.begun(t)
		w.sick["a"] = true
		failed := actions.Release{Action: first, Outcome: actions.Failed}
		if err := w.members["a"].Release(t.Context(), failed); err == nil {
			t.Fatal("it is given back while its host does not serve")
		}
		for _, host := range []string{"a", "b"} {
			if _, err := w.members[host].Ask(t.Context(), action(host, host+"/2")); !errors.Is(err, actions.ErrNotBegun) {
				t.Fatalf("%s gets leave while a is down: %v", host, err)
			}
		}
		w.sick["a"] = false
		if err := w.members["a"].Release(t.Context(), failed); err != nil {
			t.Fatal(err)
		}
		if !w.act("b", "b/3") {
			t.Error("b gets no leave in the end")
		}
		w.judge("")
	})
}

// TestAStoreThatForgetsFreezesItsPoolUntilHoldersHaveSpokenAndAPersonAccepts rolls the store back behind a started entry.
func TestAStoreThatForgetsFreezesItsPoolUntilHoldersHaveSpokenAndAPersonAccepts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1, 1, "a", "b", "c")
		a := w.begun(t)
		w.pages = w.pages[:1]                                                                   // a power failure takes back what was acknowledged
		w.clerks = []*arbiter.Clerk{w.clerk(arbiter.NewMemory()), w.clerk(arbiter.NewMemory())} // and no arbiter remembers
		b := action("b", "b/1")
		_, err := w.members["b"].Ask(t.Context(), b)
		if err == nil || !strings.Contains(err.Error(), "rollback") {
			t.Fatalf("b is answered %v", err)
		}
		if err := w.members["a"].Reassert(t.Context(), "db", mark(len(w.pages), w.now())); err != nil {
			t.Fatal(err)
		}
		if e, there := w.now().Entry("a", "a/1"); !there || e.Phase != ledger.Started {
			t.Errorf("what a holds is %+v", e)
		}
		if _, err := w.clerks[0].Accept(t.Context(), "db", "anna"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.members["b"].Ask(t.Context(), b); err == nil || !strings.Contains(err.Error(), "budget: 1 of 1, a") {
			t.Errorf("b is answered %v", err)
		}
		if err := w.members["a"].Release(t.Context(), actions.Release{Action: a, Outcome: actions.Done}); err != nil {
			t.Error(err)
		}
		if !w.act("b", "b/2") {
			t.Error("b gets no leave in the end")
		}
		w.judge("")
	})
}

// granted is an action of a's that has leave, the first of this world.
func (w *world) granted(t *testing.T) actions.Action {
	t.Helper()
	a := action("a", "a/1")
	if _, err := w.members["a"].Ask(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	return a
}

// begun is one that a has begun.
func (w *world) begun(t *testing.T) actions.Action {
	t.Helper()
	a := w.granted(t)
	if err := w.members["a"].Begin(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	return a
}
