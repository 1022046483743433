package redundancy_test

import (
	"fmt"
	"testing"
	"time"

	"plimsoll/redundancy"
)

// shelves is a host of a hundred mirrors on partitions of two hundred disks, which are lone components too.
func shelves() redundancy.Snapshot {
	const arrays = 100
	var all []redundancy.Component
	var parts []redundancy.Part
	var groups []redundancy.Group
	for i := range arrays {
		g := mirror(works("0"), works("1"))
		g.ID, g.Name = redundancy.ID(fmt.Sprintf("raid:%04d", i)), fmt.Sprintf("md%d", i)
		for m := range g.Members {
			c := disk(fmt.Sprintf("%04d", 2*i+m))
			controller := redundancy.ID(fmt.Sprintf("pci:%d", (2*i+m)%8))
			c.StandsOn = []redundancy.ID{controller}
			all = append(all, c)
			parts = append(parts, part("disk", c.ID, controller), part("", c.ID+"-part1", c.ID))
			g.Members[m].ID = redundancy.ID(fmt.Sprintf("%s/slot%d", g.ID, m))
			g.Members[m].StandsOn = []redundancy.ID{c.ID + "-part1"}
		}
		g.Needs.AllOf = []redundancy.Need{{Members: ids(g.Members), Needed: redundancy.Exactly(1)}}
		groups = append(groups, g)
	}
	s := over(parts, groups...)
	s.Sources = append(disks(t0(), all...).Sources, s.Sources...)
	for i := range s.Sources {
		s.Sources[i].StaleAfter = time.Hour
	}
	return s
}

// relooked is s after one more look at its disks that found the same, or these instead of the first of them.
func relooked(s redundancy.Snapshot, instead ...redundancy.Component) redundancy.Snapshot {
	s.Sources = append([]redundancy.Source{}, s.Sources...)
	o := &s.Sources[0].Observation
	o.Components = append([]redundancy.Component{}, o.Components...)
	for i, c := range instead {
		c.ID, c.StandsOn = o.Components[i].ID, o.Components[i].StandsOn
		o.Components[i] = c
	}
	return s
}

func BenchmarkTwoHundredDisksUnderAHundredArrays(b *testing.B) {
	s := shelves()
	var dyingAll []redundancy.Component
	for range s.Sources[0].Observation.Components {
		dyingAll = append(dyingAll, dying("x"))
	}
	ill := relooked(s, dying("x"))
	for _, c := range []struct {
		name     string
		from, to redundancy.Snapshot
	}{
		{"Quiet", s, s},
		{"LookedAtAgain", s, relooked(s)},
		{"OneIsDying", ill, ill},
		{"OneIsPredictedAndReturns", s, ill},
		{"AllArePredictedAndReturn", s, relooked(s, dyingAll...)},
	} {
		b.Run(c.name, func(b *testing.B) {
			var assessor redundancy.Assessor
			var r redundancy.Rules
			a := assessor.Assess(redundancy.Assessment{}, c.from, t0(), r)
			r.Baseline, _ = r.Baseline.Learn(a)
			b.ReportAllocs()
			for b.Loop() {
				for _, now := range []redundancy.Snapshot{c.to, c.from} { // there and back
					next := assessor.Assess(a, now, t0(), r)
					redundancy.Diff(a, next, numbered)
					r.Baseline, _ = r.Baseline.Learn(next)
					a = next
				}
			}
		})
	}
}
