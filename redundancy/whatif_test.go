package redundancy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plimsoll/redundancy"
)

// stack is a small host: a disk each below the halves of md0, both halves of md1 on md0 and on a third disk, a bond whose
// ports are functions of one card.
func stack() redundancy.Snapshot {
	on := func(c redundancy.Component, below ...redundancy.ID) redundancy.Component {
		c.StandsOn = below
		return c
	}
	of := func(id redundancy.ID, a, b redundancy.Component) redundancy.Group {
		a.ID, b.ID = id+"/0", id+"/1"
		g := mirror(a, b)
		g.ID, g.Name = id, string(id)
		return g
	}
	md0 := of("raid:0", on(works("0"), "disk:a"), on(works("1"), "disk:b"))
	md0.Members[0].Device = "wwn:a"
	md1 := of("raid:1", on(works("0"), "raid:0"), on(works("1"), "disk:c"))
	bond := of("bond:0", on(works("0"), "card:x"), on(works("1"), "card:x"))
	return redundancy.Snapshot{Sources: []redundancy.Source{
		{Name: "bond", Observation: redundancy.Observation{Groups: []redundancy.Group{bond}}},
		{Name: "md", Observation: redundancy.Observation{Groups: []redundancy.Group{md0, md1}}},
	}}
}

func statuses(vs []redundancy.Verdict) map[redundancy.ID]redundancy.Status {
	all := map[redundancy.ID]redundancy.Status{}
	for _, v := range vs {
		all[v.Group] = v.Status
	}
	return all
}

func TestWhatIfFollowsWhatStandsOnWhat(t *testing.T) {
	t.Parallel()
	full, lost, broken := redundancy.FullyRedundant, redundancy.Lost, redundancy.Failed
	for name, c := range map[string]struct {
		lost            []redundancy.ID
		bond0, md0, md1 redundancy.Status
	}{
		"nothing":                      {nil, full, full, full},
		"something unheard of":         {[]redundancy.ID{"disk:z"}, full, full, full},
		"one disk":                     {[]redundancy.ID{"disk:a"}, full, lost, full},
		"the disk by its own identity": {[]redundancy.ID{"wwn:a"}, full, lost, full},
		"one half":                     {[]redundancy.ID{"raid:0/0"}, full, lost, full},
		"both disks, and so the array that stands on the array": {[]redundancy.ID{"disk:a", "disk:b"}, full, broken, lost},
		"an array as a whole":                 {[]redundancy.ID{"raid:0"}, full, broken, lost},
		"the array below and the disk beside": {[]redundancy.ID{"raid:0", "disk:c"}, full, broken, broken},
		"the card that both ports share":      {[]redundancy.ID{"card:x"}, broken, full, full},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := map[redundancy.ID]redundancy.Status{"bond:0": c.bond0, "raid:0": c.md0, "raid:1": c.md1}
			diff(t, "statuses", want, statuses(redundancy.WhatIf(stack(), c.lost...)))
		})
	}
}

func TestWhatIfDoesNotTrustServingFromBefore(t *testing.T) {
	t.Parallel()
	v := redundancy.WhatIf(stack(), "raid:0")[1]
	diff(t, "verdict", redundancy.Verdict{
		Group: "raid:0", Status: redundancy.Failed, Worst: redundancy.Failed, Best: redundancy.Failed,
		Margin: redundancy.Margin{Least: -1, Most: -1, Full: 1},
	}, v)
}

func TestWhatWorksThoughAGroupBelowHasFailedIsNotLostWithNothing(t *testing.T) {
	t.Parallel()
	s := stack()
	s.Sources[1].Observation.Groups[0].Serving = redundancy.No // md0 refuses writes, and md1 is seen to work all the same
	diff(t, "statuses", map[redundancy.ID]redundancy.Status{
		"bond:0": redundancy.FullyRedundant, "raid:0": redundancy.Failed, "raid:1": redundancy.FullyRedundant,
	}, statuses(redundancy.WhatIf(s)))
}

func TestWhatIfOfNothingIsJudgeWithServingUnread(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSnapshot(t, t0())
		var want []redundancy.Verdict
		for _, g := range s.Groups() {
			if g.Serving == redundancy.Yes {
				g.Serving = redundancy.Unread
			}
			want = append(want, redundancy.Judge(g))
		}
		if d := cmp.Diff(want, redundancy.WhatIf(s), sameEmpty()); d != "" {
			t.Fatalf("what if nothing (-want +got):\n%s", d)
		}
	})
}

func TestLosingMoreNeverImprovesWhatIf(t *testing.T) {
	t.Parallel()
	everything := []redundancy.ID{"wwn:1", "wwn:2"}
	for g := range 4 {
		everything = append(everything, groupID(g))
		for m := range 4 {
			everything = append(everything, memberID(g, m))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := drawSnapshot(t, t0())
		some := rapid.SliceOfN(rapid.SampledFrom(everything), 0, 4).Draw(t, "lost")
		more := rapid.SliceOfN(rapid.SampledFrom(everything), 1, 4).Draw(t, "and lost")
		before := redundancy.WhatIf(s, some...)
		for i, after := range redundancy.WhatIf(s, append(more, some...)...) {
			noBetter(t, before[i], after)
		}
	})
}
