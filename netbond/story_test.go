package netbond_test

import (
	"path/filepath"
	"testing"

	"plimsoll/internal/hosttest"
	"plimsoll/netbond"
)

// TestEveryStoryGivesItsGroups compares what each captured kernel shows, and how it is judged, with what its file wants.
func TestEveryStoryGivesItsGroups(t *testing.T) {
	t.Parallel()
	for name, file := range hosttest.Stories(t, "testdata/*.txtar") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := hosttest.Root(t, file)
			seen, err := netbond.New(netbond.Config{
				Dump: netbond.FromCapture(filepath.Join(h.Root, "rtnetlink/links")), Sys: h.Sys(), Proc: h.Proc(),
			}).Collect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			h.WantJudged(t, seen)
		})
	}
}
