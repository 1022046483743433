package redundancy_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plimsoll/redundancy"
)

// cellar is a host whose mirror raid:g stands on partitions of the disks a and b, with a volume on the mirror and a filesystem
// on that; parts come on top.
func cellar(when time.Time, a, b redundancy.Component, parts ...redundancy.Part) redundancy.Snapshot {
	parts = append([]redundancy.Part{
		part("disk", a.ID), part("disk", b.ID), part("", a.ID+"-part1", a.ID), part("", b.ID+"-part1", b.ID), part("", "dm:vg/root", "raid:g"),
	}, parts...)
	s := over(parts, mirror(on(works("0"), a.ID+"-part1"), on(works("1"), b.ID+"-part1")))
	s.Sources[len(s.Sources)-1].Observation.Uses = []redundancy.Use{use("dm:vg/root")}
	s.Sources = append(disks(when, a, b).Sources, s.Sources...)
	for i := range s.Sources {
		s.Sources[i].At, s.Sources[i].Since, s.Sources[i].StaleAfter = when, t0(), time.Hour
	}
	return s
}

func TestAMirrorOnADyingDiskIsLostAndRegainsWhenItIsNot(t *testing.T) {
	t.Parallel()
	var assessor redundancy.Assessor
	assess := func(prev redundancy.Assessment, when time.Time, s redundancy.Snapshot) (redundancy.Assessment, []redundancy.Event) {
		next := assessor.Assess(prev, s, when, redundancy.Rules{})
		events := redundancy.Diff(prev, next, func(i int) string { return when.Format("05.") + numbered(i) })
		return next.Cited(events), events
	}
	well, _ := assess(redundancy.Assessment{}, t0(), cellar(t0(), disk("a"), disk("b")))
	ill, events := assess(well, at(time.Second), cellar(at(time.Second), dying("a"), disk("b")))
	diff(t, "events", []string{redundancy.ComponentPredicted, redundancy.ComponentPredicted, redundancy.RedundancyLost}, types(events))
	diff(t, "subjects", []redundancy.ID{"disk:wwn:a", member("0"), "raid:g"},
		[]redundancy.ID{events[0].Subject, events[1].Subject, events[2].Subject})
	diff(t, "causes", []string{"", events[0].ID, events[0].ID}, []string{events[0].Cause, events[1].Cause, events[2].Cause})
	diff(t, "for whom", []redundancy.Notify{redundancy.NotifyNow, redundancy.NotifyCaused, redundancy.NotifyNow},
		[]redundancy.Notify{events[0].Notify, events[1].Notify, events[2].Notify})
	g := shown(t, ill)
	diff(t, "margin", redundancy.Margin{Least: 0, Most: 1, Full: 1}, g.Verdict.Margin)
	c, _ := g.Group.Member(member("0"))
	diff(t, "what is below", []redundancy.ID{"disk:wwn:a"}, c.Undermined)
	diff(t, "health", redundancy.HealthWarning, c.Health)
	diff(t, "evidence", []redundancy.Evidence{
		{Where: "stands on disk:wwn:a", Value: "a is Enabled, health Warning (predicted)", At: at(time.Second)},
		{Where: "SMART a", Value: "failing", At: at(time.Second)},
	}, c.Evidence)

	again, events := assess(ill, at(2*time.Second), cellar(at(2*time.Second), dying("a"), disk("b")))
	diff(t, "events of one more look", 0, len(events))
	c, _ = shown(t, again).Group.Member(member("0"))
	diff(t, "age of the evidence", at(2*time.Second), c.Evidence[0].At)

	back, events := assess(again, at(3*time.Second), cellar(at(3*time.Second), disk("a"), disk("b")))
	diff(t, "events", []string{redundancy.ComponentReturned, redundancy.ComponentReturned, redundancy.RedundancyRegained}, types(events))
	diff(t, "causes", []string{"", events[0].ID, events[0].ID}, []string{events[0].Cause, events[1].Cause, events[2].Cause})
	diff(t, "status", redundancy.FullyRedundant, shown(t, back).Verdict.Status)
	diff(t, "members", shown(t, well).Group.Members, shown(t, back).Group.Members)
}

// margins is the interval of the mirror of cellar.
func margins(t *testing.T, s redundancy.Snapshot) [2]int {
	t.Helper()
	g := shown(t, redundancy.Assess(redundancy.Assessment{}, s, s.Sources[0].At, redundancy.Rules{}))
	return [2]int{g.Verdict.Margin.Least, g.Verdict.Margin.Most}
}

