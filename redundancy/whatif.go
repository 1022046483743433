package redundancy

import (
	"cmp"
	"slices"
)

// WhatIf judges every group of s as if all that is named in lost had failed, with all that stands on it, directly or
// through others: components, and groups that then are surely unmet. Serving counts as unread, because the proof of it is
// of the time before; a No stays No. What works although a group below it has failed already is not taken down by that
// group. Verdicts come sorted by group. It is pure and instant.
func WhatIf(s Snapshot, lost ...ID) []Verdict {
	groups := s.Groups()
	verdicts := make([]Verdict, len(groups))
	for i := range groups {
		if groups[i].Serving == Yes {
			groups[i].Serving = Unread
		}
		verdicts[i] = Judge(groups[i])
	}
	gone := make(map[ID]bool, len(lost))
	for _, id := range lost {
		gone[id] = true
	}
	for again := true; again; {
		again = false
		for i := range groups {
			g := &groups[i]
			if !g.lose(gone, slices.Contains(lost, g.ID)) {
				continue
			}
			again = true
			before := verdicts[i].Best
			verdicts[i] = Judge(*g)
			if verdicts[i].Best == Failed && before != Failed {
				gone[g.ID] = true
			}
		}
	}
	return verdicts
}

// lose makes every member absent that is gone, whose device is, or that stands on something that is; all of them if whole
// says that the group itself was named. They are gone then too. It says whether there were any.
func (g *Group) lose(gone map[ID]bool, whole bool) bool {
	news := false
	for i := range g.Members {
		c := &g.Members[i]
		if c.State == Absent || !whole && !c.on(gone) {
			continue
		}
		if !news {
			g.Members, news = slices.Clone(g.Members), true
			c = &g.Members[i]
		}
		c.State, c.Health, c.Doubts = Absent, Critical, nil
		gone[c.ID] = true
	}
	return news
}

// on says whether c is one of these things, holds one of them, or stands on one.
func (c *Component) on(things map[ID]bool) bool {
	return things[c.ID] || c.Device != "" && things[c.Device] ||
		slices.ContainsFunc(c.StandsOn, func(id ID) bool { return things[id] })
}

// Groups are all groups of all sources, sorted by id.
func (s Snapshot) Groups() []Group {
	var all []Group
	for _, src := range s.Sources {
		all = append(all, src.Observation.Groups...)
	}
	slices.SortFunc(all, func(a, b Group) int { return cmp.Compare(a.ID, b.ID) })
	return all
}
