package cli

import (
	"strings"

	"plimsoll/internal/api"
	"plimsoll/internal/phrase"
	"plimsoll/redundancy"
)

// uncoveredIn is what the next failure may take and no group covers for.
func uncoveredIn(s api.Status) []remark {
	return each(phrase.Gaps(s.Coverage), func(g phrase.Gap) remark {
		look := yellow
		if g.Cover == redundancy.NotUnderstood {
			look = magenta
		}
		return remark{look, g.Cover.String(), g.Why + ": " + strings.Join(g.Whats, ", ")}
	})
}

// fatesOf are the failure domains that a group does not survive. Those that a person has accepted are known.
func fatesOf(s api.Status) []remark {
	var out []remark
	for _, g := range s.Groups {
		for _, f := range g.Fates {
			if phrase.Threatens(f) {
				out = append(out, remark{yellow, g.Name, phrase.Fate(g, f)})
			}
		}
	}
	return out
}
