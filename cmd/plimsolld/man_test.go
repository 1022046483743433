package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestManualPageNamesEveryFlagWithItsArgument holds plimsolld.8, which is written by hand, to the flags: in its synopsis, and
// explained among the options.
func TestManualPageNamesEveryFlagWithItsArgument(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../packaging/man/plimsolld.8")
	if err != nil {
		t.Fatal(err)
	}
	page := strings.ReplaceAll(string(text), `\-`, "-")
	synopsis := flagsIn(page[strings.Index(page, ".SH SYNOPSIS"):strings.Index(page, ".SH DESCRIPTION")],
		`(?m)^\.RB \[ --([a-z.-]+)\n\.IR ([a-z]+) \]`)
	options := flagsIn(page[strings.Index(page, ".SH OPTIONS"):strings.Index(page, ".SH EXIT STATUS")],
		`--([a-z.-]+) "? ?([a-z]+)`)
	want := flagsIn(command().Flags().FlagUsages(), `(?m)^ +--([a-z.-]+) ([a-z]+) `)
	if diff := cmp.Diff(want, synopsis); diff != "" {
		t.Errorf("synopsis (-flags +page):\n%s", diff)
	}
	if diff := cmp.Diff(want, options); diff != "" {
		t.Errorf("options (-flags +page):\n%s", diff)
	}
}

// flagsIn are the flags of a text, each with its argument.
func flagsIn(part, pattern string) []string {
	var out []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(part, -1) {
		out = append(out, m[1]+" "+m[2])
	}
	slices.Sort(out)
	return out
}
