package agent

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/fleet"
	"plimsoll/redundancy"
)

// cites fails where an event cites one that was not published before it.
func (w *world) cites(published []redundancy.Event) {
	w.t.Helper()
	seen := map[string]bool{}
	for _, e := range published {
		if seen[e.ID] {
			w.t.Errorf("%s was published twice", e.ID)
		}
		if e.Cause != "" && !seen[e.Cause] {
			w.t.Errorf("%s %s cites %s, which nobody has seen", e.Type, e.ID, e.Cause)
		}
		seen[e.ID] = true
	}
}

func (w *world) refuse() {
	w.t.Helper()
	n := uint64(0)
	for _, r := range w.appended {
		if r.Kind != "" {
			n++
		}
	}
	w.step(Input{Log: &LogNews{Refused: w.st.Log.Next - n, Problem: "journal full"}})
}

func TestALaterEventCitesAFaultByTheNameTheStreamKnows(t *testing.T) {
	t.Parallel()
	three := mirror(redundancy.Enabled, redundancy.Enabled, redundancy.Enabled)
	w := newWorld(t)
	w.open(Checkpoint{})
	w.look(three)
	w.durable()
	w.look(mirror(redundancy.Enabled, redundancy.Enabled, redundancy.Disabled)) // and the disk hangs
	w.after(VolatileAfter).step(Input{})
	w.durable() // and is back
	unread := mirror(redundancy.Enabled, redundancy.StateUnknown, redundancy.Disabled)
	unread.Members[1].Doubts = []redundancy.Doubt{redundancy.DoubtUnread}
	w.look(unread)
	w.durable()
	all := slices.Clone(w.published)
	w.cites(all)
	w.want("agent.started", "group.added", "baseline.learned", "component.failed", "redundancy.degraded",
		"redundancy.unknown", "component.changed")

	again := newWorld(t)
	again.step(Input{Opened: &Opened{LogID: "l", Next: w.st.Log.Next, Before: w.checkpointOfRecords()}})
	again.look(mirror(redundancy.Disabled, redundancy.StateUnknown, redundancy.Disabled))
	again.durable()
	again.cites(append(all, again.published...))
}

func TestAnEventThatTheLogRefusesWhileItHangsIsForgottenOncePublished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.open(Checkpoint{})
	w.look(whole)
	w.durable()
	w.look(halved) // and the disk hangs
	w.after(VolatileAfter).step(Input{})
	w.look(whole)
	w.refuse() // the memory for records is full
	w.want("agent.started", "group.added", "baseline.learned",
		"component.failed", "redundancy.lost", "component.returned", "redundancy.regained")
	w.after(RetryLog).step(Input{})
	w.durable() // the disk is back
	if got := w.st.Log.Waiting; len(got) != 0 {
		t.Errorf("waiting still: %+v", got)
	}
	if !w.st.durable() {
		t.Errorf("not durable again: %s", w.st.logProblem())
	}
}

func TestAnEventThatTheLogRefusesDoesNotOvertakeOneThatItTook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.open(Checkpoint{})
	w.look(whole)
	w.durable()
	w.want("agent.started", "group.added", "baseline.learned")
	w.look(halved) // taken, not durable yet
	w.after(time.Millisecond).look(whole)
	w.refuse()
	w.want()
	w.step(Input{Log: &LogNews{Durable: w.st.Log.Next - 1}})
	w.cites(w.published)
	w.want("component.failed", "redundancy.lost", "component.returned", "redundancy.regained")
}

func TestTheNumberOfARefusedRecordNamesOneEventOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.open(Checkpoint{})
	w.look(whole)
	w.durable()
	w.look(halved)
	w.refuse()
	w.after(RetryLog).step(Input{})
	w.look(whole)
	w.durable()
	w.look(halved)
	w.durable()
	w.cites(w.published)
	var recent []string
	for _, e := range w.st.Recent {
		recent = append(recent, e.ID)
	}
	slices.Sort(recent)
	if n := len(recent); len(slices.Compact(recent)) != n {
		t.Errorf("recent events share ids: %v", recent)
	}
}

func TestAnAgentStoppedBeforeItsLogOpensHasSaidNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.look(halved)
	w.step(Input{Stopping: true})
	w.want()
	if !w.st.settled() {
		t.Error("it waits for something")
	}
}

func TestACursorThatCameBeforeTheLogIsNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.step(Input{Stream: &StreamNews{Cursor: &fleet.Cursor{Stream: "S", Created: start}}})
	w.open(Checkpoint{})
	w.after(CursorEvery).step(Input{})
	if slices.Contains(kindsOf(w.records), RecordCursor) {
		t.Errorf("appended %v, want no cursor", kindsOf(w.records))
	}
}

func TestCursorsOfFormerStreamsOutliveManyMovesOfTheNewest(t *testing.T) {
	t.Parallel()
	var c Checkpoint
	records := []fleet.Cursor{{Stream: "S", Created: start, Seq: 7}}
	for seq := range uint64(9) {
		records = append(records, fleet.Cursor{Stream: "S", Created: start.Add(time.Hour), Seq: 7 + seq})
	}
	for _, k := range records {
		c.Cursors, _ = withCursor(c.Cursors, k)
	}
	if diff := cmp.Diff([]fleet.Cursor{records[0], records[9]}, c.Cursors); diff != "" {
		t.Errorf("cursors (-want +got):\n%s", diff)
	}
	back, moved := withCursor(c.Cursors, fleet.Cursor{Stream: "S", Created: start, Seq: 3})
	if diff := cmp.Diff([]fleet.Cursor{records[9], records[0]}, back); diff != "" || !moved {
		t.Errorf("a stream that is brought back is the newest, at where it was; moved %v (-want +got):\n%s", moved, diff)
	}
}

func TestAGroupOfTheLastLifeThatIsGoneWhenTheLogOpensLateIsTold(t *testing.T) {
	t.Parallel()
	before := newWorld(t)
	before.open(Checkpoint{})
	other := mirror(redundancy.Enabled, redundancy.Disabled)
	other.ID, other.Name = "raid:other", "md9"
	before.look(halved, other)
	before.durable()

	w := newWorld(t)
	w.look(halved)
	w.after(2 * time.Second).step(Input{})
	w.want("agent.started", "group.added", "component.failed", "redundancy.lost")
	w.open(before.st.checkpoint())
	w.durable()
	w.want("group.removed")
	w.foldsToItself(before.st.checkpoint())
}

func TestASourceThatHasNotLookedWhenTheLogOpensLateKeepsItsGroups(t *testing.T) {
	t.Parallel()
	before := newWorld(t)
	before.open(Checkpoint{})
	before.look(halved)
	before.durable()
	w := newWorld(t)
	w.after(2 * time.Second).step(Input{})
	w.want("agent.started")
	w.open(before.st.checkpoint())
	w.durable()
	w.want()
	w.look(halved)
	w.durable()
	w.want()
}

func TestWhatWasLearnedBeforeTheLogOpenedIsKeptAndNotToldAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.look(whole)
	w.after(2 * time.Second).step(Input{})
	w.want("agent.started", "group.added", "baseline.learned")
	w.open(Checkpoint{})
	w.durable()
	w.want()
	if got := w.checkpointOfRecords().Baseline; !cmp.Equal(got, w.st.Rules.Baseline) || len(got.Groups) != 1 {
		t.Errorf("the log's baseline (-agent +log):\n%s", cmp.Diff(w.st.Rules.Baseline, got))
	}
}

func TestTimesOfTheLastLifeAreNeverInTheFuture(t *testing.T) {
	t.Parallel()
	before := newWorld(t)
	before.open(Checkpoint{})
	before.after(time.Hour).look(halved)
	before.durable()
	w := newWorld(t) // an hour earlier by its clock
	w.open(before.st.checkpoint())
	w.look(halved)
	if got := w.st.Assessment.Groups[0].Since; got.After(w.now) {
		t.Errorf("degraded since %v, and it is %v", got, w.now)
	}
}

func TestAViewTellsTimesByTheWallClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.open(Checkpoint{})
	w.look(halved)
	was := w.st.View(w.now)
	w.after(time.Second).step(Input{Wall: time.Hour})
	is := w.st.View(w.now)
	if got := is.At.Sub(is.Assessment.Groups[0].SeenAt); got != time.Second {
		t.Errorf("seen %v ago, want 1s", got)
	}
	if got := is.At.Sub(is.Snapshot.Sources[0].At); got != time.Second {
		t.Errorf("looked %v ago, want 1s", got)
	}
	if got := was.Assessment.Groups[0].SeenAt; !got.Equal(start) {
		t.Errorf("the view before changed: %v, want %v", got, start)
	}
}
