package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestBillNamesEachModuleOnceAndWhoHasIt(t *testing.T) {
	t.Parallel()
	shared := &debug.Module{Path: "example.org/shared", Version: "v1.0.0+incompatible", Sum: "h1:s"}
	got := bill("ship", "1.2.3", time.Unix(0, 0), []program{
		{"stern", "aa", &debug.BuildInfo{GoVersion: "go1.26.8 X:something", Deps: []*debug.Module{shared}}},
		{"bow", "bb", &debug.BuildInfo{GoVersion: "go1.26.8", Deps: []*debug.Module{
			shared, {Path: "example.org/old", Version: "v1.0.0", Replace: &debug.Module{Path: "example.org/new", Version: "v2.0.0", Sum: "h1:n"}},
		}}},
	})
	const (
		std       = "pkg:golang/stdlib@1.26.8"
		sharedRef = "pkg:golang/example.org/shared@v1.0.0%2Bincompatible"
		newRef    = "pkg:golang/example.org/new@v2.0.0"
	)
	want := document{
		Format: "CycloneDX", Spec: "1.6", Version: 1,
		Metadata: metadata{"1970-01-01T00:00:00Z", component{
			Type: "application", Ref: "ship", Name: "ship", Version: "1.2.3",
			Components: []component{
				{Type: "application", Ref: "ship/stern", Name: "stern", Version: "1.2.3", Hashes: []hash{{"SHA-256", "aa"}}},
				{Type: "application", Ref: "ship/bow", Name: "bow", Version: "1.2.3", Hashes: []hash{{"SHA-256", "bb"}}},
			},
		}},
		Components: []component{
			{Type: "library", Ref: newRef, Name: "example.org/new", Version: "v2.0.0", PURL: newRef, Properties: []property{{"go.sum", "h1:n"}}},
			{Type: "library", Ref: sharedRef, Name: "example.org/shared", Version: "v1.0.0+incompatible", PURL: sharedRef, Properties: []property{{"go.sum", "h1:s"}}},
			{Type: "library", Ref: std, Name: "stdlib", Version: "1.26.8", PURL: std},
		},
		Dependencies: []dependency{{"ship/stern", []string{sharedRef, std}}, {"ship/bow", []string{newRef, sharedRef, std}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("bill (-want +got):\n%s", diff)
	}
}

// The program that is read is this test's own.
func TestProgramTellsWhatIsLinkedIntoIt(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run([]string{"-name", "test", "-version", "1", self}, &out); err != nil {
		t.Fatal(err)
	}
	var got document
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(got.Components, func(c component) bool { return c.Name == "stdlib" }) {
		t.Errorf("the standard library is not among %v", got.Components)
	}
}

func TestWhatIsNoGoProgramIsRefused(t *testing.T) {
	t.Parallel()
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("text\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"-name", "test", "-version", "1", text}, &bytes.Buffer{}); err == nil {
		t.Error("a text file has a bill")
	}
}
