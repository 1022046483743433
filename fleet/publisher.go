package fleet

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"plimsoll/internal/view"
)

// Log gives the events that are durable in the host's log.
type Log interface {
	// Read gives at most limit events with a sequence number above after, in order; none when there are no more. An event
	// that the log notes as sent from memory has Volatile set, or is left out. Read may fail, giving what comes before the
	// failure, and may never return: the publisher then goes on from memory, and has one Read under way at most.
	Read(ctx context.Context, after uint64, limit int) ([]Item, error)
}

// Cursor is how far a stream holds the host's log. A stream that was deleted and made again is another one.
type Cursor struct {
	Stream  string    `json:"stream"`
	Created time.Time `json:"created"`
	// Seq is the place in the log up to which everything is in the stream.
	Seq uint64 `json:"seq"`
	// StreamSeq is the sequence in the stream of the host's last message, by which a stream that lost what it acknowledged
	// is told from one that a person has purged; 0: not known.
	StreamSeq uint64 `json:"stream_seq,omitempty"`
}

// Report is how the publisher fares. It is a level, not an edge: a later one says all that an earlier one did.
type Report struct {
	Connected bool
	URL       string // of the server, without credentials; the last one while there is none
	// Problem is why events do not reach the stream now, or what a person should see to; nil: they do. It may have a Hint.
	Problem error
	// Cursor is how far the stream holds the log; its zero value: nothing is known of the stream yet.
	Cursor Cursor
	// Dropped counts the events given up at the bound, of progress or not taken by any log, and any that could not be written
	// as JSON.
	Dropped uint64
	// Sent counts what the stream took since the start.
	Sent uint64
	// Taken is when its newest acknowledgement came; zero: none has since the start.
	Taken time.Time
}

// Publisher stores the host's events in the stream, each once and in order. Its methods may be called from any goroutine and
// never wait for the network or the disk.
type Publisher struct {
	cfg     Config
	host    view.Host
	address address
	logger  *slog.Logger
	wake    chan struct{}
	reports chan Report
	beside  []Companion

	mu     sync.Mutex // guards what follows
	queue  queue
	log    openLog
	link   link
	report Report
}

// openLog is the log as Resume gave it.
type openLog struct {
	id      string
	read    Log
	cursors map[cursorKey]Cursor
	opened  int // how often Resume was called
}

type cursorKey struct {
	stream  string
	created int64
}

func (c Cursor) key() cursorKey { return cursorKey{stream: c.Stream, created: c.Created.UnixNano()} }

// link is the connection: ctx ends when it is lost and is nil while there is none.
type link struct {
	run    context.Context // the life of Run, which the connection's callbacks have no other way to
	ctx    context.Context // the life of one connection
	cancel context.CancelFunc
	denied error // what the server refused on this connection
}

// Companion is what else goes over the connection of a host, which has one.
type Companion interface {
	// Attend works until ctx ends. The connection may be down at any time, and comes back by itself.
	Attend(ctx context.Context, nc *nats.Conn)
}

// NewPublisher checks the configuration and the host's names. It answers ErrToken for names that can't stand in a subject,
// and its other errors have hints too. Nothing happens before Run, which runs the companions beside it.
func NewPublisher(cfg Config, host view.Host, logger *slog.Logger, beside ...Companion) (*Publisher, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	a, err := addressOf(host)
	if err != nil {
		return nil, err
	}
	host.Labels = maps.Clone(host.Labels)
	return &Publisher{
		cfg: cfg, host: host, address: a, logger: logger, beside: beside,
		wake: make(chan struct{}, 1), reports: make(chan Report, 1),
		queue: queue{bound: cfg.Queue, gap: 1},
		log:   openLog{cursors: map[cursorKey]Cursor{}},
	}, nil
}

// Offer takes an event to be sent: one that is durable in the log, or one from memory, with Volatile set. It never waits.
// Once the log was given to Resume, every event that becomes durable must be offered, in the log's order, but for those that
// went out from memory: they may be, and are sent once all the same.
func (p *Publisher) Offer(it Item) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue.add(it)
	p.wakeUp()
}

// Resume gives the publisher the host's log, once it is open: its id, what reads it, and the cursors kept in it, newest last.
// Before, only events from memory are sent.
func (p *Publisher) Resume(logID string, log Log, cursors []Cursor) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.log = openLog{id: logID, read: log, cursors: map[cursorKey]Cursor{}, opened: p.log.opened + 1}
	for _, c := range cursors {
		p.log.cursors[c.key()] = c
	}
	p.queue.gap++
	p.wakeUp()
}

// Reports gives the newest report after every change; one that nobody has read is replaced. It has one reader.
func (p *Publisher) Reports() <-chan Report { return p.reports }

// Run connects and publishes until ctx ends. It answers with an error where the configuration's files can't be used; servers
// that can't be reached are none. A Read of the log that never returns is left behind.
func (p *Publisher) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p.mu.Lock()
	p.link.run = ctx
	p.mu.Unlock()
	nc, err := p.connect(ctx)
	if err != nil {
		return err
	}
	defer nc.Close()
	var wait sync.WaitGroup
	defer wait.Wait()
	for _, c := range p.beside {
		wait.Go(func() { c.Attend(ctx, nc) })
	}
	s := sender{p: p, stream: stream{nc: nc, name: p.cfg.Stream, timeout: p.cfg.Timeout}}
	s.run(ctx)
	return nil
}

func (p *Publisher) wakeUp() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// tell changes the report and passes it on if that made a difference.
func (p *Publisher) tell(change func(*Report)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tellLocked(change)
}

func (p *Publisher) tellLocked(change func(*Report)) {
	change(&p.report)
	p.report.Dropped += p.queue.dropped
	p.queue.dropped = 0
	select {
	case <-p.reports:
	default:
	}
	p.reports <- p.report // there is room: only a holder of the mutex sends
}

// problem reports what went wrong.
func (p *Publisher) problem(err error) { p.tell(func(r *Report) { r.Problem = err }) }
