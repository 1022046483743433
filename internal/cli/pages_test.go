package cli

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"plimsoll/internal/view/xtest"
)

// documented are the pages for people.
func documented(t *testing.T) map[string]string {
	t.Helper()
	files := []string{"../../README.md"}
	for _, pattern := range []string{"../../docs/*.md", "../../docs/*/README.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	out := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(file)] = string(text)
	}
	return out
}

var (
	fence  = regexp.MustCompile("(?ms)^```[a-z]*\n(.*?)^```$")
	inline = regexp.MustCompile("`(plimsoll [^`]*)`")
	quotes = regexp.MustCompile(`"([^"]*)"`)
	goesOn = regexp.MustCompile(`\\\n\s*`)
)

// commandLines are those of plimsoll on a page, without what explains them.
func commandLines(page string) []string {
	var out []string
	for _, block := range fence.FindAllStringSubmatch(page, -1) {
		for line := range strings.Lines(goesOn.ReplaceAllString(block[1], " ")) {
			line = strings.TrimPrefix(strings.TrimSpace(line), "$ ")
			if strings.HasPrefix(line, "plimsoll ") {
				line, _, _ = strings.Cut(line, "  ")
				out = append(out, line)
			}
		}
	}
	for _, m := range inline.FindAllStringSubmatch(fence.ReplaceAllString(page, ""), -1) {
		out = append(out, m[1])
	}
	return out
}

func TestEveryCommandOnAPageIsOne(t *testing.T) {
	t.Parallel()
	seen := 0
	for page, text := range documented(t) {
		for _, line := range commandLines(text) {
			seen++
			// What may be left out is given, and what a person would fill in stands for itself.
			line = strings.NewReplacer("[", "", "]", "", "--for TIME", "--for 1h", "…", "x", "\n", " ").Replace(line)
			line = quotes.ReplaceAllStringFunc(line, func(q string) string { return strings.ReplaceAll(q, " ", "_") })
			line, _, _ = strings.Cut(line, " | ")
			line, _, _ = strings.Cut(line, " >")
			if err := parses(strings.Fields(line)[1:]); err != nil {
				t.Errorf("%s: %s: %v", page, line, err)
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d commands were found", seen)
	}
}

// parses says what is wrong with a command line.
func parses(args []string) error {
	c := &command{}
	cmd, rest, err := c.root().Find(args)
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); err != nil && !errors.Is(err, pflag.ErrHelp) {
		return err
	}
	if cmd.Flags().NArg() == 0 {
		return nil // named, and not called
	}
	return cmd.ValidateArgs(cmd.Flags().Args())
}

func TestEveryWorkedPolicyIsGoodAndListed(t *testing.T) {
	t.Parallel()
	w := world{socket: filepath.Join(t.TempDir(), "none")}
	files, err := filepath.Glob("../../docs/policies/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d policies: %v", len(files), err)
	}
	list := documented(t)["README.md"]
	index, err := os.ReadFile("../../docs/policies/README.md")
	if err != nil {
		t.Fatal(err)
	}
	list += string(index)
	for _, file := range files {
		if got := w.run(t, "config", "check", file); got.code != 0 {
			t.Errorf("%s: %s", file, got.err)
		}
		if !strings.Contains(list, "("+filepath.Base(file)+")") {
			t.Errorf("docs/policies/README.md does not list %s", filepath.Base(file))
		}
	}
}

func TestTheSchemaOfTheConfigurationIsPrintedWithoutAnAgent(t *testing.T) {
	t.Parallel()
	w := serve(t, xtest.Quiet())
	if got := w.run(t, "config", "schema"); got.code != 0 || !strings.Contains(got.out, `"$schema"`) {
		t.Errorf("got %d: %s%s", got.code, got.out, got.err)
	}
}
