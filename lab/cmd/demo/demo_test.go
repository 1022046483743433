package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/agent"
	"plimsoll/internal/cli"
	"plimsoll/internal/config"
	"plimsoll/lab/story"
)

// TestMain is the command too: the agent of a story finds it on the path and runs its NATS server with it.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "nats-server" {
		os.Exit(cli.Run(context.Background(), os.Args[1:], cli.Options{Out: os.Stdout, Err: os.Stderr}))
	}
	os.Exit(tests(m))
}

func tests(m *testing.M) int {
	self, err := os.Executable()
	var dir string
	if err == nil {
		dir, err = os.MkdirTemp("", "demo")
	}
	if err == nil {
		err = os.Symlink(self, filepath.Join(dir, "plimsoll"))
	}
	if err == nil {
		err = os.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	return m.Run()
}

// house is a theater within the test: the agent and the command as they are, without the programs around them, and looking
// ten times a second.
type house struct {
	place place
	out   io.Writer
}

const often = 100 * time.Millisecond

func (h house) run(ctx context.Context) error {
	c := config.Default()
	c.NATS.Embedded, c.Listen = true, ""
	c.Socket, c.State = h.place.socket(), h.place.state()
	c.Path.Sysfs, c.Path.Procfs = h.place.sys(), h.place.proc()
	looks := &c.Looks
	for _, look := range []*config.Look{&looks.Raid, &looks.Bond, &looks.LLDP, &looks.Topology, &looks.Disk, &looks.Hwmon, &looks.Multipath, &looks.Power} {
		look.Every = often
	}
	c.Settle.Bond.Worse, c.Settle.Bond.Better = often, often
	return agent.Run(ctx, agent.Options{
		Config: c, Version: "test", Links: h.place.links(), Log: slog.New(slog.DiscardHandler), LinesLost: func() uint64 { return 0 },
	})
}

func (h house) ask(ctx context.Context, args []string) error {
	code := cli.Run(ctx, append([]string{"--socket", h.place.socket()}, args...), cli.Options{
		Out: h.out, Err: h.out, Version: "test", Now: time.Now, Terminal: func() (int, int, bool) { return 0, 0, false },
	})
	if code > answeredBad {
		return fmt.Errorf("plimsoll %s: exit status %d", strings.Join(args, " "), code)
	}
	return nil
}

// watch plays a story at once and gives what is to be seen.
func watch(t *testing.T, told story.Story, patience time.Duration) (string, error) {
	t.Helper()
	var seen bytes.Buffer
	p := performance{story: told, place: place(t.TempDir()), patience: patience, out: screen{Writer: &seen}}
	err := p.play(t.Context(), house{p.place, &seen})
	return seen.String(), err
}

func mustRead(t *testing.T, file string) story.Story {
	t.Helper()
	told, err := read(file)
	if err != nil {
		t.Fatal(err)
	}
	return told
}

func TestTheAgentTellsEveryStory(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../testdata/hosts/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			told := mustRead(t, file)
			seen, err := watch(t, told, time.Minute)
			if err != nil {
				t.Errorf("%v, after\n%s", err, seen)
			}
			for _, act := range told.Acts {
				if !strings.Contains(seen, act.Title) {
					t.Errorf("nothing is to be seen of %q", act.Title)
				}
				for _, e := range act.Want {
					if !strings.Contains(seen, e.Type) {
						t.Errorf("nothing is to be seen of %s", e)
					}
				}
			}
		})
	}
}

// quiet is a host on which nothing is redundant.
const quiet = `A host of nothing.
-- sys/block/ --
-- proc/sys/kernel/hostname --
db1
-- rtnetlink/links --
-- act 0s: Nothing happens --
-- want --
`

func TestAStoryThatIsToldOtherwiseFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		want     string
		patience time.Duration
		why      string
	}{
		"an event is missing":     {"agent.started\nredundancy.lost md0\n", 2 * time.Second, "the agent has not said within 2s: redundancy.lost md0"},
		"an event is too many":    {"", time.Minute, `the agent says "agent.started", which the story does not want`},
		"a question has no sense": {"agent.started\n-- ask --\nwhy md7\n", time.Minute, "plimsoll why md7: exit status 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			told, err := story.Parse([]byte(quiet + c.want))
			if err != nil {
				t.Fatal(err)
			}
			seen, err := watch(t, told, c.patience)
			if err == nil || !strings.Contains(err.Error(), c.why) {
				t.Errorf("got %v, want %q, after\n%s", err, c.why, seen)
			}
		})
	}
}

// shut is a theater whose agent ends at once.
type shut struct{}

func (shut) run(context.Context) error           { return io.ErrUnexpectedEOF }
func (shut) ask(context.Context, []string) error { return nil }

func TestAnAgentThatEndsEndsTheStoryAndSaysWhy(t *testing.T) {
	t.Parallel()
	told, err := story.Parse([]byte(quiet))
	if err != nil {
		t.Fatal(err)
	}
	p := performance{story: told, place: place(t.TempDir()), patience: time.Minute, out: screen{Writer: io.Discard}}
	err = p.play(t.Context(), shut{})
	if err == nil || !strings.Contains(err.Error(), errEarly.Error()) || !strings.Contains(err.Error(), io.ErrUnexpectedEOF.Error()) {
		t.Errorf("got %v", err)
	}
}

func TestTheConfigurationOfTheDemoIsValid(t *testing.T) {
	t.Parallel()
	p := place(filepath.Join(t.TempDir(), `a "strange" place`))
	if err := os.Mkdir(string(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := p.configure("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(p.config())
	if err != nil {
		t.Fatal(err)
	}
	if c.Path.Sysfs != p.sys() || c.Path.Procfs != p.proc() || c.Listen != "127.0.0.1:0" || c.Socket != p.socket() || c.State != p.state() || !c.NATS.Embedded {
		t.Errorf("read back: %+v", c)
	}
}
