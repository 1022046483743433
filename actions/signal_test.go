package actions

import (
	"testing"
	"time"
)

func TestTheSignalIsTheWorstThatLeaveIsOutFor(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var h History
	took := func(p Phase, id string, v Verb) {
		h.Took(Record{Phase: p, At: at, Action: Action{ID: id, Verb: v, Group: "raid:m", Reach: ReachFleet, Pool: "db"}})
	}
	want := func(when string, s Signal) {
		t.Helper()
		if got := h.Signal(); got != s {
			t.Errorf("%s: %s, want %s", when, got, s)
		}
	}
	want("on a host on which nothing happened", SignalUp)
	took(Intended, "1", TellDrain)
	took(Granted, "1", TellDrain)
	want("with leave, and not begun", SignalUp)
	took(Started, "1", TellDrain)
	want("begun, and not written down as done", SignalUp)
	took(Done, "1", TellDrain)
	want("done", SignalDrain)
	took(Done, "2", TellLess)
	want("with a lesser one beside it", SignalDrain)
	took(Failed, "3", TellDown)
	want("after one that came to nothing", SignalDrain)
	h = h.Retimed(func(t time.Time) time.Time { return t.Add(time.Hour) })
	want("after a restart", SignalDrain)
	took(Freed, "1", TellDrain)
	want("given back", SignalLess)
	took(Freed, "2", TellLess)
	want("all given back", SignalUp)
}
