package hwmon_test

import (
	"testing"

	"plimsoll/hwmon"
	"plimsoll/internal/hosttest"
	"plimsoll/redundancy"
)

func look(t *testing.T, c *hwmon.Collector) redundancy.Observation {
	t.Helper()
	seen, err := c.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

// TestEveryStoryGivesItsComponents compares what each fixture host shows with what its file wants.
func TestEveryStoryGivesItsComponents(t *testing.T) {
	t.Parallel()
	for name, file := range hosttest.Stories(t, "testdata/*.txtar") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := hosttest.Root(t, file)
			h.WantJSON(t, "components.json", look(t, hwmon.New(hwmon.Config{Sys: h.Sys()})))
		})
	}
}
