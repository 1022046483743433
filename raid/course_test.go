package raid_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/hosttest"
	"plimsoll/raid"
	"plimsoll/redundancy"
)

const (
	md0  = "sys/devices/virtual/block/md0/md/"
	uuid = "raid:6b8b4567-327b-23c6-643c-986966334873"
	sdb  = "sys/devices/pci0000:00/0000:00:05.0/host2/target2:0:1/2:0:1:0/"
)

// face is what events tell of a member.
type face struct {
	State  redundancy.State
	Health redundancy.Health
	Doubts []redundancy.Doubt
	Device redundancy.ID
}

func faces(t *testing.T, c *raid.Collector, group redundancy.ID) map[string]face {
	t.Helper()
	for _, g := range look(t, c).Groups {
		if g.ID != group {
			continue
		}
		all := map[string]face{}
		for _, m := range g.Members {
			all[strings.TrimPrefix(string(m.ID), string(group)+"/")] = face{m.State, m.Health, m.Doubts, m.Device}
		}
		return all
	}
	t.Fatalf("no group %s", group)
	return nil
}

func mirror(t *testing.T) (*hosttest.Host, *raid.Collector) {
	t.Helper()
	h := hosttest.Root(t, "testdata/raid1-mismatch-cnt-unreadable.txtar")
	return h, collector(h)
}

func same(t *testing.T, when string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", when, diff)
	}
}

func TestOnePullIsOneChangeHoweverFarMDHasGot(t *testing.T) {
	t.Parallel()
	h, c := mirror(t)
	look(t, c)
	want := map[string]face{
		"slot0": {State: redundancy.Enabled, Health: redundancy.OK, Device: "wwn:0x5000c50000000000"},
		"slot1": {State: redundancy.Absent, Health: redundancy.Critical},
	}
	h.Remove(t, sdb+"block/sdb")
	same(t, "in_sync, block link dangling", want, faces(t, c, uuid))
	h.Write(t, md0+"dev-sdb/state", "faulty,blocked\n")
	same(t, "faulty in its slot", want, faces(t, c, uuid))
	h.Write(t, md0+"dev-sdb/slot", "none\n")
	h.Remove(t, md0+"rd1")
	same(t, "slot emptied", want, faces(t, c, uuid))
	h.Remove(t, md0+"dev-sdb/block")
	same(t, "block link removed", want, faces(t, c, uuid))
	same(t, "another agent, started now", want, faces(t, collector(h), uuid))
	h.Remove(t, md0+"dev-sdb")
	same(t, "device let go", want, faces(t, c, uuid))
}

func TestOneFailureIsOneChangeWhileTheDeviceIsAttached(t *testing.T) {
	t.Parallel()
	h, c := mirror(t)
	look(t, c)
	want := map[string]face{
		"slot0": {State: redundancy.Enabled, Health: redundancy.OK, Device: "wwn:0x5000c50000000000"},
		"slot1": {State: redundancy.Disabled, Health: redundancy.Critical},
		"dev/wwn:0x5000c50000000001": {
			State: redundancy.Disabled, Health: redundancy.Critical, Device: "wwn:0x5000c50000000001",
		},
	}
	h.Write(t, md0+"dev-sdb/state", "faulty,blocked\n")
	same(t, "faulty in its slot", want, faces(t, c, uuid))
	h.Write(t, md0+"dev-sdb/state", "faulty\n")
	h.Write(t, md0+"dev-sdb/slot", "none\n")
	h.Remove(t, md0+"rd1")
	same(t, "slot emptied", want, faces(t, c, uuid))
	same(t, "another agent, started now", want, faces(t, collector(h), uuid))
	h.Remove(t, md0+"dev-sdb")
	same(t, "device taken out", map[string]face{
		"slot0": want["slot0"], "slot1": {State: redundancy.Absent, Health: redundancy.Critical},
	}, faces(t, c, uuid))
}

func TestAPulledMemberIsNotTakenForAnOldFailureStillAttached(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/raid1-failed-member-attached.txtar")
	c := collector(h)
	look(t, c)
	h.Remove(t, strings.ReplaceAll(sdb, "2:0:1", "2:0:2")+"block/sdc")
	absent := face{State: redundancy.Absent, Health: redundancy.Critical}
	same(t, "pulled", absent, faces(t, c, uuid)["slot1"])
	h.Remove(t, md0+"dev-sdc")
	same(t, "removed", absent, faces(t, c, uuid)["slot1"])
}

