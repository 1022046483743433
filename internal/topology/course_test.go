package topology_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/hosttest"
	"plimsoll/internal/topology"
	"plimsoll/redundancy"
)

const sata = "testdata/root-on-lvm-on-crypt-on-md-on-two-sata-disks.txtar"

func part(tb testing.TB, o redundancy.Observation, name string) redundancy.Part {
	tb.Helper()
	i := slices.IndexFunc(o.Parts, func(p redundancy.Part) bool { return p.Name == name })
	if i < 0 {
		tb.Fatalf("no part is called %s", name)
	}
	return o.Parts[i]
}

func use(tb testing.TB, o redundancy.Observation, what string) redundancy.Use {
	tb.Helper()
	i := slices.IndexFunc(o.Uses, func(u redundancy.Use) bool { return u.What == what })
	if i < 0 {
		tb.Fatalf("no use is called %s", what)
	}
	return o.Uses[i]
}

func TestALookThatFindsNothingNewTellsWhatTheLastOneTold(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, sata)
	c := collector(t, h)
	first := look(t, c)
	h.Write(t, "proc/swaps", strings.Replace(
		"Filename\n/dev/dm-2 partition 4194300 99 -2\n/var/swapfile file 1048572 7 -3\n/dev/zram0 partition 1 0 100\n", "99", "100", 1))
	second := look(t, c)
	if &first.Parts[0] != &second.Parts[0] || &first.Uses[0] != &second.Uses[0] {
		t.Error("it was told anew, though only how much swap is used has changed")
	}
}

func TestATableThatIsLoadedAnewMovesAVolume(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, sata)
	c := collector(t, h)
	look(t, c)
	h.Remove(t, "sys/devices/virtual/block/dm-1/slaves/dm-0")
	h.Write(t, "sys/devices/virtual/block/dm-1/slaves/sda3/dev", "8:3\n")
	h.Write(t, "sys/devices/virtual/block/dm-1/dm/name", "vg0-newroot\n")
	got := part(t, look(t, c), "vg0/newroot")
	if diff := cmp.Diff([]redundancy.ID{"disk:wwn:0x5000c500a1b2c301-part3"}, got.StandsOn); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAFilesystemOnAPulledDiskStillStandsOnIt(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, sata)
	c := collector(t, h)
	look(t, c)
	for _, name := range []string{"sda", "sda1", "sda2", "sda3"} {
		h.Remove(t, "sys/class/block/"+name)
	}
	h.Remove(t, "sys/devices/pci0000:00/0000:00:17.0/ata1")
	for range 2 {
		o := look(t, c)
		got := use(t, o, "/boot/efi")
		if diff := cmp.Diff([]redundancy.ID{"disk:wwn:0x5000c500a1b2c301-part1"}, got.StandsOn); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if slices.ContainsFunc(o.Parts, func(p redundancy.Part) bool { return p.Name == "sda" }) {
			t.Error("the disk is still a part")
		}
		h.Write(t, "proc/self/mountinfo", "30 29 8:1 / /boot/efi rw - vfat /dev/sda1 rw\n")
	}
}

func TestADeviceThatWasNeverSeenIsNamedByItsNumber(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, sata)
	h.Write(t, "proc/self/mountinfo", "30 29 8:99 / /lost rw - ext4 /dev/sdz rw\n")
	got := use(t, look(t, collector(t, h)), "/lost")
	if diff := cmp.Diff([]redundancy.ID{"block:8:99"}, got.StandsOn); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOfTwoFilesystemsAtOnePlaceTheLaterIsToldOf(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, sata)
	h.Write(t, "proc/self/mountinfo", "30 1 8:1 / /x rw - ext4 /dev/sda1 rw\n31 30 8:17 / /x rw - ext4 /dev/sdb1 rw\n")
	for range 10 { // a map's order would show
		got := use(t, look(t, collector(t, h)), "/x")
		if diff := cmp.Diff([]redundancy.ID{"disk:wwn:0x5000c500a1b2c302-part1"}, got.StandsOn); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	}
}

