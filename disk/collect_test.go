package disk_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"plimsoll/disk"
	"plimsoll/internal/priv"
	"plimsoll/redundancy"
)

const (
	sda   = "disk:wwn:0x5000c50000000001"
	sdb   = "disk:wwn:0x5000c50000000002"
	nvme0 = "disk:wwn:eui.0025385971b0cafe"
)

// watched runs f in a bubble of time in which the disks are asked.
func watched(t *testing.T, build func(m *machine), f func(t *testing.T, m *machine, c *disk.Collector)) {
	t.Helper()
	m := newMachine(t)
	build(m)
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		c := disk.New(m.config())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			c.Ask(ctx, m.poke)
		}()
		f(t, m, c)
		stop()
		<-ended
	})
}

// after lets time pass.
func after(d time.Duration) {
	t := time.NewTimer(d)
	<-t.C
	synctest.Wait()
}

func two(m *machine) {
	m.scsi("sda", "5000c50000000001")
	m.scsi("sdb", "5000c50000000002")
}

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

func TestDisksAreAskedAtTheirPaceHoweverOftenOneLooks(t *testing.T) {
	t.Parallel()
	watched(t, func(m *machine) { m.scsi("sda", "5000c50000000001"); m.nvme(0, "0025385971b0cafe") }, func(t *testing.T, m *machine, c *disk.Collector) {
		t.Helper()
		for range 1000 {
			look(t, c, sda)
		}
		for range 60 {
			look(t, c, sda)
			after(time.Minute)
		}
		if a, n := m.count("sda"), m.count("nvme0"); a < 2 || a > 3 || n < 59 || n > 61 {
			t.Errorf("in an hour sda was asked %d times, nvme0 %d times", a, n)
		}
	})
}

func TestManyFirstAnswersAreNewsOnceAndALaterOneAtOnce(t *testing.T) {
	t.Parallel()
	name := func(i int) string { return "sd" + string(rune('a'+i/26)) + string(rune('a'+i%26)) }
	const disks = 100
	watched(t, func(m *machine) {
		for i := range disks {
			m.scsi(name(i), fmt.Sprintf("5000c5000000%04x", i))
		}
	}, func(t *testing.T, m *machine, c *disk.Collector) {
		t.Helper()
		const last = "disk:wwn:0x5000c50000000063"
		look(t, c, last)
		after(time.Minute)
		if n := m.poked(); n < 1 || n > 2 {
			t.Errorf("%d pokes for the first answers of %d disks", n, disks)
		}
		m.say(name(disks-1), answer{disk: priv.Disk{Protocol: priv.ATA}, pages: ataPages(true)})
		for m.count(name(disks-1)) < 2 {
			after(time.Second)
		}
		after(time.Second)
		if n := m.poked(); n < 2 || n > 3 {
			t.Errorf("%d pokes when a disk predicts its failure", n)
		}
		if got := fares(look(t, c, last)); got != "Enabled Warning predicted" {
			t.Errorf("it is %s", got)
		}
	})
}

func TestADiskThatHangsIsQuarantinedAndHoldsUpNoLook(t *testing.T) {
	t.Parallel()
	watched(t, two, func(t *testing.T, m *machine, c *disk.Collector) {
		t.Helper()
		look(t, c, sda)
		hang := make(chan struct{})
		m.say("sda", answer{hang: hang})
		after(time.Hour)
		before := m.count("sdb")
		if got := fares(look(t, c, sda)); got != "Enabled Unknown stale disk-silent" {
			t.Errorf("sda is %s", got)
		}
		if got := fares(look(t, c, sdb)); got != "Enabled OK" || before < 2 {
			t.Errorf("sdb is %s, asked %d times", got, before)
		}
		tries := m.count("sda")
		after(24 * time.Hour)
		if n := m.count("sda") - tries; n > 25 {
			t.Errorf("in a day, a disk that owes an answer was asked %d times", n)
		}
		close(hang)
		m.say("sda", answer{disk: priv.Disk{Protocol: priv.ATA}, pages: ataPages(false)})
		after(2 * time.Hour)
		if got := fares(look(t, c, sda)); got != "Enabled OK" {
			t.Errorf("back, sda is %s", got)
		}
	})
}

func TestTheOtherMemberOfItsGroupIsNotAskedWhileADiskOwesAnAnswer(t *testing.T) {
	t.Parallel()
	watched(t, func(m *machine) {
		two(m)
		m.scsi("sdc", "5000c50000000003")
		m.write("block/sda/sda1/holders/md0", "")
		m.write("block/sdb/holders/md0", "")
	}, func(t *testing.T, m *machine, c *disk.Collector) {
		t.Helper()
		look(t, c, sda)
		m.say("sda", answer{hang: make(chan struct{})})
		after(45 * time.Minute) // sda's turn, and sdb's
		b, other := m.count("sdb"), m.count("sdc")
		after(4 * time.Hour)
		if m.count("sdb") != b || m.count("sdc") <= other {
			t.Errorf("sdb was asked %d times, sdc %d times", m.count("sdb")-b, m.count("sdc")-other)
		}
		got := look(t, c, sdb)
		if fares(got) != "Enabled Unknown stale" || !said(got, "sda owes an answer, and both are in md0") {
			t.Errorf("sdb is %s: %v", fares(got), got.Evidence)
		}
	})
}

