package cli

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"unicode"

	"plimsoll/internal/api"
	"plimsoll/internal/view/xtest"
	"plimsoll/redundancy"
)

func FuzzCleanLeavesNothingThatATerminalObeys(f *testing.F) {
	for _, seed := range []string{"sda", "\x1b[2J", "a\u202eb", "\xff\xfe", "\u009b31m", "tab\there", "ü…✗", "\r\n", "\x7f", "\ufffd"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := clean(text)
		for _, r := range got {
			if !unicode.IsPrint(r) {
				t.Errorf("%q leaves %q", text, r)
			}
		}
		if again := clean(got); again != got {
			t.Errorf("%q is cleaned to %q and then to %q", text, got, again)
		}
	})
}

func TestCleanShowsWhatItTookAway(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"sda": "sda", "\x1b[31mred": `\x1b[31mred`, "a\nb": `a\nb`, "\xffx": `\xffx`, "ü ✗": "ü ✗", "\u202e": `\u202e`,
	} {
		if got := clean(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestNamesFromTheKernelReachNoTerminalUncleaned(t *testing.T) {
	t.Parallel()
	const evil = "\x1b]0;owned\x07"
	v := xtest.Faulty()
	v.Host.Name, v.Mode, v.Host.Fleet, v.NATS.URL = evil, evil, evil, evil
	v.NATS.Connected, v.NATS.Problem, v.Log.Problem, v.Outbox.Durable = false, evil, evil, false
	for i := range v.Assessment.Groups {
		g := &v.Assessment.Groups[i].Group
		g.Name, g.Kind = evil+g.Name, redundancy.Kind(evil)
		g.Evidence = append(g.Evidence, redundancy.Evidence{Where: evil, Err: evil})
		for j := range g.Members {
			g.Members[j].Name = evil
			g.Members[j].Evidence = []redundancy.Evidence{{Where: evil, Value: evil}}
		}
		for j := range g.Warnings {
			g.Warnings[j].Key, g.Warnings[j].Text = evil, evil
		}
		if g.Activity != nil {
			g.Activity.Kind, g.Activity.Phase = evil, evil
		}
	}
	for i := range v.Assessment.Sources {
		v.Assessment.Sources[i].Why, v.Assessment.Sources[i].Notes = evil, []string{evil}
	}
	for i := range v.Recent {
		v.Recent[i].Type, v.Recent[i].Text = evil, evil
	}
	w := serve(t, v)
	id := string(v.Assessment.Groups[1].Group.ID)
	for _, args := range [][]string{
		{"status"},
		{"why", id},
		{"whatif", id},
		{"events"},
		{"check"},
		{"doctor"},
		{"why", evil},
		{"check", evil},
		{"--socket", evil, "status"},
		{evil},
		{"config", "check", evil},
		{"replay", evil},
	} {
		got := w.run(t, args...)
		if got.out+got.err == "" {
			t.Errorf("%q says nothing", args)
		}
		if i := strings.IndexFunc(got.out+got.err, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 {
			t.Errorf("%q lets a control character through: %q", args, (got.out + got.err)[max(0, i-20):])
		}
	}
}

func TestMembersThatWantAttentionAreShownWhereSpaceIsShort(t *testing.T) {
	t.Parallel()
	g := api.Group{}
	for _, name := range []string{"sda", "sdb", "sdc", "sdd", "sde", "sdf"} {
		g.Members = append(g.Members, api.Component{Name: name, State: redundancy.Enabled, Health: redundancy.OK})
	}
	g.Members[5].State, g.Members[4].State = redundancy.Disabled, redundancy.Recovering
	for space, want := range map[int]string{
		80: "sda sdb sdc sdd ↻sde ✗sdf", 16: "✗sdf ↻sde sda +3", 8: "✗sdf +5", 3: "6 members",
	} {
		if got := (screen{}).text(sayMembers(g, space)); got != want {
			t.Errorf("in %d columns: got %q, want %q", space, got, want)
		}
	}
}

// TestADiskThatFailedIsShownOnce has it in its slot, and attached beside it.
func TestADiskThatFailedIsShownOnce(t *testing.T) {
	t.Parallel()
	g := api.Group{Members: []api.Component{
		{ID: "g/dev/wwn:b", Name: "sdb", State: redundancy.Disabled},
		{ID: "g/slot0", Name: "sda", State: redundancy.Enabled, Needed: true},
		{ID: "g/slot1", Name: "sdb", State: redundancy.Disabled, Needed: true},
	}}
	if got := (screen{}).text(sayMembers(g, 80)); got != "sda ✗sdb" {
		t.Errorf("got %q", got)
	}
}

func TestEmptySlotIsNamedByItsPlace(t *testing.T) {
	t.Parallel()
	m := api.Component{ID: "raid:x/slot1", State: redundancy.Absent, Health: redundancy.Critical}
	if got := sayMember(m, redundancy.NPlusM).text; got != "✗slot1" {
		t.Errorf("got %s", got)
	}
}

func TestColourIsForTerminalsThatWantIt(t *testing.T) {
	t.Parallel()
	w := serve(t, xtest.Faulty())
	for _, c := range []struct {
		columns int
		noColor bool
		flag    string
		want    bool
	}{
		{0, false, "auto", false},
		{80, false, "auto", true},
		{80, true, "auto", false},
		{0, false, "always", true},
		{80, true, "always", true},
		{80, false, "never", false},
	} {
		w.columns, w.noColor = c.columns, c.noColor
		got := strings.Contains(w.run(t, "status", "--color", c.flag).out, "\x1b[")
		if got != c.want {
			t.Errorf("%+v: colour %v", c, got)
		}
	}
}

func TestLinesOfTheStatusFitTheTerminal(t *testing.T) {
	t.Parallel()
	v := xtest.Faulty()
	v.NATS.Connected, v.NATS.Problem = false, strings.Repeat("a long story ", 20)
	s := api.NewStatus(v, xtest.At())
	for _, wide := range []int{72, 80, 100, 200} {
		for _, l := range statusLines(s, wide, xtest.At()) {
			if l.width() > wide {
				t.Errorf("%d columns: %q has %d", wide, (screen{}).text(l), l.width())
			}
		}
	}
}

func TestUnreachableAgentComesWithTheRightHint(t *testing.T) {
	t.Parallel()
	for cause, want := range map[error]string{
		fs.ErrPermission: "usermod", syscall.EACCES: "usermod", fs.ErrNotExist: "running?",
		syscall.ECONNREFUSED: "restart", errors.New("other"): "hangs",
	} {
		if got := hintUnreachable(&api.UnreachableError{Cause: cause}); !strings.Contains(got, want) {
			t.Errorf("%v: got %q", cause, got)
		}
	}
}
