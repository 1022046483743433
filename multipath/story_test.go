package multipath_test

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"plimsoll/internal/hosttest"
	"plimsoll/multipath"
)

// TestStories compares what is told of every made-up host in testdata with what it is to be.
func TestStories(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no stories", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			h := hosttest.Root(t, file)
			o, err := multipath.New(multipath.Config{Sys: h.Sys(), Senses: mapper()}).Collect(t.Context())
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
