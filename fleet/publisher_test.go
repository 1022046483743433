package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/fleet/xtest"
	"plimsoll/redundancy"
)

func (w *world) appendTexts(from, through int) Item {
	var last Item
	for i := from; i <= through; i++ {
		last = w.log.append(fmt.Sprintf("e%d", i))
	}
	return last
}

func TestEventsAreStoredInTheOrderOfTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.appendTexts(1, 100)
	r := w.boot()
	var last Item
	for i := 101; i <= 200; i++ {
		last = w.log.append(fmt.Sprintf("e%d", i))
		r.Offer(last)
	}
	rep := r.untilSeq(last.Seq)
	w.wantStream(texts(1, 200)...)
	if !rep.Connected || rep.Problem != nil || rep.Sent != 200 {
		t.Errorf("report = %+v, want connected, no problem, 200 sent", rep)
	}
}

// isAck says whether a piece of bytes holds the acknowledgement of a publish.
func isAck(piece []byte) bool { return bytes.Contains(piece, []byte(`{"stream":"`+DefaultStream+`"`)) }

func TestLostAcknowledgementsAreSettledByReadingBack(t *testing.T) {
	t.Parallel()
	for _, fate := range []xtest.Fate{xtest.Swallow, xtest.Cut, xtest.PassAndCut} {
		t.Run(fmt.Sprintf("fate %d", fate), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			var acks atomic.Int32
			w.proxy.Treat(func(fromServer bool, piece []byte) xtest.Fate {
				if fromServer && isAck(piece) && acks.Add(1)%4 == 1 {
					return fate
				}
				return xtest.Pass
			})
			last := w.appendTexts(1, 20)
			r := w.boot()
			r.untilSeq(last.Seq)
			w.wantStream(texts(1, 20)...)
		})
	}
}

func TestPublishesLostOnTheWayAreSentAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var sent atomic.Int32
	w.proxy.Treat(func(fromServer bool, piece []byte) xtest.Fate {
		if !fromServer && bytes.Contains(piece, []byte(HeaderID)) && sent.Add(1)%3 == 1 {
			return xtest.Cut
		}
		return xtest.Pass
	})
	last := w.appendTexts(1, 12)
	r := w.boot()
	r.untilSeq(last.Seq)
	w.wantStream(texts(1, 12)...)
}

// TestAKillAtAnyPointStoresEachEventOnce kills the publisher at the k-th piece of bytes that passes the proxy, in both
// directions, with that piece delivered or not, and starts another from the log and from a cursor that lags.
func TestAKillAtAnyPointStoresEachEventOnce(t *testing.T) {
	t.Parallel()
	const events = 4
	for _, fate := range []xtest.Fate{xtest.Cut, xtest.PassAndCut} {
		for k := int32(1); ; k++ {
			w := newWorld(t)
			last := w.appendTexts(1, events)
			killed := make(chan struct{})
			var pieces atomic.Int32
			w.proxy.Treat(func(bool, []byte) xtest.Fate {
				if n := pieces.Add(1); n == k {
					close(killed)
					return fate
				} else if n > k {
					return xtest.Cut
				}
				return xtest.Pass
			})
			r := w.boot()
			whole := false
			for !whole {
				select {
				case <-killed:
					whole = true
				case rep := <-r.Reports():
					r.latest = rep
					whole = rep.Cursor.Seq >= last.Seq
				}
			}
			r.kill()
			w.proxy.Treat(nil)
			var cursors []Cursor
			if c := r.latest.Cursor; c.Stream != "" && c.Seq > 0 && k%2 == 0 {
				c.Seq--
				cursors = append(cursors, c)
			}
			next := w.appendTexts(events+1, events+2)
			w.boot(cursors...).untilSeq(next.Seq)
			w.wantStream(texts(1, events+2)...)
			if pieces.Load() < k { // it was through before the k-th piece
				break
			}
		}
	}
}

func TestAServerThatStopsAndStartsStoresEachEventOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.boot()
	r.Offer(w.log.append("e1"))
	r.untilSent(1)
	w.stopServer()
	r.until("the loss of the connection", func(rep Report) bool { return !rep.Connected && rep.Problem != nil })
	var last Item
	for i := 2; i <= 10; i++ {
		last = w.log.append(fmt.Sprintf("e%d", i))
		r.Offer(last)
	}
	w.startServer()
	rep := r.untilSeq(last.Seq)
	w.wantStream(texts(1, 10)...)
	if rep.Problem != nil {
		t.Errorf("problem after recovery: %v, want none", rep.Problem)
	}
}

func TestAServerThatIsNotThereAtTheStartIsNoError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stopServer()
	r := w.boot()
	last := w.appendTexts(1, 3)
	r.until("a problem", func(rep Report) bool { return rep.Problem != nil })
	w.startServer()
	r.untilSeq(last.Seq)
	w.wantStream(texts(1, 3)...)
}

func TestMoreThanMemoryHoldsIsReadFromTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cfg.Queue = 10
	r := w.boot()
	r.Offer(w.log.append("e1"))
	r.untilSent(1)
	w.stopServer()
	r.until("the loss of the connection", func(rep Report) bool { return !rep.Connected })
	var last Item
	for i := 2; i <= 300; i++ {
		last = w.log.append(fmt.Sprintf("e%d", i))
		r.Offer(last)
	}
	w.startServer()
	rep := r.untilSeq(last.Seq)
	w.wantStream(texts(1, 300)...)
	if rep.Dropped != 0 {
		t.Errorf("dropped %d, want 0: the log has them all", rep.Dropped)
	}
}

