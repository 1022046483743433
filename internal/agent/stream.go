package agent

import (
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"plimsoll/fleet"
	"plimsoll/internal/journal"
	"plimsoll/internal/view"
)

// stream is the loop's way to NATS, or to nowhere where none is configured.
type stream struct {
	publisher *fleet.Publisher // nil: events stay in the log
	embedded  *ownServer       // nil: the servers are others'
	peers     *peers
	news      chan StreamNews
	log       *slog.Logger
}

// newStream checks the configuration and starts the embedded server if it asks for one.
func newStream(ctx context.Context, o Options, host view.Host, as self) (*stream, error) {
	c := o.Config.NATS
	s := &stream{news: make(chan StreamNews), log: o.Log}
	cfg := fleet.DefaultConfig()
	cfg.URLs, cfg.Credentials, cfg.CreateStream = c.URLs, c.Credentials, c.CreateStream
	cfg.TLS = fleet.TLS{CA: c.TLS.CA, Cert: c.TLS.Cert, Key: c.TLS.Key}
	if c.Embedded {
		e, err := startEmbedded(ctx, embeddedDir(o.Config.State), o.Log)
		if err != nil {
			return nil, err
		}
		s.embedded = e
		cfg.URLs, cfg.User, cfg.Password, cfg.CreateStream = []string{e.access.URL}, e.access.User, e.access.Password, true
	}
	p, err := newPeers(o, host, cfg, as)
	if err != nil {
		s.close()
		return nil, err
	}
	s.peers = p
	if len(cfg.URLs) == 0 {
		return s, nil
	}
	publisher, err := fleet.NewPublisher(cfg, host, o.Log, p.companions()...)
	if err != nil {
		s.close()
		return nil, err
	}
	s.publisher = publisher
	return s, nil
}

func (s *stream) configured() bool { return s.publisher != nil }

// Offer hands an event to the publisher.
func (s *stream) Offer(out Outgoing) {
	if s.publisher != nil {
		s.publisher.Offer(itemOf(out))
	}
}

func itemOf(out Outgoing) fleet.Item {
	return fleet.Item{
		Event: out.Told.Event, LogID: out.LogID, Seq: out.Seq, Volatile: out.Volatile,
		Group: out.Told.After, BootID: out.Told.BootID, Monotonic: out.Told.Monotonic,
	}
}

// shown hands on what the agent shows of the host.
func (s *stream) shown(v *view.View) { s.peers.shown(v) }

// pools are those that count this host.
func (s *stream) pools() map[string]string { return s.peers.pools() }

// told is what the fleet tells of shared faults, and woken says that it may be another.
func (s *stream) told() FleetNews        { return s.peers.told() }
func (s *stream) woken() <-chan struct{} { return s.peers.wake }

// News brings the publisher's newest report as the step takes it.
func (s *stream) News() <-chan StreamNews { return s.news }

// resume lets the publisher read the log.
func (s *stream) resume(r *logReader) {
	if s.publisher != nil {
		s.publisher.Resume(r.journal.LogID(), r, r.cursors)
	}
}

// run publishes until ctx ends. Files that can't be used may be there tomorrow: they are read again every so often.
func (s *stream) run(ctx context.Context, retry time.Duration) {
	if s.publisher == nil {
		return
	}
	var beside sync.WaitGroup
	defer beside.Wait()
	beside.Go(func() { s.pass(ctx) })
	beside.Go(func() { s.peers.run(ctx, retry) })
	if s.embedded != nil {
		beside.Go(func() { s.embedded.attend(ctx, retry) })
	}
	again := time.NewTicker(retry)
	defer again.Stop()
	for ctx.Err() == nil {
		if err := s.publisher.Run(ctx); err != nil {
			s.tell(ctx, StreamNews{Problem: err.Error(), Connected: new(bool)})
		}
		select {
		case <-ctx.Done():
		case <-again.C:
		}
	}
}

func (s *stream) pass(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-s.publisher.Reports():
			s.tell(ctx, newsOfReport(r))
		}
	}
}

func (s *stream) tell(ctx context.Context, n StreamNews) {
	select {
	case <-ctx.Done():
	case s.news <- n:
	}
}

func newsOfReport(r fleet.Report) StreamNews {
	n := StreamNews{Connected: &r.Connected, URL: r.URL, Dropped: r.Dropped, Taken: r.Taken}
	if r.Problem != nil {
		n.Problem = r.Problem.Error()
	}
	if r.Cursor.Stream != "" {
		n.Cursor = &r.Cursor
	}
	return n
}

func (s *stream) close() {
	if s.embedded != nil {
		s.embedded.close()
	}
}

// Read gives the publisher the events in the log after a position, but for those that went out from memory.
func (l *logReader) Read(_ context.Context, after uint64, limit int) ([]fleet.Item, error) {
	for {
		records, err := l.journal.Read(journal.Seq(after), limit)
		if err != nil || len(records) == 0 {
			return nil, err
		}
		var items []fleet.Item
		for _, r := range records {
			after = uint64(r.Seq)
			if r.Kind != RecordEvent || l.sent[after] {
				continue
			}
			var t Told
			if err := json.Unmarshal(r.Data, &t); err != nil { // a newer version's word; those after it must not wait for it
				l.log.Warn("an event in the log is not understood: it is not sent", "record", after, "cause", err.Error())
				continue
			}
			items = append(items, itemOf(Outgoing{Told: t, LogID: l.journal.LogID(), Seq: after}))
		}
		if len(items) > 0 {
			return items, nil
		}
	}
}

// embeddedDir is where the embedded server keeps its stream.
func embeddedDir(state string) string { return filepath.Join(state, "nats") }
