package layout_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"plimsoll/internal/layout"
	"plimsoll/redundancy"
)

var update = flag.Bool("update", false, "write what the stories want anew")

// TestEveryStoryGivesItsCommands reads what the baseline knows (was.json), and what there is now, if anything (is.json).
func TestEveryStoryGivesItsCommands(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			story, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var (
				id      redundancy.ID
				was     redundancy.Known
				is      *redundancy.Known
				restore bool
			)
			parts := map[string]*txtar.File{}
			for i := range story.Files {
				f := &story.Files[i]
				parts[f.Name] = f
				var err error
				switch f.Name {
				case "id":
					id = redundancy.ID(strings.TrimSpace(string(f.Data)))
				case "was.json":
					err = json.Unmarshal(f.Data, &was)
				case "is.json":
					restore = true
					err = json.Unmarshal(f.Data, &is)
				}
				if err != nil {
					t.Fatalf("%s: %v", f.Name, err)
				}
			}
			plan := layout.Make(id, was)
			if restore {
				plan = layout.Restore(id, was, is)
			}
			want := parts["want"]
			if got := text(plan); *update {
				want.Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(story), 0o600); err != nil {
					t.Fatal(err)
				}
			} else if d := cmp.Diff(string(want.Data), got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func text(p layout.Plan) string {
	var b strings.Builder
	for _, l := range p.Commands {
		b.WriteString(l + "\n")
	}
	for _, l := range p.Config {
		b.WriteString("config: " + l + "\n")
	}
	for _, l := range p.Notes {
		b.WriteString("note: " + l + "\n")
	}
	return b.String()
}
