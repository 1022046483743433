package redundancy_test

import (
	"fmt"
	"testing"
	"time"

	"plimsoll/redundancy"
)

// big is a host of n mirrors of ten members each, the last of which stands on the mirror before; every member stands on a
// disk of its own that stands on one of sixteen cards.
func big(n int) redundancy.Snapshot {
	var groups []redundancy.Group
	for i := range n {
		g := redundancy.Group{
			ID: redundancy.ID(fmt.Sprintf("raid:%04d", i)), Name: fmt.Sprintf("md%d", i), Kind: redundancy.KindRAID,
			Type: redundancy.NPlusM, Serving: redundancy.Yes,
		}
		for m := range 10 {
			c := works(fmt.Sprintf("sd%d-%d", i, m))
			c.ID = redundancy.ID(fmt.Sprintf("%s/slot%d", g.ID, m))
			c.StandsOn = []redundancy.ID{
				redundancy.ID(fmt.Sprintf("disk:%d-%d", i, m)), redundancy.ID(fmt.Sprintf("card:%d", m%16)),
			}
			if m == 9 && i > 0 {
				c.StandsOn = append(c.StandsOn, groups[i-1].ID)
			}
			g.Members = append(g.Members, c)
		}
		g.Needs.AllOf = []redundancy.Need{{Members: ids(g.Members), Needed: redundancy.Exactly(1)}}
		groups = append(groups, g)
	}
	return seen(t0(), groups...)
}

func BenchmarkJudgeMirrorOfTen(b *testing.B) {
	g := big(1).Sources[0].Observation.Groups[0]
	b.ReportAllocs()
	for b.Loop() {
		redundancy.Judge(g)
	}
}

func BenchmarkWhatIfOneOfTenThousandComponents(b *testing.B) {
	s := big(1000)
	b.ReportAllocs()
	for b.Loop() {
		redundancy.WhatIf(s, "disk:500-3")
	}
}

// deep is a host of ten thousand things: disks with a partition each, two hundred controllers, sixteen cards; an array on
// every ten partitions, and a logical volume with a filesystem on every array.
func deep() redundancy.Snapshot {
	const arrays, disks = 390, 3900
	s := redundancy.Snapshot{Sources: []redundancy.Source{{Name: "md"}, {Name: "topology"}}}
	o := &s.Sources[1].Observation
	part := func(domain string, on redundancy.ID, format string, n ...any) redundancy.ID {
		id := redundancy.ID(fmt.Sprintf(format, n...))
		p := redundancy.Part{ID: id, Name: string(id), Domain: domain}
		if on != "" {
			p.StandsOn = []redundancy.ID{on}
		}
		o.Parts = append(o.Parts, p)
		return id
	}
	for i := range 16 {
		part("card", "", "card:%d", i)
	}
	for i := range 200 {
		part("controller", redundancy.ID(fmt.Sprintf("card:%d", i%16)), "controller:%d", i)
	}
	for i := range disks {
		disk := part("disk", redundancy.ID(fmt.Sprintf("controller:%d", i%200)), "disk:%d", i)
		part("", disk, "%s-part1", disk)
	}
	for i := range arrays {
		g := redundancy.Group{
			ID: redundancy.ID(fmt.Sprintf("raid:%04d", i)), Name: fmt.Sprintf("md%d", i), Kind: redundancy.KindRAID,
			Type: redundancy.NPlusM, Serving: redundancy.Yes,
		}
		for m := range 10 {
			c := works(fmt.Sprintf("sd%d-%d", i, m))
			c.ID = redundancy.ID(fmt.Sprintf("%s/slot%d", g.ID, m))
			c.StandsOn = []redundancy.ID{redundancy.ID(fmt.Sprintf("disk:%d-part1", 10*i+m))}
			g.Members = append(g.Members, c)
		}
		g.Needs.AllOf = []redundancy.Need{{Members: ids(g.Members), Needed: redundancy.Exactly(8)}}
		s.Sources[0].Observation.Groups = append(s.Sources[0].Observation.Groups, g)
		volume := part("", g.ID, "dm:%d", i)
		o.Uses = append(o.Uses, redundancy.Use{
			ID: redundancy.ID(fmt.Sprintf("fs:%d", i)), What: fmt.Sprintf("/srv/%d", i), Kind: "filesystem",
			StandsOn: []redundancy.ID{volume},
		})
	}
	return s
}

func BenchmarkWhatIfADiskAmongTenThousandParts(b *testing.B) {
	s := deep()
	b.ReportAllocs()
	for b.Loop() {
		redundancy.WhatIf(s, "disk:500")
	}
}

// The card takes a sixteenth of all disks with it, and every array that has more than two of them.
func BenchmarkWhatIfACardAmongTenThousandParts(b *testing.B) {
	s := deep()
	b.ReportAllocs()
	for b.Loop() {
		redundancy.WhatIf(s, "card:3")
	}
}

