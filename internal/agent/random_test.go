package agent

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plimsoll/fleet"
	"plimsoll/redundancy"
)

// op is one thing that happens to a sim.
type op struct {
	name string
	do   func(*sim)
}

// anyGroup is a mirror or a bond of two or three in any condition.
func anyGroup(t *rapid.T, kind redundancy.Kind, n int) redundancy.Group {
	states := []redundancy.State{
		redundancy.Enabled, redundancy.Enabled, redundancy.Enabled, redundancy.Standby, redundancy.Disabled, redundancy.Recovering,
		redundancy.Absent, redundancy.StateUnknown,
	}
	g := mirror(rapid.SliceOfN(rapid.SampledFrom(states), 2, 3).Draw(t, "states")...)
	was := g.ID
	g.ID, g.Name, g.Kind = redundancy.ID(fmt.Sprintf("%s:%d", kind, n)), fmt.Sprintf("g%d", n), kind
	for i := range g.Members {
		m := &g.Members[i]
		m.ID = g.ID + m.ID[len(was):]
		g.Needs.AllOf[0].Members[i] = m.ID
		if rapid.IntRange(0, 9).Draw(t, "doubt") == 0 {
			m.Doubts = []redundancy.Doubt{redundancy.DoubtPredicted}
		}
		m.Evidence = []redundancy.Evidence{{Where: "here", Value: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "value")}}
	}
	g.Serving = rapid.SampledFrom([]redundancy.Tristate{redundancy.Yes, redundancy.Yes, redundancy.Yes, redundancy.Unread, redundancy.No}).Draw(t, "serving")
	if rapid.IntRange(0, 4).Draw(t, "activity") == 0 {
		g.Activity = &redundancy.Activity{Kind: "recover", Done: rapid.Uint64Range(0, 100).Draw(t, "done"), Total: 100, Speed: 1.5}
	}
	if rapid.IntRange(0, 4).Draw(t, "warning") == 0 {
		g.Warnings = []redundancy.Warning{{Key: "odd", Text: "odd", Member: g.Members[0].ID}}
	}
	if rapid.IntRange(0, 4).Draw(t, "spare") == 0 {
		g.Members = append(g.Members, redundancy.Component{ID: g.ID + "/zspare", Name: "sdz", State: redundancy.Spare, Health: redundancy.OK})
	}
	return g
}

// anyDisk is a lone component in any condition.
func anyDisk(t *rapid.T, n int) redundancy.Component {
	c := redundancy.Component{
		ID: redundancy.ID(fmt.Sprintf("disk:wwn:%d", n)), Kind: redundancy.KindDisk, Name: fmt.Sprintf("sd%c", 'a'+n), Health: redundancy.OK,
		State: rapid.SampledFrom([]redundancy.State{
			redundancy.Enabled, redundancy.Enabled, redundancy.Enabled, redundancy.Disabled, redundancy.StateUnknown,
		}).Draw(t, "state"),
		Evidence: []redundancy.Evidence{{Where: "here", Value: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "value")}},
	}
	if rapid.IntRange(0, 4).Draw(t, "predicted") == 0 {
		c.Health, c.Doubts = redundancy.HealthWarning, []redundancy.Doubt{redundancy.DoubtPredicted}
	}
	if rapid.IntRange(0, 4).Draw(t, "warning") == 0 {
		c.Warnings = []redundancy.Warning{{Key: "odd", Text: "odd", Evidence: c.Evidence}}
	}
	return c
}

