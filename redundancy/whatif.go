package redundancy

import (
	"cmp"
	"slices"
)

// WhatIf judges every group of s as if all that is named in lost had failed, with all that stands on it, directly or
// through others: components, and groups that then are surely unmet. Serving counts as unread, because the proof of it is
// of the time before; a No stays No. Verdicts come sorted by group. It is pure and instant.
func WhatIf(s Snapshot, lost ...ID) []Verdict {
	groups := s.Groups()
	gone := make(map[ID]bool, len(lost))
	for _, id := range lost {
		gone[id] = true
	}
	verdicts := make([]Verdict, len(groups))
	for again := true; again; {
		again = false
		for i, g := range groups {
			hit := g.without(gone, slices.Contains(lost, g.ID))
			verdicts[i] = Judge(hit)
			if verdicts[i].Best == Failed {
				again = mark(gone, g.ID) || again
			}
			for j, c := range hit.Members {
				if c.State == Absent && g.Members[j].State != Absent {
					again = mark(gone, c.ID) || again
				}
			}
		}
	}
	return verdicts
}

func mark(gone map[ID]bool, id ID) (news bool) {
	news = !gone[id]
	gone[id] = true
	return news
}

// without is g with every member gone that is named in gone, whose device is, or that stands on something that is; all of
// them if whole says that the group itself was named.
func (g Group) without(gone map[ID]bool, whole bool) Group {
	if g.Serving == Yes {
		g.Serving = Unread
	}
	g.Members = slices.Clone(g.Members)
	for i, c := range g.Members {
		if whole || gone[c.ID] || c.Device != "" && gone[c.Device] ||
			slices.ContainsFunc(c.StandsOn, func(id ID) bool { return gone[id] }) {
			c.State, c.Health, c.Doubts = Absent, Critical, nil
			g.Members[i] = c
		}
	}
	return g
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