func TestProgressIsGivenUpFirst(t *testing.T) {
	t.Parallel()
	q := queue{bound: 3, gap: 1}
	progress := event("log1", 1, "progress")
	progress.Event.Type = redundancy.ActivityProgressed
	q.add(progress)
	q.add(event("log1", 2, "a"))
	q.add(event("log1", 3, "b"))
	q.add(event("log1", 4, "c"))
	q.add(progress)
	q.add(volatile(event("log1", 5, "d"), 1))
	q.add(event("log1", 6, "e"))
	var got []string
	for _, it := range q.items {
		got = append(got, it.Event.Text)
	}
	if diff := cmp.Diff([]string{"b", "c", "d"}, got); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	if q.dropped != 2 || q.gap != 3 {
		t.Errorf("dropped %d, gap %d, want 2 and 3: what is left out and durable is read from the log", q.dropped, q.gap)
	}
}

func TestAStreamMadeAnewGoesOnAtTheFirstEventThatNoneHasAcknowledged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.boot()
	last := w.appendTexts(1, 3)
	r.untilSeq(last.Seq)
	w.deleteStream()
	w.createStream()
	r.Offer(w.log.append("e4"))
	rep := r.untilSent(4)
	w.wantStream("e4")
	r.kill()
	e5 := w.log.append("e5")
	w.boot(rep.Cursor).untilSeq(e5.Seq)
	w.wantStream("e4", "e5")
}

func TestAStreamThatWasPurgedIsNotFilledAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.boot()
	last := w.appendTexts(1, 3)
	cursor := r.untilSeq(last.Seq).Cursor
	r.kill()
	js, done := w.jetstream()
	defer done()
	s, err := js.Stream(t.Context(), DefaultStream)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteMsg(t.Context(), cursor.StreamSeq); err != nil {
		t.Fatal(err)
	}
	e4 := w.log.append("e4")
	w.boot(cursor).untilSeq(e4.Seq)
	w.wantStream("e1", "e2", "e4")
}

func TestAStreamThatLostWhatItAcknowledgedIsGivenItAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.boot()
	r.untilSeq(w.appendTexts(1, 1).Seq)
	w.stopServer()
	saved := filepath.Join(t.TempDir(), "saved")
	if err := os.CopyFS(saved, os.DirFS(w.dir)); err != nil {
		t.Fatal(err)
	}
	w.startServer()
	var last Item
	for i := 2; i <= 4; i++ {
		last = w.log.append(fmt.Sprintf("e%d", i))
		r.Offer(last)
	}
	cursor := r.untilSeq(last.Seq).Cursor
	w.wantStream(texts(1, 4)...)
	r.kill()
	w.stopServer() // and comes back from a disk that had not flushed
	w.dir = saved
	w.startServer()
	e5 := w.log.append("e5")
	w.boot(cursor).untilSeq(e5.Seq)
	w.wantStream(texts(1, 5)...)
}

func TestAMissingStreamIsSaidAndWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cfg.CreateStream = false
	w.deleteStream()
	r := w.boot()
	last := w.appendTexts(1, 2)
	rep := r.until("the problem", func(rep Report) bool { return errors.Is(rep.Problem, ErrNoStream) })
	if h, ok := errors.AsType[*HintError](rep.Problem); !ok || !strings.Contains(h.Hint(), "nats.create_stream") {
		t.Errorf("problem %v has the hint %v, want nats.create_stream named", rep.Problem, h)
	}
	w.createStream()
	rep = r.untilSeq(last.Seq)
	w.wantStream("e1", "e2")
	if rep.Problem != nil {
		t.Errorf("problem = %v, want none", rep.Problem)
	}
}

func TestAMissingStreamIsCreatedWhereThatIsOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deleteStream()
	last := w.appendTexts(1, 2)
	w.boot().untilSeq(last.Seq)
	w.wantStream("e1", "e2")
}

func TestAnotherHostUnderTheSameNameIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.boot()
	r.Offer(w.log.append("e1"))
	r.untilSent(1)
	other := testHost
	other.ID = "fedcba9876543210"
	p, err := NewPublisher(w.cfg, other, r.logger)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	intruder := volatile(event("", 0, "intruder"), 1)
	intruder.Volatile = other.ID + "/volatile/1"
	p.Offer(intruder)
	for rep := range p.Reports() {
		if rep.Sent == 1 {
			break
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	e2 := w.log.append("e2")
	r.Offer(e2)
	rep := r.untilSeq(e2.Seq)
	if !errors.Is(rep.Problem, ErrForeign) {
		t.Errorf("problem = %v, want %v", rep.Problem, ErrForeign)
	}
	w.wantStream("e1", "intruder", "e2")
}

func TestStoppingDoesNotWaitForAServerOrALog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	release := w.log.hangs()
	defer release()
	w.proxy.Treat(func(bool, []byte) xtest.Fate { return xtest.Swallow })
	w.cfg.Timeout = time.Second
	r := w.boot()
	r.Offer(volatile(event("log1", 1, "e1"), 1))
	began := time.Now()
	r.kill()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("stopping took %s", took)
	}
}
