package fleet

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"plimsoll/fleet/xtest"
)

func TestAnEventFromMemoryIsNotSentAgainWhenTheDiskReturns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.boot()
	r.Offer(w.log.append("e1"))
	r.untilSent(1)
	release := w.log.hangs()
	e2, e3 := w.log.append("e2"), w.log.append("e3") // written, not known to be durable
	r.Offer(volatile(e2, 1))
	r.Offer(volatile(e3, 2))
	r.untilSent(3)
	release()
	r.Offer(e2) // the agent may say it again
	e4 := w.log.append("e4")
	r.Offer(e4)
	rep := r.untilSeq(e4.Seq)
	w.wantStream("e1", "e2", "e3", "e4")
	got := w.raw()[1]
	if got.Data.Durable || got.ID != hostID+"/volatile1/1" || *got.Data.Position != e2.place().String() {
		t.Errorf("event from memory = %+v, want not durable, its own id, and its place in the log", got)
	}
	r.kill()
	w.log.append("e5")
	w.boot(Cursor{Stream: rep.Cursor.Stream, Created: rep.Cursor.Created, Seq: 1}).untilSent(1)
	w.wantStream("e1", "e2", "e3", "e4", "e5")
}

// The log took the event just as the agent gave up waiting for it, and the publisher has read it there.
func TestAnEventThatWasSentFromTheLogIsNotSentFromMemoryToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e1 := w.log.append("e1")
	r := w.boot()
	r.untilSeq(e1.Seq)
	r.Offer(volatile(e1, 1))
	e2 := w.log.append("e2")
	r.Offer(e2)
	r.untilSeq(e2.Seq)
	other := event("log1", 1, "other") // the same place, in a log that lost e1
	other.Event.Time = other.Event.Time.Add(time.Hour)
	r.Offer(volatile(other, 2))
	r.untilSent(3)
	w.wantStream("e1", "e2", "other")
}

func TestAfterARestartEventsFromMemoryAreKnownByPlaceAndTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.boot()
	r.Offer(w.log.append("e1"))
	r.untilSent(1)
	e2, e3, e4 := event("log1", 2, "e2"), event("log1", 3, "e3"), event("log1", 4, "e4")
	for i, it := range []Item{e2, e3, e4} {
		r.Offer(volatile(it, i+1))
	}
	r.untilSent(4)
	r.kill()
	// The crash: the log kept the second event, lost the others, and gave the third place to another.
	other := event("log1", 3, "other")
	other.Event.Time = other.Event.Time.Add(time.Hour)
	last := event("log1", 5, "e5")
	w.log.put(e2, other, last)
	w.boot().untilSeq(last.Seq)
	w.wantStream("e1", "e2", "e3", "e4", "other", "e5")
	w.boot().untilSeq(last.Seq)
	w.wantStream("e1", "e2", "e3", "e4", "other", "e5")
}

func TestEventsFromMemoryGoAheadOfALogThatHangsAndStayKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	release := w.log.hangs()
	w.appendTexts(1, 3) // durable before the start, and out of reach
	e4 := event("log1", 100, "e4")
	r := w.boot()
	r.Offer(volatile(e4, 1))
	r.untilSent(1)
	w.wantStream("e4")
	w.log.put(e4)
	release()
	r.untilSent(4)
	r.kill()
	// Killed before the floor has passed the event from memory: the stream's last message must still lead to it.
	e5 := event("log1", 101, "e5")
	w.log.put(e5)
	w.boot().untilSeq(e5.Seq)
	w.wantStream("e4", "e1", "e2", "e3", "e5")
}

func TestAKillBetweenEventsThatCatchUpForgetsNoEventFromMemory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	release := w.log.hangs()
	w.appendTexts(1, 3)
	e4 := event("log1", 100, "e4")
	r := w.boot()
	r.Offer(volatile(e4, 1))
	r.untilSent(1)
	w.log.put(e4)
	var acks atomic.Int32
	w.proxy.Treat(func(fromServer bool, piece []byte) xtest.Fate {
		if fromServer && isAck(piece) && acks.Add(1) >= 2 {
			return xtest.Cut
		}
		return xtest.Pass
	})
	release()
	r.until("the cut", func(rep Report) bool { return !rep.Connected })
	r.kill()
	w.proxy.Treat(nil)
	last := event("log1", 101, "e5")
	w.log.put(last)
	w.boot().untilSeq(last.Seq)
	w.wantStream("e4", "e1", "e2", "e3", "e5")
}

func TestEventsWithoutAPlaceInALogAreSentOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var acks atomic.Int32
	w.proxy.Treat(func(fromServer bool, piece []byte) xtest.Fate {
		if fromServer && isAck(piece) && acks.Add(1)%2 == 1 {
			return xtest.Cut
		}
		return xtest.Pass
	})
	r := w.start() // the log does not open
	for i := 1; i <= 4; i++ {
		it := volatile(event("", 0, fmt.Sprintf("e%d", i)), i)
		it.Event.ID = it.Volatile
		r.Offer(it)
	}
	r.untilSent(4)
	w.wantStream(texts(1, 4)...)
	e5 := w.log.append("e5")
	r.Resume(w.log.id, w.log, nil)
	r.untilSeq(e5.Seq)
	w.wantStream(texts(1, 5)...)
}

func TestALogThatCannotBeReadHoldsNothingBackForLong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.log.fails(errors.New("input/output error"))
	w.log.append("e1")
	e2 := w.log.append("e2")
	r := w.boot()
	r.Offer(e2)
	r.untilSent(1)
	rep := r.until("the problem", func(rep Report) bool { return rep.Problem != nil })
	if want := "read events to publish: input/output error"; rep.Problem.Error() != want {
		t.Errorf("problem = %q, want %q", rep.Problem, want)
	}
	w.wantStream("e2")
	w.log.fails(nil)
	r.untilSeq(e2.Seq)
	e3 := w.log.append("e3")
	r.Offer(e3)
	r.untilSeq(e3.Seq)
	w.wantStream("e2", "e1", "e3")
}
