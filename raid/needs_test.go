package raid_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/fact"
	"plimsoll/raid"
	"plimsoll/redundancy"
)

func slotNames(n int) []redundancy.ID {
	ids := make([]redundancy.ID, n)
	for i := range ids {
		ids[i] = redundancy.ID(fmt.Sprint(i))
	}
	return ids
}

func known[T any](v T) fact.Of[T] { return fact.Of[T]{Value: v} }

// words writes needs as "members:low-high", so that a table can be read.
func words(needs redundancy.Needs) string {
	var all []string
	for _, n := range needs.AllOf {
		var members []string
		for _, id := range n.Members {
			members = append(members, string(id))
		}
		w := strings.Join(members, "") + ":" + fmt.Sprint(n.Needed.Low)
		if n.Needed.High != n.Needed.Low {
			w += "-" + fmt.Sprint(n.Needed.High)
		}
		all = append(all, w)
	}
	return strings.Join(all, " ")
}

func TestLevelsNeedWhatTheirCopiesAndParityLeave(t *testing.T) {
	t.Parallel()
	const near2, near3, far2, offset2, far2sets, far2improved = 0x102, 0x103, 0x201, 0x10201, 0x20201, 0x40201
	for _, c := range []struct {
		level  raid.Level
		layout uint64
		disks  raid.Disks
		want   string
	}{
		{raid.RAID0, 0, raid.Disks{Now: 3, Before: 3}, "012:3"},
		{raid.Linear, 0, raid.Disks{Now: 2, Before: 2}, "01:2"},
		{raid.RAID1, 0, raid.Disks{Now: 3, Before: 3}, "012:1"},
		{raid.RAID1, 0, raid.Disks{Now: 3, Before: 2}, "012:1 01:1"},
		{raid.RAID1, 0, raid.Disks{}, ""},
		{raid.RAID4, 0, raid.Disks{Now: 3, Before: 3}, "012:2"},
		{raid.RAID5, 2, raid.Disks{Now: 4, Before: 3}, "0123:3 012:2"},
		{raid.RAID6, 2, raid.Disks{Now: 5, Before: 5}, "01234:3"},
		{raid.RAID10, near2, raid.Disks{Now: 4, Before: 4}, "01:1 23:1"},
		{raid.RAID10, near2, raid.Disks{Now: 3, Before: 3}, "01:1 02:1 12:1"},
		{raid.RAID10, near3, raid.Disks{Now: 6, Before: 6}, "012:1 345:1"},
		{raid.RAID10, far2, raid.Disks{Now: 4, Before: 4}, "01:1 12:1 23:1 03:1"},
		{raid.RAID10, offset2, raid.Disks{Now: 3, Before: 3}, "01:1 12:1 02:1"},
		{raid.RAID10, far2sets, raid.Disks{Now: 4, Before: 4}, "01:1 23:1"},
		{raid.RAID10, far2improved, raid.Disks{Now: 4, Before: 4}, "01:1 23:1"},
		{raid.RAID10, far2improved, raid.Disks{Now: 5, Before: 5}, "01:1 23:1 34:1 24:1"},
	} {
		a := raid.Array{Level: known(c.level), Layout: known(raid.Shape{Now: c.layout, Before: c.layout}), Disks: known(c.disks)}
		needs, err := a.Needs(slotNames(max(c.disks.Now, c.disks.Before)))
		if err != nil {
			t.Errorf("%s %#x %v: %v", c.level, c.layout, c.disks, err)
		}
		got := strings.Fields(words(needs))
		want := strings.Fields(c.want)
		if c.level == raid.RAID10 {
			slices.Sort(got)
			slices.Sort(want)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s %#x %v (-want +got):\n%s", c.level, c.layout, c.disks, diff)
		}
	}
}

func TestUnknownLevelsAndLayoutsAreNotGuessed(t *testing.T) {
	t.Parallel()
	for _, a := range []raid.Array{
		{Level: known(raid.Level("raid7")), Disks: known(raid.Disks{Now: 2, Before: 2})},
		{Level: known(raid.RAID10), Layout: known(raid.Shape{Now: 0, Before: 0}), Disks: known(raid.Disks{Now: 2, Before: 2})},
		{Level: known(raid.RAID10), Layout: known(raid.Shape{Now: 0xff, Before: 0xff}), Disks: known(raid.Disks{Now: 2, Before: 2})},
		{Level: known(raid.RAID10), Layout: known(raid.Shape{Now: 0x60201, Before: 0x60201}), Disks: known(raid.Disks{Now: 2, Before: 2})},
		{Level: fact.Of[raid.Level]{Err: raid.ErrNonsense}},
		{Level: known(raid.RAID1), Disks: fact.Of[raid.Disks]{Err: raid.ErrNonsense}},
	} {
		if needs, err := a.Needs(slotNames(2)); err == nil {
			t.Errorf("%q layout %#x: %s", a.Level.Value, a.Layout.Value.Now, words(needs))
		}
	}
}

func TestParityIsInDoubtUntilAResyncIsOver(t *testing.T) {
	t.Parallel()
	base := raid.Array{Level: known(raid.RAID6), Disks: known(raid.Disks{Now: 4, Before: 4}), Action: known(raid.Idle)}
	for _, c := range []struct {
		name string
		with func(*raid.Array)
		want string
	}{
		{"idle", func(*raid.Array) {}, "0123:2"},
		{"resync", func(a *raid.Array) { a.Action = known(raid.Resync) }, "0123:2-4"},
		{"resync due", func(a *raid.Array) { a.Start = known(true) }, "0123:2-4"},
		{"check", func(a *raid.Array) { a.Action = known(raid.Check) }, "0123:2"},
		{"recover", func(a *raid.Array) { a.Action = known(raid.Recover) }, "0123:2"},
		{"with a journal", func(a *raid.Array) { a.Action, a.Policy = known(raid.Resync), known(raid.PolicyJournal) }, "0123:2"},
		{"with PPL", func(a *raid.Array) { a.Action, a.Policy = known(raid.Resync), known(raid.PolicyPPL) }, "0123:2"},
		{"raid1", func(a *raid.Array) { a.Action, a.Level = known(raid.Resync), known(raid.RAID1) }, "0123:1"},
	} {
		a := base
		c.with(&a)
		needs, err := a.Needs(slotNames(4))
		if got := words(needs); err != nil || got != c.want {
			t.Errorf("%s: %s, %v; want %s", c.name, got, err, c.want)
		}
	}
}
