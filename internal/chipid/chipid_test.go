package chipid_test

import (
	"errors"
	"io/fs"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plimsoll/internal/chipid"
	"plimsoll/internal/hosttest"
)

func list(t *testing.T, h *hosttest.Host) map[string]chipid.Chip {
	t.Helper()
	chips, err := chipid.List(h.Sys())
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]chipid.Chip{}
	for _, c := range chips {
		by[c.Dir[len(chipid.Class)+1:]] = c
	}
	return by
}

func TestAChipIsKnownByItsPlaceAndHasOneRoom(t *testing.T) {
	t.Parallel()
	want := map[string]chipid.Chip{
		"hwmon0":  {Name: "acpitz", Place: "virtual/thermal/thermal_zone0", Room: chipid.Hwmon},
		"hwmon1":  {Name: "power_meter", Place: "LNXSYSTM:00/LNXSYBUS:00/ACPI000D:00", Room: chipid.Power},
		"hwmon2":  {Name: "nvme", Place: "0000:01:00.0/nvme/nvme0", Room: chipid.Disk},
		"hwmon3":  {Name: "coretemp", Place: "platform/coretemp.0", Room: chipid.Hwmon},
		"hwmon4":  {Name: "pfe3000", Place: "0000:00:1f.4/SMBus_I801_adapter/mux_chan_id_2/0058", Room: chipid.Power},
		"hwmon5":  {Name: "isl69260", Place: "0000:00:1f.4/SMBus_I801_adapter/0060", Room: chipid.Hwmon},
		"hwmon6":  {Name: "BAT0", Place: "LNXSYSTM:00/PNP0C0A:00/power_supply/BAT0", Room: chipid.Power, Repeats: true},
		"hwmon7":  {Name: "drivetemp", Place: "0000:00:17.0/ata3/host2/target2:0:0/2:0:0:0", Room: chipid.Disk},
		"hwmon8":  {Name: "corsaircpro", Place: "0000:00:14.0/usb/4/4:1.0/0003:1B1C:0C10", Room: chipid.Hwmon},
		"hwmon9":  {Name: "k10temp", Place: "0000:00:18.3", Room: chipid.Hwmon},
		"hwmon10": {Name: "twin", Place: "platform/twin.1/twin", Room: chipid.Hwmon},
		"hwmon11": {Name: "twin", Place: "platform/twin.1/twin#2", Room: chipid.Hwmon},
		"hwmon12": {Name: "loose", Place: "virtual/loose", Room: chipid.Hwmon},
	}
	for name, c := range want {
		c.Dir = chipid.Class + "/" + name
		want[name] = c
	}
	got := list(t, hosttest.Root(t, "testdata/many-chips.txtar"))
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(chipid.Chip{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestANewNumberIsNoNewChip(t *testing.T) {
	t.Parallel()
	before := list(t, hosttest.Root(t, "testdata/many-chips.txtar"))["hwmon4"]
	after := list(t, hosttest.Root(t, "testdata/numbered-anew.txtar"))["hwmon0"]
	if before.Place != after.Place {
		t.Errorf("was at %s, is at %s", before.Place, after.Place)
	}
}

func TestAChipsShortNameSaysWhereItIsOnce(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]chipid.Chip{
		"coretemp.0":           {Name: "coretemp", Place: "platform/coretemp.0"},
		"k10temp 0000:00:18.3": {Name: "k10temp", Place: "0000:00:18.3"},
	} {
		if got := c.Short(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAKernelWithoutChipsSaysSo(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/many-chips.txtar")
	h.Remove(t, "sys/class/hwmon")
	if _, err := chipid.List(h.Sys()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
}

func TestAChipThatDoesNotSayItsNameIsNobodys(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/many-chips.txtar")
	h.Break("sys/devices/platform/coretemp.0/hwmon/hwmon3/name", syscall.EIO)
	chips := list(t, h)
	if c := chips["hwmon3"]; c.Room != chipid.RoomUnknown || !errors.Is(c.Err, syscall.EIO) {
		t.Errorf("got room %v, error %v", c.Room, c.Err)
	}
	if c := chips["hwmon9"]; c.Room != chipid.Hwmon || c.Err != nil {
		t.Errorf("another chip has room %v, error %v", c.Room, c.Err)
	}
}
