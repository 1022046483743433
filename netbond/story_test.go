package netbond_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/internal/hosttest"
	"plimsoll/netbond"
	"plimsoll/redundancy"
)

// TestEveryStoryGivesItsGroups compares what each captured kernel shows, and how it is judged, with what its file wants.
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
			seen, err := netbond.New(netbond.Config{
				Dump: netbond.FromCapture(filepath.Join(h.Root, "rtnetlink/links")), Sys: h.Sys(), Proc: h.Proc(),
			}).Collect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			verdicts := []redundancy.Verdict{}
			for _, g := range seen.Groups {
				if err := g.Needs.Check(); err != nil {
					t.Errorf("%s: %v", g.ID, err)
				}
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
