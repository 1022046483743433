package fleet

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"plimsoll/redundancy"
)

func TestAStreamThatLostAllThatItAcknowledgedIsGivenItAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stopServer()
	saved := filepath.Join(t.TempDir(), "saved") // the stream is there, with nothing in it
	if err := os.CopyFS(saved, os.DirFS(w.dir)); err != nil {
		t.Fatal(err)
	}
	w.startServer()
	r := w.boot()
	cursor := r.untilSeq(w.appendTexts(1, 3).Seq).Cursor
	r.kill()
	w.stopServer()
	w.dir = saved
	w.startServer()
	e4 := w.log.append("e4")
	w.boot(cursor).untilSeq(e4.Seq)
	w.wantStream(texts(1, 4)...)
}

func TestAHostThatIsRenamedAndRenamedBackSendsNothingAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var cursors []Cursor
	for _, name := range []string{"db1", "db2", "db1", "db2"} {
		w.host.Name = name
		last := w.appendTexts(2*len(cursors)+1, 2*len(cursors)+2)
		r := w.boot(cursors[max(0, len(cursors)-1):]...)
		cursors = append(cursors, r.untilSeq(last.Seq).Cursor)
		r.kill()
	}
	w.wantStream(texts(1, 8)...)
}

func (w *world) limit(change func(*jetstream.StreamConfig)) {
	w.tb.Helper()
	js, done := w.jetstream()
	defer done()
	s, err := js.Stream(w.tb.Context(), DefaultStream)
	if err != nil {
		w.tb.Fatalf("read stream: %v", err)
	}
	cfg := s.CachedInfo().Config
	change(&cfg)
	if _, err := js.UpdateStream(w.tb.Context(), cfg); err != nil {
		w.tb.Fatalf("change stream: %v", err)
	}
}

func TestAnEventTooLongForTheStreamIsShortenedAndHoldsNothingBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limit(func(c *jetstream.StreamConfig) { c.MaxMsgSize = 16 << 10 })
	long := event("log1", 1, "e1")
	for range maxEvidence {
		long.Event.Evidence = append(long.Event.Evidence, redundancy.Evidence{Where: "here", Value: strings.Repeat("x", maxText)})
	}
	w.log.put(long)
	w.boot().untilSeq(w.appendTexts(2, 3).Seq)
	w.wantStream(texts(1, 3)...)
	var cut []bool
	for _, e := range w.raw() {
		cut = append(cut, e.Data.Truncated)
	}
	if diff := cmp.Diff([]bool{true, false, false}, cut); diff != "" {
		t.Errorf("truncated (-want +got):\n%s", diff)
	}
}

func TestRoomIsWhatServerAndStreamBothTake(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		payload, message int64
		want             int
	}{
		{1 << 20, -1, maxEncoded},
		{64 << 10, -1, 60 << 10},
		{64 << 10, 16 << 10, 12 << 10},
		{0, 0, maxEncoded},
	} {
		if got := roomFor(c.payload, c.message); got != c.want {
			t.Errorf("room for %d and %d: %d, want %d", c.payload, c.message, got, c.want)
		}
	}
}

func TestAFullStreamIsSaidAndWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limit(func(c *jetstream.StreamConfig) { c.MaxMsgs, c.Discard = 2, jetstream.DiscardNew })
	r := w.boot()
	last := w.appendTexts(1, 4)
	rep := r.until("a full stream", func(rep Report) bool { return rep.Problem != nil })
	var hinted *HintError
	if !errors.As(rep.Problem, &hinted) || !strings.Contains(hinted.Hint(), "full") {
		t.Errorf("problem %v: want a hint that the stream is full", rep.Problem)
	}
	w.limit(func(c *jetstream.StreamConfig) { c.MaxMsgs = -1 })
	r.untilSeq(last.Seq)
	w.wantStream(texts(1, 4)...)
}

func TestWhatALogGivesBeforeItFailsIsSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cfg.Patience = time.Hour
	good := w.appendTexts(1, 3)
	w.log.append("behind a bad sector")
	w.log.breaksAfter(good.Seq, errors.New("input/output error"))
	w.boot().untilSeq(good.Seq)
	w.wantStream(texts(1, 3)...)
}

func TestAnEventThatNoLogHoldsIsCountedWhenItIsGivenUp(t *testing.T) {
	t.Parallel()
	q := queue{bound: 1, gap: 1}
	q.add(volatile(event("", 0, "a"), 1))
	q.add(volatile(event("", 0, "b"), 2))
	q.add(volatile(event("log1", 3, "c"), 3)) // the log gives it once the disk answers
	if q.dropped != 1 {
		t.Errorf("dropped %d, want 1", q.dropped)
	}
}
