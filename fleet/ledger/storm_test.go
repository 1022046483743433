package ledger_test

import (
	"testing"
	"time"

	"plimsoll/fleet/ledger"
)

// weather is a pool with an arbiter's storm watch over it.
type weather struct {
	t     *testing.T
	l     ledger.Ledger
	watch ledger.Storm
}

// step has so many fail at a minute, and says whether the pool is frozen then.
func (w *weather) step(minute, failing int) bool {
	w.t.Helper()
	freeze, thaw := w.watch.Step(start.Add(time.Duration(minute)*time.Minute), ledger.DefaultCalm(), w.l, failing)
	if freeze != nil {
		w.l = must(w.t)(w.l.Freeze(*freeze))
	}
	if thaw {
		w.l = must(w.t)(w.l.Thaw(ledger.ByStorm, ""))
	}
	return len(w.l.Frozen) > 0
}

func TestAStormFreezesThePoolUntilItHasCalmedDown(t *testing.T) {
	t.Parallel()
	w := weather{t: t, l: pool(t, 1, 1, 10)}
	for i, step := range []struct {
		minute, failing int
		frozen          bool
	}{
		{0, 1, false},
		{1, 3, false}, // a third of ten is more than three
		{2, 4, true},
		{9, 5, true},   // one more: cools from here on
		{18, 4, true},  // fewer
		{19, 4, false}, // ten minutes after the last rise
		{20, 4, false}, // they still fail, and are mended one at a time
		{21, 2, false},
		{22, 3, false}, // more than the two, not more than a third
		{23, 4, true},
		{40, 0, false},
	} {
		if got := w.step(step.minute, step.failing); got != step.frozen {
			t.Errorf("step %d, minute %d, %d failing: frozen is %v", i, step.minute, step.failing, got)
		}
	}
}

func TestAnotherArbitersThawIsNotUndone(t *testing.T) {
	t.Parallel()
	one := weather{t: t, l: pool(t, 1, 1, 6)}
	var other ledger.Storm
	one.step(0, 3)
	other.Step(start.Add(time.Minute), ledger.DefaultCalm(), one.l, 3)
	if one.step(10, 3) {
		t.Fatal("not thawed")
	}
	if freeze, _ := other.Step(start.Add(10*time.Minute), ledger.DefaultCalm(), one.l, 3); freeze != nil {
		t.Errorf("frozen again: %s", freeze.Why)
	}
}

func TestTwoFaultsAreNoStorm(t *testing.T) {
	t.Parallel()
	w := weather{t: t, l: pool(t, 1, 1, 2)}
	if w.step(0, 2) {
		t.Errorf("frozen by %v", w.l.Frozen)
	}
}
