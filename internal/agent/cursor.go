package agent

import (
	"slices"
	"time"

	"plimsoll/fleet"
	"plimsoll/redundancy"
)

func (st *State) takeStream(n StreamNews, now time.Time, fx *Effects) {
	s := &st.Stream
	if n.Connected != nil && *n.Connected != s.Connected {
		s.Connected = *n.Connected
		text, severity := "NATS connection lost", redundancy.SeverityWarning
		if s.Connected {
			text, severity = "connected to NATS", redundancy.SeverityInfo
		}
		fx.say(severity, text, "url", n.URL, "cause", n.Problem)
	} else if n.Problem != "" && n.Problem != s.Problem {
		st.sayUnpublished(n.Problem, fx)
	}
	if n.Connected != nil || n.Problem != "" {
		s.Problem = n.Problem
	}
	if n.URL != "" {
		s.URL = n.URL
	}
	if n.Dropped > s.Dropped {
		s.Dropped = n.Dropped
	}
	if n.Cursor != nil {
		st.moveCursor(*n.Cursor, now)
	}
}

// sayUnpublished tells why no event reaches the stream. While there is no connection the servers are tried in turn, each with
// a cause of its own; the first says enough, status shows the newest.
func (st *State) sayUnpublished(problem string, fx *Effects) {
	switch {
	case st.Stream.Connected:
		fx.say(redundancy.SeverityWarning, "NATS takes no events: they wait", "cause", problem)
	case st.Stream.Problem == "":
		fx.say(redundancy.SeverityWarning, "not connected to NATS: events wait", "cause", problem)
	}
}

// moveCursor notes how far the stream holds our log. It reaches the log a while later: a cursor that is behind costs one
// look at the stream, a record for every acknowledgement would double what is written.
func (st *State) moveCursor(c fleet.Cursor, now time.Time) {
	cursors, moved := withCursor(st.Stream.Cursors, c)
	if !moved {
		return
	}
	st.Stream.Cursors = cursors
	acknowledged, _ := slices.BinarySearch(st.Stream.Pending, st.acknowledged()+1)
	st.Stream.Pending = st.Stream.Pending[acknowledged:]
	if st.Stream.KeepAt.IsZero() {
		st.Stream.KeepAt = now.Add(CursorEvery)
	}
}

// withCursor is cursors with c as the newest, and whether that says anything new. A cursor never goes back: a stream that
// lost what it acknowledged is the publisher's to find out, by the cursor that we keep.
func withCursor(cursors []fleet.Cursor, c fleet.Cursor) ([]fleet.Cursor, bool) {
	i := slices.IndexFunc(cursors, func(k fleet.Cursor) bool { return k.Stream == c.Stream && k.Created.Equal(c.Created) })
	last := len(cursors) - 1
	switch {
	case i >= 0 && cursors[i].Seq >= c.Seq:
		if i == last {
			return cursors, false
		}
		c = cursors[i]
	case i < 0 && len(cursors) >= maxCursors:
		i = 0
	}
	out := slices.Clone(cursors)
	if i >= 0 {
		out = slices.Delete(out, i, i+1)
	}
	return append(out, c), true
}

func (st *State) keepCursor(now time.Time, fx *Effects) {
	s := &st.Stream
	if s.KeepAt.IsZero() || st.silent() {
		return
	}
	if now.Before(s.KeepAt) && !st.Stopping {
		fx.wake(s.KeepAt)
		return
	}
	s.KeepAt = time.Time{}
	if n := len(s.Cursors); n > 0 {
		st.record(RecordCursor, s.Cursors[n-1], fx)
	}
}