func anyLook(t *rapid.T) op {
	source := rapid.SampledFrom([]string{"raid", "bond"}).Draw(t, "source")
	var groups []redundancy.Group
	for n := range rapid.IntRange(0, 2).Draw(t, "groups") {
		g := anyGroup(t, redundancy.Kind(source), n)
		if n > 0 && rapid.Bool().Draw(t, "stacked") {
			g.Members[0].StandsOn = []redundancy.ID{groups[0].ID, groups[0].Members[1].ID}
		}
		groups = append(groups, g)
	}
	if rapid.Bool().Draw(t, "turned") && len(groups) == 2 { // what stands on the other has the lower name
		groups[0].Members[0].StandsOn, groups[1].Members[0].StandsOn = groups[1].Members[0].StandsOn, nil
		if len(groups[0].Members[0].StandsOn) > 0 {
			groups[0].Members[0].StandsOn = []redundancy.ID{groups[1].ID, groups[1].Members[1].ID}
		}
	}
	o := redundancy.Observation{Groups: groups}
	for n := range rapid.IntRange(0, 2).Draw(t, "disks") {
		if source != "raid" {
			break // a component comes from one source
		}
		o.Components = append(o.Components, anyDisk(t, n))
		if len(groups) > 0 && rapid.Bool().Draw(t, "below") {
			m := &groups[0].Members[n]
			m.StandsOn = append(slices.Clone(m.StandsOn), o.Components[n].ID)
		}
	}
	return op{
		fmt.Sprintf("look at %s: %d groups, %d disks", source, len(groups), len(o.Components)), func(s *sim) { s.finds(source, o) },
	}
}

// happenings are what anyOp draws from; what stands there more often happens more often.
var happenings = []string{
	"look", "look", "look", "look", "flush", "flush", "pass", "pass", "hang", "answer", "fill", "room", "open", "ack", "problem",
	"checkpoint", "overdue", "look fails", "clock", "cut", "crash",
}

// anyOp is whatever may happen, but for some.
func anyOp(t *rapid.T, but ...string) op {
	allowed := slices.DeleteFunc(slices.Clone(happenings), func(h string) bool { return slices.Contains(but, h) })
	switch name := rapid.SampledFrom(allowed).Draw(t, "op"); name {
	case "look":
		return anyLook(t)
	case "pass":
		ms := rapid.SampledFrom([]int{1, 50, 700, 1000, 2000, 4000, 20_000, 60_000}).Draw(t, "ms")
		return op{fmt.Sprintf("pass %d ms", ms), func(s *sim) { s.pass(time.Duration(ms)*time.Millisecond, 0) }}
	case "crash":
		n := rapid.IntRange(0, 3).Draw(t, "kept")
		return op{name, func(s *sim) { s.crash(n) }}
	default:
		return op{name, map[string]func(*sim){
			"flush":  (*sim).flush,
			"hang":   func(s *sim) { s.stuck = true },
			"answer": func(s *sim) { s.stuck = false; s.flush() },
			"fill":   func(s *sim) { s.full = true },
			"room":   func(s *sim) { s.full = false },
			"open":   (*sim).open,
			"ack":    (*sim).ack,
			"problem": func(s *sim) {
				s.step(Input{Log: &LogNews{Durable: s.durable, Problem: "input/output error"}})
			},
			"checkpoint": func(s *sim) { s.step(Input{Log: &LogNews{Durable: s.durable, Full: true}}) },
			"overdue":    func(s *sim) { s.step(Input{Look: &Look{Source: "raid", Began: s.now, Overdue: true}}) },
			"look fails": func(s *sim) { s.step(Input{Look: &Look{Source: "bond", Began: s.now, Ended: s.now, Err: "no"}}) },
			"clock":      func(s *sim) { s.wall += 7 * time.Hour },
			"cut":        func(s *sim) { s.step(Input{Stream: &StreamNews{Connected: new(bool), Problem: "cut"}}) },
		}[name]}
	}
}

// crash kills the agent and starts another, unless something was told from memory that only this one knows: the stream has
// that, and nobody will be left to take it back.
func (s *sim) crash(kept int) {
	secret := s.st.stuck() || s.st.Log.Refusal != "" || !s.opened ||
		slices.ContainsFunc(s.records[s.durable:], func(r Record) bool { return r.Kind == RecordVolatile })
	if !secret {
		s.kill(kept)
		s.boot()
	}
}

