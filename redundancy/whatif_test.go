package redundancy_test

import (
	"slices"
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
		{Name: "topology", Observation: redundancy.Observation{
			Parts: []redundancy.Part{
				{ID: "card:y", Domain: "card"},
				{ID: "disk:a", StandsOn: []redundancy.ID{"card:y"}},
				{ID: "disk:b", StandsOn: []redundancy.ID{"card:y"}},
				{ID: "dm:pool", StandsOn: []redundancy.ID{"raid:1", "disk:d"}},
				{ID: "pool:btrfs", StandsOn: []redundancy.ID{"disk:d", "disk:e"}, Opaque: "btrfs over 2 devices"},
			},
			Uses: []redundancy.Use{
				{ID: "fs:/", StandsOn: []redundancy.ID{"raid:0"}},
				{ID: "fs:/pool", StandsOn: []redundancy.ID{"pool:btrfs"}},
				{ID: "fs:/srv", StandsOn: []redundancy.ID{"dm:pool"}},
			},
		}},
	}}
}

func outlooks(us []redundancy.Outlook) map[redundancy.ID]redundancy.Tristate {
	all := map[redundancy.ID]redundancy.Tristate{}
	for _, u := range us {
		all[u.Use] = u.Survives
	}
	return all
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
		"the card that both disks stand on":   {[]redundancy.ID{"card:y"}, full, broken, lost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := map[redundancy.ID]redundancy.Status{"bond:0": c.bond0, "raid:0": c.md0, "raid:1": c.md1}
			diff(t, "statuses", want, statuses(redundancy.WhatIf(stack(), c.lost...).Verdicts))
		})
	}
}

func TestWhatIfDoesNotTrustServingFromBefore(t *testing.T) {
	t.Parallel()
	v := redundancy.WhatIf(stack(), "raid:0").Verdicts[1]
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
	}, statuses(redundancy.WhatIf(s).Verdicts))
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
		if d := cmp.Diff(want, redundancy.WhatIf(s).Verdicts, sameEmpty()); d != "" {
			t.Fatalf("what if nothing (-want +got):\n%s", d)
		}
	})
}

func TestWhatIfTellsWhatBecomesOfUses(t *testing.T) {
	t.Parallel()
	const yes, no, perhaps = redundancy.Yes, redundancy.No, redundancy.Unread
	for name, c := range map[string]struct {
		lost            []redundancy.ID
		root, pool, srv redundancy.Tristate
	}{
		"nothing":                       {nil, yes, yes, yes},
		"a disk below a mirror":         {[]redundancy.ID{"disk:a"}, yes, yes, yes},
		"the card below its disks":      {[]redundancy.ID{"card:y"}, no, yes, yes},
		"the array":                     {[]redundancy.ID{"raid:0"}, no, yes, yes},
		"a disk below two other uses":   {[]redundancy.ID{"disk:d"}, yes, perhaps, no},
		"the pool as a whole":           {[]redundancy.ID{"pool:btrfs"}, yes, no, yes},
		"the array above, in two steps": {[]redundancy.ID{"card:y", "disk:c"}, no, yes, no},
		"the use":                       {[]redundancy.ID{"fs:/srv"}, yes, yes, no},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := map[redundancy.ID]redundancy.Tristate{"fs:/": c.root, "fs:/pool": c.pool, "fs:/srv": c.srv}
			diff(t, "uses", want, outlooks(redundancy.WhatIf(stack(), c.lost...).Uses))
		})
	}
}

func TestAGroupThatMayHaveFailedMayTakeDownWhatStandsOnIt(t *testing.T) {
	t.Parallel()
	s := stack()
	s.Sources[1].Observation.Groups[0].Members[1].Doubts = []redundancy.Doubt{redundancy.DoubtUnread}
	after := redundancy.WhatIf(s, "disk:a")
	diff(t, "the array on it", redundancy.Margin{Least: 0, Most: 1, Full: 1}, after.Verdicts[2].Margin)
	diff(t, "root", redundancy.Unread, outlooks(after.Uses)["fs:/"])
	diff(t, "root, if something else fails", redundancy.Yes, outlooks(redundancy.WhatIf(s, "disk:c").Uses)["fs:/"])
}

func TestAMemberOnAnOpaquePartIsInDoubtWhenThatIsTouched(t *testing.T) {
	t.Parallel()
	s := stack()
	s.Sources[1].Observation.Groups[0].Members[0].StandsOn = []redundancy.ID{"pool:btrfs"}
	diff(t, "margin", redundancy.Margin{Least: 0, Most: 1, Full: 1}, redundancy.WhatIf(s, "disk:e").Verdicts[1].Margin)
}

func TestThingsThatStandOnOneAnotherInACircleAreLostOnce(t *testing.T) {
	t.Parallel()
	s := stack()
	parts := s.Sources[2].Observation.Parts
	parts[0].StandsOn = []redundancy.ID{"raid:1"} // the card needs the array above it
	diff(t, "statuses", map[redundancy.ID]redundancy.Status{
		"bond:0": redundancy.FullyRedundant, "raid:0": redundancy.Failed, "raid:1": redundancy.Failed,
	}, statuses(redundancy.WhatIf(s, "raid:1").Verdicts))
}

func TestTwoSourcesMayTellOfOnePartAndOfOneUse(t *testing.T) {
	t.Parallel()
	s := redundancy.Snapshot{Sources: []redundancy.Source{
		{Name: "a", Observation: redundancy.Observation{
			Parts: []redundancy.Part{{ID: "nic:1", Name: "eth0", StandsOn: []redundancy.ID{"switch:1"}}},
			Uses:  []redundancy.Use{{ID: "route", What: "default route", StandsOn: []redundancy.ID{"nic:1"}}},
		}},
		{Name: "b", Observation: redundancy.Observation{
			Parts: []redundancy.Part{
				{ID: "card:1", Domain: "card"},
				{ID: "nic:1", Domain: "port", StandsOn: []redundancy.ID{"card:1"}, Labels: map[string]string{"speed": "1000"}},
			},
			Uses: []redundancy.Use{{ID: "route", StandsOn: []redundancy.ID{"nic:2"}}},
		}},
	}}
	diff(t, "parts", []redundancy.Part{
		{ID: "card:1", Domain: "card"},
		{
			ID: "nic:1", Name: "eth0", Domain: "port", StandsOn: []redundancy.ID{"card:1", "switch:1"},
			Labels: map[string]string{"speed": "1000"},
		},
	}, s.Parts())
	diff(t, "uses", []redundancy.Use{
		{ID: "route", What: "default route", StandsOn: []redundancy.ID{"nic:1", "nic:2"}},
	}, s.Uses())
	for _, lost := range []redundancy.ID{"card:1", "switch:1", "nic:2"} {
		diff(t, "without "+string(lost), redundancy.No, redundancy.WhatIf(s, lost).Uses[0].Survives)
	}
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
	for p := range 5 {
		everything = append(everything, partID(p))
	}
	rapid.Check(t, func(t *rapid.T) {
		s := drawSnapshot(t, t0())
		some := rapid.SliceOfN(rapid.SampledFrom(everything), 0, 4).Draw(t, "lost")
		more := rapid.SliceOfN(rapid.SampledFrom(everything), 1, 4).Draw(t, "and lost")
		before := redundancy.WhatIf(s, some...)
		after := redundancy.WhatIf(s, append(more, some...)...)
		for i, v := range after.Verdicts {
			noBetter(t, before.Verdicts[i], v)
		}
		for i, u := range after.Uses {
			if surer := before.Uses[i].Survives; hope(u.Survives) > hope(surer) {
				t.Fatalf("a further failure improved %s from %v to %v", u.Use, surer, u.Survives)
			}
		}
	})
}

// hope orders outlooks from bad to good.
func hope(survives redundancy.Tristate) int {
	return slices.Index([]redundancy.Tristate{redundancy.No, redundancy.Unread, redundancy.Yes}, survives)
}
