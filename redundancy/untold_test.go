package redundancy_test

import (
	"testing"

	"pgregory.net/rapid"

	"plimsoll/redundancy"
)

// untold is a group of which nobody has told how many members it needs.
func untold(low, high int, members ...redundancy.Component) redundancy.Group {
	g := group(redundancy.Interval{Low: low, High: high}, members...)
	g.Needs.AllOf[0].Untold = true
	return g
}

func TestANumberThatNobodyToldIsJudgedWithTheFullMarginThatGoesWithIt(t *testing.T) {
	t.Parallel()
	const unknown, full, lost, degraded = redundancy.StatusUnknown, redundancy.FullyRedundant, redundancy.Lost, redundancy.Degraded
	for name, c := range map[string]struct {
		g                   redundancy.Group
		status, worst, best redundancy.Status
	}{
		"both good, one or two needed":   {untold(1, 2, works("0"), works("1")), unknown, redundancy.NotRedundant, full},
		"both good, one needed":          {untold(1, 1, works("0"), works("1")), full, full, full},
		"three good, one or two needed":  {untold(1, 2, works("0"), works("1"), works("2")), full, full, full},
		"one of three failed":            {untold(1, 2, works("0"), works("1"), failed("2")), lost, lost, degraded},
		"one of four failed":             {untold(1, 2, works("0"), works("1"), works("2"), failed("3")), degraded, degraded, degraded},
		"one of three unread":            {untold(1, 2, works("0"), works("1"), unread("2")), unknown, lost, full},
		"an interval that moves is none": {group(redundancy.Interval{Low: 1, High: 2}, works("0"), works("1")), lost, lost, full},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := redundancy.Judge(c.g)
			diff(t, "status, worst, best", []redundancy.Status{c.status, c.worst, c.best}, []redundancy.Status{v.Status, v.Worst, v.Best})
		})
	}
}

// TestAnUntoldNumberIsJudgedBetweenWhatItMayBe compares with the judgement of each number by itself.
func TestAnUntoldNumberIsJudgedBetweenWhatItMayBe(t *testing.T) {
	t.Parallel()
	rank := map[redundancy.Status]int{
		redundancy.Failed: 0, redundancy.Lost: 1, redundancy.NotRedundant: 1, redundancy.Degraded: 2, redundancy.FullyRedundant: 3,
	}
	rapid.Check(t, func(t *rapid.T) {
		p := drawPuzzle(t)
		p.anyOf, p.allOf = nil, p.allOf[:min(1, len(p.allOf))]
		if len(p.allOf) == 0 {
			p.allOf = []want{drawWant(t, 1<<p.n-1)}
		}
		g := p.group()
		need := &g.Needs.AllOf[0]
		between, worst, best := need.Needed, 4, -1
		for k := between.Low; k <= between.High; k++ {
			need.Needed = redundancy.Exactly(k)
			v := redundancy.Judge(g)
			worst, best = min(worst, rank[v.Worst]), max(best, rank[v.Best])
		}
		need.Needed, need.Untold = between, true
		v := redundancy.Judge(g)
		if rank[v.Worst] != worst || rank[v.Best] != best {
			t.Fatalf("%v: worst %v, best %v; each number by itself: %d to %d", between, v.Worst, v.Best, worst, best)
		}
	})
}

func TestAGroupOfWhichNobodyKnowsWhatItNeedsIsNoNewsAndLearned(t *testing.T) {
	t.Parallel()
	g := untold(1, 2, works("0"), works("1"))
	a := assess(redundancy.Assessment{}, t0(), redundancy.Rules{}, g)
	diff(t, "events", []string{redundancy.GroupAdded}, types(redundancy.Diff(redundancy.Assessment{}, a, numbered)))
	b := taught(g)
	diff(t, "members known", 2, len(b.Groups["raid:g"].Members))
	diff(t, "one that failed teaches nothing", 0, len(taught(untold(1, 2, works("0"), failed("1"))).Groups))

	pulled := untold(1, 1, works("0"))
	v := shown(t, assess(redundancy.Assessment{}, t0(), redundancy.Rules{Baseline: b}, pulled)).Verdict
	diff(t, "without the second", redundancy.Margin{Least: 0, Most: 0, Full: 1}, v.Margin)
	diff(t, "status", redundancy.Lost, v.Status)
}

func TestWhatAGroupHasRunOnIsRemembered(t *testing.T) {
	t.Parallel()
	two := func(high int) redundancy.Group { return untold(1, high, works("0"), works("1")) }
	b := taught(two(2), two(1))
	a := assess(redundancy.Assessment{}, t0(), redundancy.Rules{Baseline: b}, two(2)) // after a restart nobody knows any more
	diff(t, "status", redundancy.FullyRedundant, shown(t, a).Verdict.Status)
	again, what := b.Learn(a)
	diff(t, "learned anew", 0, len(what))
	diff(t, "still known", redundancy.Exactly(1), again.Groups["raid:g"].Needs.AllOf[0].Needed)
	three := untold(1, 3, works("0"), works("1"), works("2"))
	a = assess(redundancy.Assessment{}, t0(), redundancy.Rules{Baseline: b}, three)
	diff(t, "a third member does not make it need more", 2, shown(t, a).Verdict.Margin.Least)
	told := group(redundancy.Exactly(2), works("0"), works("1"))
	a = assess(redundancy.Assessment{}, t0(), redundancy.Rules{Baseline: b}, told)
	diff(t, "what is told stands", redundancy.NotRedundant, shown(t, a).Verdict.Status)
	_, changes, _ := b.Accept(a, seen(t0(), two(2)))
	diff(t, "accepted", 0, len(changes)) // members and settings are the same; the proof stays
}
