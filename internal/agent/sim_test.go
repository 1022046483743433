package agent

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/actions"
	"plimsoll/fleet"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// tester is what a sim needs of a test: *testing.T and *rapid.T have it.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// sim is a state with a world around it: a clock, a log that hangs, fails or is full when told so, and a stream that takes
// each event once, as the publisher sees to. It does what the loop does.
type sim struct {
	t   tester
	st  *State
	now time.Time
	// wall is how far the wall clock is ahead of the steady one.
	wall time.Duration
	wake time.Time
	// checked: every step is run on a copy that went through JSON too.
	checked bool
	prompt  bool // the log is durable at once
	posts   bool // views are kept, for wantViewsUnchanged
	sources []redundancy.Source
	booted  time.Time     // when the host booted; zero: whenever an agent starts
	grace   time.Duration // how old a boot is when nothing is on its way any more
	seen    func(Effects) // is told of every step's effects
	acts    bool          // mode enforce
	dead    bool          // the agent has been killed: it takes no steps
	later   []func()      // what happens soon

	opened  bool
	records []Record // in the log, durable or not
	durable uint64
	stuck   bool // the disk hangs
	full    bool // the log takes no more

	stream  []redundancy.Event
	taken   map[place]bool  // what the stream holds of the log, by place and time
	unnoted map[string]bool // ids in the log of events that went out from memory, where a crash took the note of their other id
	life    []string        // what this life's steps published
	trace   *Trace
	views   []postedView
	said    []Line
	started int
}

type place struct {
	seq  uint64
	time time.Time
}

// postedView is a view with what it said when it was posted.
type postedView struct {
	view *view.View
	said string
}

func newSim(t tester) *sim {
	s := &sim{t: t, now: start, taken: map[place]bool{}, unnoted: map[string]bool{}, sources: []redundancy.Source{raidSource, bondSource}}
	s.boot()
	return s
}

var (
	raidSource = redundancy.Source{Name: "raid", StaleAfter: 35 * time.Second}
	bondSource = redundancy.Source{Name: "bond", StaleAfter: 18 * time.Second}
	diskSource = redundancy.Source{Name: "disk", StaleAfter: 35 * time.Second}
)

// boot starts an agent; its log is not open yet.
func (s *sim) boot() {
	s.started++
	var age time.Duration
	if !s.booted.IsZero() {
		age = s.now.Sub(s.booted)
	}
	s.st = NewState(s.now, Setup{
		BootAge: age, Grace: s.grace,
		Host: view.Host{ID: "h", Name: "db1", BootID: "b"}, Volatile: "v" + string(rune('0'+s.started)), Patience: 3 * time.Second,
		Sources: s.sources,
		Rules: redundancy.Rules{
			Settle: map[redundancy.Kind]redundancy.Settle{redundancy.KindBond: {Worse: 2 * time.Second, Better: 2 * time.Second}},
			Flap:   redundancy.Flap{Count: 5, Within: 10 * time.Minute},
		},
		Policy: actions.Policy{Rules: actions.Builtin(), Ways: ways()}, Observe: !s.acts,
	})
	s.opened, s.wall, s.trace = false, 0, &Trace{}
	if err := s.trace.Begin(s.st); err != nil {
		s.t.Fatalf("trace: %v", err)
	}
	s.step(Input{})
}

// kill ends the agent: of what the log had not made durable, the first n records are there all the same.
func (s *sim) kill(n int) {
	s.t.Helper()
	kept := min(len(s.records), int(s.durable)+n)
	for _, lost := range s.records[kept:] {
		if note, is := lost.Data.(Sent); is {
			s.unnoted[note.ID] = true
		}
	}
	s.records = s.records[:kept]
	s.durable = uint64(len(s.records))
	s.stuck, s.full = false, false
}

// open opens the log; the publisher sends what the stream lacks.
func (s *sim) open() {
	s.t.Helper()
	if s.opened {
		return
	}
	s.opened = true
	o := s.opening()
	for _, seq := range o.Pending {
		s.publish(Outgoing{Told: s.records[seq-1].Data.(Told), LogID: "l", Seq: seq})
	}
	s.step(Input{Opened: o})
}

