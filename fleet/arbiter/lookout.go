package arbiter

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plimsoll/fleet/correlate"
	"plimsoll/fleet/ledger"
	"plimsoll/fleet/wire"
	"plimsoll/internal/view"
)

// post is what a lookout works with.
type post struct {
	fleet    string
	nc       *nats.Conn // of STORE
	log      *slog.Logger
	rules    correlate.Rules
	calm     ledger.Calm
	now      func() time.Time // steady
	clerk    *Clerk
	bulletin Bulletin
	domains  func() map[string][]string // the registered hosts of each failure domain, sorted; never changed in place
	// outside are the registered hosts for which in holds of none of their pools.
	outside func(in func(pool string) bool) []string
	changed *bell
}

// lookout is what an arbiter does unasked, while the store is open: it hears what hosts see, follows the ledgers and the bulletin,
// makes true in the store what follows from them, and tells hosts what concerns them. All arbiters do the same at once; the
// store lets one of them.
type lookout struct {
	post
	kick chan struct{} // something was heard that may decide

	// These are of the goroutine of run.
	storms map[string]*ledger.Storm
	out    map[string]time.Time // since when this arbiter has seen an entry, by the key of its note
	said   map[correlate.Case]correlate.State

	mu    sync.Mutex // guards what follows
	read  bool       // pages and notes are all that the store has
	watch correlate.Watch
	since time.Time // when it began to hear
	heard map[string]heard
	pages map[string]Page
	notes map[string]Posted
	cases []judged    // as they were judged last
	deeds []view.Deed // the newest last, bounded
	at    time.Time   // when all this was last looked at, connected to the store, by the wall clock
}

// heard is what a host said last.
type heard struct {
	at    time.Time
	alive wire.Alive
}

// newLookout hears from now on.
func newLookout(p post) *lookout {
	return &lookout{
		post: p, kick: make(chan struct{}, 1), since: p.now(),
		storms: map[string]*ledger.Storm{}, out: map[string]time.Time{}, said: map[correlate.Case]correlate.State{},
		heard: map[string]heard{}, pages: map[string]Page{}, notes: map[string]Posted{},
	}
}

// glance is how often a lookout looks at what time alone changes.
const glance = time.Second

// run looks out until ctx ends, or the store can't be followed.
func (l *lookout) run(ctx context.Context, s store) error {
	changes := make(chan func())
	fail := make(chan error, 2)
	var following sync.WaitGroup
	ctx, cancel := context.WithCancel(ctx)
	defer following.Wait()
	defer cancel()
	primed := make(chan struct{}, 2) // each is as the store has it now
	follow := func(what string, bucket jetstream.KeyValue, take func(jetstream.KeyValueEntry)) {
		following.Go(func() {
			fail <- follow(ctx, what, bucket, func(e jetstream.KeyValueEntry) {
				change := func() { take(e) }
				if e == nil {
					change = func() { primed <- struct{}{} }
				}
				select {
				case changes <- change:
				case <-ctx.Done():
				}
			})
		})
	}
	follow("the ledgers", s.ledgers.bucket, func(e jetstream.KeyValueEntry) { l.turned(e, s.created) })
	follow("the bulletin", s.bulletin, l.noted)
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-fail:
			return err
		case change := <-changes:
			change()
		case <-l.kick:
		case <-tick.C:
		}
		if len(primed) == cap(primed) {
			l.hasRead()
			l.look(ctx)
		}
	}
}

// hasRead notes that what the store has was read through.
func (l *lookout) hasRead() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.read = true
}

// look makes true in the store what follows from what is known now.
func (l *lookout) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for _, do := range []func(context.Context) error{l.finish, l.correlate, l.storm, l.freezes, l.stuck} {
		if err := do(ctx); err != nil && !errors.Is(err, ErrConflict) && ctx.Err() == nil {
			l.log.Warn("what the fleet should know was not told", "cause", err.Error())
		}
	}
	if l.nc.IsConnected() {
		l.mu.Lock()
		l.at = l.bulletin.wall()
		l.mu.Unlock()
	}
}

// hear takes in what a registered host says of itself, and tells it what concerns it.
func (l *lookout) hear(host string, p Place, a wire.Alive) {
	now := l.now()
	l.mu.Lock()
	was, before := l.heard[host]
	l.heard[host] = heard{at: now, alive: a}
	sees := map[correlate.Case]bool{}
	for _, f := range a.Faults {
		c := correlate.Case{Domain: f.Domain, Fault: f.Fault}
		sees[c] = true
		age := time.Duration(min(f.AgeS, maxAge.Seconds()) * float64(time.Second))
		l.watch.Take(now, host, correlate.Report{Case: c, Stands: true, Age: age}, l.rules)
	}
	for _, f := range was.alive.Faults {
		if c := (correlate.Case{Domain: f.Domain, Fault: f.Fault}); !sees[c] {
			l.watch.Take(now, host, correlate.Report{Case: c}, l.rules)
		}
	}
	l.watch.Hear(now, host)
	news, read := l.newsFor(p, a.Heeds), l.read // or it would take what is not read yet for what is over
	l.mu.Unlock()
	if read && (a.Heeds || len(news.Pools)+len(news.Cases) > 0) {
		l.tell(news, host)
	}
	if !before || !wire.SameShared(was.alive, a) {
		l.nudge()
	}
}

// maxAge bounds how old a fault is: older ones are old.
const maxAge = 365 * 24 * time.Hour

func (l *lookout) nudge() {
	select {
	case l.kick <- struct{}{}:
	default:
	}
}

// forget drops what a host said that is no longer registered.
func (l *lookout) forget(host string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watch.Forget(host)
	delete(l.heard, host)
}

// silentLocked says whether a host has said nothing for as long as makes it so, since this arbiter began to listen. The caller holds l.mu.
func (l *lookout) silentLocked(now time.Time, host string) bool {
	h, any := l.heard[host]
	if !any {
		h.at = l.since
	}
	return now.Sub(h.at) > l.rules.Silence
}