func TestADoubtTravelsUpThroughPartsAndNothingElse(t *testing.T) {
	t.Parallel()
	whole, shaken := [2]int{1, 1}, [2]int{0, 1}
	unread := disk("a")
	unread.Doubts = []redundancy.Doubt{redundancy.DoubtStale, redundancy.DoubtUnread}
	c := dying("c")
	under := func(parts ...redundancy.Part) redundancy.Snapshot {
		s := cellar(t0(), disk("a"), disk("b"), parts...)
		s.Sources[0].Observation.Components = append(s.Sources[0].Observation.Components, c)
		return s
	}
	first := redundancy.ID("disk:wwn:a-part1")
	for name, story := range map[string]struct {
		s    redundancy.Snapshot
		want [2]int
	}{
		"broken":                 {cellar(t0(), dead("a"), disk("b")), shaken},
		"both dying":             {cellar(t0(), dying("a"), dying("b")), [2]int{0, 1}}, // it serves
		"silence":                {cellar(t0(), unread, disk("b")), whole},
		"through volumes":        {under(part("", first, "dm:x"), part("", "dm:x", "dm:y"), part("", "dm:y", c.ID)), shaken},
		"several ways":           {under(part("", first, "dm:x", "dm:y"), part("", "dm:x", c.ID), part("", "dm:y", c.ID)), shaken},
		"in a circle":            {under(part("", first, "dm:x"), part("", "dm:x", c.ID, "dm:y"), part("", "dm:y", "dm:x")), shaken},
		"not through the opaque": {under(part("", first, "btrfs:x"), redundancy.Part{ID: "btrfs:x", StandsOn: []redundancy.ID{c.ID}, Opaque: "btrfs"}), whole},
		"an opaque disk":         {under(part("", first, c.ID), redundancy.Part{ID: c.ID, StandsOn: []redundancy.ID{"pci:1"}, Opaque: "two paths"}), shaken},
		"not through a group":    {under(part("", "disk:wwn:b-part1", "raid:g"), part("", "raid:g", c.ID)), whole},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diff(t, "margin", story.want, margins(t, story.s))
		})
	}
}

func TestADiskThatIsPredictedAndThenFailsIsCitedAndWakesAllTheSame(t *testing.T) {
	t.Parallel()
	ill := redundancy.Assess(redundancy.Assessment{}, cellar(t0(), dying("a"), disk("b")), t0(), redundancy.Rules{})
	ill = ill.Cited(redundancy.Diff(redundancy.Assessment{}, ill, numbered))
	s := cellar(at(1), dying("a"), disk("b"))
	for i, src := range s.Sources {
		if len(src.Observation.Groups) > 0 {
			s.Sources[i].Observation.Groups[0].Members[0].State = redundancy.Disabled
		}
	}
	failed := redundancy.Assess(ill, s, at(1), redundancy.Rules{})
	e := event(t, redundancy.Diff(ill, failed, func(int) string { return "new" }), redundancy.ComponentFailed)
	diff(t, "cause", ill.Components[0].Fault, e.Cause)
	diff(t, "for whom", redundancy.NotifyNow, e.Notify)
}

func TestARestartLiftsNoDoubtBeforeEverySourceWasRead(t *testing.T) {
	t.Parallel()
	s := cellar(t0(), dying("a"), disk("b"))
	before := redundancy.Assess(redundancy.Assessment{}, s, t0(), redundancy.Rules{})
	folded := foldAll(redundancy.Assessment{}, redundancy.Diff(redundancy.Assessment{}, before, numbered))
	for unread := range s.Sources {
		after := cellar(at(time.Second), dying("a"), disk("b"))
		after.Sources[unread].At, after.Sources[unread].Observation = time.Time{}, redundancy.Observation{}
		a := redundancy.Assess(folded, after, at(time.Second), redundancy.Rules{})
		diff(t, "events without "+after.Sources[unread].Name, []string(nil), types(redundancy.Diff(folded, a, numbered)))
		a = redundancy.Assess(a, cellar(at(2*time.Second), dying("a"), disk("b")), at(2*time.Second), redundancy.Rules{})
		diff(t, "events with all", []string(nil), types(redundancy.Diff(folded, a, numbered)))
	}
}

// TestEveryLoneComponentUnderminesAsItsConditionSays tries every condition that there is.
func TestEveryLoneComponentUnderminesAsItsConditionSays(t *testing.T) {
	t.Parallel()
	doubts := []redundancy.Doubt{redundancy.DoubtUnread, redundancy.DoubtStale, redundancy.DoubtPredicted, redundancy.DoubtSilent}
	for _, state := range redundancy.States() {
		for _, health := range redundancy.Healths() {
			for set := range 1 << len(doubts) {
				c := disk("a")
				c.State, c.Health = state, health
				for i, d := range doubts {
					if set&(1<<i) != 0 {
						c.Doubts = append(c.Doubts, d)
					}
				}
				want := [2]int{1, 1}
				if c.Broken() || slices.Contains(c.Doubts, redundancy.DoubtPredicted) {
					want = [2]int{0, 1}
				}
				diff(t, state.String()+" "+health.String(), want, margins(t, cellar(t0(), c, disk("b"))))
			}
		}
	}
}

func TestALoneComponentNeverImprovesAVerdict(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSnapshot(t, t0())
		without := redundancy.Snapshot{Sources: slices.Clone(s.Sources)}
		for i := range without.Sources {
			without.Sources[i].Observation.Components = nil
		}
		a := redundancy.Assess(redundancy.Assessment{}, without, t0(), redundancy.Rules{})
		b := redundancy.Assess(redundancy.Assessment{}, s, t0(), redundancy.Rules{})
		for i := range a.Groups {
			noBetter(t, a.Groups[i].Verdict, b.Groups[i].Verdict)
			if a.Groups[i].Verdict.Best != b.Groups[i].Verdict.Best {
				t.Fatalf("what is predicted to fail has failed: %+v became %+v", a.Groups[i].Verdict, b.Groups[i].Verdict)
			}
		}
	})
}
