package redundancy

import (
	"slices"
	"time"
)

// Dated is g as a look before found it: evidence that does not say when it was read says so now.
func (g Group) Dated(at time.Time) Group {
	stamp := func(all []Evidence) []Evidence {
		all = slices.Clone(all)
		for i := range all {
			if all[i].At.IsZero() {
				all[i].At = at
			}
		}
		return all
	}
	g.Evidence, g.Members, g.Warnings = stamp(g.Evidence), slices.Clone(g.Members), slices.Clone(g.Warnings)
	for i := range g.Members {
		g.Members[i].Evidence = stamp(g.Members[i].Evidence)
	}
	for i := range g.Warnings {
		g.Warnings[i].Evidence = stamp(g.Warnings[i].Evidence)
	}
	return g
}
