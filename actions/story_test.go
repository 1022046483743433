package actions_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"plimsoll/actions"
	"plimsoll/internal/config"
	"plimsoll/redundancy"
)

var update = flag.Bool("update", false, "write what is planned into testdata")

// noon is when every story plays.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// TestPlansAreAsTheStoriesTell plays testdata/plan: groups, history, circumstances and rules in, the plan out. Times are
// ages: fault bond0/eth0 component.failed 10s began ten seconds ago, 10s..5s ended five seconds ago.
func TestPlansAreAsTheStoriesTell(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/plan/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			story := txtar.Parse(text)
			got := told(newStory(t, story).decide())
			if *update {
				i := slices.IndexFunc(story.Files, func(f txtar.File) bool { return f.Name == "want" })
				if i < 0 {
					story.Files = append(story.Files, txtar.File{Name: "want"})
					i = len(story.Files) - 1
				}
				story.Files[i].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(story), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(section(story, "want"), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func section(a *txtar.Archive, name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

// story is one situation.
type story struct {
	tb testing.TB
	a  redundancy.Assessment
	h  actions.History
	p  actions.Policy
	c  actions.Circumstances
}

func newStory(tb testing.TB, archive *txtar.Archive) *story {
	tb.Helper()
	c, err := config.Parse("policy", append([]byte("version: 1\n"), section(archive, "policy")...))
	if err != nil {
		tb.Fatal(err)
	}
	s := &story{tb: tb, a: redundancy.Assessment{At: noon}, p: actions.Policy{Rules: c.Rules(), Ways: ways(), Labels: c.Host.Labels}}
	for _, name := range []string{"bond", "raid"} {
		s.a.Sources = append(s.a.Sources, redundancy.SourceState{Name: name, At: noon.Add(-time.Second)})
	}
	for _, line := range lines(section(archive, "groups")) {
		s.group(line)
	}
	for i := range s.a.Groups {
		g := &s.a.Groups[i]
		g.Verdict = redundancy.Judge(g.Group)
	}
	for _, line := range lines(section(archive, "history")) {
		s.history(strings.Fields(line))
	}
	for _, line := range lines(section(archive, "circumstances")) {
		word, rest, _ := strings.Cut(line, " ")
		s.circumstance(word, rest)
	}
	return s
}

func lines(text string) []string {
	return slices.DeleteFunc(strings.Split(strings.TrimSpace(text), "\n"), func(l string) bool { return strings.TrimSpace(l) == "" })
}

func (s *story) decide() actions.Plan { return actions.Decide(noon, s.a, &s.h, s.p, s.c) }

// group takes "bond0 bond [key=value…]" for a group, since=AGE and setting keys among them, and an indented line "eth0
// Enabled OK [doubt…]" for a member of the one before. What is no spare is needed, one of them.
func (s *story) group(line string) {
	f := strings.Fields(line)
	if !strings.HasPrefix(line, " ") {
		kind := redundancy.Kind(f[1])
		g := redundancy.Assessed{Source: f[1], Since: noon.Add(-time.Hour), Group: redundancy.Group{
			ID: redundancy.ID(f[1] + ":" + f[0]), Name: f[0], Kind: kind, Serving: redundancy.Yes, Settings: map[string]string{},
			Needs: redundancy.Needs{AllOf: []redundancy.Need{{Needed: redundancy.Exactly(1)}}},
		}}
		for _, pair := range f[2:] {
			key, value, _ := strings.Cut(pair, "=")
			switch key {
			case "since":
				g.Since = s.ago(value)
			case "serving":
				s.parse(&g.Group.Serving, value)
			default:
				g.Group.Settings[key] = value
			}
		}
		s.a.Groups = append(s.a.Groups, g)
		return
	}
	g := &s.a.Groups[len(s.a.Groups)-1].Group
	m := redundancy.Component{ID: g.ID + redundancy.ID("/"+f[0]), Name: f[0]}
	s.parse(&m.State, f[1])
	s.parse(&m.Health, f[2])
	for _, word := range f[3:] {
		var d redundancy.Doubt
		s.parse(&d, word)
		m.Doubts = append(m.Doubts, d)
	}
	g.Members = append(g.Members, m)
	if m.State != redundancy.Spare {
		need := &g.Needs.AllOf[0]
		need.Members = append(need.Members, m.ID)
	}
}

// history takes what a line tells by way of the records and events that would have told of it.
func (s *story) history(f []string) {
	switch f[0] {
	case "fault": // MEMBER LEVEL BEGAN[..ENDED]; the member is GROUP/NAME, or the group
		group, member := s.member(f[1])
		began, ended, over := strings.Cut(f[3], "..")
		fault := actions.Fault{Member: member, Level: f[2], Began: s.ago(began), Event: "event-of-" + f[1]}
		if over {
			fault.Ended = s.ago(ended)
		}
		if s.h.Faults == nil {
			s.h.Faults = map[redundancy.ID][]actions.Fault{}
		}
		s.h.Faults[group] = append(s.h.Faults[group], fault)
	case "started", "done", "intended", "released": // RULE VERB GROUP AGO [FROM TO [BY]]
		r := actions.Record{Phase: actions.Phase(f[0])}
		if f[0] == "released" {
			r.At = s.ago(f[1])
		} else {
			r.At = s.ago(f[4])
			r.Action = actions.Action{Rule: f[1], Verb: actions.Verb(f[2])}
			r.Action.Group, _ = s.member(f[3])
			if len(f) > 6 {
				_, r.Action.From = s.member(f[3] + "/" + f[5])
				_, r.Action.To = s.member(f[3] + "/" + f[6])
			}
			if len(f) > 7 {
				r.Action.By = f[7]
			}
		}
		s.h.Took(r)
	default:
		s.tb.Fatalf("history: what is %q?", f)
	}
}

func (s *story) circumstance(word, rest string) {
	f := strings.Fields(rest)
	switch word {
	case "booting": // AHEAD
		s.c.Booting = noon.Add(s.duration(rest))
	case "stopping":
		s.c.Stopping = true
	case "frozen":
		s.c.Frozen = append(s.c.Frozen, rest)
	case "maintenance": // HOST-OR-PATTERN AHEAD BY [WHY]
		m := actions.Maintenance{Group: f[0], Until: noon.Add(s.duration(f[1])), By: f[2], Why: strings.Join(f[3:], " ")}
		if m.Group == "host" {
			m.Group = ""
		}
		s.c.Maintenance = append(s.c.Maintenance, m)
	case "unlogged":
		s.c.Unlogged = rest
	case "fleet":
		s.c.Pools = map[string]string{"db": ""}
	case "correlated":
		group, _ := s.member(rest)
		s.c.Correlated = append(s.c.Correlated, group)
	case "blind", "unseen":
		for i := range s.a.Sources {
			src := &s.a.Sources[i]
			if src.Name == f[0] && word == "blind" {
				src.Blind, src.Why = true, "no look has come back in time"
			} else if src.Name == f[0] {
				src.At = time.Time{}
			}
		}
	default:
		s.tb.Fatalf("circumstances: what is %q?", word)
	}
}

// member is the group and, after a slash, the member that a name stands for.
func (s *story) member(name string) (group, member redundancy.ID) {
	of, part, has := strings.Cut(name, "/")
	for _, g := range s.a.Groups {
		if g.Group.Name == of {
			if has {
				member = g.Group.ID + redundancy.ID("/"+part)
			}
			return g.Group.ID, member
		}
	}
	s.tb.Fatalf("no group %q", of)
	return "", ""
}

func (s *story) ago(text string) time.Time { return noon.Add(-s.duration(text)) }

func (s *story) duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		s.tb.Fatal(err)
	}
	return d
}

func (s *story) parse(v interface{ UnmarshalText(b []byte) error }, word string) {
	if err := v.UnmarshalText([]byte(word)); err != nil {
		s.tb.Fatal(err)
	}
}

// told is a plan in words.
func told(p actions.Plan) string {
	var b bytes.Buffer
	line := func(what string, a actions.Action, more string) {
		fmt.Fprintf(&b, "%s %s %s", what, a.Verb, a.Name)
		if a.From != "" || a.To != "" {
			fmt.Fprintf(&b, " %s>%s", base(a.From), base(a.To))
		}
		fmt.Fprintf(&b, " by %s%s\n", a.Rule, more)
	}
	for _, a := range p.Do {
		more := fmt.Sprintf(", within %s, because %s", a.Deadline.Sub(a.Decided), a.Cause)
		if a.Cause == "" {
			more = fmt.Sprintf(", within %s", a.Deadline.Sub(a.Decided))
		}
		line("do", a, more)
	}
	for _, o := range p.Offer {
		line("offer", o.Action, fmt.Sprintf(", possible for %s", noon.Sub(o.Since)))
	}
	for _, h := range p.Held {
		line("hold", h.Action, "")
		for _, why := range h.Why {
			fmt.Fprintf(&b, "  %s", why)
			if !why.Until.IsZero() {
				fmt.Fprintf(&b, " [%s to go]", why.Until.Sub(noon))
			}
			b.WriteByte('\n')
		}
	}
	if !p.Next.IsZero() {
		fmt.Fprintf(&b, "next in %s\n", p.Next.Sub(noon))
	}
	if b.Len() == 0 {
		return "nothing\n"
	}
	return b.String()
}

func base(id redundancy.ID) string { return string(id)[strings.LastIndexByte(string(id), '/')+1:] }
