package story_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/sysfs"
	"plimsoll/lab/story"
	"plimsoll/netbond"
	"plimsoll/raid"
	"plimsoll/redundancy"
)

// hosts are the stories that `make demo` can play.
const hosts = "../../testdata/hosts"

// stories are all of them, by name.
func stories(tb testing.TB) map[string]story.Story {
	tb.Helper()
	files, err := filepath.Glob(hosts + "/*.txtar")
	if err != nil || len(files) == 0 {
		tb.Fatalf("no stories: %v", err)
	}
	all := map[string]story.Story{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		s, err := story.Parse(text)
		if err != nil {
			tb.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".txtar")] = s
	}
	return all
}

// witness watches a host as the agent does, with the same rooms and the same judge, but looks when it is told to.
type witness struct {
	raid     *raid.Collector
	bonds    *netbond.Collector
	now      time.Time
	rules    redundancy.Rules
	assessed redundancy.Assessment
}

func newWitness(dir string) *witness {
	return &witness{
		raid: raid.New(raid.Config{
			Sys: sysfs.New(filepath.Join(dir, "sys")), Proc: sysfs.New(filepath.Join(dir, "proc")),
		}),
		bonds: netbond.New(netbond.Config{
			Dump: netbond.FromCapture(filepath.Join(dir, "rtnetlink/links")),
			Sys:  sysfs.New(filepath.Join(dir, "sys")), Proc: sysfs.New(filepath.Join(dir, "proc")),
		}),
		now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}
}

// look is what one look of every source brings.
func (w *witness) look(t *testing.T) []story.Event {
	t.Helper()
	w.now = w.now.Add(time.Second)
	arrays, err := w.raid.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	bonds, err := w.bonds.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	next := redundancy.Assess(w.assessed, redundancy.Snapshot{Sources: []redundancy.Source{
		{Name: w.bonds.Name(), At: w.now, Observation: bonds},
		{Name: w.raid.Name(), At: w.now, Observation: arrays},
	}}, w.now, w.rules)
	var told []story.Event
	for _, e := range redundancy.Diff(w.assessed, next, func(i int) string { return fmt.Sprint(w.now.Unix(), i) }) {
		told = append(told, story.Told(e))
	}
	w.assessed = next
	w.rules.Baseline, _ = w.rules.Baseline.Learn(next)
	return told
}

// perform plays s and returns what is told in each act, sorted. In act number extra there is one look more, after so many
// of its changes.
func perform(t *testing.T, s story.Story, extra, after int) [][]string {
	t.Helper()
	dir := t.TempDir()
	stage, err := story.NewStage(dir, s.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer stage.Close()
	w := newWitness(dir)
	var all [][]string
	for i, act := range s.Acts {
		changes := act.Changes
		var told []story.Event
		if i == extra {
			set(t, stage, changes[:after])
			told = w.look(t)
			changes = changes[after:]
		}
		set(t, stage, changes)
		all = append(all, lines(append(told, w.look(t)...)))
	}
	return all
}

func set(t *testing.T, stage *story.Stage, changes []story.Change) {
	t.Helper()
	if err := stage.Set(changes); err != nil {
		t.Fatal(err)
	}
}

func lines(events []story.Event) []string {
	out := []string{}
	for _, e := range events {
		// What the agent tells of itself is not the rooms'.
		if e.Type != redundancy.AgentStarted && e.Type != redundancy.BaselineLearned {
			out = append(out, e.String())
		}
	}
	slices.Sort(out)
	return out
}

// TestAStoryIsToldAlikeWheneverSomebodyLooks looks once more between any two changes of a story: it may bring an event
// sooner, and must not bring another.
func TestAStoryIsToldAlikeWheneverSomebodyLooks(t *testing.T) {
	t.Parallel()
	for name, s := range stories(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want [][]string
			for _, act := range s.Acts {
				want = append(want, lines(act.Want))
			}
			const never = -1
			if diff := cmp.Diff(want, perform(t, s, never, 0)); diff != "" {
				t.Fatalf("looking at the end of each act (-want +got):\n%s", diff)
			}
			for i, act := range s.Acts {
				for after := range act.Changes {
					if diff := cmp.Diff(want, perform(t, s, i, after)); diff != "" {
						t.Errorf("act %d, looking before %s changes (-want +got):\n%s", i+1, act.Changes[after].Path, diff)
					}
				}
			}
		})
	}
}
