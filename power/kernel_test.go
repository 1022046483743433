package power_test

import (
	"testing"

	"plimsoll/internal/hosttest"
	"plimsoll/power"
	"plimsoll/redundancy"
)

func kernel(t *testing.T, r *power.Reader) power.Kernel {
	t.Helper()
	k, err := r.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestEveryKernelStoryGivesItsGroups compares what each fixture host shows, and how it is judged, with what its file wants.
func TestEveryKernelStoryGivesItsGroups(t *testing.T) {
	t.Parallel()
	for name, file := range hosttest.Stories(t, "testdata/kernel/*.txtar") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := hosttest.Root(t, file)
			k := kernel(t, power.ChipReader(h.Sys()))
			k.Lines = kernel(t, power.LineReader(h.Sys())).Lines
			var groups []redundancy.Group
			if supplies := k.Supplies(power.Settings{}); len(supplies) > 0 {
				load, beyond := k.Load()
				g, _ := power.System{Supplies: supplies, Load: load, Beyond: beyond}.Group(power.Settings{Needed: 1})
				groups = append(groups, g)
			}
			if g, is := k.LineGroup(power.Settings{}); is {
				groups = append(groups, g)
			}
			verdicts := []string{}
			for _, g := range groups {
				v := redundancy.Judge(g)
				verdicts = append(verdicts, string(g.ID)+" "+v.Status.String()+" "+v.Margin.String())
			}
			load, beyond := k.Load()
			h.WantJSON(t, "groups.json", map[string]any{"groups": groups, "load": load, "beyond": beyond, "verdicts": verdicts})
		})
	}
}
