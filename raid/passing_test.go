package raid_test

import (
	"testing"
	"testing/synctest"
	"time"

	"plimsoll/internal/hosttest"
)

// TestArrayOnItsWayUpOrDownIsNotCalledFailed stops an array that is watched: for a moment it is there and does not run. It
// is judged again only if it stays so.
func TestArrayOnItsWayUpOrDownIsNotCalledFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := hosttest.Root(t, "testdata/raid1-healthy-with-spare.txtar")
		c := collector(h)
		if got := look(t, c).Groups; len(got) != 1 {
			t.Fatalf("want one group before, got %+v", got)
		}
		h.Write(t, md0+"array_state", "inactive")
		if got := look(t, c).Groups; len(got) != 0 {
			t.Errorf("want nothing judged while it stops, got %+v", got)
		}
		time.Sleep(2 * time.Second) // in a bubble: no real time passes
		if got := look(t, c).Groups; len(got) != 1 {
			t.Errorf("want it judged when it stays so, got %+v", got)
		}
		h.Write(t, md0+"array_state", "clean")
		if got := look(t, c).Groups; len(got) != 1 {
			t.Errorf("want it judged at once when it runs, got %+v", got)
		}
	})
}

// TestArrayThatDoesNotRunIsJudgedAtTheFirstLook starts the agent after the fault.
func TestArrayThatDoesNotRunIsJudgedAtTheFirstLook(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/raid1-healthy-with-spare.txtar")
	h.Write(t, md0+"array_state", "inactive")
	if got := look(t, collector(h)).Groups; len(got) != 1 {
		t.Errorf("want it judged, got %+v", got)
	}
}
