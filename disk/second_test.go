package disk_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"plimsoll/disk"
	"plimsoll/internal/priv"
	"plimsoll/redundancy"
)

const hourly = time.Hour

func byKey(a, b redundancy.Warning) int { return cmp.Compare(a.Key, b.Key) }

// smart is smartctl by way of the helper.
type smart struct {
	mu    sync.Mutex
	says  map[string][]byte // by device
	err   error
	asked []string
}

func (s *smart) Smartctl(ctx context.Context, device string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, device)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return s.says[device], s.err
}

// say has it say something else of a device from now on, and no error.
func (s *smart) say(device string, text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.says, s.err = map[string][]byte{device: text}, nil
}

func (s *smart) count(device string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, d := range s.asked {
		if d == device {
			n++
		}
	}
	return n
}

// twice is a machine with one ATA disk that is asked every half hour, and every hour through smartctl.
func twice(t *testing.T, s *smart, f func(t *testing.T, m *machine, c *disk.Collector)) {
	t.Helper()
	watched(t, func(m *machine) {
		m.scsi("sda", "5000c50000000001")
		m.second = s
	}, f)
}

// says is what is told of the disk with this id: the first piece of evidence of this kind, the newest look's.
func says(t *testing.T, c *disk.Collector, id redundancy.ID, where string) redundancy.Evidence {
	t.Helper()
	for _, e := range look(t, c, id).Evidence {
		if e.Where == where {
			return e
		}
	}
	return redundancy.Evidence{}
}

func ataSays(failing bool, attributes ...disk.Attribute) answer {
	return answer{disk: priv.Disk{Protocol: priv.ATA}, pages: ataPages(failing, attributes...)}
}

func TestSmartctlIsAskedAfterTheDiskAndAtItsOwnPace(t *testing.T) {
	t.Parallel()
	s := &smart{says: map[string][]byte{"sda": wrote(t, "ata-well")}}
	twice(t, s, func(t *testing.T, _ *machine, c *disk.Collector) {
		t.Helper()
		if got := fares(look(t, c, sda)); got != "Enabled OK" || s.count("sda") != 0 {
			t.Errorf("first: %s, smartctl was asked %d times", got, s.count("sda"))
		}
		after(25 * hourly)
		if n := s.count("sda"); n < 15 || n > 25 {
			t.Errorf("asked %d times in a day", n)
		}
		if got := fares(look(t, c, sda)); got != "Enabled OK" {
			t.Error(got)
		}
	})
}

func TestSmartctlGivesAttributesTheirNames(t *testing.T) {
	t.Parallel()
	s := &smart{says: map[string][]byte{"sda": wrote(t, "ata-failing")}}
	twice(t, s, func(t *testing.T, m *machine, c *disk.Collector) {
		t.Helper()
		m.say("sda", ataSays(true, disk.Attribute{ID: 5, Prefail: true, Value: 20, Worst: 20, Raw: 3000, Threshold: 36}))
		look(t, c, sda)
		after(2 * hourly)
		if got := fares(look(t, c, sda)); got != "Enabled Warning predicted pending-sectors reallocated-sectors" {
			t.Error(got) // that sectors are pending, smartctl alone has read
		}
		if e := says(t, c, sda, "sda SMART attribute 5 Reallocated_Sector_Ct"); e.Value != "value 20, worst 20, threshold 36" {
			t.Errorf("%+v", e)
		}
		if e := says(t, c, sda, "sda pending_sectors, says smartctl"); e.Value != "16" || e.At.IsZero() {
			t.Errorf("%+v", e)
		}
		if e := says(t, c, sda, "sda smartctl"); e.Value != "the disk is failing; attributes that predict a failure are at their thresholds" {
			t.Errorf("%+v", e)
		}
	})
}