func TestDeviceNameDoesNotFlickerWithReadErrors(t *testing.T) {
	t.Parallel()
	h, c := mirror(t)
	before := faces(t, c, uuid)
	h.Break(sdb+"wwid", syscall.EIO)
	same(t, "wwid unreadable", before, faces(t, c, uuid))
	h.Break(md0+"uuid", syscall.EIO)
	same(t, "uuid unreadable", before, faces(t, c, uuid))
	if id := look(t, collector(h)).Groups[0].ID; id != "raid:name/md0" {
		t.Errorf("an agent that never read the UUID calls the array %s", id)
	}
}

func TestAPulledSpareKeepsItsName(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/raid1-healthy-with-spare.txtar")
	c := collector(h)
	look(t, c)
	h.Remove(t, strings.ReplaceAll(sdb, "2:0:1", "2:0:2")+"block/sdc")
	same(t, "pulled", face{State: redundancy.Absent, Health: redundancy.Critical}, faces(t, c, uuid)["dev/serial:QM00005"])
}

func TestANewDiskUnderAnOldNameIsAnotherDevice(t *testing.T) {
	t.Parallel()
	h, c := mirror(t)
	look(t, c)
	old := filepath.Join(h.Root, sdb, "block/sdb")
	if err := os.Rename(old, old+"-gone"); err != nil { // kept, so that its inode is not given out again
		t.Fatal(err)
	}
	h.Write(t, sdb+"block/sdb/dev", "8:16\n")
	h.Write(t, sdb+"block/sdb/serial", "NEW\n")
	h.Remove(t, sdb+"wwid")
	if got := faces(t, c, uuid)["slot1"].Device; got != "serial:NEW" {
		t.Errorf("slot1 holds %s", got)
	}
}

func TestArrayThatVanishesIsLeftOut(t *testing.T) {
	t.Parallel()
	h, c := mirror(t)
	look(t, c)
	h.Remove(t, "sys/devices/virtual/block/md0")
	if seen := look(t, c); len(seen.Groups) != 0 {
		t.Errorf("still there: %+v", seen.Groups)
	}
}

func TestDeviceThatLeavesWhileItIsReadLeavesAnEmptySlot(t *testing.T) {
	t.Parallel()
	h, c := mirror(t)
	h.Break(md0+"dev-sdb/state", syscall.ENODEV)
	same(t, "ENODEV", face{State: redundancy.Absent, Health: redundancy.Critical}, faces(t, c, uuid)["slot1"])
}

func TestAnEmptySlotIsUnknownWhileADeviceCannotBePlaced(t *testing.T) {
	t.Parallel()
	h, c := mirror(t)
	h.Break(md0+"dev-sdb/slot", syscall.EIO)
	h.Remove(t, md0+"rd1")
	unknown := face{State: redundancy.StateUnknown, Doubts: []redundancy.Doubt{redundancy.DoubtUnread}}
	same(t, "not placed", unknown, faces(t, c, uuid)["slot1"])
}

func TestHalvesStartedApartAreTwoGroups(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/raid1-check-delayed-by-another.txtar")
	h.Write(t, "sys/devices/virtual/block/md1/md/uuid", strings.TrimPrefix(uuid, "raid:"))
	var ids []redundancy.ID
	var keys []string
	for _, g := range look(t, collector(h)).Groups {
		ids = append(ids, g.ID)
		for _, w := range g.Warnings {
			keys = append(keys, w.Key)
		}
	}
	same(t, "ids", []redundancy.ID{uuid, uuid + "@md1"}, ids)
	same(t, "warnings", []string{raid.WarnSameUUID}, keys)
}

func TestUUIDIsFoundInUdevsDatabaseWhereTheKernelHasNone(t *testing.T) {
	t.Parallel()
	h, c := mirror(t)
	h.Remove(t, md0+"uuid")
	h.Write(t, "sys/devices/virtual/block/md0/dev", "9:0\n")
	h.Write(t, "run/udev/data/b9:0", "E:MD_LEVEL=raid1\nE:MD_UUID=6b8b4567:327b23c6:643c9869:66334873\n")
	if id := look(t, c).Groups[0].ID; id != uuid {
		t.Errorf("the array is called %s", id)
	}
}

func TestAnArrayThatWasNotStartedIsNamedByItsMembersIfTheyAgree(t *testing.T) {
	t.Parallel()
	h, c := mirror(t)
	h.Write(t, md0+"uuid", "00000000-0000-0000-0000-000000000000\n")
	h.Write(t, md0+"array_state", "inactive\n")
	member := "E:ID_FS_TYPE=linux_raid_member\nE:ID_FS_UUID=6b8b4567-327b-23c6-643c-986966334873\n"
	h.Write(t, "run/udev/data/b8:0", member)
	if id := look(t, c).Groups[0].ID; id != "raid:name/md0" {
		t.Errorf("with one member known the array is called %s", id)
	}
	h.Write(t, "run/udev/data/b8:16", member)
	if id := look(t, c).Groups[0].ID; id != uuid {
		t.Errorf("the array is called %s", id)
	}
	h.Write(t, "run/udev/data/b8:16", strings.ReplaceAll(member, "6b8b", "6b8c"))
	if id := look(t, c).Groups[0].ID; id != "raid:name/md0" {
		t.Errorf("with members of two arrays it is called %s", id)
	}
}

