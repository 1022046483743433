package bench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatWasNotMeasuredStaysOnThePage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "page.md")
	for _, step := range []struct{ measured, want string }{
		{"# Page\n\nhead\n\n## 100 faults\n\nslow\n", "# Page\n\nhead\n\n## 100 faults\n\nslow\n"},
		{"\n## A fleet\n\n| 1 |\n", "# Page\n\nhead\n\n## 100 faults\n\nslow\n\n## A fleet\n\n| 1 |\n"},
		{"# Page\n\nnew\n\n## 20 faults\n\nfast\n", "# Page\n\nnew\n\n## 20 faults\n\nfast\n\n## A fleet\n\n| 1 |\n"},
		{"## A fleet\n\n| 2 |\n", "# Page\n\nnew\n\n## 20 faults\n\nfast\n\n## A fleet\n\n| 2 |\n"},
	} {
		if err := Write(path, step.measured); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != step.want {
			t.Fatalf("after %q: %v\n%s\nwant\n%s", step.measured, err, got, step.want)
		}
	}
}

func TestAFleetsGrowthIsPlottedInProportion(t *testing.T) {
	t.Parallel()
	got := CrowdsText([]Crowd{
		{Hosts: 100, Server: Use{Cores: 0.01, MiB: 30}, Connections: 100},
		{Hosts: 1000, Server: Use{Cores: 0.04, MiB: 120}, Connections: 1000},
	}, 200)
	for _, want := range []string{
		"\n## A fleet that grows\n", "| 1000 | 0.0 s | 0.040, 120 | 0.000, 0 | 0.0 s | 1000 |",
		"server, cores        100  ########## 0.010\n", "                    1000  ######################################## 0.040\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}
