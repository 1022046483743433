package raid_test

import (
	"errors"
	"os"
	"path/filepath"
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

// TestArraysThatComeAndGoByOneNameAreEachGivenTheirTime meets two arrays by one name on their way up, and none at work.
func TestArraysThatComeAndGoByOneNameAreEachGivenTheirTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := hosttest.Root(t, "testdata/raid1-healthy-with-spare.txtar")
		c := collector(h)
		look(t, c)
		h.Write(t, md0+"array_state", "inactive")
		look(t, c)
		time.Sleep(3 * time.Second)
		dir := filepath.Join(h.Root, filepath.Clean(md0))
		if err := errors.Join(os.CopyFS(dir+"2", os.DirFS(dir)), os.Rename(dir, dir+"1"), os.Rename(dir+"2", dir)); err != nil {
			t.Fatal(err)
		}
		if got := look(t, c).Groups; len(got) != 0 {
			t.Errorf("want nothing judged of the second yet, got %+v", got)
		}
	})
}

// TestLayoutMattersOnlyWhereNeedsDependOnIt reads -1, as md writes it of a raid0 without one.
func TestLayoutMattersOnlyWhereNeedsDependOnIt(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/raid1-healthy-with-spare.txtar")
	h.Write(t, md0+"layout", "-1")
	for _, e := range look(t, collector(h)).Groups[0].Evidence {
		if e.Err != "" {
			t.Errorf("want nothing unread, got %+v", e)
		}
	}
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
