package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plimsoll/fleet/wire"
	"plimsoll/fleet/xtest"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

const hostID = "0123456789abcdef"

var testHost = view.Host{ID: hostID, Name: "db1.example.org", Fleet: "test", Labels: map[string]string{"rack": "r12"}}

// world is a server, a proxy before it, and a host's log. The window for de-duplication is a second, as short as it goes.
type world struct {
	tb    testing.TB
	dir   string
	port  int
	nats  *server.Server
	proxy *xtest.Proxy
	log   *memoryLog
	cfg   Config
	host  view.Host
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	w := &world{tb: tb, dir: tb.TempDir(), port: server.RANDOM_PORT, log: &memoryLog{id: "log1"}, host: testHost}
	w.startServer()
	w.proxy = xtest.NewProxy(tb, fmt.Sprintf("127.0.0.1:%d", w.port))
	w.cfg = DefaultConfig()
	w.cfg.URLs = []string{w.proxy.URL()}
	w.cfg.CreateStream = true
	w.cfg.Timeout, w.cfg.Retry, w.cfg.Patience = 400*time.Millisecond, 200*time.Millisecond, 300*time.Millisecond
	tb.Cleanup(w.stopServer)
	w.createStream()
	return w
}

func (w *world) startServer() {
	w.tb.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: w.port, NoSigs: true, NoLog: true, JetStream: true, StoreDir: w.dir, SyncAlways: true,
	})
	if err != nil {
		w.tb.Fatalf("start server: %v", err)
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		w.tb.Fatal("start server: not ready")
	}
	w.nats = s
	addr, ok := s.Addr().(*net.TCPAddr)
	if !ok {
		w.tb.Fatalf("start server: listens on %v", s.Addr())
	}
	if w.port == server.RANDOM_PORT { // and the same from then on
		w.port = addr.Port
	}
}

func (w *world) stopServer() {
	w.nats.Shutdown()
	w.nats.WaitForShutdown()
}

// jetstream is a connection of the test's own, past the proxy.
func (w *world) jetstream() (jetstream.JetStream, func()) {
	w.tb.Helper()
	nc, err := nats.Connect(w.nats.ClientURL())
	if err != nil {
		w.tb.Fatalf("connect: %v", err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		w.tb.Fatalf("connect: %v", err)
	}
	return js, nc.Close
}

func (w *world) createStream() {
	w.tb.Helper()
	js, done := w.jetstream()
	defer done()
	_, err := js.CreateOrUpdateStream(w.tb.Context(), jetstream.StreamConfig{
		Name: DefaultStream, Subjects: []string{wire.EventSubjects}, Duplicates: time.Second, AllowDirect: true,
	})
	if err != nil {
		w.tb.Fatalf("create stream: %v", err)
	}
}

func (w *world) deleteStream() {
	w.tb.Helper()
	js, done := w.jetstream()
	defer done()
	if err := js.DeleteStream(w.tb.Context(), DefaultStream); err != nil {
		w.tb.Fatalf("delete stream: %v", err)
	}
}

// raw is the stream's content: every message of the host, in the stream's order.
func (w *world) raw() []Envelope {
	w.tb.Helper()
	var out []Envelope
	for _, m := range w.messages() {
		e, err := Decode(m.Data)
		if err != nil {
			w.tb.Fatalf("read message %d: %v", m.Sequence, err)
		}
		out = append(out, e)
	}
	return out
}

// messages are the stream's messages as they are.
func (w *world) messages() []*jetstream.RawStreamMsg {
	w.tb.Helper()
	js, done := w.jetstream()
	defer done()
	s, err := js.Stream(w.tb.Context(), DefaultStream)
	if err != nil {
		w.tb.Fatalf("read stream: %v", err)
	}
	info, err := s.Info(w.tb.Context())
	if err != nil {
		w.tb.Fatalf("read stream: %v", err)
	}
	var out []*jetstream.RawStreamMsg
	for seq := info.State.FirstSeq; seq <= info.State.LastSeq; seq++ {
		m, err := s.GetMsg(w.tb.Context(), seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			w.tb.Fatalf("read message %d: %v", seq, err)
		}
		out = append(out, m)
	}
	return out
}

// wantStream fails unless the stream holds exactly these events, in this order.
func (w *world) wantStream(want ...string) {
	w.tb.Helper()
	got := []string{}
	for _, e := range w.raw() {
		got = append(got, e.Data.Text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.tb.Fatalf("the stream's content (-want +got):\n%s", diff)
	}
}

// running is one life of the publisher.
type running struct {
	*Publisher
	w      *world
	kill   func()
	latest Report
}

// start begins a life without a log; resume gives it one.
func (w *world) start() *running {
	w.tb.Helper()
	p, err := NewPublisher(w.cfg, w.host, slog.New(slog.DiscardHandler))
	if err != nil {
		w.tb.Fatalf("make publisher: %v", err)
	}
	ctx, cancel := context.WithCancel(w.tb.Context())
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := p.Run(ctx); err != nil {
			w.tb.Errorf("run publisher: %v", err)
		}
	})
	r := &running{Publisher: p, w: w}
	r.kill = sync.OnceFunc(func() { cancel(); wait.Wait() })
	w.tb.Cleanup(r.kill)
	return r
}