func TestAnArrayThatIsMadeAnewByTheSameNameIsAnother(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, sata)
	c := collector(t, h)
	look(t, c)
	md := filepath.Join(h.Root, "sys/devices/virtual/block/md0/md")
	if err := os.Rename(md, md+"-before"); err != nil { // rather than removed: its inode is not given out again
		t.Fatal(err)
	}
	h.Write(t, "sys/devices/virtual/block/md0/md/uuid", "99999999-1111-2222-3333-444444444444\n")
	got := use(t, look(t, c), "/boot")
	if diff := cmp.Diff([]redundancy.ID{"raid:99999999-1111-2222-3333-444444444444"}, got.StandsOn); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestADeviceThatIsMetBeforeTheKernelSaysWhatItIsIsAskedAgain(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, sata)
	c := collector(t, h)
	for _, of := range []string{"md0/md", "dm-1/dm"} {
		at := filepath.Join(h.Root, "sys/devices/virtual/block", of)
		if err := os.Rename(at, at+"-later"); err != nil {
			t.Fatal(err)
		}
	}
	look(t, c)
	for _, of := range []string{"md0/md", "dm-1/dm"} {
		at := filepath.Join(h.Root, "sys/devices/virtual/block", of)
		if err := os.Rename(at+"-later", at); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(look(t, collector(t, h)), look(t, c)); diff != "" {
		t.Errorf("(-seen whole +seen before):\n%s", diff)
	}
}

func TestAnEnclosureThatComesLaterGivesDisksTheirPlaces(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/multipath-expanders-and-an-enclosure.txtar")
	h.Remove(t, "sys/class/enclosure")
	c := collector(t, h)
	if slot, there := part(t, look(t, c), "sde").Labels["slot"]; there {
		t.Errorf("sde is in %s without an enclosure", slot)
	}
	h.Write(t, "sys/class/enclosure/0:0:9:0/id", "0x500304801eab003d\n")
	if slot := part(t, look(t, c), "sde").Labels["slot"]; slot != "Slot03" {
		t.Errorf("sde is in %q", slot)
	}
}

func TestALookThatFailsTellsNothingAndTheNextOneTellsAll(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, sata)
	c := collector(t, h)
	look(t, c)
	h.Write(t, "sys/devices/virtual/block/dm-1/dm/name", "vg0-newroot\n")
	for _, process := range []string{"1", "self"} {
		h.Write(t, "proc/"+process+"/mountinfo", "")
		h.Break("proc/"+process+"/mountinfo", syscall.EIO)
	}
	if o, err := c.Collect(t.Context()); !errors.Is(err, syscall.EIO) || len(o.Uses) > 0 {
		t.Errorf("%d uses, %v", len(o.Uses), err)
	}
	h.Mend("proc/self/mountinfo")
	part(t, look(t, c), "vg0/newroot")

	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Collect(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestRoutesThatCanNotBeReadFailTheLook(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, sata)
	refused := errors.New("refused")
	c := topology.New(topology.Config{
		Sys: h.Sys(), Proc: h.Proc(), Routes: func(context.Context) ([]topology.Route, error) { return nil, refused },
	})
	if _, err := c.Collect(t.Context()); !errors.Is(err, refused) {
		t.Errorf("%v", err)
	}
}

func TestABridgeThatGetsASecondUplinkIsNoLongerUnderstood(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/bridge-over-vlan-over-bond.txtar")
	c := collector(t, h)
	if got := part(t, look(t, c), "br0"); got.Opaque != "" {
		t.Errorf("at first: %s", got.Opaque)
	}
	h.Write(t, "sys/devices/virtual/net/br0/lower_eth2/ifindex", "4\n")
	if got := part(t, look(t, c), "br0"); got.Opaque != "bridge with 2 uplinks" {
		t.Errorf("then: %q on %v", got.Opaque, got.StandsOn)
	}
}

func TestACardHasItsPermanentAddressOnceABondRemembersIt(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/bridge-over-vlan-over-bond.txtar")
	c := collector(t, h)
	if got := part(t, look(t, c), "eth3").ID; got != "link:eth3" {
		t.Errorf("at first it is %s", got)
	}
	h.Write(t, "sys/devices/pci0000:00/0000:07:00.0/net/eth3/bonding_slave/perm_hwaddr", "52:54:00:00:00:04\n")
	if got := part(t, look(t, c), "eth3").ID; got != "nic:52:54:00:00:00:04" {
		t.Errorf("in a bond it is %s", got)
	}
}

func TestAHostWithNothingHasNotes(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, sata)
	for _, dir := range []string{"sys", "proc"} {
		h.Remove(t, dir)
	}
	c := topology.New(topology.Config{Sys: h.Sys(), Proc: h.Proc()})
	want := []string{"what stands on what is not known: there is no " + filepath.Join(h.Root, "sys/class/block")}
	if diff := cmp.Diff(redundancy.Observation{Notes: want}, look(t, c)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
