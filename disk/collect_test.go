package disk_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"plimsoll/disk"
	"plimsoll/internal/priv"
	"plimsoll/redundancy"
)

func TestTheFirstLookWaitsForTheDisksToAnswer(t *testing.T) {
	t.Parallel()
	watched(t, func(m *machine) { two(m); m.nvme(0, "0025385971b0cafe") }, func(t *testing.T, m *machine, c *disk.Collector) {
		t.Helper()
		for _, id := range []redundancy.ID{sda, sdb, nvme0} {
			if got := fares(look(t, c, id)); got != "Enabled OK" {
				t.Errorf("%s is %s", id, got)
			}
		}
		if m.most != 1 {
			t.Errorf("%d disks were asked at once", m.most)
		}
	})
}

func TestWhatADiskPredictedIsNotUnsaidByItsSilence(t *testing.T) {
	t.Parallel()
	watched(t, func(m *machine) { m.scsi("sda", "5000c50000000001") }, func(t *testing.T, m *machine, c *disk.Collector) {
		t.Helper()
		m.say("sda", answer{disk: priv.Disk{Protocol: priv.ATA}, pages: ataPages(true)})
		if got := fares(look(t, c, sda)); got != "Enabled Warning predicted" {
			t.Errorf("%s", got)
		}
		m.say("sda", answer{err: priv.Refuse(priv.ReasonUnread, "look at sda: host status 04h")})
		after(5 * time.Hour)
		if got := fares(look(t, c, sda)); got != "Enabled Warning predicted disk-silent" {
			t.Errorf("%s", got)
		}
		m.write("block/sda/target/state", "offline")
		if got := fares(look(t, c, sda)); got != "Disabled Critical disk-silent" {
			t.Errorf("dead: %s", got)
		}
	})
}

func TestADeadDiskIsNotWellForWhatItSaidBefore(t *testing.T) {
	t.Parallel()
	watched(t, func(m *machine) { two(m); m.nvme(0, "0025385971b0cafe") }, func(t *testing.T, m *machine, c *disk.Collector) {
		t.Helper()
		look(t, c, sda)
		m.write("block/sda/target/state", "offline")
		m.write("block/sdb/size", "0")
		m.write("class/nvme/nvme0/state", "resetting")
		for id, want := range map[redundancy.ID]string{sda: "Disabled Critical", sdb: "Disabled Critical", nvme0: "Unknown OK"} {
			if got := fares(look(t, c, id)); got != want {
				t.Errorf("%s is %s", id, got)
			}
		}
		n := m.count("nvme0")
		after(5 * time.Minute)
		if m.count("nvme0") != n {
			t.Error("a controller that is being reset was asked")
		}
	})
}

func TestOldPagesAreStale(t *testing.T) {
	t.Parallel()
	watched(t, func(m *machine) { m.nvme(0, "0025385971b0cafe") }, func(t *testing.T, m *machine, c *disk.Collector) {
		t.Helper()
		look(t, c, nvme0)
		m.say("nvme0", answer{err: &priv.UnreachableError{Socket: "s", Cause: errors.New("gone")}})
		after(disk.KeepsFor*time.Minute + disk.Delay - time.Minute)
		if got := fares(look(t, c, nvme0)); got != "Enabled OK" {
			t.Errorf("%s", got)
		}
		after(2 * time.Minute)
		if got := fares(look(t, c, nvme0)); got != "Enabled Unknown stale" {
			t.Errorf("%s", got)
		}
	})
}

func TestADiskIsTheSameUnderAnotherName(t *testing.T) {
	t.Parallel()
	watched(t, two, func(t *testing.T, m *machine, c *disk.Collector) {
		t.Helper()
		m.say("sdb", answer{disk: priv.Disk{Protocol: priv.ATA}, pages: ataPages(true)})
		look(t, c, sda)
		for from, to := range map[string]string{"sda": "sdz", "sdb": "sdy"} {
			if err := os.Rename(filepath.Join(m.root, "block", from), filepath.Join(m.root, "block", to)); err != nil {
				t.Fatal(err)
			}
		}
		got := look(t, c, sdb)
		if got.Name != "sdy" || fares(got) != "Enabled Warning predicted" {
			t.Errorf("%s is %s", got.Name, fares(got))
		}
	})
}

func TestTwoWaysToOneDiskAreOneComponent(t *testing.T) {
	t.Parallel()
	watched(t, func(m *machine) {
		m.scsi("sda", "5000c50000000001")
		m.scsi("sdb", "5000c50000000001")
	}, func(t *testing.T, m *machine, c *disk.Collector) {
		t.Helper()
		if got := fares(look(t, c, sda)); got != "Enabled OK" {
			t.Errorf("%s", got)
		}
		m.write("block/sda/target/state", "transport-offline")
		got := look(t, c, sda)
		if fares(got) != "Enabled OK path-down" {
			t.Errorf("with one way: %s", fares(got))
		}
		after(time.Hour)
		if m.count("sdb") == 0 {
			t.Error("the other way was not taken")
		}
	})
}

func TestUncorrectedErrorsOfAPCIePortCountIfTheyAreToCount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wanted   bool
		nonfatal string
		want     string
	}{
		"wanted":          {true, "Undefined 0\nDLP 1\nTOTAL_ERR_NONFATAL 1", "Enabled Unknown pcie-errors"},
		"none":            {true, "Undefined 0\nTOTAL_ERR_NONFATAL 0", "Enabled Unknown"},
		"without a total": {true, "?", "Enabled Unknown"},
		"not wanted":      {false, "TOTAL_ERR_NONFATAL 1", "Enabled Unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			m.nvme(0, "0025385971b0cafe")
			m.write("class/nvme/nvme0/device/aer_dev_correctable", "RxErr 7\nTOTAL_ERR_COR 7")
			m.write("class/nvme/nvme0/device/aer_dev_nonfatal", c.nonfatal)
			m.write("class/nvme/nvme0/device/aer_dev_fatal", "TOTAL_ERR_FATAL 0")
			cfg := m.config()
			cfg.Senses, cfg.NotAsked, cfg.PCIeErrors = nil, "nobody asks", c.wanted
			is := look(t, disk.New(cfg), nvme0)
			if got := fares(is); got != c.want {
				t.Errorf("it is %s, want %s", got, c.want)
			}
			told := slices.ContainsFunc(is.Evidence, func(e redundancy.Evidence) bool { return e.Value == "TOTAL_ERR_COR 7" })
			if told != c.wanted {
				t.Errorf("corrected errors as evidence: %v", told)
			}
		})
	}
}

func TestWhatIsNoDiskOfThisKindIsNotTold(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.scsi("sda", "5000c50000000001")
	m.scsi("sdb", "5000c50000000002")
	m.write("block/sdb/removable", "1")
	m.write("block/sdc/size", "5") // nothing behind it
	for _, name := range []string{"vda", "dm-0", "md0", "loop0", "sr0", "nvme0c0n1", "zram0", "mmcblk0"} {
		m.write("block/"+name+"/size", "5")
	}
	cfg := m.config()
	cfg.Senses, cfg.NotAsked = nil, "nobody can"
	o, err := disk.New(cfg).Collect(t.Context())
	if err != nil || len(o.Components) != 1 || o.Components[0].ID != sda {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestWithoutSysfsNothingIsLearned(t *testing.T) {
	t.Parallel()
	if _, err := disk.New(newMachine(t).config()).Collect(t.Context()); err == nil {
		t.Error("no error")
	}
}