// boot is a start with the log open; cursors are what the log holds.
func (w *world) boot(cursors ...Cursor) *running {
	w.tb.Helper()
	r := w.start()
	r.Resume(w.log.id, w.log, cursors)
	return r
}

// patienceOfTests bounds every wait; a test that reaches it fails. An election on a busy machine takes its time.
const patienceOfTests = time.Minute

// until waits for a report that fits.
func (r *running) until(what string, fits func(Report) bool) Report {
	r.w.tb.Helper()
	deadline := time.After(patienceOfTests)
	for !fits(r.latest) {
		select {
		case r.latest = <-r.Reports():
		case <-deadline:
			r.w.tb.Fatalf("no report in time of %s; the latest: %+v", what, r.latest)
		}
	}
	return r.latest
}

// untilSeq waits until the stream holds the log up to seq.
func (r *running) untilSeq(seq uint64) Report {
	r.w.tb.Helper()
	return r.until(fmt.Sprintf("place %d", seq), func(rep Report) bool { return rep.Cursor.Seq >= seq })
}

// untilSent waits until the stream took n events in this life.
func (r *running) untilSent(n uint64) Report {
	r.w.tb.Helper()
	return r.until(fmt.Sprintf("%d sent", n), func(rep Report) bool { return rep.Sent >= n })
}

// memoryLog is a log whose reading fails or hangs on demand.
type memoryLog struct {
	id string

	mu    sync.Mutex
	items []Item
	fail  error
	hang  chan struct{} // closed: reads go on; nil: they do not hang
	reads int

	broken error // what reading behind breaks answers; nil: nothing
	breaks uint64
}

// Read is Log.
func (l *memoryLog) Read(_ context.Context, after uint64, limit int) ([]Item, error) {
	l.mu.Lock()
	l.reads++
	hang := l.hang
	l.mu.Unlock()
	if hang != nil {
		<-hang // whatever ctx says, as a disk does
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		return nil, l.fail
	}
	var out []Item
	for _, it := range l.items {
		if l.broken != nil && it.Seq > l.breaks {
			return out, l.broken
		}
		if it.Seq > after && len(out) < limit {
			out = append(out, it)
		}
	}
	return out, nil
}

// fails makes reads fail, or not any more.
func (l *memoryLog) fails(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fail = err
}

// breaksAfter makes reads fail behind a place.
func (l *memoryLog) breaksAfter(seq uint64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.breaks, l.broken = seq, err
}

// hangs makes reads hang until the function it returns is called.
func (l *memoryLog) hangs() func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	hang := make(chan struct{})
	l.hang = hang
	return sync.OnceFunc(func() {
		l.mu.Lock()
		l.hang = nil
		l.mu.Unlock()
		close(hang)
	})
}

// append makes an event durable. Its place is its number among all records; every third record is no event, as in a real log.
func (l *memoryLog) append(text string) Item {
	l.mu.Lock()
	defer l.mu.Unlock()
	seq := uint64(1)
	if n := len(l.items); n > 0 {
		seq = l.items[n-1].Seq + 1
		if seq%3 == 0 {
			seq++
		}
	}
	it := event(l.id, seq, text)
	l.items = append(l.items, it)
	return it
}

// put makes these events durable as they are.
func (l *memoryLog) put(items ...Item) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.items = append(l.items, items...)
}

// base is when the tests' events begin.
var base = time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.UTC)

func event(log string, seq uint64, text string) Item {
	return Item{
		LogID: log, Seq: seq,
		Event: redundancy.Event{
			ID: fmt.Sprintf("%s/%s/%d", hostID, log, seq), Type: redundancy.ComponentFailed,
			Time: base.Add(time.Duration(seq) * time.Millisecond), Subject: "raid:u/slot0", Kind: redundancy.KindRAID,
			Group: "raid:u", Name: "md0", GroupType: redundancy.NPlusM, Member: "raid:u/slot0", Device: "sda", Source: "raid",
			Is: &redundancy.Face{ComponentFace: &redundancy.ComponentFace{
				State: redundancy.Disabled, Health: redundancy.Critical, Device: "wwn:1",
			}},
			Severity: redundancy.SeverityWarning, Notify: redundancy.NotifyNow, Text: text,
		},
	}
}

// volatile is it as it goes out from memory.
func volatile(it Item, n int) Item {
	it.Volatile = fmt.Sprintf("%s/volatile1/%d", hostID, n)
	return it
}

func texts(from, through int) []string {
	out := []string{}
	for i := from; i <= through; i++ {
		out = append(out, fmt.Sprintf("e%d", i))
	}
	return out
}
