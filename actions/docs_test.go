package actions_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestEveryReasonStandsInTheDocs(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("reason.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "## What holds an action")
	keys := regexp.MustCompile(`\bwhy\w+ += "([^"]+)"`).FindAllSubmatch(source, -1)
	if len(keys) < 15 {
		t.Fatalf("only %d keys are found in reason.go", len(keys))
	}
	for _, key := range keys {
		if !strings.Contains(table, "`"+string(key[1])+"`") {
			t.Errorf("docs/policy.md does not say what `%s` means", key[1])
		}
	}
}
