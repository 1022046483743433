package redundancy_test

import (
	"testing"

	"plimsoll/redundancy"
)

// verdict is what a table of these tests says of a judged group.
type verdict struct {
	status, worst, best redundancy.Status
	margin              redundancy.Margin
}

func TestWorkedExamplesOfTheVocabulary(t *testing.T) {
	t.Parallel()
	pairs := func(a, b, c, d redundancy.Component) redundancy.Group {
		g := group(redundancy.Exactly(1), a, b, c, d)
		g.Needs.AllOf = []redundancy.Need{
			{Members: ids([]redundancy.Component{a, b}), Needed: redundancy.Exactly(1)},
			{Members: ids([]redundancy.Component{c, d}), Needed: redundancy.Exactly(1)},
		}
		return g
	}
	resync := group(redundancy.Interval{Low: 2, High: 4}, works("0"), works("1"), works("2"), works("3"))
	stripe := group(redundancy.Exactly(2), works("0"), works("1"))
	torn := group(redundancy.Exactly(2), works("0"), failed("1"))
	readOnly := mirror(works("0"), works("1"))
	readOnly.Serving = redundancy.No
	for name, c := range map[string]struct {
		g    redundancy.Group
		want verdict
	}{
		"mirror of three with one unread": {
			group(redundancy.Exactly(1), works("0"), works("1"), unread("2")),
			verdict{redundancy.Degraded, redundancy.Degraded, redundancy.FullyRedundant, redundancy.Margin{Least: 1, Most: 2, Full: 2}},
		},
		"two pairs of mirrors with one slot failed": {
			pairs(works("0"), failed("1"), works("2"), works("3")),
			verdict{redundancy.Lost, redundancy.Lost, redundancy.Lost, redundancy.Margin{Least: 0, Most: 0, Full: 1}},
		},
		"double parity in resync": {
			resync,
			verdict{redundancy.Lost, redundancy.Lost, redundancy.FullyRedundant, redundancy.Margin{Least: 0, Most: 2, Full: 2}},
		},
		"mirror of two with nothing readable": {
			group(redundancy.Exactly(1), unread("0"), unread("1")),
			verdict{
				redundancy.StatusUnknown, redundancy.Failed, redundancy.FullyRedundant,
				redundancy.Margin{Least: -1, Most: 1, Full: 1},
			},
		},
		"whole stripe": {
			stripe,
			verdict{redundancy.NotRedundant, redundancy.NotRedundant, redundancy.NotRedundant, redundancy.Margin{}},
		},
		"broken stripe": {
			torn,
			verdict{redundancy.Failed, redundancy.Failed, redundancy.Failed, redundancy.Margin{Least: -1, Most: -1}},
		},
		"whole mirror that does not serve": {
			readOnly,
			verdict{redundancy.Failed, redundancy.Failed, redundancy.Failed, redundancy.Margin{Least: 1, Most: 1, Full: 1}},
		},
		"mirror that serves though nothing is readable": {
			mirror(unread("0"), unread("1")),
			verdict{
				redundancy.StatusUnknown, redundancy.Lost, redundancy.FullyRedundant,
				redundancy.Margin{Least: 0, Most: 1, Full: 1},
			},
		},
		"mirror with one half predicted to fail": {
			mirror(works("0"), doubted("1", redundancy.DoubtPredicted)),
			verdict{redundancy.Lost, redundancy.Lost, redundancy.FullyRedundant, redundancy.Margin{Least: 0, Most: 1, Full: 1}},
		},
		"mirror with a spare that costs and gives nothing": {
			mirror(works("0"), works("1"), spare("s")),
			verdict{
				redundancy.FullyRedundant, redundancy.FullyRedundant, redundancy.FullyRedundant,
				redundancy.Margin{Least: 1, Most: 1, Full: 1},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := redundancy.Judge(c.g)
			if got := (verdict{v.Status, v.Worst, v.Best, v.Margin}); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
			diff(t, "serving", c.g.Serving, v.Serving)
		})
	}
}

func TestAlternativesBreakOnlyTogether(t *testing.T) {
	t.Parallel()
	// Two aggregators of two ports; either carries alone, and needs both its ports.
	g := group(redundancy.Exactly(2), works("0"), works("1"), works("2"), works("3"))
	all := ids(g.Members)
	g.Needs = redundancy.Needs{AnyOf: []redundancy.Need{
		{Members: all[:2], Needed: redundancy.Exactly(2)}, {Members: all[2:], Needed: redundancy.Exactly(2)},
	}}
	diff(t, "both whole", redundancy.Margin{Least: 1, Most: 1, Full: 1}, g.Margin())
	g.Members[0] = failed("0")
	diff(t, "one broken", redundancy.Margin{Least: 0, Most: 0, Full: 1}, g.Margin())
	g.Members[2] = failed("2")
	diff(t, "both broken", redundancy.Margin{Least: -1, Most: -1, Full: 1}, g.Margin())
}

func TestMemberThatIsNeededButNotListedIsDoubtful(t *testing.T) {
	t.Parallel()
	g := group(redundancy.Exactly(1), works("0"), works("1"))
	g.Members = g.Members[:1]
	v := redundancy.Judge(g)
	diff(t, "margin", redundancy.Margin{Least: 0, Most: 1, Full: 1}, v.Margin)
	diff(t, "status", redundancy.StatusUnknown, v.Status)
}

func TestGroupWithoutNeedsHasNoMarginToLose(t *testing.T) {
	t.Parallel()
	diff(t, "status", redundancy.NotRedundant, redundancy.Judge(redundancy.Group{ID: "raid:g"}).Status)
}

func TestNeedsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	two := []redundancy.ID{"a", "b"}
	for name, n := range map[string]redundancy.Needs{
		"range upside down": {AllOf: []redundancy.Need{{Members: two, Needed: redundancy.Interval{Low: 2, High: 1}}}},
		"negative number":   {AllOf: []redundancy.Need{{Members: two, Needed: redundancy.Exactly(-1)}}},
		"member twice":      {AllOf: []redundancy.Need{{Members: []redundancy.ID{"a", "a"}, Needed: redundancy.Exactly(1)}}},
		"shared alternatives": {AnyOf: []redundancy.Need{
			{Members: two, Needed: redundancy.Exactly(1)}, {Members: two[1:], Needed: redundancy.Exactly(1)},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if n.Check() == nil {
				t.Error("accepted")
			}
		})
	}
	shared := redundancy.Needs{AllOf: []redundancy.Need{
		{Members: two, Needed: redundancy.Exactly(1)}, {Members: two[1:], Needed: redundancy.Exactly(1)},
	}}
	if err := shared.Check(); err != nil {
		t.Errorf("needs that all have to be met may share members, got: %v", err)
	}
}
