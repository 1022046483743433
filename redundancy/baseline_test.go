package redundancy_test

import (
	"testing"

	"plimsoll/redundancy"
)

// taught is the baseline after these states of the group, one after the other.
func taught(groups ...redundancy.Group) redundancy.Baseline {
	var b redundancy.Baseline
	for _, g := range groups {
		b, _ = b.Learn(assess(redundancy.Assessment{}, t0(), redundancy.Rules{Baseline: b}, g))
	}
	return b
}

func TestBaselineLearnsOnlyWhatIsWholeAndAtRest(t *testing.T) {
	t.Parallel()
	busy := whole()
	busy.Activity = &redundancy.Activity{Kind: "check"}
	doubtful := mirror(works("0"), works("1"), unread("2"))
	for name, c := range map[string]struct {
		g       redundancy.Group
		members int // learned; 0: nothing
	}{
		"whole":    {whole(), 2},
		"halved":   {halved(), 0},
		"busy":     {busy, 0},
		"doubtful": {doubtful, 0},
		"stripe":   {group(redundancy.Exactly(2), works("0"), works("1")), 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diff(t, "members", c.members, len(taught(c.g).Groups["raid:g"].Members))
		})
	}
}

func TestBaselineLearnsMoreAndNeverLess(t *testing.T) {
	t.Parallel()
	two, three := mirror(works("0"), works("1")), mirror(works("0"), works("1"), works("2"))
	with := func(g redundancy.Group, spares ...string) redundancy.Group {
		for _, s := range spares {
			g.Members = append(g.Members, spare(s))
		}
		return g
	}
	for name, c := range map[string]struct {
		b               redundancy.Baseline
		members, spares int
	}{
		"more members":                  {taught(two, three), 3, 0},
		"fewer members":                 {taught(three, two), 3, 0},
		"more spares":                   {taught(two, with(two, "s")), 2, 1},
		"fewer spares":                  {taught(with(two, "r", "s"), with(two, "s")), 2, 2},
		"more members and fewer spares": {taught(with(two, "s"), three), 3, 1},
		"fewer members and more spares": {taught(three, with(two, "s")), 3, 0}, // not whole: it teaches nothing
		"the same":                      {taught(two, two), 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			known := c.b.Groups["raid:g"]
			diff(t, "members", c.members, len(known.Members))
			diff(t, "spares", c.spares, known.Spares)
		})
	}
}

func TestBaselineSaysWhatItLearned(t *testing.T) {
	t.Parallel()
	a := assess(redundancy.Assessment{}, t0(), redundancy.Rules{}, whole())
	b, news := redundancy.Baseline{}.Learn(a)
	diff(t, "the first time", []redundancy.ID{"raid:g"}, news)
	_, news = b.Learn(a)
	diff(t, "the second time", []redundancy.ID(nil), news)
}

func TestMissingSpareIsAWarningUntilItIsBack(t *testing.T) {
	t.Parallel()
	spared := mirror(works("0"), works("1"), spare("s"))
	r := redundancy.Rules{Baseline: taught(spared)}
	a := assess(redundancy.Assessment{}, t0(), r, spared)
	diff(t, "warnings with the spare", 0, len(shown(t, a).Group.Warnings))
	without := assess(a, at(1), r, whole())
	if w := shown(t, without).Group.Warnings; len(w) != 1 || w[0].Key != redundancy.WarnSpareMissing || len(w[0].Evidence) == 0 {
		t.Errorf("warnings without the spare: %+v", w)
	}
	diff(t, "status without the spare", redundancy.FullyRedundant, shown(t, without).Verdict.Status)
	diff(t, "events", []string{redundancy.ComponentRemoved, redundancy.WarningRaised}, types(redundancy.Diff(a, without, numbered)))
	back := assess(without, at(2), r, spared)
	diff(t, "events when it is back", []string{redundancy.ComponentAdded, redundancy.WarningCleared},
		types(redundancy.Diff(without, back, numbered)))
}

func TestAMemberThatIsNoLongerListedIsMissing(t *testing.T) {
	t.Parallel()
	r := redundancy.Rules{Baseline: taught(whole())}
	pulled := mirror(works("0"))
	before := assess(redundancy.Assessment{}, t0(), r, whole())
	after := assess(before, t0(), r, pulled)
	diff(t, "status", redundancy.Lost, after.Groups[0].Verdict.Status)
	var types []string
	for _, e := range redundancy.Diff(before, after, func(int) string { return "id" }) {
		types = append(types, e.Type)
	}
	diff(t, "events", []string{redundancy.ComponentMissing, redundancy.RedundancyLost}, types)
	pulled.Slots = true
	diff(t, "status of fewer slots", redundancy.NotRedundant, assess(before, t0(), r, pulled).Groups[0].Verdict.Status)
}

// TestALinkMissingFromALAGIsMissing pulls a card out of a bond that speaks LACP: what is left is one alternative of one.
func TestALinkMissingFromALAGIsMissing(t *testing.T) {
	t.Parallel()
	lag := func(cs ...redundancy.Component) redundancy.Group {
		g := mirror(cs...)
		g.Needs = redundancy.Needs{AnyOf: g.Needs.AllOf}
		return g
	}
	r := redundancy.Rules{Baseline: taught(lag(works("0"), works("1")))}
	before := assess(redundancy.Assessment{}, t0(), r, lag(works("0"), works("1")))
	after := assess(before, t0(), r, lag(works("0")))
	diff(t, "status", redundancy.Lost, after.Groups[0].Verdict.Status)
	diff(t, "margin", redundancy.Margin{Full: 1}, after.Groups[0].Verdict.Margin)
}

// TestWhatHasNoMarginLeftToLoseHasNotRegainedIt shrinks a whole mirror to one slot.
func TestWhatHasNoMarginLeftToLoseHasNotRegainedIt(t *testing.T) {
	t.Parallel()
	single := mirror(works("0"))
	single.Slots = true
	severities := map[string]redundancy.Severity{}
	for _, e := range told(whole(), single) {
		severities[e.Type] = e.Severity
	}
	diff(t, "events", map[string]redundancy.Severity{
		redundancy.ComponentRemoved: redundancy.SeverityWarning, redundancy.RedundancyChanged: redundancy.SeverityWarning,
	}, severities)
}

func TestWhatAPersonDeclaresIsNotLearnedAndNotMissed(t *testing.T) {
	t.Parallel()
	declared := whole()
	declared.Declared = true
	a := assess(redundancy.Assessment{}, t0(), redundancy.Rules{}, declared)
	b, taught := redundancy.Baseline{}.Learn(a)
	diff(t, "learned", []redundancy.ID(nil), taught)
	b, accepted, _ := b.Accept(a, seen(t0(), declared))
	diff(t, "accepted", 0, len(accepted))
	after := assess(a, at(1), redundancy.Rules{Baseline: b})
	diff(t, "events once it is declared no more", []string{redundancy.GroupRemoved}, types(redundancy.Diff(a, after, numbered)))
}
