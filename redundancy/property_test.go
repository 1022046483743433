package redundancy_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"plimsoll/redundancy"
)

// goodness orders bounds from bad to good; nothing left to lose and never anything to lose stand side by side.
func goodness(t rapid.TB, s redundancy.Status) int {
	t.Helper()
	i := slices.Index([]redundancy.Status{
		redundancy.Failed, redundancy.Lost, redundancy.Degraded, redundancy.FullyRedundant,
	}, s)
	if s == redundancy.NotRedundant {
		return 1
	}
	if i < 0 {
		t.Fatalf("a bound has the word %v", s)
	}
	return i
}

func noBetter(t rapid.TB, before, after redundancy.Verdict) {
	t.Helper()
	if goodness(t, after.Worst) > goodness(t, before.Worst) || goodness(t, after.Best) > goodness(t, before.Best) ||
		after.Margin.Least > before.Margin.Least || after.Margin.Most > before.Margin.Most {
		t.Fatalf("a further failure improved %+v to %+v", before, after)
	}
}

func TestFurtherFailureNeverImprovesAVerdict(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := drawGroup(t, 0)
		for i := range g.Members {
			noBetter(t, redundancy.Judge(g), redundancy.Judge(lose(g, i)))
		}
	})
}

func TestSomethingNotServingNeverImprovesAVerdict(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := drawGroup(t, 0)
		before := redundancy.Judge(g)
		g.Serving = redundancy.No
		after := redundancy.Judge(g)
		if after.Worst != redundancy.Failed || after.Best != redundancy.Failed || after.Status != redundancy.Failed {
			t.Fatalf("%+v became %+v", before, after)
		}
	})
}

// learn is g with one thing known that was in doubt: how one doubtful member stands, or how many are needed.
func learn(t *rapid.T, g redundancy.Group) redundancy.Group {
	if rapid.Bool().Draw(t, "of a member") && len(g.Members) > 0 {
		i := rapid.IntRange(0, len(g.Members)-1).Draw(t, "member")
		if g.Members[i].Broken() || g.Members[i].Works() {
			return g
		}
		g.Members = slices.Clone(g.Members)
		g.Members[i].State, g.Members[i].Doubts = redundancy.Disabled, nil
		if rapid.Bool().Draw(t, "works") {
			g.Members[i].State, g.Members[i].Health = redundancy.Enabled, redundancy.OK
		}
		return g
	}
	narrow := func(needs []redundancy.Need) []redundancy.Need {
		needs = slices.Clone(needs)
		for i, n := range needs {
			low := rapid.IntRange(n.Needed.Low, n.Needed.High).Draw(t, "low")
			needs[i].Needed = redundancy.Interval{Low: low, High: rapid.IntRange(low, n.Needed.High).Draw(t, "high")}
		}
		return needs
	}
	g.Needs.AllOf, g.Needs.AnyOf = narrow(g.Needs.AllOf), narrow(g.Needs.AnyOf)
	return g
}

func TestMoreKnowledgeNeverWidensAnInterval(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := drawGroup(t, 0)
		before, after := g.Margin(), learn(t, g).Margin()
		if after.Least < before.Least || after.Most > before.Most {
			t.Fatalf("knowing more widened %v to %v", before, after)
		}
	})
}

func TestProofOfServingNeverWidensAnInterval(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := drawGroup(t, 0)
		g.Serving = redundancy.Unread
		before := redundancy.Judge(g)
		g.Serving = redundancy.Yes
		after := redundancy.Judge(g)
		if after.Margin.Most-after.Margin.Least > before.Margin.Most-before.Margin.Least || after.Margin.Least < before.Margin.Least {
			t.Fatalf("proof of serving widened %+v to %+v", before, after)
		}
	})
}

func TestVerdictIsUnknownOnlyBetweenTwoWords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := redundancy.Judge(drawGroup(t, 0))
		if v.Margin.Least > v.Margin.Most {
			t.Fatalf("the interval of %+v is upside down", v)
		}
		if v.Worst == v.Best && v.Status != v.Worst || v.Status != redundancy.StatusUnknown && v.Status != v.Worst {
			t.Fatalf("%+v: the word is neither that of the lower bound nor Unknown", v)
		}
	})
}