// opening is what restore finds: the newest checkpoint and what follows it.
func (s *sim) opening() *Opened {
	s.t.Helper()
	o := &Opened{LogID: "l", Next: s.durable + 1}
	from := 0
	for i, r := range s.records {
		if r.Kind == RecordCheckpoint {
			from = i
			o.Before = roundTrip(s.t, r.Data.(Checkpoint))
		}
	}
	for i, r := range s.records {
		if i >= from && r.Kind != RecordCheckpoint {
			if err := o.Before.fold(recorded(s.t, uint64(i+1), r)); err != nil {
				s.t.Fatalf("fold record %d: %v", i+1, err)
			}
		}
	}
	sent := map[uint64]bool{}
	for _, r := range s.records {
		if r.Kind == RecordSent {
			sent[r.Data.(Sent).Seq] = true
		}
	}
	acknowledged := uint64(0)
	if n := len(o.Before.Cursors); n > 0 {
		acknowledged = o.Before.Cursors[n-1].Seq
	}
	for i, r := range s.records {
		if seq := uint64(i + 1); r.Kind == RecordEvent && seq > acknowledged && !sent[seq] {
			o.Pending = append(o.Pending, seq)
		}
	}
	return o
}

// flush makes the log durable, if the disk answers.
func (s *sim) flush() {
	s.t.Helper()
	if n := uint64(len(s.records)); s.opened && !s.stuck && n > s.durable {
		s.durable = n
		s.step(Input{Log: &LogNews{Durable: n}})
	}
}

// step takes in and carries out what comes of it, as the loop does.
func (s *sim) step(in Input) {
	s.t.Helper()
	if s.dead {
		return
	}
	in.At, in.Wall = s.now, s.wall
	if err := s.trace.Step([]Input{in}); err != nil {
		s.t.Fatalf("trace: %v", err)
	}
	fx := s.effects(in)
	s.said = append(s.said, fx.Say...)
	refused := s.full && len(fx.Append) > 0
	if !refused {
		s.records = append(s.records, fx.Append...)
	}
	for _, out := range fx.Publish {
		if !out.Known {
			s.life = append(s.life, out.named().ID+" "+out.Told.Type)
		}
		s.publish(out)
	}
	s.wake = fx.Wake
	if s.seen != nil {
		if refused {
			fx.Append = nil
		}
		s.seen(fx)
	}
	if refused {
		s.step(Input{Log: &LogNews{Refused: uint64(len(s.records)) + 1, Problem: "journal full"}})
		return
	}
	if s.opened && s.st.Log.ID != "" && s.st.Log.Next != uint64(len(s.records))+1 {
		s.t.Fatalf("the step counts %d records, the log %d", s.st.Log.Next-1, len(s.records))
	}
	if s.posts {
		v := s.st.View(s.now)
		s.views = append(s.views, postedView{v, asJSON(s.t, v)})
	}
	if s.prompt {
		s.flush()
	}
}

// effects steps, and fails where a state that went through JSON does otherwise.
func (s *sim) effects(in Input) Effects {
	s.t.Helper()
	if !s.checked {
		return s.st.Step(in)
	}
	other, read := roundTrip(s.t, s.st), roundTrip(s.t, in)
	other.equip(ways())
	fx := s.st.Step(in)
	if diff := cmp.Diff(asJSON(s.t, fx), asJSON(s.t, other.Step(read))); diff != "" {
		s.t.Fatalf("a state read from JSON has other effects (-live +read):\n%s", diff)
	}
	if diff := cmp.Diff(asJSON(s.t, s.st), asJSON(s.t, other)); diff != "" {
		s.t.Fatalf("a state read from JSON goes elsewhere (-live +read):\n%s", diff)
	}
	return fx
}

// publish is the publisher and the stream: an event that went out from memory is known again by its place and time.
func (s *sim) publish(out Outgoing) {
	at := place{out.Seq, out.Told.Time.UTC()}
	if out.Seq != 0 {
		if s.taken[at] {
			return
		}
		s.taken[at] = true
	}
	s.stream = append(s.stream, out.named())
}

// pass lets d pass, stepping whenever the state asked to be woken, or every so often if that is sooner.
func (s *sim) pass(d, every time.Duration) {
	s.t.Helper()
	for end := s.now.Add(d); ; {
		next := end
		if !s.wake.IsZero() && s.wake.Before(next) {
			next = s.wake
		}
		if tick := s.now.Add(every); every > 0 && tick.Before(next) {
			next = tick
		}
		if next.After(s.now) {
			s.now = next
		}
		if !s.now.Before(end) {
			return
		}
		s.step(Input{})
	}
}

