package phrase

import (
	"fmt"

	"plimsoll/internal/api"
	"plimsoll/redundancy"
)

// Gap is what no group covers for, for one reason.
type Gap struct {
	Cover redundancy.Cover
	Why   string
	Whats []string
}

// Gaps are the uses that the next failure may take and no group covers for, put together where the reason is one.
func Gaps(uses []api.Covered) []Gap {
	var out []Gap
	at := map[string]int{} // places in out by reason
	for _, c := range uses {
		if c.Cover == redundancy.Covered || c.Cover == redundancy.CoverUnknown {
			continue
		}
		why := ""
		if c.Why != nil {
			why = *c.Why
		}
		key := c.Cover.String() + why
		i, known := at[key]
		if !known {
			i = len(out)
			at[key], out = i, append(out, Gap{Cover: c.Cover, Why: why})
		}
		out[i].Whats = append(out[i].Whats, c.What)
	}
	return out
}

// Fate says what members of g share, and that g does not survive its failure.
func Fate(g api.Group, f api.Fate) string {
	return fmt.Sprintf("%s share the %s %s: %s does not survive its failure", Members(g, f.Members), f.Domain, f.Name, g.Name)
}

// Threatens says whether f is a failure domain that its group does not survive and that nobody has accepted.
func Threatens(f api.Fate) bool { return f.Margin < 0 && !f.Accepted }
