package hosttest

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/redundancy"
)

// Stories are the files that a pattern matches, by the names of what they tell: a test for each. There must be one.
func Stories(tb testing.TB, pattern string) map[string]string {
	tb.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		tb.Fatalf("no stories match %s: %v", pattern, err)
	}
	stories := make(map[string]string)
	for _, file := range files {
		stories[strings.TrimSuffix(filepath.Base(file), ".txtar")] = file
	}
	return stories
}

// WantJSON is Want for v as JSON.
func (h *Host) WantJSON(tb testing.TB, name string, v any) {
	tb.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		tb.Fatal(err)
	}
	h.Want(tb, name, string(text))
}

// WantJudged compares what was seen with want/groups.json, and how its groups are judged with want/verdicts.json.
func (h *Host) WantJudged(tb testing.TB, seen redundancy.Observation) {
	tb.Helper()
	verdicts := []redundancy.Verdict{}
	for _, g := range seen.Groups {
		if err := g.Needs.Check(); err != nil {
			tb.Errorf("%s: %v", g.ID, err)
		}
		verdicts = append(verdicts, redundancy.Judge(g))
	}
	h.WantJSON(tb, "groups.json", seen)
	h.WantJSON(tb, "verdicts.json", verdicts)
}
