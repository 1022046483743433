package redundancy

import (
	"cmp"
	"slices"
)

// ground is what follows from what stands on what: shared fates and coverage. It costs by the host's size and is kept for as
// long as nothing of that changes; a member that fails changes nothing of it.
type ground struct {
	groups []Group       // what it follows from, sorted by id
	told   []Observation // likewise, by source
	parts  []Part        // likewise, put together, sorted by id
	uses   []Use         // likewise
	reach  [][]Fate      // for each group what takes members of it along, be it only one; sorted by domain and id
	covers []Coverage    // for each use

	footing *footing      // what stands on what, but for uses
	borne   map[ID][]seat // what is known of above
}

func newGround(s Snapshot, groups []Group) *ground {
	g := &ground{groups: slices.Clone(groups), parts: s.Parts(), uses: s.Uses()}
	for _, src := range s.Sources {
		g.told = append(g.told, src.Observation)
	}
	g.reach = g.reaches(s)
	g.covers = g.cover()
	return g
}

// fits says whether g is what follows from s and these groups. Slices that cross packages are never changed afterwards, so
// that the same slice says the same.
func (g *ground) fits(s Snapshot, groups []Group) bool {
	told := slices.EqualFunc(g.told, s.Sources, func(o Observation, src Source) bool {
		is := &src.Observation
		return sameSlice(o.Parts, is.Parts) && sameSlice(o.Uses, is.Uses) && sameFooting(o.Components, is.Components)
	})
	return told && slices.EqualFunc(g.groups, groups, sameStructure)
}

// sameFooting says whether a and b are the same lone components, which stand on the same things.
func sameFooting(a, b []Component) bool {
	return sameSlice(a, b) || slices.EqualFunc(a, b, func(c, d Component) bool {
		return c.ID == d.ID && c.Device == d.Device && slices.Equal(c.StandsOn, d.StandsOn)
	})
}

// sameSlice says whether a and b are one slice, or both empty.
func sameSlice[T any](a, b []T) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// sameStructure says whether a and b need the same members, which stand on the same things.
func sameStructure(a, b Group) bool {
	sameNeed := func(n, m Need) bool { return n.Needed == m.Needed && slices.Equal(n.Members, m.Members) }
	return a.ID == b.ID && a.Name == b.Name &&
		slices.EqualFunc(a.Needs.AllOf, b.Needs.AllOf, sameNeed) && slices.EqualFunc(a.Needs.AnyOf, b.Needs.AnyOf, sameNeed) &&
		sameFooting(a.Members, b.Members)
}

// reaches takes every failure domain away, one at a time, from a host on which all works, and notes what goes with it.
func (g *ground) reaches(s Snapshot) [][]Fate {
	l := loss{groups: make([]Group, len(g.groups))}
	needed := make([]map[ID]bool, len(g.groups))
	for i := range g.groups {
		l.groups[i] = ideal(g.groups[i])
		if g.groups[i].Margin().Full >= 1 { // what has nothing to lose shares no fate that matters
			needed[i] = g.groups[i].needed()
		}
	}
	l.begin()
	g.footing = newFooting(s, l.groups, nil)
	l.stand(g.footing)
	reach := make([][]Fate, len(g.groups))
	for _, p := range g.parts {
		if p.Domain == "" {
			continue
		}
		l.name(p.ID)
		l.spread()
		for _, i := range l.touched {
			f := Fate{ID: p.ID, Domain: p.Domain, Name: cmp.Or(p.Name, string(p.ID))}
			for _, c := range l.groups[i].Members {
				if c.State == Absent && needed[i][c.ID] {
					f.Members = append(f.Members, c.ID)
				}
			}
			if len(f.Members) > 0 {
				slices.Sort(f.Members)
				reach[i] = append(reach[i], f)
			}
		}
		l.undo()
	}
	for i := range reach {
		slices.SortFunc(reach[i], compareFates)
	}
	return reach
}

func compareFates(a, b Fate) int {
	return cmp.Or(cmp.Compare(a.Domain, b.Domain), cmp.Compare(a.ID, b.ID))
}

// ideal is g with every member good and needed no more than at the least: what it loses then, it loses whatever its state.
func ideal(g Group) Group {
	g.Serving, g.Members = Unread, slices.Clone(g.Members)
	for i := range g.Members {
		g.Members[i].State, g.Members[i].Health, g.Members[i].Doubts = Enabled, OK, nil
	}
	for _, needs := range []*[]Need{&g.Needs.AllOf, &g.Needs.AnyOf} {
		*needs = slices.Clone(*needs)
		for i, n := range *needs {
			(*needs)[i].Needed = Exactly(n.Needed.Low)
		}
	}
	return g
}

// part is the part with this id, and false where nobody tells of it.
func (g *ground) part(id ID) (Part, bool) {
	i, found := slices.BinarySearchFunc(g.parts, id, func(p Part, id ID) int { return cmp.Compare(p.ID, id) })
	if !found {
		return Part{}, false
	}
	return g.parts[i], true
}

// stands says whether the part above stands on the part below, directly or through parts.
func (g *ground) stands(above, below ID) bool {
	seen := map[ID]bool{above: true}
	for next := []ID{above}; len(next) > 0; {
		p, _ := g.part(next[len(next)-1])
		next = next[:len(next)-1]
		for _, id := range p.StandsOn {
			if id == below {
				return true
			}
			if !seen[id] {
				seen[id] = true
				next = append(next, id)
			}
		}
	}
	return false
}