func (s *sim) look(source string, groups ...redundancy.Group) {
	s.t.Helper()
	s.finds(source, redundancy.Observation{Groups: groups})
}

func (s *sim) finds(source string, o redundancy.Observation) {
	s.t.Helper()
	s.step(Input{Look: &Look{Source: source, Began: s.now, Ended: s.now, Observation: &o}})
}

// calm ends all trouble of the log and lets everything be told.
func (s *sim) calm() {
	s.t.Helper()
	s.stuck, s.full = false, false
	s.open()
	s.step(Input{Log: &LogNews{Durable: s.durable}}) // no problem any more
	s.pass(RetryLog+time.Second, 0)
	s.flush()
	s.flush()
}

// ack has the stream acknowledge all that the log holds.
func (s *sim) ack() {
	s.t.Helper()
	s.step(Input{Stream: &StreamNews{Cursor: &fleet.Cursor{Stream: "S", Created: start, Seq: s.durable}}})
}

// wantOneStory fails unless stream, log and agent tell the same, each event once, each citing what was told before it: by the
// id that it has in the stream, unless a crash took the note of that.
func (s *sim) wantOneStory() {
	s.t.Helper()
	var a redundancy.Assessment
	seen := map[string]bool{}
	for _, e := range s.stream {
		if seen[e.ID] {
			s.t.Errorf("%s is in the stream twice", e.ID)
		}
		if e.Cause != "" && !seen[e.Cause] && !s.unnoted[e.Cause] {
			s.t.Errorf("%s %s cites %s, which is not in the stream before it", e.Type, e.ID, e.Cause)
		}
		seen[e.ID] = true
		a = redundancy.Fold(a, e)
	}
	truth := s.st.Assessment.Public()
	if diff := cmp.Diff(truth, a.Public()); diff != "" {
		s.t.Errorf("the stream tells otherwise (-agent +stream):\n%s", diff)
	}
	log := s.opening().Before
	if diff := cmp.Diff(truth, log.Assessment.Public()); diff != "" {
		s.t.Errorf("the log tells otherwise (-agent +log):\n%s", diff)
	}
	if diff := cmp.Diff(asJSON(s.t, s.st.Rules.Baseline), asJSON(s.t, log.Baseline)); diff != "" {
		s.t.Errorf("the log has another baseline (-agent +log):\n%s", diff)
	}
	if got := s.st.Log.Waiting; len(got) != 0 || !s.st.durable() {
		s.t.Errorf("%d events wait, durable %v (%s)", len(got), s.st.durable(), s.st.logProblem())
	}
}

// wantViewsUnchanged fails where a step changed a view that had been posted.
func (s *sim) wantViewsUnchanged() {
	s.t.Helper()
	for i, v := range s.views {
		if diff := cmp.Diff(v.said, asJSON(s.t, v.view)); diff != "" {
			s.t.Fatalf("view %d changed after it was posted (-then +now):\n%s", i, diff)
		}
	}
}

func asJSON(t tester, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("write %T: %v", v, err)
	}
	return string(b)
}

func roundTrip[T any](t tester, v T) T {
	t.Helper()
	var out T
	if err := json.Unmarshal([]byte(asJSON(t, v)), &out); err != nil {
		t.Fatalf("read %T: %v", v, err)
	}
	return out
}

func typesOf(events []redundancy.Event) []string {
	var types []string
	for _, e := range events {
		types = append(types, e.Type)
	}
	return types
}

func TestOneStoryThroughAHangThatEndsInAFullLog(t *testing.T) {
	t.Parallel()
	s := newSim(t)
	s.posts = true
	s.open()
	s.look("raid", whole)
	s.flush()
	s.stuck = true
	s.look("raid", halved)
	s.pass(2*time.Second, 0)
	s.look("raid", whole)
	s.full = true
	s.look("raid", halved)
	s.pass(3*time.Second, 0)
	s.look("raid", whole)
	s.calm()
	s.wantOneStory()
	want := []string{
		"agent.started", "group.added", "baseline.learned", "component.failed", "redundancy.lost",
		"component.returned", "redundancy.regained", "component.failed", "redundancy.lost", "component.returned", "redundancy.regained",
	}
	if got := typesOf(s.stream); !slices.Equal(got, want) {
		t.Errorf("stream (-want +got):\n%s", cmp.Diff(want, got))
	}
	s.wantViewsUnchanged()
}

var _ tester = (*testing.T)(nil)
