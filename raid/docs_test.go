package raid_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestEveryWarningIsDocumented compares the keys in warnings.go with docs/warnings.md.
func TestEveryWarningIsDocumented(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("warnings.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../docs/warnings.md")
	if err != nil {
		t.Fatal(err)
	}
	keys := regexp.MustCompile(`Warn\w+\s+= "([a-z-]+)"`).FindAllSubmatch(source, -1)
	if len(keys) == 0 {
		t.Fatal("no keys found")
	}
	for _, key := range keys {
		if !strings.Contains(string(page), "\n| `"+string(key[1])+"` |") {
			t.Errorf("%s is not in docs/warnings.md", key[1])
		}
	}
}