// The dearest question: a loss that takes one group after the other with it, a hundred deep.
func BenchmarkWhatIfChainOfAHundredGroups(b *testing.B) {
	s := big(1000)
	for i, g := range s.Sources[0].Observation.Groups {
		if i < 100 {
			s.Sources[0].Observation.Groups[i].Needs.AllOf[0].Needed = redundancy.Exactly(len(g.Members))
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		redundancy.WhatIf(s, "raid:0000")
	}
}

// What follows is judged by one assessor, as the agent has it.

func BenchmarkAssessAndDiffOfAThousandQuietGroups(b *testing.B) {
	s := big(1000)
	r := settling(time.Second, 0)
	var assessor redundancy.Assessor
	old := assessor.Assess(redundancy.Assessment{}, s, t0(), r)
	b.ReportAllocs()
	for b.Loop() {
		if events := redundancy.Diff(old, assessor.Assess(old, s, at(time.Second), r), numbered); events != nil {
			b.Fatalf("%d events though nothing changed", len(events))
		}
	}
}

// A card of which every group has a member goes.
func BenchmarkAssessAndDiffOfAThousandGroupsThatAllChange(b *testing.B) {
	s, after := big(1000), big(1000)
	for i, g := range after.Sources[0].Observation.Groups {
		after.Sources[0].Observation.Groups[i] = lose(g, 3)
	}
	var r redundancy.Rules
	var assessor redundancy.Assessor
	old := assessor.Assess(redundancy.Assessment{}, s, t0(), r)
	b.ReportAllocs()
	for b.Loop() {
		redundancy.Diff(old, assessor.Assess(old, after, at(time.Second), r), numbered)
	}
}

// large is a host of 64 arrays of eight disks, 32 bonds of two, 512 disks behind eight controllers, and a filesystem on every
// array.
func large() redundancy.Snapshot {
	s := deep()
	md, topology := &s.Sources[0].Observation, &s.Sources[1].Observation
	md.Groups, topology.Uses = md.Groups[:64], topology.Uses[:64]
	for i := range md.Groups {
		g := &md.Groups[i]
		g.Members = g.Members[:8]
		g.Needs.AllOf = []redundancy.Need{{Members: ids(g.Members), Needed: redundancy.Exactly(6)}}
	}
	var kept []redundancy.Part
	for _, p := range topology.Parts {
		var n int
		if _, err := fmt.Sscanf(string(p.ID), "disk:%d", &n); err != nil || n < 640 && n%10 < 8 {
			kept = append(kept, p)
		}
	}
	topology.Parts = kept
	var bonds []redundancy.Group
	for i := range 32 {
		g := mirror(on(works("a"), redundancy.ID(fmt.Sprintf("card:%d", i%16))), on(works("b"), redundancy.ID(fmt.Sprintf("card:%d", (i+1)%16))))
		g.ID, g.Kind = redundancy.ID(fmt.Sprintf("bond:%d", i)), redundancy.KindBond
		for m := range g.Members {
			g.Members[m].ID = g.ID + "/" + redundancy.ID(g.Members[m].Name)
		}
		g.Needs.AllOf = []redundancy.Need{{Members: ids(g.Members), Needed: redundancy.Exactly(1)}}
		bonds = append(bonds, g)
	}
	s.Sources = append(s.Sources, redundancy.Source{Name: "bond", Observation: redundancy.Observation{Groups: bonds}})
	for i := range s.Sources {
		s.Sources[i].At, s.Sources[i].Since, s.Sources[i].StaleAfter = t0(), t0(), time.Hour
	}
	return s
}

// changed is s with one array that has a member less, as the next look at md tells it.
func changed(s redundancy.Snapshot) redundancy.Snapshot {
	groups := append([]redundancy.Group{}, s.Sources[0].Observation.Groups...)
	groups[7] = lose(groups[7], 3)
	s.Sources = append([]redundancy.Source{}, s.Sources...)
	s.Sources[0].Observation.Groups = groups
	return s
}

func BenchmarkLargeHost(b *testing.B) {
	s := large()
	var r redundancy.Rules
	for name, other := range map[string]redundancy.Snapshot{"Quiet": s, "OneArrayChanges": changed(s)} {
		b.Run(name, func(b *testing.B) {
			var assessor redundancy.Assessor
			a := assessor.Assess(redundancy.Assessment{}, s, t0(), r)
			b.ReportAllocs()
			for b.Loop() {
				for _, now := range []redundancy.Snapshot{other, s} { // there and back
					next := assessor.Assess(a, now, t0(), r)
					redundancy.Diff(a, next, numbered)
					a = next
				}
			}
		})
	}
	b.Run("First", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			redundancy.Diff(redundancy.Assessment{}, redundancy.Assess(redundancy.Assessment{}, s, t0(), r), numbered)
		}
	})
}
