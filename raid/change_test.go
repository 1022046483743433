package raid_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"plimsoll/internal/hosttest"
	"plimsoll/raid"
	"plimsoll/redundancy"
)

// group is the only array that a look finds, and how it is judged.
func group(t *testing.T, c *raid.Collector) (redundancy.Group, redundancy.Verdict) {
	t.Helper()
	all := look(t, c).Groups
	if len(all) != 1 {
		t.Fatalf("want one array, got %+v", all)
	}
	return all[0], redundancy.Judge(all[0])
}

func keys(g redundancy.Group) []string {
	var all []string
	for _, w := range g.Warnings {
		all = append(all, w.Key)
	}
	return all
}

func TestAMirrorThatGrowsHasMoreToLoseAndIsWholeWhenItIsBuilt(t *testing.T) {
	t.Parallel()
	h, c := mirror(t)
	_, before := group(t, c)
	same(t, "before", redundancy.Margin{Least: 1, Most: 1, Full: 1}, before.Margin)
	h.Write(t, md0+"raid_disks", "3\n")
	h.Write(t, md0+"sync_action", "recover\n")
	h.Write(t, md0+"dev-sdc/state", "spare\n")
	h.Write(t, md0+"dev-sdc/slot", "2\n")
	h.Write(t, md0+"dev-sdc/block/dev", "8:32\n")
	_, growing := group(t, c)
	same(t, "growing", redundancy.Margin{Least: 1, Most: 1, Full: 2}, growing.Margin)
	h.Write(t, md0+"sync_action", "idle\n")
	h.Write(t, md0+"dev-sdc/state", "in_sync\n")
	_, grown := group(t, c)
	same(t, "grown", redundancy.FullyRedundant, grown.Status)
	h.Remove(t, md0+"dev-sdc")
	h.Write(t, md0+"raid_disks", "2\n")
	g, shrunk := group(t, c)
	same(t, "shrunk", redundancy.Margin{Least: 1, Most: 1, Full: 1}, shrunk.Margin)
	same(t, "members", 2, len(g.Members))
}

// reborn is md0 stopped and another directory by its name made, as stopping and assembling does.
func reborn(t *testing.T, h *hosttest.Host, name string) {
	t.Helper()
	block := filepath.Join(h.Root, "sys/devices/virtual/block")
	was := filepath.Join(block, "md0")
	if err := errors.Join(os.Rename(was, was+"-gone"), os.Remove(filepath.Join(h.Root, "sys/block/md0"))); err != nil {
		t.Fatal(err)
	}
	copyTree(t, was+"-gone", filepath.Join(block, name))
	if err := os.Symlink("../devices/virtual/block/"+name, filepath.Join(h.Root, "sys/block", name)); err != nil {
		t.Fatal(err)
	}
}

func TestAnArrayKeepsItsIDUnderAnotherName(t *testing.T) {
	t.Parallel()
	h, c := mirror(t)
	before, _ := group(t, c)
	reborn(t, h, "md127")
	after, v := group(t, c)
	same(t, "id", before.ID, after.ID)
	same(t, "name", "md127", after.Name)
	same(t, "status", redundancy.FullyRedundant, v.Status)
}

func TestAnotherArrayByTheSameNameIsAnother(t *testing.T) {
	t.Parallel()
	h, c := mirror(t)
	look(t, c)
	reborn(t, h, "md0")
	h.Write(t, md0+"uuid", "11111111-327b-23c6-643c-986966334873\n")
	h.Write(t, md0+"dev-sdb/state", "faulty\n")
	h.Write(t, md0+"dev-sdb/slot", "none\n")
	g, _ := group(t, c)
	same(t, "id", redundancy.ID("raid:11111111-327b-23c6-643c-986966334873"), g.ID)
	h.Break(md0+"uuid", 5)
	g, _ = group(t, c)
	same(t, "id while it can't be read", redundancy.ID("raid:11111111-327b-23c6-643c-986966334873"), g.ID)
}

