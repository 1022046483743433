package power_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"plimsoll/internal/hosttest"
	"plimsoll/internal/priv"
	"plimsoll/power"
	"plimsoll/redundancy"
)

const intel = "testdata/intel-two-redundant-with-ratings.txtar"

// watched is a collector of a captured host, and its BMC.
func watched(t *testing.T, file string) (*power.Collector, *fakeBMC) {
	t.Helper()
	b := captured(t, file)
	return power.New(power.Config{Sys: hosttest.Root(t, file).Sys(), BMC: b}), b
}

func member(t *testing.T, o redundancy.Observation, id redundancy.ID) redundancy.Component {
	t.Helper()
	c, there := o.Groups[0].Member(id)
	if !there {
		t.Fatalf("%s is no member", id)
	}
	return c
}

func TestRecordsAreWalkedOnceAndOnlySensorsAreAskedAfterThat(t *testing.T) {
	t.Parallel()
	c, b := watched(t, intel)
	look(t, c)
	walked := b.asked["2823"]
	diff(t, "records", len(b.records), walked)
	first := b.requests
	for range 9 {
		look(t, c)
	}
	diff(t, "records, nine looks later", walked, b.asked["2823"])
	diff(t, "requests of nine looks", 9, b.requests-first)
	diff(t, "readings: two units and two supplies each, and twice the watts", 4*10+2, b.asked["102d"])
	look(t, c) // the slow one
	diff(t, "records, a slow look later", walked, b.asked["2823"])
}

func TestRecordsThatHaveChangedAreWalkedAgain(t *testing.T) {
	t.Parallel()
	c, b := watched(t, intel)
	look(t, c)
	b.remove(0x51)
	o := look(t, c)
	diff(t, "members without the sensor that is gone", 1, len(o.Groups[0].Members))
	var memory redundancy.Baseline
	c, b = watched(t, intel)
	seen := func() redundancy.Assessed {
		s := redundancy.Snapshot{Sources: []redundancy.Source{{Name: power.Source, Observation: look(t, c), At: epoch()}}}
		a := redundancy.Assess(redundancy.Assessment{}, s, epoch(), redundancy.Rules{Baseline: memory})
		memory, _ = memory.Learn(a)
		g, _ := a.Group(power.GroupID)
		return g
	}
	diff(t, "before", redundancy.FullyRedundant, seen().Verdict.Status)
	b.remove(0x51)
	g := seen()
	diff(t, "status", redundancy.Lost, g.Verdict.Status)
	gone, _ := g.Group.Member("power:system/10.2")
	diff(t, "the one that is gone", redundancy.Absent, gone.State)
	diff(t, "its name", "psu2", gone.Name)
}

func TestRecordsAreReadInPiecesWhereTheyAreNotGivenWhole(t *testing.T) {
	t.Parallel()
	c, b := watched(t, intel)
	b.pieces, b.taken = true, 2 // somebody else reads them too
	diff(t, "members", 2, len(look(t, c).Groups[0].Members))
	if b.asked["2822"] <= len(b.records) {
		t.Errorf("%d reservations for %d records, two of which were taken over", b.asked["2822"], len(b.records))
	}
}

func TestASupplyThatLeavesItsBayIsMissingAndOneThatWasNeverThereIsNot(t *testing.T) {
	t.Parallel()
	c, b := watched(t, intel)
	look(t, c)
	b.sensor(0x51, 0)
	diff(t, "state", redundancy.Absent, member(t, look(t, c), "power:system/10.2").State)

	c, b = watched(t, intel)
	b.sensor(0x51, 0)
	o := look(t, c)
	diff(t, "members", 1, len(o.Groups[0].Members))
	diff(t, "notes", []string{"the bay of psu2 is empty"}, o.Notes)
	b.sensor(0x51, 1)
	diff(t, "members when it has come", 2, len(look(t, c).Groups[0].Members))
	diff(t, "its inventory is read then", redundancy.ID("serial:CN2E98791"), member(t, look(t, c), "power:system/10.2").Device)
}

func TestAnUnreadableBayIsUnreadUnlessItIsConfiguredAsEmpty(t *testing.T) {
	t.Parallel()
	const file = "testdata/dell-second-status-not-readable.txtar"
	c := power.New(power.Config{
		Sys: hosttest.Root(t, file).Sys(), BMC: captured(t, file), Settings: power.Settings{Empty: []string{"psu2"}},
	})
	g := look(t, c).Groups[0]
	diff(t, "status", redundancy.NotRedundant, redundancy.Judge(g).Status)
	diff(t, "warnings", 0, len(g.Warnings))
}