func TestTwoThatDifferAreAWarningWithBothAndTheDisksOwnWordStands(t *testing.T) {
	t.Parallel()
	s := &smart{says: map[string][]byte{"sda": wrote(t, "ata-failing")}}
	twice(t, s, func(t *testing.T, m *machine, c *disk.Collector) {
		t.Helper()
		m.say("sda", ataSays(false, disk.Attribute{ID: 5, Prefail: true, Value: 100, Worst: 100, Threshold: 36}))
		look(t, c, sda)
		after(2 * hourly)
		got := look(t, c, sda)
		if f := fares(got); f != "Enabled OK pending-sectors smartctl-disagrees" {
			t.Fatal(f)
		}
		w := got.Warnings[1]
		var both []string
		for _, e := range w.Evidence {
			both = append(both, strings.TrimPrefix(e.Where, "sda ")+": "+e.Value)
		}
		if want := []string{"SMART status: passed", "SMART status, says smartctl: failing", "reallocated_sectors: 0", "reallocated_sectors, says smartctl: 3000"}; !slices.Equal(both, want) {
			t.Errorf("%q", both)
		}
		// Now the disk says so too: smartctl is asked again at once, not an hour later.
		n := s.count("sda")
		m.say("sda", ataSays(true, disk.Attribute{ID: 5, Prefail: true, Value: 20, Worst: 20, Raw: 3000, Threshold: 36}))
		after(40 * time.Minute)
		if f := fares(look(t, c, sda)); f != "Enabled Warning predicted pending-sectors reallocated-sectors" || s.count("sda") <= n {
			t.Errorf("%s, asked %d times more", f, s.count("sda")-n)
		}
	})
}

func TestACountThatGrewBetweenTwoReadingsIsNoContradiction(t *testing.T) {
	t.Parallel()
	s := &smart{says: map[string][]byte{"sda": wrote(t, "ata-failing")}}
	twice(t, s, func(t *testing.T, m *machine, c *disk.Collector) {
		t.Helper()
		m.say("sda", ataSays(true, disk.Attribute{ID: 5, Prefail: true, Value: 20, Worst: 20, Raw: 2999, Threshold: 36}))
		look(t, c, sda)
		after(2 * hourly)
		if f := fares(look(t, c, sda)); strings.Contains(f, "disagrees") {
			t.Error(f)
		}
	})
}

func TestASmartctlThatIsMissingIsSaidOnceAndChangesNothing(t *testing.T) {
	t.Parallel()
	s := &smart{err: priv.Refuse(priv.ReasonMissing, "there is no /usr/sbin/smartctl")}
	twice(t, s, func(t *testing.T, _ *machine, c *disk.Collector) {
		t.Helper()
		before := look(t, c, sda)
		after(2 * hourly)
		o, err := c.Collect(t.Context())
		if err != nil || len(o.Notes) != 1 || !strings.Contains(o.Notes[0], "smartctl is not asked") || !strings.Contains(o.Notes[0], "no /usr/sbin/smartctl") {
			t.Errorf("%q, %v", o.Notes, err)
		}
		if got := look(t, c, sda); fares(got) != fares(before) || len(got.Evidence) != len(before.Evidence) {
			t.Errorf("before %+v\nafter %+v", before, got)
		}
		s.say("sda", wrote(t, "ata-well"))
		after(2 * hourly)
		if o, err := c.Collect(t.Context()); err != nil || len(o.Notes) != 0 {
			t.Errorf("installed: %q, %v", o.Notes, err)
		}
	})
}

func TestASmartctlThatFailsOnADiskIsToldThereAndChangesNoVerdict(t *testing.T) {
	t.Parallel()
	s := &smart{says: map[string][]byte{"sda": wrote(t, "scsi-volume-of-megaraid")}}
	twice(t, s, func(t *testing.T, _ *machine, c *disk.Collector) {
		t.Helper()
		look(t, c, sda)
		after(2 * hourly)
		if f := fares(look(t, c, sda)); f != "Enabled OK" {
			t.Error(f)
		}
		if e := says(t, c, sda, "sda smartctl"); e.Err != "smartctl: the disk was not opened" {
			t.Errorf("%+v", e)
		}
	})
}

func TestSmartctlIsNotAskedForADiskThatSleepsOrIsLetBe(t *testing.T) {
	t.Parallel()
	s := &smart{says: map[string][]byte{"sda": wrote(t, "ata-well")}}
	twice(t, s, func(t *testing.T, m *machine, c *disk.Collector) {
		t.Helper()
		m.say("sda", answer{disk: priv.Disk{Protocol: priv.ATA, Asleep: true}})
		look(t, c, sda)
		after(24 * hourly)
		m.say("sda", answer{err: errors.New("gone")})
		after(24 * hourly)
		if n := s.count("sda"); n != 0 {
			t.Errorf("asked %d times", n)
		}
	})
}

