package redundancy_test

import (
	"slices"
	"testing"
	"time"

	"plimsoll/redundancy"
)

// part is a part of this domain that stands on these.
func part(domain string, id redundancy.ID, below ...redundancy.ID) redundancy.Part {
	return redundancy.Part{ID: id, Name: string(id), Domain: domain, StandsOn: below}
}

// on is c on these parts.
func on(c redundancy.Component, below ...redundancy.ID) redundancy.Component {
	c.StandsOn = below
	return c
}

// over is a snapshot of these groups, over parts that another source tells of.
func over(parts []redundancy.Part, groups ...redundancy.Group) redundancy.Snapshot {
	s := seen(t0(), groups...)
	s.Sources = append(s.Sources, redundancy.Source{
		Name: "topology", Observation: redundancy.Observation{Parts: parts}, At: t0(), Since: t0(), StaleAfter: 30 * time.Second,
	})
	return s
}

// shelf are four disks of a partition each, two on each of two controllers, which are on one card.
func shelf() []redundancy.Part {
	return []redundancy.Part{
		part("", "a1", "disk:a"), part("", "a2", "disk:a"), part("", "b1", "disk:b"), part("", "c1", "disk:c"), part("", "d1", "disk:d"),
		part("disk", "disk:a", "hba:0"), part("disk", "disk:b", "hba:0"), part("disk", "disk:c", "hba:1"), part("disk", "disk:d", "hba:1"),
		part("controller", "hba:0", "card:0"), part("controller", "hba:1", "card:0"),
		part("card", "card:0"),
	}
}

// fatesOf is what s shares, as "domain: members", with the margin that is left.
func fatesOf(t *testing.T, s redundancy.Snapshot) map[string]int {
	t.Helper()
	all := map[string]int{}
	for _, f := range shown(t, redundancy.Assess(redundancy.Assessment{}, s, t0(), redundancy.Rules{})).Group.Fates {
		key := string(f.ID)
		for _, id := range f.Members {
			key += " " + string(id[len("raid:g/"):])
		}
		all[key] = f.Margin
	}
	return all
}

func TestMembersShareTheFateOfWhatTheyStandOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		g    redundancy.Group
		want map[string]int
	}{
		"two halves on one disk, and that is all there is to say of its controller": {
			mirror(on(works("0"), "a1"), on(works("1"), "a2")), map[string]int{"disk:a 0 1": -1},
		},
		"two disks on one controller, which is alone on the way to the card": {
			mirror(on(works("0"), "a1"), on(works("1"), "b1")), map[string]int{"hba:0 0 1": -1},
		},
		"two controllers on one card": {
			mirror(on(works("0"), "a1"), on(works("1"), "c1")), map[string]int{"card:0 0 1": -1},
		},
		"a controller that is survived, on a card that is not": {
			mirror(on(works("0"), "a1"), on(works("1"), "b1"), on(works("2"), "c1")), map[string]int{"hba:0 0 1": 0, "card:0 0 1 2": -1},
		},
		"a member that has failed leaves less": {
			mirror(on(works("0"), "a1"), on(works("1"), "b1"), on(failed("2"), "c1")), map[string]int{"hba:0 0 1": -1, "card:0 0 1 2": -1},
		},
		"a spare covers for nobody yet": {
			mirror(on(works("0"), "a1"), on(works("1"), "elsewhere"), on(spare("s"), "a2")), map[string]int{},
		},
		"a stripe has nothing to lose": {
			group(redundancy.Exactly(2), on(works("0"), "a1"), on(works("1"), "a2")), map[string]int{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diff(t, "fates", c.want, fatesOf(t, over(shelf(), c.g)))
		})
	}
}

func TestAGroupBelowPassesOnOnlyWhatItDoesNotSurvive(t *testing.T) {
	t.Parallel()
	below := mirror(on(works("x"), "a1"), on(works("y"), "b1"))
	below.ID, below.Members[0].ID, below.Members[1].ID = "raid:below", "raid:below/x", "raid:below/y"
	below.Needs.AllOf[0].Members = ids(below.Members)
	above := mirror(on(works("0"), "raid:below"), on(works("1"), "a2"))
	want := map[string]int{"hba:0 0 1": -1} // not the disk: the array below survives it
	diff(t, "fates", want, fatesOf(t, over(shelf(), above, below)))
	below.Members[1] = failed("y")
	below.Members[1].ID = "raid:below/y"
	below.Members[1].StandsOn = []redundancy.ID{"b1"}
	diff(t, "fates with the array below at its end", want, fatesOf(t, over(shelf(), above, below)))
}

func TestWhatIfOfAFateLeavesTheMarginItTells(t *testing.T) {
	t.Parallel()
	g := mirror(on(works("0"), "a1"), on(works("1"), "b1"), on(doubted("2", redundancy.DoubtUnread), "c1"), on(works("3"), "d1"))
	s := over(shelf(), g)
	a := redundancy.Assess(redundancy.Assessment{}, s, t0(), redundancy.Rules{})
	fates := shown(t, a).Group.Fates
	diff(t, "fates", 3, len(fates))
	for _, f := range fates {
		diff(t, string(f.ID), redundancy.WhatIf(s, f.ID).Verdicts[0].Margin.Least, f.Margin)
	}
}

