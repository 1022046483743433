package agent

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/fleet"
	"plimsoll/internal/journal"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// world drives a state as the loop does, with a log that obeys it.
type world struct {
	t         *testing.T
	st        *State
	now       time.Time
	published []redundancy.Event
	records   []Record
	appended  []Record // by the newest step
	wake      time.Time
	off       time.Duration // what the wall clock is off
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{t: t, now: start, st: NewState(start, Setup{
		Host: view.Host{ID: "h", Name: "db1"}, Volatile: "v", Patience: 2 * time.Second,
		Sources: []redundancy.Source{{Name: "raid", StaleAfter: 30 * time.Second}},
		Rules:   redundancy.Rules{Flap: redundancy.Flap{Count: 5, Within: 10 * time.Minute}},
	})}
}

func (w *world) step(in Input) {
	w.t.Helper()
	in.At, in.Wall = w.now, w.off
	fx := w.st.Step(in)
	w.appended = fx.Append
	w.records = append(w.records, fx.Append...)
	for _, out := range fx.Publish {
		if !out.Known {
			w.published = append(w.published, out.named())
		}
	}
	w.wake = fx.Wake
}

func (w *world) after(d time.Duration) *world { w.now = w.now.Add(d); return w }

func (w *world) open(before Checkpoint) {
	w.t.Helper()
	w.step(Input{Opened: &Opened{LogID: "l", Next: 1, Before: before}})
}

func (w *world) durable() {
	w.t.Helper()
	w.step(Input{Log: &LogNews{Durable: w.st.Log.Next - 1}})
}

func (w *world) look(groups ...redundancy.Group) {
	w.t.Helper()
	w.step(Input{Look: &Look{Source: "raid", Began: w.now, Ended: w.now, Observation: &redundancy.Observation{Groups: groups}}})
}

// checkpointOfRecords is what a restart makes of the records so far.
func (w *world) checkpointOfRecords() Checkpoint {
	w.t.Helper()
	return w.checkpointOver(Checkpoint{})
}

// checkpointOver is what a restart makes of the records so far, which came after c.
func (w *world) checkpointOver(c Checkpoint) Checkpoint {
	w.t.Helper()
	for i, r := range w.records {
		if err := c.fold(recorded(w.t, uint64(i+1), r)); err != nil {
			w.t.Fatalf("fold record %d: %v", i, err)
		}
	}
	return c
}

func recorded(tb tester, seq uint64, r Record) journal.Record {
	tb.Helper()
	data, err := json.Marshal(r.Data)
	if err != nil {
		tb.Fatalf("write record: %v", err)
	}
	return journal.Record{Seq: journal.Seq(seq), Kind: r.Kind, Data: data}
}

// foldsToItself fails unless the log over what was known before gives what the agent shows.
func (w *world) foldsToItself(before Checkpoint) {
	w.t.Helper()
	a := before.Assessment
	for _, r := range w.records {
		if told, event := r.Data.(Told); event {
			a = redundancy.Fold(a, told.Event)
		}
	}
	if diff := cmp.Diff(w.st.Assessment.Public(), a.Public()); diff != "" {
		w.t.Errorf("the log tells something else (-agent +log):\n%s", diff)
	}
}

func (w *world) types() []string {
	var types []string
	for _, e := range w.published {
		types = append(types, e.Type)
	}
	w.published = nil
	return types
}

func mirror(states ...redundancy.State) redundancy.Group {
	g := redundancy.Group{ID: "raid:m", Name: "md0", Kind: redundancy.KindRAID, Type: redundancy.NPlusM, Serving: redundancy.Yes}
	var need redundancy.Need
	for i, s := range states {
		c := redundancy.Component{ID: redundancy.ID(fmt.Sprintf("raid:m/slot%d", i)), Name: fmt.Sprintf("sd%c", 'a'+i), State: s, Health: redundancy.OK}
		if s == redundancy.Disabled {
			c.Health = redundancy.Critical
		}
		g.Members = append(g.Members, c)
		need.Members = append(need.Members, c.ID)
	}
	need.Needed = redundancy.Exactly(1)
	g.Needs.AllOf = []redundancy.Need{need}
	return g
}

var (
	whole  = mirror(redundancy.Enabled, redundancy.Enabled)
	halved = mirror(redundancy.Enabled, redundancy.Disabled)
)

func (w *world) want(types ...string) {
	w.t.Helper()
	if diff := cmp.Diff(types, w.types()); diff != "" {
		w.t.Errorf("published (-want +got):\n%s", diff)
	}
}

func TestNothingIsJudgedBeforeTheLogTellsWhatWasToldBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.look(halved)
	w.after(time.Second).step(Input{})
	w.want()
	if got, want := w.wake, start.Add(2*time.Second); !got.Equal(want) {
		t.Errorf("wakes at %v, want %v", got, want)
	}
}

func TestAFaultIsPublishedOnceItIsDurable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.open(Checkpoint{})
	w.look(whole)
	w.durable()
	w.want("agent.started", "group.added", "baseline.learned")
	w.look(halved)
	w.want()
	w.durable()
	if got := w.published[1]; got.Cause != w.published[0].ID || got.ID != "h/l/6" {
		t.Errorf("redundancy event %s cites %s, want h/l/6 citing %s", got.ID, got.Cause, w.published[0].ID)
	}
	w.want("component.failed", "redundancy.lost")
	w.after(time.Hour).durable()
	w.want()
}

func TestARestartRaisesNothingThatWasToldBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.open(Checkpoint{})
	w.look(halved)
	w.durable()
	w.want("agent.started", "group.added", "component.failed", "redundancy.lost")

	again := newWorld(t)
	again.open(w.st.checkpoint())
	again.look(halved)
	again.durable()
	again.want("agent.started")
	repaired := newWorld(t)
	repaired.open(w.st.checkpoint())
	repaired.look(whole)
	repaired.durable()
	repaired.want("agent.started", "component.returned", "redundancy.regained", "baseline.learned")
}

func TestAnEventThatTheLogDoesNotTakeInASecondIsPublishedFromMemoryAndNeverAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.open(Checkpoint{})
	w.look(whole)
	w.durable()
	w.types()
	w.look(halved) // and the disk hangs
	w.after(999 * time.Millisecond).step(Input{})
	w.want()
	w.after(time.Millisecond).step(Input{})
	if got := w.published; len(got) != 2 || got[0].ID != "h/v/1" || got[1].Cause != "h/v/1" {
		t.Fatalf("published %v, want two, the second citing h/v/1", got)
	}
	w.types()
	w.look(whole)
	w.want("component.returned", "redundancy.regained") // at once: what comes after keeps its place
	w.records = nil
	w.durable()
	w.want()
	sent := 0
	for _, r := range w.records {
		if r.Kind == RecordSent {
			sent++
		}
	}
	if sent != 4 {
		t.Errorf("%d events noted as sent, want 4", sent)
	}
	w.look(halved)
	w.durable()
	w.want("component.failed", "redundancy.lost")
	if !w.st.durable() {
		t.Error("not durable again")
	}
}

func TestALogThatOpensLateTellsTheWholeStory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.look(halved)
	w.after(2 * time.Second).step(Input{})
	w.want("agent.started", "group.added", "component.failed", "redundancy.lost")
	w.records = nil
	w.open(Checkpoint{})
	w.durable()
	w.want()
	w.foldsToItself(Checkpoint{})
}

func TestALogThatRefusesRecordsIsOfferedACheckpointLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.open(Checkpoint{})
	w.look(whole)
	w.durable()
	w.types()
	first := w.st.Log.Next
	w.look(halved)
	w.step(Input{Log: &LogNews{Refused: first, Problem: "log is full"}})
	w.want("component.failed", "redundancy.lost")
	if w.st.durable() || w.st.logProblem() != "log is full" {
		t.Errorf("durable %v, problem %q", w.st.durable(), w.st.logProblem())
	}
	w.records = nil
	w.after(RetryLog).step(Input{})
	if kinds := kindsOf(w.records); !slices.Equal(kinds, []string{RecordCheckpoint}) || w.st.Log.Next != first+1 {
		t.Errorf("appended %v, next %d, want a checkpoint and %d", kinds, w.st.Log.Next, first+1)
	}
	w.durable()
	if !w.st.durable() {
		t.Errorf("not durable again: %s", w.st.logProblem())
	}
	w.want()
}

func kindsOf(records []Record) []string {
	var kinds []string
	for _, r := range records {
		kinds = append(kinds, r.Kind)
	}
	return kinds
}

func TestCursorsAreKeptAWhileLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.open(Checkpoint{})
	w.look(whole)
	w.durable()
	w.records = nil
	w.step(Input{Stream: &StreamNews{Cursor: &fleet.Cursor{Stream: "S", Created: start, Seq: 3}}})
	if len(w.records) != 0 || w.st.View(w.now).Outbox.Pending != 1 {
		t.Errorf("appended %v, pending %d, want nothing and 1", kindsOf(w.records), w.st.View(w.now).Outbox.Pending)
	}
	w.after(CursorEvery).step(Input{})
	if kinds := kindsOf(w.records); !slices.Equal(kinds, []string{RecordCursor}) {
		t.Errorf("appended %v, want a cursor", kinds)
	}
}

func TestServersTriedInTurnAreSaidOnceForEachOutage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var said []string
	tell := func(connected bool, problem string) {
		fx := w.st.Step(Input{At: w.now, Stream: &StreamNews{Connected: &connected, Problem: problem}})
		for _, line := range fx.Say {
			said = append(said, line.Text)
		}
	}
	outage := func() {
		for range 3 {
			tell(false, "dial n1: refused")
			tell(false, "dial n2: refused")
		}
	}
	outage()
	tell(true, "")
	tell(true, "no stream")
	tell(true, "no stream")
	outage()
	want := []string{
		"not connected to NATS: events wait", "connected to NATS", "NATS takes no events: they wait", "NATS connection lost",
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
	if got, want := w.st.Stream.Problem, "dial n2: refused"; got != want {
		t.Errorf("status shows %q, want the newest, %q", got, want)
	}
}

func TestNothingWaitsForAStreamThatIsNotConfigured(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.st.Stream.Local = true
	w.step(Input{Opened: &Opened{LogID: "l", Next: 9, Pending: []uint64{7, 8}}})
	w.look(halved)
	w.durable()
	if got := w.st.View(w.now).Outbox.Pending; got != 0 {
		t.Errorf("%d events wait for nobody", got)
	}
}
