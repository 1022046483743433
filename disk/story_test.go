package disk_test

import (
	"encoding/json"
	"testing"

	"plimsoll/disk"
	"plimsoll/internal/hosttest"
)

// TestStories compares what is told of every captured or made-up host in testdata with what it is to be.
func TestStories(t *testing.T) {
	t.Parallel()
	for name, file := range hosttest.Stories(t, "testdata/*.txtar") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := hosttest.Root(t, file)
			o, err := disk.New(disk.Config{Sys: h.Sys(), NotAsked: "the host is a captured one"}).Collect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(o, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			h.Want(t, "observation.json", string(got))
		})
	}
}
