package power_test

import (
	"testing"
	"time"

	"plimsoll/internal/hosttest"
	"plimsoll/power"
	"plimsoll/redundancy"
)

func look(tb testing.TB, c *power.Collector) redundancy.Observation {
	tb.Helper()
	seen, err := c.Collect(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	for _, g := range seen.Groups {
		if err := g.Needs.Check(); err != nil {
			tb.Errorf("%s: %v", g.ID, err)
		}
	}
	return seen
}

// TestEveryMakersRecordsGiveItsGroup compares what each BMC shows, and how it is judged, with what its file wants.
func TestEveryMakersRecordsGiveItsGroup(t *testing.T) {
	t.Parallel()
	for name, file := range hosttest.Stories(t, "testdata/*.txtar") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := hosttest.Root(t, file)
			h.WantJudged(t, look(t, power.New(power.Config{Sys: h.Sys(), BMC: captured(t, file)})))
		})
	}
}

// epoch is when every story of these tests is told.
func epoch() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }
