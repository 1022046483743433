package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plimsoll/fleet"
	"plimsoll/fleet/embedded"
	fleettest "plimsoll/fleet/xtest"
	"plimsoll/internal/config"
	"plimsoll/internal/journal"
	journaltest "plimsoll/internal/journal/xtest"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// fakeRaid is a source that finds what it is told, and hints at every change.
type fakeRaid struct {
	mu     sync.Mutex
	groups []redundancy.Group
	poke   func()
}

func (f *fakeRaid) Name() string { return "raid" }

func (f *fakeRaid) Collect(context.Context) (redundancy.Observation, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return redundancy.Observation{Groups: slices.Clone(f.groups)}, nil
}

func (f *fakeRaid) Watch(ctx context.Context, poke func()) error {
	f.mu.Lock()
	f.poke = poke
	f.mu.Unlock()
	<-ctx.Done()
	return ctx.Err()
}

func (f *fakeRaid) finds(groups ...redundancy.Group) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.groups = groups
	if f.poke != nil {
		f.poke()
	}
}

// place to live: a disk, a source, and a server behind a proxy. Agents come and go.
type habitat struct {
	t      *testing.T
	disk   *journaltest.Disk
	raid   *fakeRaid
	server *embedded.Server
	proxy  *fleettest.Proxy
	js     jetstream.JetStream
	cfg    config.Config
}

func newHabitat(t *testing.T) *habitat {
	t.Helper()
	server, err := embedded.Start(t.Context(), t.TempDir(), 0)
	if err != nil {
		t.Fatalf("start server: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("stop server: %v", err)
		}
	})
	h := &habitat{t: t, disk: journaltest.NewDisk(), raid: &fakeRaid{}, server: server, cfg: config.Default()}
	nc, err := nats.Connect(server.Access().URL, nats.UserInfo(server.Access().User, server.Access().Password))
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(nc.Close)
	if h.js, err = jetstream.New(nc); err != nil {
		t.Fatalf("connect: %v", err)
	}
	h.cfg.State, h.cfg.Socket, h.cfg.Listen, h.cfg.Host.Name = t.TempDir(), "", "", "db1"
	h.proxied()
	return h
}

// proxied puts a new proxy before the server.
func (h *habitat) proxied() {
	h.t.Helper()
	target, err := url.Parse(h.server.Access().URL)
	if err != nil {
		h.t.Fatalf("parse url: %v", err)
	}
	h.proxy = fleettest.NewProxy(h.t, target.Host)
	u, err := url.Parse(h.proxy.URL())
	if err != nil {
		h.t.Fatalf("parse url: %v", err)
	}
	u.User = url.UserPassword(h.server.Access().User, h.server.Access().Password)
	h.cfg.NATS.URLs, h.cfg.NATS.CreateStream = []string{u.String()}, true
}

// life is one agent, running.
type life struct {
	*parts
	h    *habitat
	stop context.CancelFunc
	end  func() // stops it and waits
	done chan error
}

// start brings an agent to life.
func (h *habitat) start() *life {
	h.t.Helper()
	ctx, cancel := context.WithCancel(h.t.Context())
	log := journal.DefaultConfig("/state/log")
	log.FS = h.disk
	o := Options{Config: h.cfg, Log: slog.New(slog.DiscardHandler), LinesLost: func() uint64 { return 0 }}
	p, err := assemble(ctx, o, host{
		sources:   []source{{collector: h.raid, look: config.Look{Every: 200 * time.Millisecond, Deadline: time.Second}}},
		operators: signalOperators(), hooks: hooks(h.cfg.Hooks),
	}, log)
	if err != nil {
		cancel()
		h.t.Fatalf("assemble: %v", err)
	}
	p.retry = 100 * time.Millisecond
	l := &life{parts: p, h: h, stop: cancel, done: make(chan error, 1)}
	l.end = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-l.done:
			if err != nil {
				h.t.Errorf("run: %v", err)
			}
		case <-time.After(patienceOfTests):
			h.t.Error("the agent does not stop")
		}
	})
	go func() { l.done <- p.run(ctx) }()
	h.t.Cleanup(l.end)
	return l
}

// kill ends the agent as a signal does that nobody handles: nothing of its reaches the disk or the server any more. That it
// does not know it, and says goodbye for a while, does not matter.
func (l *life) kill() {
	l.h.t.Helper()
	l.h.disk = l.h.disk.Killed()
	l.h.proxy.Close()
	l.stop()
	l.h.proxied()
}

// patienceOfTests bounds every wait; a test that reaches it fails.
const patienceOfTests = time.Minute

// until waits for a view that fits.
func (l *life) until(what string, fits func(*view.View) bool) *view.View {
	l.h.t.Helper()
	late := time.After(patienceOfTests)
	for {
		changed := l.loop.board.Changed()
		v := l.loop.board.View()
		if v != nil && fits(v) {
			return v
		}
		select {
		case <-changed:
		case <-late:
			l.h.t.Fatalf("no view in time of %s; the latest: %s", what, asJSON(l.h.t, v))
		}
	}
}

// untilStored waits until the host is as wanted and the stream has acknowledged all that the log holds.
func (l *life) untilStored(want redundancy.Status) *view.View {
	l.h.t.Helper()
	return l.until(fmt.Sprintf("%s, stored", want), func(v *view.View) bool {
		host, known := v.Assessment.Host()
		return known && host.Status == want && v.Outbox.Pending == 0 && v.Outbox.Durable
	})
}

// eventually looks until it is so: for what tells nobody that it has changed.
func (h *habitat) eventually(what string, so func() bool) {
	h.t.Helper()
	late, again := time.After(patienceOfTests), time.NewTicker(20*time.Millisecond)
	defer again.Stop()
	for !so() {
		select {
		case <-again.C:
		case <-late:
			h.t.Fatalf("not in time: %s", what)
		}
	}
}

// stored is the raw content of the stream.
func (h *habitat) stored() []fleet.Envelope {
	h.t.Helper()
	s, err := h.js.Stream(h.t.Context(), fleet.DefaultStream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	if err != nil {
		h.t.Fatalf("read stream: %v", err)
	}
	info, err := s.Info(h.t.Context())
	if err != nil {
		h.t.Fatalf("read stream: %v", err)
	}
	var out []fleet.Envelope
	for seq := max(info.State.FirstSeq, 1); seq <= info.State.LastSeq; seq++ {
		m, err := s.GetMsg(h.t.Context(), seq)
		if err != nil {
			h.t.Fatalf("read message %d: %v", seq, err)
		}
		e, err := fleet.Decode(m.Data)
		if err != nil {
			h.t.Fatalf("read message %d: %v", seq, err)
		}
		out = append(out, e)
	}
	return out
}

func (h *habitat) storedTypes() []string {
	h.t.Helper()
	var types []string
	for _, e := range h.stored() {
		types = append(types, e.Event().Type)
	}
	return types
}

// logged are the events in the log, with those noted as sent under another id.
func (h *habitat) logged() (events []Told, sent map[string]string) {
	h.t.Helper()
	cfg := journal.DefaultConfig("/state/log")
	cfg.FS = h.disk.Killed()
	j, _, err := journal.Open(cfg)
	if err != nil {
		h.t.Fatalf("open log: %v", err)
	}
	defer func() {
		if err := j.Close(h.t.Context()); err != nil {
			h.t.Errorf("close log: %v", err)
		}
	}()
	records, err := j.Read(0, 1<<20)
	if err != nil {
		h.t.Fatalf("read log: %v", err)
	}
	sent = map[string]string{}
	for _, r := range records {
		switch data := typed(h.t, r).Data.(type) {
		case Told:
			events = append(events, data)
			if r.Kind == RecordVolatile {
				sent[data.ID] = data.ID
			}
		case Sent:
			sent[data.ID] = data.As
		}
	}
	return events, sent
}

// typed is a record of the log as the step wrote it.
func typed(t tester, r journal.Record) Record {
	t.Helper()
	read := func(into any) {
		if err := json.Unmarshal(r.Data, into); err != nil {
			t.Fatalf("read record %d: %v", r.Seq, err)
		}
	}
	out := Record{Kind: r.Kind}
	switch r.Kind {
	case RecordEvent, RecordVolatile:
		var told Told
		read(&told)
		out.Data = told
	case RecordSent:
		var sent Sent
		read(&sent)
		out.Data = sent
	case RecordCursor:
		var c fleet.Cursor
		read(&c)
		out.Data = c
	case RecordBaseline:
		var b BaselineRecord
		read(&b)
		out.Data = b
	case RecordCheckpoint:
		var c Checkpoint
		read(&c)
		out.Data = c
	default:
		t.Fatalf("record %d is of the kind %q", r.Seq, r.Kind)
	}
	return out
}

// wantOnce fails unless the stream holds each event once, each fault once until it is repaired, and folds to what v shows.
func (h *habitat) wantOnce(v *view.View) {
	h.t.Helper()
	seen, broken := map[string]bool{}, map[redundancy.ID]bool{}
	var a redundancy.Assessment
	for _, env := range h.stored() {
		e := env.Event()
		if seen[e.ID] {
			h.t.Errorf("%s is in the stream twice", e.ID)
		}
		if e.Cause != "" && !seen[e.Cause] {
			h.t.Errorf("%s %s cites %s, which is not before it", e.Type, e.ID, e.Cause)
		}
		seen[e.ID] = true
		switch e.Type {
		case redundancy.ComponentFailed:
			if broken[e.Member] {
				h.t.Errorf("%s: the fault of %s is told again", e.ID, e.Member)
			}
			broken[e.Member] = true
		case redundancy.ComponentReturned:
			broken[e.Member] = false
		}
		a = redundancy.Fold(a, e)
	}
	if diff := cmp.Diff(v.Assessment.Public(), a.Public()); diff != "" {
		h.t.Errorf("the stream folds to something else (-agent +stream):\n%s", diff)
	}
}
