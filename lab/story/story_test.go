package story_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/lab/story"
	"plimsoll/redundancy"
)

const short = `A mirror, in short.
-- sys/block/md0 -> ../devices/virtual/block/md0 --
-- sys/devices/virtual/block/md0/md/degraded --
0
-- sys/block/loop0/ --
-- act 2s: In good order --
All is well.
-- act 1.5s: A disk fails --
-- sys/block/md0/md/degraded --
1
-- sys/block/loop0 !gone --
-- want --
component.failed md0 sdb

agent.started
warning.raised md0 spare-missing
-- ask --
status
whatif sda eth0
`

func TestAStoryIsReadSectionBySection(t *testing.T) {
	t.Parallel()
	got, err := story.Parse([]byte(short))
	if err != nil {
		t.Fatal(err)
	}
	want := story.Story{
		About: "A mirror, in short.",
		Host: []story.Change{
			{Kind: story.Link, Path: "sys/block/md0", Text: "../devices/virtual/block/md0"},
			{Kind: story.Write, Path: "sys/devices/virtual/block/md0/md/degraded", Text: "0\n"},
			{Kind: story.Dir, Path: "sys/block/loop0"},
		},
		Acts: []story.Act{
			{Title: "In good order", Lasts: 2 * time.Second, Text: "All is well."},
			{
				Title: "A disk fails", Lasts: 1500 * time.Millisecond,
				Changes: []story.Change{
					{Kind: story.Write, Path: "sys/block/md0/md/degraded", Text: "1\n"},
					{Kind: story.Gone, Path: "sys/block/loop0"},
				},
				Want: []story.Event{
					{Type: redundancy.ComponentFailed, About: "md0", Part: "sdb"},
					{Type: redundancy.AgentStarted},
					{Type: redundancy.WarningRaised, About: "md0", Part: "spare-missing"},
				},
				Ask: [][]string{{"status"}, {"whatif", "sda", "eth0"}},
			},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatIsMisspelledIsNamed(t *testing.T) {
	t.Parallel()
	const act = "-- act 1s: It begins --\n"
	for text, want := range map[string]string{
		act:                                                   "want a comment at its head",
		"A host.\n-- sys/a --\n":                              `want at least one section "act`,
		"A host.\n-- act soon: It begins --\n":                `section "act soon: It begins": want "act 3s: What happens"`,
		"A host.\n-- act 1s: --\n":                            `want "act 3s: What happens"`,
		"A host.\n-- act 1h: It begins --\n":                  "of at most 1m0s",
		"A host.\n-- act -1s: It begins --\n":                 `want "act 3s: What happens"`,
		"A host.\n-- want --\n" + act:                         `section "want": want a path below sys, proc, rtnetlink`,
		"A host.\n" + act + "-- wants --\n":                   `section "wants": want a path below`,
		"A host.\n" + act + "-- want --\ndisk.failed md0\n":   `event type "disk.failed": want one of agent.started`,
		"A host.\n" + act + "-- want --\nagent.started a b c": "want type, group and part",
		"A host.\n-- sys/a !gone --\n" + act:                  "nothing can be gone before the first act",
		"A host.\n-- sys/../etc/passwd --\n" + act:            "want a path below",
		"A host.\n-- /sys/a --\n" + act:                       "want a path below",
		"A host.\n-- sys --\n" + act:                          "want a path below",
		"A host.\n-- sys/a !EIO --\n" + act:                   "want a path below",
		"A host.\n-- sys/a -> /etc/passwd --\n" + act:         "want one that stays within the host",
		"A host.\n-- sys/a -> ../../etc/passwd --\n" + act:    "want one that stays within the host",
		"A host.\n-- sys/a -> b --\nc\n" + act:                "want nothing below a link",
	} {
		_, err := story.Parse([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func TestAnEventIsToldByTypeGroupAndPart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		event redundancy.Event
		want  string
	}{
		{redundancy.Event{Type: redundancy.AgentStarted, Subject: "agent"}, "agent.started"},
		{redundancy.Event{Type: redundancy.ComponentFailed, Name: "md0", Source: "raid", Device: "sdb"}, "component.failed md0 sdb"},
		{redundancy.Event{Type: redundancy.WarningRaised, Name: "md0", Key: "spare-missing"}, "warning.raised md0 spare-missing"},
		{redundancy.Event{Type: redundancy.CollectorBlind, Source: "bond"}, "collector.blind bond"},
	} {
		if got := story.Told(c.event).String(); got != c.want {
			t.Errorf("%+v is told as %q, want %q", c.event, got, c.want)
		}
	}
}

func TestAWantedEventIsTakenOnce(t *testing.T) {
	t.Parallel()
	lost := story.Event{Type: redundancy.RedundancyLost, About: "md0"}
	regained := story.Event{Type: redundancy.RedundancyRegained, About: "md0"}
	x := story.Act{Want: []story.Event{lost, regained}}.Expect()
	if !x.Take(regained) || x.Take(regained) {
		t.Error("an event is taken as often as it is wanted: once")
	}
	if diff := cmp.Diff([]story.Event{lost}, x.Left()); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}

// FuzzParse shows that whatever parses can be played: it names nothing outside the host, and every act is one that ends.
func FuzzParse(f *testing.F) {
	f.Add(short)
	f.Add("A.\n-- act 1s: B --\n-- sys/a/../../b --\n")
	f.Add("A.\n-- sys/a -> b -> c --\n-- act 0s: B --\n-- sys/a/ !gone --\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := story.Parse([]byte(text))
		if err != nil {
			return
		}
		if s.About == "" || len(s.Acts) == 0 {
			t.Errorf("a story of nothing: %+v", s)
		}
		changes := slices.Clone(s.Host)
		for _, act := range s.Acts {
			if act.Title == "" || act.Lasts < 0 || act.Lasts > time.Minute {
				t.Errorf("an act that nobody can watch: %+v", act)
			}
			for _, e := range act.Want {
				if !slices.Contains(redundancy.EventTypes(), e.Type) {
					t.Errorf("no agent sends %q", e.Type)
				}
			}
			for _, words := range act.Ask {
				if len(words) == 0 {
					t.Error("a question without words")
				}
			}
			changes = append(changes, act.Changes...)
		}
		for _, c := range changes {
			if c.Kind == story.KindUnknown || !filepath.IsLocal(c.Path) || !strings.Contains(c.Path, "/") {
				t.Errorf("a change of nothing, or outside: %+v", c)
			}
		}
	})
}
