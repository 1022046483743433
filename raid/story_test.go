package raid_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
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
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			h := hosttest.Root(t, file)
			seen := look(t, collector(h))
			verdicts := []redundancy.Verdict{}
			for _, g := range seen.Groups {
				verdicts = append(verdicts, redundancy.Judge(g))
			}
			h.Want(t, "groups.json", indent(t, seen))
			h.Want(t, "verdicts.json", indent(t, verdicts))
		})
	}
}

func indent(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
