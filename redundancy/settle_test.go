package redundancy_test

import (
	"testing"
	"time"

	"plimsoll/redundancy"
)

func settling(worse, better time.Duration) redundancy.Rules {
	settle := make(map[redundancy.Kind]redundancy.Settle)
	settle[redundancy.KindRAID] = redundancy.Settle{Worse: worse, Better: better}
	return redundancy.Rules{Settle: settle}
}

func whole() redundancy.Group  { return mirror(works("0"), works("1")) }
func halved() redundancy.Group { return mirror(works("0"), failed("1")) }

func TestChangeIsShownWhenItHasLastedLongEnough(t *testing.T) {
	t.Parallel()
	type step struct {
		after time.Duration
		g     redundancy.Group
		want  redundancy.Status
		due   time.Duration // of what is pending; 0: nothing is
	}
	const full, lost = redundancy.FullyRedundant, redundancy.Lost
	three, two := mirror(works("0"), works("1"), works("2")), mirror(works("0"), works("1"), failed("2"))
	one := mirror(works("0"), failed("1"), failed("2"))
	for name, c := range map[string]struct {
		r     redundancy.Rules
		steps []step
	}{
		"without a time to settle, at once": {redundancy.Rules{}, []step{
			{0, whole(), full, 0}, {1, halved(), lost, 0}, {2, whole(), full, 0},
		}},
		"worse and better each by their own time": {settling(2*time.Second, 5*time.Second), []step{
			{0, whole(), full, 0},
			{10 * time.Second, halved(), full, 12 * time.Second},
			{12*time.Second - 1, halved(), full, 12 * time.Second},
			{12 * time.Second, halved(), lost, 0},
			{20 * time.Second, whole(), lost, 25 * time.Second},
			{25*time.Second - 1, whole(), lost, 25 * time.Second},
			{25 * time.Second, whole(), full, 0},
		}},
		"a flap that is over in time shows nothing": {settling(2*time.Second, 0), []step{
			{0, whole(), full, 0},
			{10 * time.Second, halved(), full, 12 * time.Second},
			{11 * time.Second, whole(), full, 0},
			{12 * time.Second, halved(), full, 14 * time.Second},
			{13 * time.Second, whole(), full, 0},
		}},
		"what gets still worse in the meantime is due at the same time": {settling(2*time.Second, 0), []step{
			{0, three, full, 0},
			{10 * time.Second, two, full, 12 * time.Second},
			{11 * time.Second, one, full, 12 * time.Second},
			{12 * time.Second, one, lost, 0},
		}},
		"a turn from better to worse begins anew": {settling(2*time.Second, 5*time.Second), []step{
			{0, two, redundancy.Degraded, 0},
			{10 * time.Second, three, redundancy.Degraded, 15 * time.Second},
			{11 * time.Second, one, redundancy.Degraded, 13 * time.Second},
			{13 * time.Second, one, lost, 0},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var a redundancy.Assessment
			for _, s := range c.steps {
				a = assess(a, at(s.after), c.r, s.g)
				g := shown(t, a)
				diff(t, "status after "+s.after.String(), s.want, g.Verdict.Status)
				var due time.Duration
				if g.Pending != nil {
					due = g.Pending.Due.Sub(t0())
				}
				diff(t, "due after "+s.after.String(), s.due, due)
			}
		})
	}
}

func TestMemberThatChangesWithoutAVerdictSettlesToo(t *testing.T) {
	t.Parallel()
	r := settling(2*time.Second, 0)
	a := assess(redundancy.Assessment{}, t0(), r, mirror(works("0"), works("1"), spare("s")))
	gone := mirror(works("0"), works("1"), absent("s"))
	gone.Needs = whole().Needs
	a = assess(a, at(time.Second), r, gone)
	diff(t, "spare, before", redundancy.Spare, shown(t, a).Group.Members[2].State)
	a = assess(a, at(3*time.Second), r, gone)
	diff(t, "spare, after", redundancy.Absent, shown(t, a).Group.Members[2].State)
}

func TestNewGroupIsShownAtOnce(t *testing.T) {
	t.Parallel()
	a := assess(redundancy.Assessment{}, t0(), settling(time.Minute, time.Minute), halved())
	diff(t, "status", redundancy.Lost, shown(t, a).Verdict.Status)
}

func TestSinceIsWhenTheWordChangedNotTheMargin(t *testing.T) {
	t.Parallel()
	a := assess(redundancy.Assessment{}, t0(), redundancy.Rules{}, mirror(works("0"), works("1"), works("2"), works("3")))
	a = assess(a, at(1), redundancy.Rules{}, mirror(works("0"), works("1"), works("2"), failed("3")))
	a = assess(a, at(2), redundancy.Rules{}, mirror(works("0"), works("1"), failed("2"), failed("3")))
	diff(t, "since", at(1), shown(t, a).Since)
	diff(t, "margin", redundancy.Margin{Least: 1, Most: 1, Full: 3}, shown(t, a).Verdict.Margin)
}

func TestNextIsWhenAChangeIsDueOrASourceTurnsStale(t *testing.T) {
	t.Parallel()
	r := settling(2*time.Second, 0)
	a := assess(redundancy.Assessment{}, t0(), r, whole())
	next, _ := a.Next(seen(t0(), whole()))
	diff(t, "nothing pending: stale after thirty seconds", at(30*time.Second+1), next)
	a = assess(a, at(time.Second), r, halved())
	next, _ = a.Next(seen(at(time.Second), halved()))
	diff(t, "a change is pending", at(3*time.Second), next)
	if when, any := (redundancy.Assessment{}).Next(redundancy.Snapshot{}); any {
		t.Errorf("nothing is known, and yet something is due at %v", when)
	}
}