func TestTwoHalvesOnOneDiskAreAlwaysAWarning(t *testing.T) {
	t.Parallel()
	g := mirror(on(works("0"), "a1"), on(works("1"), "a2"))
	r := redundancy.Rules{Baseline: redundancy.Baseline{Groups: map[redundancy.ID]redundancy.Known{
		"raid:g": {Fates: []redundancy.Accepted{{Part: "disk:a", Members: ids(g.Members)}}},
	}}}
	a := redundancy.Assess(redundancy.Assessment{}, over(shelf(), g), t0(), r)
	diff(t, "accepted", true, shown(t, a).Group.Fates[0].Accepted)
	warned := shown(t, a).Group.Warnings
	if len(warned) != 1 || warned[0].Key != redundancy.WarnSharedDisk || warned[0].Text != "0 and 1 of md0 are on one disk, disk:a: they fail together" {
		t.Errorf("warnings %+v", warned)
	}
}

// event is the one event of this type.
func event(t *testing.T, events []redundancy.Event, kind string) redundancy.Event {
	t.Helper()
	i := slices.IndexFunc(events, func(e redundancy.Event) bool { return e.Type == kind })
	if i < 0 {
		t.Fatalf("no %s among %v", kind, types(events))
	}
	return events[i]
}

func TestAFateIsToldOnceAndAgainWhenItGrows(t *testing.T) {
	t.Parallel()
	accepted := redundancy.Rules{Baseline: redundancy.Baseline{Groups: map[redundancy.ID]redundancy.Known{
		"raid:g": {Fates: []redundancy.Accepted{{Part: "hba:0", Members: []redundancy.ID{member("0"), member("1")}}}},
	}}}
	two := over(shelf(), mirror(on(works("0"), "a1"), on(works("1"), "b1")))
	three := over(shelf(), mirror(on(works("0"), "a1"), on(works("1"), "b1"), on(works("2"), "hba:0")))
	for name, c := range map[string]struct {
		r           redundancy.Rules
		first, then redundancy.Severity
	}{
		"not accepted":                   {redundancy.Rules{}, redundancy.SeverityWarning, redundancy.SeverityWarning},
		"accepted for the two it was of": {accepted, redundancy.SeverityInfo, redundancy.SeverityWarning},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := redundancy.Assess(redundancy.Assessment{}, two, t0(), c.r)
			told := event(t, redundancy.Diff(redundancy.Assessment{}, a, numbered), redundancy.FateShared)
			diff(t, "severity", c.first, told.Severity)
			diff(t, "key", "hba:0", told.Key)
			b := redundancy.Assess(a, two, at(1), c.r)
			diff(t, "told again", 0, len(redundancy.Diff(a, b, numbered)))
			grown := redundancy.Assess(b, three, at(2), c.r)
			diff(t, "severity when it grew", c.then, event(t, redundancy.Diff(b, grown, numbered), redundancy.FateShared).Severity)
		})
	}
}

func TestAPulledDiskDoesNotClearWhatItShared(t *testing.T) {
	t.Parallel()
	a := redundancy.Assess(redundancy.Assessment{}, over(shelf(), mirror(on(works("0"), "a1"), on(works("1"), "b1"))), t0(), redundancy.Rules{})
	without := slices.DeleteFunc(shelf(), func(p redundancy.Part) bool { return p.ID == "b1" || p.ID == "disk:b" })
	b := redundancy.Assess(a, over(without, mirror(on(works("0"), "a1"), absent("1"))), at(1), redundancy.Rules{})
	diff(t, "events", []string{redundancy.ComponentMissing, redundancy.RedundancyLost}, types(redundancy.Diff(a, b, numbered)))
	diff(t, "fates", 1, len(shown(t, b).Group.Fates))
	moved := redundancy.Assess(b, over(shelf(), mirror(on(works("0"), "a1"), on(works("1"), "c1"))), at(2), redundancy.Rules{})
	events := redundancy.Diff(b, moved, numbered)
	diff(t, "cleared", "hba:0", event(t, events, redundancy.FateCleared).Key)
	diff(t, "shared", "card:0", event(t, events, redundancy.FateShared).Key)
}

func TestARestartClearsNoFateBeforeEverySourceWasRead(t *testing.T) {
	t.Parallel()
	s := over(shelf(), mirror(on(works("0"), "a1"), on(works("1"), "b1")))
	a := redundancy.Assess(redundancy.Assessment{}, s, t0(), redundancy.Rules{})
	again := foldAll(redundancy.Assessment{}, redundancy.Diff(redundancy.Assessment{}, a, numbered))
	s.Sources[1] = redundancy.Source{Name: "topology", Since: at(1), StaleAfter: 30 * time.Second}
	b := redundancy.Assess(again, s, at(1), redundancy.Rules{})
	diff(t, "events", []string(nil), types(redundancy.Diff(again, b, numbered)))
	diff(t, "fates", 1, len(shown(t, b).Group.Fates))
}