func TestArrayStateDecidesServing(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]redundancy.Tristate{
		"clean": redundancy.Yes, "active": redundancy.Yes, "write-pending": redundancy.Yes, "active-idle": redundancy.Yes,
		"read-auto": redundancy.Yes, "readonly": redundancy.No, "inactive": redundancy.No, "broken": redundancy.No,
		"suspended": redundancy.No, "clear": redundancy.No, "frobnicated": redundancy.Unread, "": redundancy.Unread,
	} {
		h, c := mirror(t)
		h.Write(t, md0+"array_state", state+"\n")
		g := look(t, c).Groups[0]
		if g.Serving != want {
			t.Errorf("%q: serving %s, want %s", state, g.Serving, want)
		}
		if v := redundancy.Judge(g); want == redundancy.Unread && v.Status != redundancy.StatusUnknown {
			t.Errorf("%q: %s", state, v.Status)
		}
	}
}

func TestARecoveryIsToldOnlyIfThereIsADeviceForIt(t *testing.T) {
	t.Parallel()
	h, c := mirror(t)
	h.Write(t, md0+"dev-sdb/state", "faulty\n")
	h.Write(t, md0+"sync_action", "recover\n")
	h.Write(t, md0+"sync_completed", "none\n")
	if a := look(t, c).Groups[0].Activity; a != nil {
		t.Errorf("with nothing to recover to: %+v", a)
	}
	h.Write(t, md0+"dev-sdc/state", "spare\n")
	h.Write(t, md0+"dev-sdc/slot", "none\n")
	h.Write(t, md0+"dev-sdc/block/dev", "8:32\n")
	same(t, "with a spare", &redundancy.Activity{Kind: "recover", Phase: "pending"}, look(t, c).Groups[0].Activity)
}

func TestAFailedJournalStopsServing(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/raid6-resync-after-crash.txtar")
	c := collector(h)
	h.Write(t, md0+"consistency_policy", "journal\n")
	h.Write(t, md0+"dev-sdj/state", "in_sync,journal\n")
	h.Write(t, md0+"dev-sdj/slot", "journal\n")
	h.Write(t, md0+"dev-sdj/block/dev", "8:144\n")
	if g := look(t, c).Groups[0]; g.Serving != redundancy.Yes {
		t.Errorf("with its journal: serving %s", g.Serving)
	}
	h.Write(t, md0+"dev-sdj/state", "faulty,journal\n")
	g := look(t, c).Groups[0]
	if g.Serving != redundancy.No || g.Warnings[len(g.Warnings)-1].Key != raid.WarnJournalFailed {
		t.Errorf("without: serving %s, warnings %+v", g.Serving, g.Warnings)
	}
}

// TestOneUnreadableFileChangesOnlyItsOwnPart breaks every file of an array in turn, and looks at the array beside it.
func TestOneUnreadableFileChangesOnlyItsOwnPart(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/raid1-check-delayed-by-another.txtar")
	c := collector(h)
	whole := look(t, c)
	root := filepath.Join(h.Root, "sys/devices/virtual/block/md0")
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.Type()&os.ModeSymlink != 0 {
			return err
		}
		rel := strings.TrimPrefix(path, h.Root+"/")
		h.Break(rel, syscall.EIO)
		defer h.Mend(rel)
		seen := look(t, c)
		if len(seen.Groups) != len(whole.Groups) || len(seen.Groups[0].Members) != len(whole.Groups[0].Members) {
			t.Errorf("%s unreadable: %+v", rel, seen.Groups)
			return nil
		}
		same(t, rel+" unreadable: the other array", whole.Groups[1], seen.Groups[1])
		if seen.Groups[0].ID != whole.Groups[0].ID {
			t.Errorf("%s unreadable: the array is called %s", rel, seen.Groups[0].ID)
		}
		better := redundancy.Judge(seen.Groups[0])
		if better.Margin.Least > redundancy.Judge(whole.Groups[0]).Margin.Least || better.Status == redundancy.Failed {
			t.Errorf("%s unreadable: judged %+v", rel, better)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestADeviceThatMDHasNotLinkedYetIsNotToldOf(t *testing.T) {
	t.Parallel()
	h, c := mirror(t)
	before := faces(t, c, uuid)
	h.Write(t, md0+"dev-sdd/state", "spare\n")
	h.Write(t, md0+"dev-sdd/slot", "none\n")
	same(t, "directory made, link not yet", before, faces(t, c, uuid))
}