func TestASilentBMCIsLeftInPeaceAndTriedAgain(t *testing.T) {
	t.Parallel()
	c, b := watched(t, intel)
	look(t, c)
	b.silent = true
	before, tried := b.requests, []int{}
	for n := range 40 {
		was := b.requests
		if _, err := c.Collect(t.Context()); !errors.Is(err, priv.ErrSilent) {
			t.Fatalf("look %d: %v", n, err)
		}
		if b.requests > was {
			tried = append(tried, n)
		}
	}
	diff(t, "looks that asked", []int{0, 1, 2, 4, 7, 12, 21, 32}, tried)
	diff(t, "commands", len(tried), b.requests-before)
	b.silent = false
	answered := 0
	for range 11 {
		if _, err := c.Collect(t.Context()); err == nil {
			answered++
		}
	}
	if answered == 0 {
		t.Error("it is not tried again")
	}
	b.silent = true
	was := b.requests
	for range 3 {
		_, _ = c.Collect(t.Context())
	}
	diff(t, "the next silence begins anew", 3, b.requests-was)
}

func TestWhatTheHostHasRunOnCountsOnceItLasts(t *testing.T) {
	t.Parallel()
	const file = "testdata/one-entity-for-all-second-bay-empty.txtar"
	c, b := watched(t, file)
	status := func() redundancy.Status { return redundancy.Judge(look(t, c).Groups[0]).Status }
	diff(t, "at first", redundancy.StatusUnknown, status())
	b.sensor(0x72, 1|1<<3)
	diff(t, "on one", redundancy.Lost, status())
	b.sensor(0x72, 1)
	diff(t, "for a moment only", redundancy.StatusUnknown, status())
	b.sensor(0x72, 1|1<<3)
	for range 3 {
		status()
	}
	b.sensor(0x72, 1)
	diff(t, "for a while", redundancy.FullyRedundant, status())
	b.sensor(0x70, 1|1<<3)
	b.sensor(0x72, 1|1<<3)
	for range 3 {
		diff(t, "on nothing", redundancy.Lost, status())
	}
}

func TestNewEventsOfTheLogSayWhenItHappened(t *testing.T) {
	t.Parallel()
	c, b := watched(t, intel)
	b.happens(1, 1000, 0x50, 3, true) // long before the agent
	look(t, c)
	events := func() []string {
		var out []string
		for _, e := range slices.Concat(member(t, look(t, c), "power:system/10.1").Evidence, member(t, look(t, c), "power:system/10.2").Evidence) {
			if strings.HasPrefix(e.Where, "IPMI event") {
				if e.At.IsZero() {
					t.Errorf("%v has no time", e)
				}
				out = append(out, e.Where+" "+e.Value)
			}
		}
		return out
	}
	diff(t, "old ones", 0, len(events()))
	b.sensor(0x51, 1|1<<3)
	b.happens(2, 20, 0x51, 3, true)
	b.happens(3, 10, 0x99, 3, true) // of something else
	want := []string{"IPMI event 0002h of sensor 51h Power Supply input lost (AC/DC): began"}
	diff(t, "a new one", want, events())
	b.sensor(0x51, 1)
	b.log = nil
	b.happens(1, 5, 0x51, 3, false) // somebody has cleared the log meanwhile
	want = []string{"IPMI event 0001h of sensor 51h Power Supply input lost (AC/DC): ended"}
	diff(t, "after it was cleared", want, events())
}

func TestAHostWithoutABMCIsQuiet(t *testing.T) {
	t.Parallel()
	b := captured(t, intel)
	root := hosttest.Root(t, "testdata/supermicro-cord-pulled-nothing-said-of-redundancy.txtar")
	root.Remove(t, "sys/class/ipmi/ipmi0")
	c := power.New(power.Config{Sys: root.Sys(), BMC: b})
	diff(t, "notes", []string{"no BMC: the kernel has no /dev/ipmi0"}, look(t, c).Notes)
	root.Write(t, "sys/devices/platform/ipmi_bmc.0/device_id", "32")
	diff(t, "notes", []string{"there is a BMC, and no way to ask it: load the kernel module ipmi_devintf"}, look(t, c).Notes)
	diff(t, "requests", 0, b.requests)
}

func TestASilentBMCDoesNotHideWhatTheKernelTells(t *testing.T) {
	t.Parallel()
	root := hosttest.Root(t, "testdata/kernel/pfe3000-both-well.txtar")
	root.Write(t, "sys/class/ipmi/ipmi0/dev", "240:0")
	b := captured(t, intel)
	c := power.New(power.Config{Sys: root.Sys(), BMC: b})
	b.silent = true
	if _, err := c.Collect(t.Context()); !errors.Is(err, priv.ErrSilent) {
		t.Fatalf("before its records were read: %v", err)
	}
	b.silent = false
	before := look(t, c).Groups[0]
	b.silent = true
	var after redundancy.Group
	for range 4 {
		after = look(t, c).Groups[0]
	}
	diff(t, "members", len(before.Members), len(after.Members))
	for i, m := range after.Members {
		was := before.Members[i]
		diff(t, "who it is", was.ID, m.ID)
		alone := strings.HasPrefix(string(m.ID), "power:system/10.")
		if known := m.State == redundancy.Enabled; known == alone {
			t.Errorf("%s is %s", m.ID, m.State)
		}
	}
	diff(t, "warned", true, slices.ContainsFunc(after.Warnings, func(w redundancy.Warning) bool { return w.Key == power.WarnSilent }))
	diff(t, "status", redundancy.StatusUnknown, redundancy.Judge(after).Status)
}
