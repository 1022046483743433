package disk_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"plimsoll/disk"
	"plimsoll/internal/priv"
	"plimsoll/internal/uevent"
	"plimsoll/redundancy"
)

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

// changeOf is the kernel's message that a block device has changed.
func changeOf(t *testing.T, name string) uevent.Event {
	t.Helper()
	return kernelSays(t, "change@/devices/pci0000:00/0000:00:05.0/host0/target0:0:0/0:0:0:0/block/"+name, "SUBSYSTEM=block")
}

func kernelSays(t *testing.T, words ...string) uevent.Event {
	t.Helper()
	e, err := uevent.Parse([]byte(strings.Join(words, "\x00") + "\x00"))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Nobody has it announce anything, but where somebody else has, a controller is asked at once.
func TestAControllerThatAnnouncesAnEventIsAskedAtOnce(t *testing.T) {
	t.Parallel()
	watched(t, func(m *machine) { m.scsi("sda", "5000c50000000001"); m.nvme(0, "0025385971b0cafe") }, func(t *testing.T, m *machine, c *disk.Collector) {
		t.Helper()
		look(t, c, nvme0)
		after(time.Second)
		if !c.Heard(kernelSays(t, "change@/devices/pci0000:00/0000:00:04.0/nvme/nvme0", "SUBSYSTEM=nvme", "NVME_AEN=0x020001")) {
			t.Error("it is of no disk")
		}
		after(time.Second)
		if n, a := m.count("nvme0"), m.count("sda"); n != 2 || a != 1 {
			t.Errorf("nvme0 was asked %d times, sda %d times", n, a)
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
		c.Heard(changeOf(t, "sda"))
		m.write("block/sda/target/ioerr_cnt", "0x1")
		after(disk.ProbeTime)
		if n := m.count("sda"); n != 2 {
			t.Errorf("asked %d times", n)
		}
		c.Heard(changeOf(t, "sdb"))
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
