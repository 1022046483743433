package raid_test

import (
	"testing"

	"plimsoll/internal/hosttest"
	"plimsoll/redundancy"
)

func TestAHintIsFollowedWhereItPointsAndTheRestKeepsItsAge(t *testing.T) {
	t.Parallel()
	h := hosttest.Root(t, "testdata/raid1-check-delayed-by-another.txtar")
	c := collector(h)
	before := look(t, c)
	names := map[string]string{}
	for _, g := range before.Groups {
		names[g.Name] = string(g.ID)
		h.Write(t, "sys/devices/virtual/block/"+g.Name+"/md/array_state", "broken\n")
	}
	if len(names) < 2 || names["md1"] == "" {
		t.Fatalf("the story has the arrays %v, want md1 and others", names)
	}
	c.Hint("md1")
	for _, g := range look(t, c).Groups {
		hinted := g.Name == "md1"
		if failed := g.Serving == redundancy.No; failed != hinted {
			t.Errorf("%s serves: %s, after a hint at md1", g.Name, g.Serving)
		}
		for _, m := range g.Members {
			if dated := !m.Evidence[0].At.IsZero(); dated == hinted {
				t.Errorf("%s of %s has evidence of its own age: %v", m.Name, g.Name, dated)
			}
		}
	}
	for _, g := range look(t, c).Groups {
		if g.Serving != redundancy.No {
			t.Errorf("%s serves: %s, after a whole look", g.Name, g.Serving)
		}
	}
}
