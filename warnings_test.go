package plimsoll_test

import (
	"go/ast"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEveryWarningIsDocumented compares the keys of all rooms, which are constants named Warn…, with the tables of
// docs/warnings.md.
func TestEveryWarningIsDocumented(t *testing.T) {
	t.Parallel()
	keys := make(map[string]string) // by key: where it stands
	for _, r := range house(t) {
		for _, f := range r.files {
			for name, key := range constants(f) {
				if strings.HasPrefix(name, "Warn") && !strings.Contains(key, ".") { // an event's type has a dot
					if where, taken := keys[key]; taken {
						t.Errorf("%s: %s is a key already in %s", f.path, key, where)
					}
					keys[key] = f.path
				}
			}
		}
	}
	var want, got []string
	for key := range keys {
		want = append(want, key)
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(readFile(t, "docs/warnings.md"), -1) {
		got = append(got, row[1])
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/warnings.md (-the source +the page):\n%s", diff)
	}
}

// constants are the strings among the constants of a file, by name.
func constants(f source) map[string]string {
	out := make(map[string]string)
	ast.Inspect(f.ast, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, v := range spec.Values {
			if lit, ok := v.(*ast.BasicLit); ok && i < len(spec.Names) {
				if s, err := strconv.Unquote(lit.Value); err == nil {
					out[spec.Names[i].Name] = s
				}
			}
		}
		return true
	})
	return out
}
