package redundancy_test

import (
	"testing"
	"time"

	"plimsoll/redundancy"
)

func TestOldLookMakesDoubtfulWhatItSawWorkingAndNothingElse(t *testing.T) {
	t.Parallel()
	g := mirror(works("0"), works("1"), failed("2"), doubted("3", redundancy.DoubtPredicted))
	a := assess(redundancy.Assessment{}, t0(), redundancy.Rules{}, g)
	for _, s := range []struct {
		age   time.Duration
		blind bool
	}{{30 * time.Second, false}, {30*time.Second + 1, true}} {
		later := redundancy.Assess(a, seen(t0(), g), at(s.age), redundancy.Rules{})
		src, _ := later.Source("md")
		diff(t, "blind after "+s.age.String(), s.blind, src.Blind)
	}
	blind := shown(t, redundancy.Assess(a, seen(t0(), g), at(time.Hour), redundancy.Rules{}))
	stale := redundancy.DoubtStale
	diff(t, "members", []redundancy.Component{
		doubted("0", stale), doubted("1", stale), failed("2"), doubted("3", stale, redundancy.DoubtPredicted),
	}, blind.Group.Members)
	diff(t, "verdict", redundancy.Verdict{
		Group: "raid:g", Status: redundancy.StatusUnknown, Worst: redundancy.Failed, Best: redundancy.Degraded,
		Margin: redundancy.Margin{Least: -1, Most: 2, Full: 3},
	}, blind.Verdict)
}

func TestFailingSourceKeepsWhatItSaidUntilThatIsTooOld(t *testing.T) {
	t.Parallel()
	a := assess(redundancy.Assessment{}, t0(), redundancy.Rules{}, whole())
	s := seen(t0(), whole())
	s.Sources[0].Failing = "read /sys/block: input/output error"
	a = redundancy.Assess(a, s, at(20*time.Second), redundancy.Rules{})
	diff(t, "status while it is young", redundancy.FullyRedundant, shown(t, a).Verdict.Status)
	a = redundancy.Assess(a, s, at(40*time.Second), redundancy.Rules{})
	diff(t, "status when it is old", redundancy.StatusUnknown, shown(t, a).Verdict.Status)
	src, _ := a.Source("md")
	diff(t, "why", "read /sys/block: input/output error", src.Why)
}

func TestSourceThatIsSilentForNoReasonSaysSo(t *testing.T) {
	t.Parallel()
	a := redundancy.Assess(redundancy.Assessment{}, seen(t0(), whole()), at(time.Hour), redundancy.Rules{})
	src, _ := a.Source("md")
	diff(t, "why", "no look has come back in time", src.Why)
}

// unseen is the source "md" of an agent that began at t0 and has not seen anything yet.
func unseen(failing string) redundancy.Snapshot {
	s := seen(time.Time{})
	s.Sources[0].Failing = failing
	return s
}

func TestRestartAloneRaisesNothing(t *testing.T) {
	t.Parallel()
	for name, g := range map[string]redundancy.Group{"a whole group": whole(), "a halved group": halved()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := assess(redundancy.Assessment{}, at(-time.Hour), redundancy.Rules{}, g)
			a := before
			for _, s := range []redundancy.Snapshot{unseen(""), unseen("input/output error"), seen(at(3*time.Second), g)} {
				next := redundancy.Assess(a, s, at(3*time.Second), redundancy.Rules{})
				diff(t, "events", []string(nil), types(redundancy.Diff(a, next, numbered)))
				a = next
			}
		})
	}
}

func TestFaultDuringDowntimeIsRaisedOnceByTheFirstLook(t *testing.T) {
	t.Parallel()
	before := assess(redundancy.Assessment{}, at(-time.Hour), redundancy.Rules{}, whole())
	carried := redundancy.Assess(before, unseen(""), at(1), redundancy.Rules{})
	after := assess(carried, at(2), redundancy.Rules{}, halved())
	diff(t, "events", []string{redundancy.ComponentFailed, redundancy.RedundancyLost}, types(redundancy.Diff(carried, after, numbered)))
}

