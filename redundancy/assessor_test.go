package redundancy_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plimsoll/redundancy"
)

// TestAnAssessorRemembersNothingThatMatters lets one assessor judge a history in which sources often find what they found
// before, and baselines learn, beside one that begins anew at every step.
func TestAnAssessorRemembersNothingThatMatters(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var assessor redundancy.Assessor
		var a redundancy.Assessment
		r, now := drawRules(t), t0()
		s := drawSnapshot(t, now)
		for step := range rapid.IntRange(1, 12).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "passed")) * time.Second)
			want := redundancy.Assess(a, s, now, r)
			got := assessor.Assess(a, s, now, r)
			if d := cmp.Diff(want, got); d != "" {
				t.Fatalf("step %d (-anew +remembering):\n%s", step, d)
			}
			events := redundancy.Diff(a, got, func(i int) string { return fmt.Sprintf("e%d.%d", step, i) })
			if a = got; len(events) > 0 {
				a = got.Cited(events)
			}
			r.Baseline, _ = r.Baseline.Learn(a)
			s = drawChange(t, s, now)
		}
	})
}

// drawChange is s after a while: some sources looked again, some found something else.
func drawChange(t *rapid.T, s redundancy.Snapshot, now time.Time) redundancy.Snapshot {
	other := drawSnapshot(t, now)
	for i, src := range s.Sources {
		for _, new := range other.Sources {
			if new.Name != src.Name {
				continue
			}
			switch rapid.SampledFrom([]string{"same", "looked", "groups", "disks", "parts", "all"}).Draw(t, "change") {
			case "looked":
				src.At = now
			case "groups":
				src.Observation.Groups = new.Observation.Groups
			case "disks":
				src.At, src.Observation.Components = now, new.Observation.Components
			case "parts":
				src.Observation.Parts, src.Observation.Uses = new.Observation.Parts, new.Observation.Uses
			case "all":
				src = new
			}
			s.Sources = append(append([]redundancy.Source{}, s.Sources[:i]...), append([]redundancy.Source{src}, s.Sources[i+1:]...)...)
		}
	}
	return s
}
