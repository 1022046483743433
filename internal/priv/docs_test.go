package priv_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/priv"
)

var update = flag.Bool("update", false, "write the vocabulary in docs/security.md")

const page = "../../docs/security.md"

func TestSecurityPageListsExactlyTheVocabulary(t *testing.T) {
	t.Parallel()
	const begin, end = "<!-- vocabulary: written by make docs -->\n", "<!-- end of vocabulary -->\n"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), begin)
	got, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the vocabulary", page)
	}
	var want strings.Builder
	want.WriteString("\n| verb | unit | takes | changes | allowed by | does | why |\n|---|---|---|---|---|---|---|\n")
	for _, e := range priv.Vocabulary() {
		changes, by := "nothing", "–"
		if e.Writes {
			changes = "the host"
		}
		if e.Allows != "" {
			by = "`" + e.Allows + "`"
		}
		fmt.Fprintf(&want, "| `%s` | %s | %s | %s | %s | %s | %s |\n", e.Verb, e.Part.Unit(), e.Takes, changes, by, e.Does, e.Why)
	}
	want.WriteString("\n")
	if *update {
		if err := os.WriteFile(page, []byte(head+begin+want.String()+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want.String(), got); diff != "" {
		t.Errorf("%s is out of date, run 'make docs' (-want +got):\n%s", page, diff)
	}
}

func TestVocabularyIsSortedAndEveryEntryHasItsReason(t *testing.T) {
	t.Parallel()
	all := priv.Vocabulary()
	if !slices.IsSortedFunc(all, func(a, b priv.Entry) int { return strings.Compare(string(a.Verb), string(b.Verb)) }) {
		t.Error("not sorted")
	}
	for _, e := range all {
		if e.Does == "" || e.Why == "" || e.Takes == "" || e.Part.Unit() == "" || (e.Writes && (e.Allows == "" || e.Part == priv.Senses)) {
			t.Errorf("%s: incomplete, changes something from among the senses, or changes something that nobody has to list", e.Verb)
		}
	}
}