// No two members of one group are asked at once, by whomever.
func TestWhileSmartctlHangsOnADiskNoneIsAskedThatIsInAGroupWithIt(t *testing.T) {
	t.Parallel()
	s := &smart{err: priv.Refuse(priv.ReasonUnderWay, "something is being done with disk sda")}
	watched(t, func(m *machine) {
		two(m)
		for _, name := range []string{"sda", "sdb"} {
			m.write("block/"+name+"/holders/md0/uevent", "")
		}
		m.second = s
	}, func(t *testing.T, m *machine, c *disk.Collector) {
		t.Helper()
		look(t, c, sda)
		after(hourly)
		if e := says(t, c, sda, "sda smartctl"); e.Err != "smartctl has not ended" {
			t.Errorf("%+v", e)
		}
		if e := says(t, c, sdb, "sdb health"); !strings.Contains(e.Value, "sda owes an answer, and both are in md0") {
			t.Errorf("%+v", e)
		}
		n := m.count("sdb")
		s.say("sda", wrote(t, "ata-well"))
		after(2 * hourly)
		if m.count("sdb") <= n {
			t.Error("sdb is not asked any more")
		}
	})
}

const (
	listed = "0000:03:00.0 megaraid,4"
	place  = "disk:megaraid,4@0000:03:00.0"
)

// behind is a machine with a controller that hides a disk.
func behind(t *testing.T, s *smart, f func(t *testing.T, m *machine, c *disk.Collector)) {
	t.Helper()
	watched(t, func(m *machine) {
		m.scsi("sda", "5000c50000000001")
		m.write("bus/pci/devices/0000:03:00.0/host7/uevent", "")
		m.write("class/scsi_host/host7/state", "running")
		m.second, m.behind = s, []string{listed}
	}, f)
}

func TestADiskBehindAControllerIsToldByItsPlace(t *testing.T) {
	t.Parallel()
	s := &smart{says: map[string][]byte{listed: wrote(t, "behind-megaraid"), "sda": wrote(t, "ata-well")}}
	behind(t, s, func(t *testing.T, m *machine, c *disk.Collector) {
		t.Helper()
		if got := fares(look(t, c, place)); got != "Unknown Unknown unread" {
			t.Errorf("before it was asked: %s", got)
		}
		after(time.Minute)
		if got := fares(look(t, c, place)); got != "Enabled Unknown" { // it says nothing of its health
			t.Error(got)
		}
		if e := says(t, c, place, "megaraid,4@0000:03:00.0 disk"); e.Value != "QEMU QEMU HARDDISK BEHIND0" {
			t.Errorf("%+v", e)
		}
		s.say(listed, wrote(t, "ata-failing"))
		after(2 * hourly)
		if got := fares(look(t, c, place)); got != "Enabled Warning predicted pending-sectors reallocated-sectors" {
			t.Error(got)
		}
		if e := says(t, c, place, "megaraid,4@0000:03:00.0 SMART attribute 5 Reallocated_Sector_Ct"); e.Value == "" {
			t.Error("the attribute has no name")
		}
		// It is pulled: the controller has nobody there, and what it predicted is not taken back.
		s.say(listed, wrote(t, "nobody-behind-megaraid"))
		after(3 * hourly)
		if got := fares(look(t, c, place)); got != "Unknown Warning predicted disk-silent pending-sectors reallocated-sectors" {
			t.Error(got)
		}
		if m.count(listed) != 0 {
			t.Error("the helper's senses were asked for it")
		}
	})
}

func TestADiskBehindAControllerThatIsGoneIsNotCalledWell(t *testing.T) {
	t.Parallel()
	s := &smart{err: priv.Refuse(priv.ReasonUnfit, "no controller of disks is at 0000:03:00.0")}
	watched(t, func(m *machine) { two(m); m.second, m.behind = s, []string{listed} }, func(t *testing.T, _ *machine, c *disk.Collector) {
		t.Helper()
		look(t, c, place)
		after(time.Minute)
		if got := fares(look(t, c, place)); !strings.HasPrefix(got, "Unknown Unknown unread") {
			t.Error(got)
		}
	})
}

func TestWithoutAPaceSmartctlIsNotAsked(t *testing.T) {
	t.Parallel()
	s := &smart{}
	m := newMachine(t)
	m.scsi("sda", "5000c50000000001")
	m.second, m.behind = s, []string{listed}
	cfg := m.config()
	cfg.Pace.Smartctl = 0
	cfg.Senses, cfg.NotAsked = nil, "a test"
	o, err := disk.New(cfg).Collect(t.Context())
	if err != nil || len(o.Components) != 1 {
		t.Errorf("%+v, %v", o.Components, err)
	}
}
