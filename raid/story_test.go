package raid_test

import (
	"testing"

	"plimsoll/internal/hosttest"
	"plimsoll/raid"
	"plimsoll/redundancy"
)

func collector(h *hosttest.Host) *raid.Collector {
	return raid.New(raid.Config{Sys: h.Sys(), Proc: h.Proc(), Run: h.Run()})
}

func look(t *testing.T, c *raid.Collector) redundancy.Observation {
	t.Helper()
	seen, err := c.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range seen.Groups {
		if err := g.Needs.Check(); err != nil {
			t.Errorf("%s: %v", g.ID, err)
		}
	}
	return seen
}

// TestEveryStoryGivesItsGroups compares what each fixture host shows, and how it is judged, with what its file wants.
func TestEveryStoryGivesItsGroups(t *testing.T) {
	t.Parallel()
	for name, file := range hosttest.Stories(t, "testdata/*.txtar") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := hosttest.Root(t, file)
			h.WantJudged(t, look(t, collector(h)))
		})
	}
}