func anyStory(t *rapid.T, but ...string) []op {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) op { return anyOp(t, but...) }), 1, 30).Draw(t, "story")
}

// String is for the log of a story that fails.
func (o op) String() string { return o.name }

func TestAnyStoryIsOneInAgentLogAndStream(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := newSim(t)
		s.checked, s.posts = true, true
		for _, o := range anyStory(t) {
			o.do(s)
		}
		s.calm()
		s.wantOneStory()
		s.wantViewsUnchanged()
	})
}

func TestSteppingMoreOftenThanAskedTellsNothingElse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		story := anyStory(t, "crash")
		told := func(every time.Duration) []redundancy.Event {
			s := newSim(t)
			s.open()
			for _, o := range story {
				o.do(s)
				s.pass(137*time.Millisecond, every)
			}
			s.stuck, s.full = false, false
			s.pass(12*time.Second, every*10)
			return s.stream
		}
		if diff := cmp.Diff(asJSON(t, told(0)), asJSON(t, told(10*time.Millisecond))); diff != "" {
			t.Errorf("published (-woken when asked +every 10 ms):\n%s", diff)
		}
	})
}

func TestATraceReplaysToWhatWasPublished(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := newSim(t)
		turn := rapid.IntRange(0, 20).Draw(t, "turn")
		for i, o := range anyStory(t, "crash") {
			o.do(s)
			if i == turn {
				if err := s.trace.Begin(s.st); err != nil {
					t.Fatalf("turn: %v", err)
				}
			}
		}
		var trace bytes.Buffer
		if _, err := s.trace.WriteTo(&trace); err != nil {
			t.Fatalf("write trace: %v", err)
		}
		var got []string
		if err := Replay(&trace, func(e redundancy.Event) { got = append(got, asJSON(t, e)) }); err != nil {
			t.Fatalf("replay: %v", err)
		}
		var want []string
		for _, e := range s.stream {
			want = append(want, asJSON(t, e))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("published (-then +replayed):\n%s", diff)
		}
	})
}

func TestACheckpointSaysWhatTheRecordsSay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := newSim(t)
		s.open()
		for _, o := range anyStory(t, "crash", "checkpoint", "fill") {
			o.do(s)
		}
		s.stuck = false
		s.pass(2*CursorEvery, 0)
		s.flush()
		s.flush()
		if slices.ContainsFunc(s.records, func(r Record) bool { return r.Kind == RecordCheckpoint }) {
			t.Fatalf("the log has a checkpoint")
		}
		want, got := roundTrip(t, s.st.checkpoint()), s.opening().Before
		if diff := cmp.Diff(want.Assessment.Public(), got.Assessment.Public()); diff != "" {
			t.Errorf("assessment (-checkpoint +records):\n%s", diff)
		}
		if diff := cmp.Diff(asJSON(t, want.Baseline), asJSON(t, got.Baseline)); diff != "" {
			t.Errorf("baseline (-checkpoint +records):\n%s", diff)
		}
		if diff := cmp.Diff([][]fleet.Cursor{want.Cursors}, [][]fleet.Cursor{got.Cursors}); diff != "" {
			t.Errorf("cursors (-checkpoint +records):\n%s", diff)
		}
		for _, g := range want.Assessment.Groups {
			other, _ := got.Assessment.Group(g.Group.ID)
			if diff := cmp.Diff(g.Faults, other.Faults); diff != "" {
				t.Errorf("open faults of %s (-checkpoint +records):\n%s", g.Group.ID, diff)
			}
		}
		for _, l := range want.Assessment.Components {
			if other, _ := got.Assessment.Component(l.Component.ID); l.Fault != other.Fault {
				t.Errorf("open fault of %s is %q in the checkpoint, %q by the records", l.Component.ID, l.Fault, other.Fault)
			}
		}
	})
}
