package cli

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/view/xtest"
)

// blanks are what a person fills in, and what the host of these tests has for it.
var blanks = strings.NewReplacer(
	"BOND --to MEMBER", "bond0 --to eth1", "ARRAY NAME", "md0 sdb1", "drill sda", "drill sda2", "feed:r12-a", "sdc1",
	"[GROUP]", "md0", "[MEMBER]", "", "[--to MEMBER]", "", "[--why WHY]", "", "[WHY]", "", "--for TIME", "--for 1h",
	"GROUP", "bond0", "ARRAY", "md0", "BOND", "bond0", "MEMBER", "sdb1", "NAME", "md0", "WHY", "why", "pull X", "pull md0", "card:…", "md0", "…", "x",
)

// TestEveryCommandOnAPageRuns runs what the pages tell people to type, against the API of a host, and finds no mistake in it: not
// a name, a flag or a value that the command does not take.
func TestEveryCommandOnAPageRuns(t *testing.T) {
	t.Parallel()
	w := serve(t, xtest.Willing())
	dir := t.TempDir()
	ran := 0
	for _, line := range distinct(documented(t)) {
		line, _, _ = strings.Cut(line, " | ")
		line, _, _ = strings.Cut(line, " >")
		args := strings.Fields(quotes.ReplaceAllString(blanks.Replace(line), "words"))[1:]
		if args[0] == "fleet" || args[0] == "metrics" || slices.Contains(args, "--host") || mentioned(args) {
			continue // what asks a fleet, or an agent's exporter, has tests of its own, with these
		}
		if len(args) == 2 && args[0] == "config" && args[1] != "schema" {
			args = append(args, "FILE") // it would read that of /etc
		}
		for i, arg := range args {
			switch {
			case arg == "FILE" && args[0] == "config":
				args[i] = filepath.Join("..", "config", "default.yaml")
			case arg == "FILE", strings.HasSuffix(arg, ".prom"):
				args[i] = filepath.Join(dir, "written")
			}
		}
		ran++
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second) // what follows or watches is ended
		got := w.runs(ctx, args...)
		if cancel(); got.code == exitUsage && got.err != "" { // check says that way that something is critical
			t.Errorf("%s: %s", strings.Join(args, " "), got.err)
		}
	}
	if ran < 40 {
		t.Errorf("only %d commands were run", ran)
	}
}

// distinct are the command lines of all pages, in order, each once.
func distinct(pages map[string]string) []string {
	var out []string
	for _, text := range pages {
		out = append(out, commandLines(text)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// mentioned says whether a command is only named: it takes arguments, and has none.
func mentioned(args []string) bool {
	cmd, rest, err := (&command{}).root().Find(args)
	return err == nil && len(rest) == 0 && cmd.ValidateArgs(nil) != nil
}
