package cli

import (
	"fmt"
	"slices"
	"strings"

	"plimsoll/internal/api"
	"plimsoll/redundancy"
)

// uncoveredIn is what the next failure may take and no group covers for, put together where the reason is one.
func uncoveredIn(s api.Status) []remark {
	var out []remark
	reasons := map[string]int{} // places in out
	for _, c := range s.Coverage {
		look := yellow
		switch c.Cover {
		case redundancy.Unprotected:
		case redundancy.NotUnderstood:
			look = magenta
		case redundancy.Covered, redundancy.CoverUnknown:
			continue
		}
		why := ""
		if c.Why != nil {
			why = *c.Why
		}
		key := c.Cover.String() + why
		if at, known := reasons[key]; known {
			out[at].text += ", " + c.What
			continue
		}
		reasons[key] = len(out)
		out = append(out, remark{look, c.Cover.String(), why + ": " + c.What})
	}
	return out
}

// fatesOf are the failure domains that a group does not survive. Those that a person has accepted are known.
func fatesOf(s api.Status) []remark {
	var out []remark
	for _, g := range s.Groups {
		for _, f := range g.Fates {
			if f.Margin >= 0 || f.Accepted {
				continue
			}
			out = append(out, remark{yellow, g.Name, fmt.Sprintf("%s share the %s %s: %s does not survive its failure",
				names(g, f.Members), f.Domain, f.Name, g.Name)})
		}
	}
	return out
}

// names are members of a group for people.
func names(g api.Group, ids []redundancy.ID) string {
	var words []string
	for _, m := range g.Members {
		if slices.Contains(ids, m.ID) {
			words = append(words, memberName(m))
		}
	}
	if last := len(words) - 1; last > 0 {
		return strings.Join(words[:last], ", ") + " and " + words[last]
	}
	return strings.Join(words, "")
}
