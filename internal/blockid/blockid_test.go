package blockid_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/blockid"
	"plimsoll/internal/hosttest"
	"plimsoll/redundancy"
)

func TestEveryKindOfDeviceHasALastingName(t *testing.T) {
	t.Parallel()
	dir, err := hosttest.Root(t, "testdata/one-device-of-every-kind.txtar").Sys().Open("block")
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	type names struct{ Event, Part, Whole redundancy.ID }
	for path, want := range map[string]names{
		"sda":                     {"wwn:0x5000c500a1b2c3d4", "disk:wwn:0x5000c500a1b2c3d4", "disk:wwn:0x5000c500a1b2c3d4"},
		"sda/sda1":                {"wwn:0x5000c500a1b2c3d4-part1", "disk:wwn:0x5000c500a1b2c3d4-part1", "disk:wwn:0x5000c500a1b2c3d4"},
		"nvme0n1/nvme0n1p2":       {"wwn:eui.0025385971b0cafe-part2", "disk:wwn:eui.0025385971b0cafe-part2", "disk:wwn:eui.0025385971b0cafe"},
		"vda":                     {"serial:DISK0", "disk:serial:DISK0", "disk:serial:DISK0"},
		"cciss!c0d0":              {"name:cciss/c0d0", "disk:name:cciss/c0d0", "disk:name:cciss/c0d0"},
		"cciss!c0d0/cciss!c0d0p1": {"name:cciss/c0d0-part1", "disk:name:cciss/c0d0-part1", "disk:name:cciss/c0d0"},
		"dm-0":                    {"dm:LVM-abc", "dm:LVM-abc", "dm:LVM-abc"},
		"dm-1":                    {"name:dm-1", "dm:name/scratch", "dm:name/scratch"},
		"md0":                     {"md:6b8b4567-327b-23c6-643c-986966334873", "raid:6b8b4567-327b-23c6-643c-986966334873", "raid:6b8b4567-327b-23c6-643c-986966334873"},
		"md0/md0p1":               {"md:6b8b4567-327b-23c6-643c-986966334873-part1", "raid:6b8b4567-327b-23c6-643c-986966334873-part1", "raid:6b8b4567-327b-23c6-643c-986966334873"},
		"md126":                   {"name:md126", "raid:md127/0", "raid:md127/0"},
		"md7":                     {"name:md7", "raid:name/md7", "raid:name/md7"},
		"loop0":                   {"name:loop0", "block:loop0", "block:loop0"},
		"loop0/loop0p1":           {"name:loop0-part1", "block:loop0-part1", "block:loop0"},
	} {
		id := blockid.Read(dir, path, filepath.Base(path))
		if diff := cmp.Diff(want, names{id.ID(), id.PartID(), id.WholeID()}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

func TestOfADeviceThatNothingIsKnownOfNothingIsSaid(t *testing.T) {
	t.Parallel()
	if id := (blockid.Identity{}); id.ID() != "" || id.PartID() != "" || id.WholeID() != "" {
		t.Errorf("%q, %q, %q", id.ID(), id.PartID(), id.WholeID())
	}
	if id := blockid.Named("sda"); id.PartID() != "disk:name:sda" {
		t.Errorf("%q", id.PartID())
	}
}