func TestRepairDuringDowntimeIsRegainedByTheFirstLook(t *testing.T) {
	t.Parallel()
	before := assess(redundancy.Assessment{}, at(-time.Hour), redundancy.Rules{}, halved())
	carried := redundancy.Assess(before, unseen(""), at(1), redundancy.Rules{})
	after := assess(carried, at(2), redundancy.Rules{}, whole())
	diff(t, "events", []string{redundancy.ComponentReturned, redundancy.RedundancyRegained},
		types(redundancy.Diff(carried, after, numbered)))
}

func TestGroupThatIsNotReadAfterARestartBecomesUnknownInTime(t *testing.T) {
	t.Parallel()
	a := assess(redundancy.Assessment{}, at(-time.Hour), redundancy.Rules{}, whole())
	a = redundancy.Assess(a, unseen(""), at(30*time.Second), redundancy.Rules{})
	diff(t, "in time", redundancy.FullyRedundant, shown(t, a).Verdict.Status)
	a = redundancy.Assess(a, unseen(""), at(31*time.Second), redundancy.Rules{})
	diff(t, "too late", redundancy.StatusUnknown, shown(t, a).Verdict.Status)
	diff(t, "worst", redundancy.Failed, shown(t, a).Verdict.Worst)
}

func TestGroupThatHadFailedSurelyStaysSoWhileItIsNotReadAfterARestart(t *testing.T) {
	t.Parallel()
	a := assess(redundancy.Assessment{}, at(-time.Hour), redundancy.Rules{}, group(redundancy.Exactly(2), works("0"), failed("1")))
	a = redundancy.Assess(a, unseen(""), at(time.Minute), redundancy.Rules{})
	diff(t, "status", redundancy.Failed, shown(t, a).Verdict.Status)
}

func TestBlindSourceStaysBlindOverARestartUntilItIsRead(t *testing.T) {
	t.Parallel()
	a := assess(redundancy.Assessment{}, at(-time.Hour), redundancy.Rules{}, whole())
	silent := seen(at(-time.Hour), whole())
	silent.Sources[0].Since = at(-time.Hour)
	a = redundancy.Assess(a, silent, at(-time.Minute), redundancy.Rules{})
	for _, failing := range []string{"", "input/output error"} {
		next := redundancy.Assess(a, unseen(failing), at(time.Second), redundancy.Rules{})
		diff(t, "events when failing is '"+failing+"'", []string(nil), types(redundancy.Diff(a, next, numbered)))
	}
	next := assess(a, at(time.Second), redundancy.Rules{}, whole())
	diff(t, "events when it is read", []string{
		redundancy.CollectorSighted, redundancy.RedundancyRegained, redundancy.ComponentChanged, redundancy.ComponentChanged,
	}, types(redundancy.Diff(a, next, numbered)))
}

func TestGroupThatItsSourceNoLongerListsIsGone(t *testing.T) {
	t.Parallel()
	a := assess(redundancy.Assessment{}, t0(), redundancy.Rules{}, whole())
	gone := assess(a, at(1), redundancy.Rules{})
	if _, still := gone.Group("raid:g"); still {
		t.Error("the group is still shown")
	}
	diff(t, "events", []string{redundancy.GroupRemoved}, types(redundancy.Diff(a, gone, numbered)))
}

func TestHostIsAsBadAsItsWorstGroupThatHasAMarginToLose(t *testing.T) {
	t.Parallel()
	named := func(id redundancy.ID, g redundancy.Group) redundancy.Group {
		g.ID = id
		return g
	}
	broken := named("raid:stripe", group(redundancy.Exactly(2), works("0"), failed("1")))
	a := assess(redundancy.Assessment{}, t0(), redundancy.Rules{}, broken)
	if v, any := a.Host(); any {
		t.Errorf("a host without redundancy is judged %v", v)
	}
	a = assess(redundancy.Assessment{}, t0(), redundancy.Rules{}, named("raid:a", whole()), named("raid:b", halved()), broken)
	v, _ := a.Host()
	diff(t, "host", redundancy.Lost, v.Status)
	diff(t, "margin", redundancy.Margin{Least: 0, Most: 0, Full: 1}, v.Margin)
}