func TestOnlyWhatStaysFrozenIsWarnedOf(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, c := mirror(t)
		look(t, c)
		h.Write(t, md0+"sync_action", "frozen\n") // as mdadm does for a moment when it changes an array
		g, _ := group(t, c)
		same(t, "at first", []string(nil), keys(g))
		time.Sleep(2 * time.Second) // in a bubble: no real time passes
		g, v := group(t, c)
		same(t, "later", []string{raid.WarnFrozen}, keys(g))
		same(t, "status", redundancy.FullyRedundant, v.Status)
		h.Write(t, md0+"sync_action", "idle\n")
		g, _ = group(t, c)
		same(t, "thawed", []string(nil), keys(g))
	})
}

func TestAnArrayOfAContainerIsJudgedOnceMdmonAndUdevKnowIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const state = "sys/devices/virtual/block/md121/md/array_state"
		h := hosttest.Root(t, "testdata/ddf-container-with-mirror-and-spare.txtar")
		c := collector(h)
		h.Write(t, state, "inactive\n")
		place := filepath.Join(h.Root, "sys/block/md121")
		if err := os.Rename(place, place+"-later"); err != nil {
			t.Fatal(err)
		}
		look(t, c)
		if err := os.Rename(place+"-later", place); err != nil {
			t.Fatal(err)
		}
		h.Write(t, state, "readonly\n")
		if got := look(t, c).Groups; len(got) != 0 {
			t.Errorf("before mdmon: %+v", got)
		}
		h.Write(t, state, "clean\n")
		seen := look(t, c)
		same(t, "id", redundancy.ID("raid:db86bc74-def7-564a-c4ec-0a97c1436f18/0"), seen.Groups[0].ID)
		same(t, "place", []redundancy.Part{{ID: "raid:md120/0", Name: "md120/0", StandsOn: []redundancy.ID{seen.Groups[0].ID}}}, seen.Parts)
		h.Write(t, state, "readonly\n")
		if _, v := group(t, c); v.Status != redundancy.Failed {
			t.Errorf("read-only later on: %+v", v)
		}
	})
}

func TestAnUnreadableMdstatHidesNoArray(t *testing.T) {
	t.Parallel()
	h, c := mirror(t)
	h.Write(t, "proc/mdstat", "md0 : active raid1 sdb[1] sda[0]\n      odd blocks [2/2] [UU]\n      resync=SOMETIME\n")
	seen := look(t, c)
	same(t, "arrays", 1, len(seen.Groups))
	if !slices.ContainsFunc(seen.Notes, func(n string) bool { return strings.Contains(n, "not cross-checked") }) {
		t.Errorf("notes: %q", seen.Notes)
	}
}

// TestEveryWordOfWaitingIsReadAndHidesNothing has what mdstat and sync_completed say of work that waits (PENDING, DELAYED,
// REMOTE), on which readers of mdstat have lost whole arrays.
func TestEveryWordOfWaitingIsReadAndHidesNothing(t *testing.T) {
	t.Parallel()
	for word, completed := range map[string]string{"PENDING": "none", "DELAYED": "delayed", "REMOTE": "none"} {
		h, c := mirror(t)
		h.Write(t, "proc/mdstat", "Personalities : [raid1] \nmd0 : active raid1 sdb[1] sda[0]\n"+
			"      1046528 blocks super 1.2 [2/2] [UU]\n      \tresync="+word+"\n\nunused devices: <none>\n")
		h.Write(t, md0+"sync_action", "check\n")
		h.Write(t, md0+"sync_completed", completed+"\n")
		g, v := group(t, c)
		same(t, word, redundancy.FullyRedundant, v.Status)
		same(t, word, "check", g.Activity.Kind)
	}
}

func TestWhatStandsOnAPlaceInAContainerIsCoveredByItsArray(t *testing.T) {
	t.Parallel()
	seen := look(t, collector(hosttest.Root(t, "testdata/ddf-container-with-mirror-and-spare.txtar")))
	seen.Uses = []redundancy.Use{{ID: "filesystem:/", What: "/", Kind: "filesystem", StandsOn: []redundancy.ID{"raid:md120/0"}}}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	a := redundancy.Assess(redundancy.Assessment{}, redundancy.Snapshot{Sources: []redundancy.Source{{
		Name: "raid", Observation: seen, At: now, Since: now, StaleAfter: time.Minute,
	}}}, now, redundancy.Rules{})
	if len(a.Coverage) != 1 || !slices.Equal(a.Coverage[0].By, []redundancy.ID{seen.Groups[0].ID}) {
		t.Errorf("covered: %+v", a.Coverage)
	}
}