// flapping is a group that fails at once, recovers at once, and is held after three turns for the worse within a minute.
func flapping() redundancy.Rules {
	return redundancy.Rules{Flap: redundancy.Flap{Count: 3, Within: time.Minute}}
}

// flap lets the group fail at this second and recover a second later, so often and so many seconds apart.
func flap(a redundancy.Assessment, first, times, apart int) redundancy.Assessment {
	for i := range times {
		s := time.Duration(first+i*apart) * time.Second
		a = assess(a, at(s), flapping(), halved())
		a = assess(a, at(s+time.Second), flapping(), whole())
	}
	return a
}

func TestGroupThatFlapsIsHeldAtItsWorstAndItsFlapsAreCounted(t *testing.T) {
	t.Parallel()
	a := assess(redundancy.Assessment{}, t0(), flapping(), whole())
	a = flap(a, 10, 2, 10) // 10 and 20
	diff(t, "after two", redundancy.FullyRedundant, shown(t, a).Verdict.Status)
	a = flap(a, 30, 1, 0)
	diff(t, "after three", redundancy.Lost, shown(t, a).Verdict.Status)
	diff(t, "held so far", 0, shown(t, a).Held)
	a = flap(a, 40, 4, 10) // 40 to 70
	diff(t, "after seven", redundancy.Lost, shown(t, a).Verdict.Status)
	diff(t, "held", 4, shown(t, a).Held)
	diff(t, "due", at(131*time.Second), shown(t, a).Pending.Due)
	before := a
	a = assess(a, at(131*time.Second-1), flapping(), whole())
	diff(t, "before a minute has passed", redundancy.Lost, shown(t, a).Verdict.Status)
	after := assess(before, at(131*time.Second), flapping(), whole())
	diff(t, "after a minute of quiet", redundancy.FullyRedundant, shown(t, after).Verdict.Status)
	events := redundancy.Diff(before, after, numbered)
	if len(events) == 0 || events[len(events)-1].Type != redundancy.RedundancyRegained {
		t.Fatalf("events %v, want the regained one last", types(events))
	}
	diff(t, "turns that the one event stands for", 5, events[len(events)-1].Count)
}

func TestTurnsThatAreOverBeforeTheySettleAreCountedAsWell(t *testing.T) {
	t.Parallel()
	r := settling(0, 30*time.Second)
	r.Flap = redundancy.Flap{Count: 5, Within: 10 * time.Minute}
	a := assess(redundancy.Assessment{}, t0(), r, whole())
	var all []redundancy.Event
	step := func(second int, g redundancy.Group) {
		next := assess(a, at(time.Duration(second)*time.Second), r, g)
		all = append(all, redundancy.Diff(a, next, numbered)...)
		a = next
	}
	for n := range 3 {
		step(10+20*n, halved())
		step(20+20*n, whole())
	}
	step(100, whole())
	diff(t, "events", []string{
		redundancy.ComponentFailed, redundancy.RedundancyLost, redundancy.ComponentReturned, redundancy.RedundancyRegained,
	}, types(all))
	diff(t, "turns that the last one stands for", 3, all[3].Count)
	step(110, halved())
	step(141, whole())
	step(180, whole())
	diff(t, "status with four turns in ten minutes", redundancy.FullyRedundant, shown(t, a).Verdict.Status)
	step(190, halved())
	step(200, whole())
	step(799, whole())
	diff(t, "status with five", redundancy.Lost, shown(t, a).Verdict.Status)
	step(800, whole())
	diff(t, "and after ten minutes", redundancy.FullyRedundant, shown(t, a).Verdict.Status)
}

func TestGroupThatNeverStopsFlappingStaysHeld(t *testing.T) {
	t.Parallel()
	a := flap(assess(redundancy.Assessment{}, t0(), flapping(), whole()), 10, 3, 10)
	for i := range 200 {
		next := flap(a, 40+10*i, 1, 0)
		if events := redundancy.Diff(a, next, numbered); len(events) > 0 {
			t.Fatalf("flap %d raised %v", i, types(events))
		}
		a = next
	}
	diff(t, "held", 200, shown(t, a).Held)
}

func TestSlowFlapsAreEachShown(t *testing.T) {
	t.Parallel()
	a := flap(assess(redundancy.Assessment{}, t0(), flapping(), whole()), 10, 10, 31)
	diff(t, "status", redundancy.FullyRedundant, shown(t, a).Verdict.Status)
	diff(t, "held", 0, shown(t, a).Held)
}

func TestSilenceIsShownAtOnceAndAloneAndItsEndSettles(t *testing.T) {
	t.Parallel()
	silent := works("0")
	silent.Doubts = []redundancy.Doubt{redundancy.DoubtSilent}
	r := settling(time.Minute, time.Minute)
	a := assess(redundancy.Assessment{}, at(0), r, whole())
	a = assess(a, at(time.Second), r, mirror(silent, failed("1")))
	diff(t, "a member that fails meanwhile settles", redundancy.FullyRedundant, shown(t, a).Verdict.Status)
	a = assess(a, at(2*time.Second), r, whole())
	a = assess(a, at(3*time.Second), r, mirror(silent, works("1")))
	diff(t, "silence", redundancy.Lost, shown(t, a).Verdict.Status)
	a = assess(a, at(4*time.Second), r, whole())
	diff(t, "its end", redundancy.Lost, shown(t, a).Verdict.Status)
}
