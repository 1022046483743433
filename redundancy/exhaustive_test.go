package redundancy_test

import (
	"testing"

	"pgregory.net/rapid"

	"plimsoll/redundancy"
)

func TestOneNeedIsJudgedAsTheOracleSaysForEveryGroupOfUpToFive(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 5; n++ {
		standings(n, func(p puzzle) {
			for _, w := range wants(1<<n - 1) {
				p.allOf = []want{w}
				p.solve(t)
			}
		})
	}
}

func TestTwoNeedsAreJudgedAsTheOracleSaysForEveryGroupOfThree(t *testing.T) {
	t.Parallel()
	twoNeeds(3, func(a, b want) bool { return a.members <= b.members }, func(p puzzle, a, b want) {
		p.allOf = []want{a, b}
		p.solve(t)
	})
}

func TestTwoAlternativesAreJudgedAsTheOracleSaysForEveryGroupOfUpToFour(t *testing.T) {
	t.Parallel()
	for n := 2; n <= 4; n++ {
		apart := func(a, b want) bool {
			return a.members < b.members && a.members&b.members == 0 && (n < 4 || exactOrOpen(a) && exactOrOpen(b))
		}
		twoNeeds(n, apart, func(p puzzle, a, b want) {
			p.anyOf = []want{a, b}
			p.solve(t)
		})
	}
}

// exactOrOpen keeps the ends of what an interval can be, where all of them are too many to try.
func exactOrOpen(w want) bool {
	return w.high <= w.members.size() && (w.low == w.high || w.low == 1 && w.high == w.members.size())
}

func twoNeeds(n int, fits func(a, b want) bool, f func(p puzzle, a, b want)) {
	var all []want
	for s := set(1); s < 1<<n; s++ {
		all = append(all, wants(s)...)
	}
	standings(n, func(p puzzle) {
		for _, a := range all {
			for _, b := range all {
				if fits(a, b) {
					f(p, a, b)
				}
			}
		}
	})
}

func TestAnyMixOfNeedsAndAlternativesIsJudgedAsTheOracleSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { drawPuzzle(t).solve(t) })
}

// drawPuzzle draws a group with up to three needs and up to three alternatives on up to six members.
func drawPuzzle(t *rapid.T) puzzle {
	p := puzzle{n: rapid.IntRange(1, 6).Draw(t, "members")}
	free := set(1<<p.n - 1) // of alternatives
	for i := range p.n {
		switch b := set(1) << i; rapid.SampledFrom([]string{"good", "unread", "predicted", "bad"}).Draw(t, "standing") {
		case "good":
			p.good |= b
		case "unread":
			p.unread |= b
		case "predicted":
			p.predicted |= b
		}
	}
	for range rapid.IntRange(0, 3).Draw(t, "needs") {
		p.allOf = append(p.allOf, drawWant(t, 1<<p.n-1))
	}
	for range rapid.IntRange(0, 3).Draw(t, "alternatives") {
		if free != 0 {
			w := drawWant(t, free)
			free &^= w.members
			p.anyOf = append(p.anyOf, w)
		}
	}
	if len(p.allOf)+len(p.anyOf) == 0 {
		p.allOf = []want{drawWant(t, 1<<p.n-1)}
	}
	p.serving = rapid.SampledFrom([]redundancy.Tristate{redundancy.Unread, redundancy.Yes, redundancy.No}).Draw(t, "serving")
	return p
}

func drawWant(t *rapid.T, from set) want {
	members := set(rapid.UintRange(1, 63).Draw(t, "of")) & from
	if members == 0 {
		members = from
	}
	low := rapid.IntRange(1, members.size()+1).Draw(t, "low")
	return want{members, low, rapid.IntRange(low, members.size()+1).Draw(t, "high")}
}