// said says whether a component has these words as evidence.
func said(c redundancy.Component, words string) bool {
	for _, e := range c.Evidence {
		if strings.Contains(e.Value+e.Err, words) {
			return true
		}
	}
	return false
}

func TestADiskWithFreshErrorsIsLeftAloneForAWhile(t *testing.T) {
	t.Parallel()
	watched(t, func(m *machine) { m.scsi("sda", "5000c50000000001") }, func(t *testing.T, m *machine, c *disk.Collector) {
		t.Helper()
		look(t, c, sda)
		after(29 * time.Minute)
		m.write("block/sda/target/ioerr_cnt", "0x7")
		after(5 * time.Minute)
		if n := m.count("sda"); n != 1 {
			t.Errorf("asked %d times", n)
		}
		if got := look(t, c, sda); fares(got) != "Enabled OK" || !said(got, "errors") {
			t.Errorf("%s: %v", fares(got), got.Evidence)
		}
		after(disk.QuietTime)
		if n := m.count("sda"); n != 2 {
			t.Errorf("after a quiet time, asked %d times", n)
		}
	})
}

// udev asks a disk who it is whenever the kernel announces a change of it, by commands that count as errors.
func TestWhatUdevAsksIsNoErrorOfTheDisk(t *testing.T) {
	t.Parallel()
	watched(t, func(m *machine) { m.scsi("sda", "5000c50000000001") }, func(t *testing.T, m *machine, c *disk.Collector) {
		t.Helper()
		look(t, c, sda)
		after(30*time.Minute - disk.ProbeTime/2)
		c.Announced("sda")
		m.write("block/sda/target/ioerr_cnt", "0x1")
		after(disk.ProbeTime)
		if n := m.count("sda"); n != 2 {
			t.Errorf("asked %d times", n)
		}
		c.Announced("sdb")
		after(30*time.Minute - disk.ProbeTime)
		m.write("block/sda/target/ioerr_cnt", "0x2")
		after(disk.ProbeTime)
		if n := m.count("sda"); n != 2 {
			t.Errorf("with an error of its own, asked %d times", n)
		}
	})
}

func TestASleepingDiskKeepsItsLastWordWithItsAge(t *testing.T) {
	t.Parallel()
	watched(t, func(m *machine) { m.scsi("sda", "5000c50000000001") }, func(t *testing.T, m *machine, c *disk.Collector) {
		t.Helper()
		began := time.Now()
		look(t, c, sda)
		m.say("sda", answer{disk: priv.Disk{Protocol: priv.ATA, Asleep: true}})
		after(48 * time.Hour)
		got := look(t, c, sda)
		if fares(got) != "Enabled OK" || !said(got, "asleep") {
			t.Errorf("%s: %v", fares(got), got.Evidence)
		}
		for _, e := range got.Evidence {
			if e.Where == "sda SMART status" && e.At.Sub(began) > time.Minute {
				t.Errorf("it seems to be of %s", e.At)
			}
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

func TestWithoutAHelperTheKernelsViewIsLeftAndSaidToBeAll(t *testing.T) {
	t.Parallel()
	watched(t, func(m *machine) { m.scsi("sda", "5000c50000000001") }, func(t *testing.T, m *machine, c *disk.Collector) {
		t.Helper()
		away := &priv.UnreachableError{Socket: "/run/plimsoll-sense.sock", Cause: syscall.ENOENT}
		m.say("sda", answer{err: away})
		o, err := c.Collect(t.Context())
		if err != nil || len(o.Notes) != 1 || !strings.Contains(o.Notes[0], "plimsoll-sense.sock") || fares(o.Components[0]) != "Enabled Unknown" {
			t.Errorf("%+v, %v", o, err)
		}
		after(disk.HoldTime / 2)
		if n := m.count("sda"); n != 1 {
			t.Errorf("a helper that is away was asked %d times within half a minute", n)
		}
		m.say("sda", answer{disk: priv.Disk{Protocol: priv.ATA}, pages: ataPages(false)})
		after(disk.HoldTime)
		o, err = c.Collect(t.Context())
		if err != nil || o.Notes != nil || fares(o.Components[0]) != "Enabled OK" {
			t.Errorf("%+v, %v", o, err)
		}
	})
}

func TestADiskThatHangsMakesNoOtherStale(t *testing.T) {
	t.Parallel()
	watched(t, func(m *machine) {
		m.nvme(0, "0025385971b0cafe")
		for i := range 6 {
			m.scsi("sd"+string(rune('a'+i)), "5000c5000000000"+string(rune('1'+i)))
		}
	}, func(t *testing.T, m *machine, c *disk.Collector) {
		t.Helper()
		look(t, c, nvme0)
		for i := range 6 {
			m.say("sd"+string(rune('a'+i)), answer{hang: make(chan struct{})})
		}
		silent := 0
		for range 120 {
			after(time.Minute)
			if got := fares(look(t, c, nvme0)); got != "Enabled OK" {
				t.Fatalf("%s", got)
			}
		}
		for i := range 6 {
			if fares(look(t, c, redundancy.ID("disk:wwn:0x5000c5000000000"+string(rune('1'+i))))) == "Enabled Unknown stale disk-silent" {
				silent++
			}
		}
		if silent != disk.Most {
			t.Errorf("%d disks were asked and owe an answer", silent)
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
