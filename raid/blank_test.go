package raid_test

import (
	"syscall"
	"testing"

	"plimsoll/internal/hosttest"
	"plimsoll/redundancy"
)

// TestArrayOfWhichNothingCanBeReadIsUnknown closes the directory of an array that was never seen before: it may have
// anything to lose.
func TestArrayOfWhichNothingCanBeReadIsUnknown(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/raid1-healthy-with-spare.txtar")
	h.Break("sys/devices/virtual/block/md0/md", syscall.EACCES)
	groups := look(t, collector(h)).Groups
	if len(groups) != 1 {
		t.Fatalf("want one group, got %+v", groups)
	}
	v := redundancy.Judge(groups[0])
	if v.Status != redundancy.StatusUnknown || v.Worst != redundancy.Failed || v.Margin.Full < 1 {
		t.Errorf("want Unknown, Failed at worst, with something to lose; got %+v", v)
	}
}

// TestDiskThatIsGoneIsNotCalledUnread counts what could not be read of mirrors that lost a disk: all of it was.
func TestDiskThatIsGoneIsNotCalledUnread(t *testing.T) {
	t.Parallel()
	for _, story := range []string{"raid1-member-pulled-silently", "raid1-member-pulled-slot-emptied"} {
		h := hosttest.Root(t, "testdata/"+story+".txtar")
		for _, c := range look(t, collector(h)).Groups[0].Members {
			for _, e := range c.Evidence {
				if e.Err != "" {
					t.Errorf("%s: %s: want evidence that is read, got %+v", story, c.ID, e)
				}
			}
		}
	}
}

// TestMemberThatIsAnArrayStandsOnItsGroup makes a mirror's disk an array of its own, by the same name.
func TestMemberThatIsAnArrayStandsOnItsGroup(t *testing.T) {
	t.Parallel()
	const below = "0a0b0c0d-1111-2222-3333-444455556666"
	h := hosttest.Root(t, "testdata/raid1-healthy-with-spare.txtar")
	h.Remove(t, sdb+"wwid")
	h.Write(t, sdb+"block/sdb/md/uuid", below+"\n")
	for _, c := range look(t, collector(h)).Groups[0].Members {
		if c.Name == "sdb" && (len(c.StandsOn) != 1 || c.StandsOn[0] != "raid:"+below) {
			t.Errorf("want it to stand on raid:%s, got %q", below, c.StandsOn)
		}
	}
}
