package arbiter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plimsoll/fleet"
	"plimsoll/fleet/bootstrap"
	"plimsoll/fleet/correlate"
	"plimsoll/fleet/ledger"
	"plimsoll/fleet/wire"
)

// Config is who an arbiter is, and how it reaches the store.
type Config struct {
	Fleet   string // as a token
	Name    string // of its host, as a token
	Version string
	NATS    fleet.Config // with credentials of STORE
	// TrustPeers has it answer those in its own account too. Nothing then keeps one of them from speaking for another.
	TrustPeers bool
	// Memory is the file in which it keeps what the store has shown it; empty: it remembers that until it ends.
	Memory string
	// Rules are when the faults of hosts are one of their failure domain, and Calm is when a pool storms; their zero values: as
	// the packages that judge by them have it.
	Rules correlate.Rules
	Calm  ledger.Calm
}

// Arbiter is one arbiter of a fleet.
type Arbiter struct {
	cfg    Config
	log    *slog.Logger
	report chan Report
	memory *Marks
	now    func() time.Time // steady

	changed bell // rings when there is another Overview

	mu     sync.Mutex // guards what follows
	is     Report
	roll   *Roll
	places map[string]Place    // as the store told last, for people and for counting
	shared map[string][]string // the hosts of each failure domain, made of places when it is asked for; nil: not yet
	look   *lookout            // nil while the store is not open
	knows  *lookout            // the last one, also when it has ended; nil: there was none
}

// Report is how an arbiter fares. It is a level: a later one says all that an earlier one did.
type Report struct {
	Serving bool  // it answers
	Problem error // why not; nil: it does, or has only begun
}

// New checks the configuration. Nothing happens before Run.
func New(cfg Config, log *slog.Logger) (*Arbiter, error) {
	if !wire.PlainToken(cfg.Fleet) || cfg.Name == "" || len(cfg.NATS.URLs) == 0 {
		return nil, errors.New("internal error: arbiter.Config without fleet, name or servers")
	}
	if cfg.Rules == (correlate.Rules{}) {
		cfg.Rules = correlate.DefaultRules()
	}
	if cfg.Calm == (ledger.Calm{}) {
		cfg.Calm = ledger.DefaultCalm()
	}
	return &Arbiter{
		cfg: cfg, log: log, now: time.Now, report: make(chan Report, 1), memory: NewMemory(), roll: NewRoll(time.Now()), places: map[string]Place{},
	}, nil
}

// Reports gives the newest report after every change; one that nobody has read is replaced. It has one reader.
func (a *Arbiter) Reports() <-chan Report { return a.report }

func (a *Arbiter) tell(r Report) {
	defer a.changed.ring()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.is = r
	select {
	case <-a.report:
	default:
	}
	a.report <- r // there is room: only a holder of the mutex sends
}

// again is how long after the store could not be opened, or stopped to answer, it is tried again.
const again = 3 * time.Second

// Run answers until ctx ends, and returns once all that is under way has ended. It answers with an error where the files that
// the configuration names can't be used; servers that can't be reached are none.
func (a *Arbiter) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if a.cfg.Memory != "" {
		keeper{path: a.cfg.Memory, memory: a.memory, log: a.log}.begin(ctx, a.cfg.NATS.Timeout)
	}
	nc, err := fleet.Connect(ctx, a.cfg.NATS, "plimsoll arbiter "+a.cfg.Name, wire.Inbox(a.cfg.Name), fleet.Calls{
		Up: func(*nats.Conn) { a.listened() },
		Refused: func(_ *nats.Subscription, err error) {
			if errors.Is(err, nats.ErrConsumerNotActive) { // nats.go says so of what is followed while the connection is down
				a.log.Debug("the store is not followed: the connection is down")
				return
			}
			a.log.Warn("the server refuses what an arbiter needs", "cause", err.Error())
		},
	})
	if err != nil {
		return err
	}
	defer nc.Close()
	wait := time.NewTimer(0)
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-wait.C:
		}
		if err := a.serve(ctx, nc); err != nil && ctx.Err() == nil {
			a.tell(Report{Problem: err})
		}
		wait.Reset(again)
	}
}

// listened notes that the connection has come up: what was said before, nobody here has heard.
func (a *Arbiter) listened() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.roll.Begin(time.Now())
}

// serve opens the store and answers until ctx ends, or the store is not what it was.
func (a *Arbiter) serve(ctx context.Context, nc *nats.Conn) error {
	s, err := a.open(ctx, nc)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	watched := make(chan error, 2)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer cancel()
	read := make(chan struct{})
	watching.Go(func() { watched <- a.watch(ctx, s.inventory, func() { close(read) }) })
	if err := a.untilRead(read, watched); err != nil || ctx.Err() != nil {
		return err
	}
	d := a.newDesk(ctx, nc, s)
	look := newLookout(post{
		fleet: a.cfg.Fleet, nc: nc, log: a.log, rules: a.cfg.Rules, calm: a.cfg.Calm, now: a.now, clerk: d.clerk,
		bulletin: Bulletin{bucket: s.bulletin, herald: fleet.NewHerald(a.cfg.Fleet, nc, a.cfg.NATS.Timeout), wall: time.Now},
		domains:  a.domains,
		outside:  a.outside,
		changed:  &a.changed,
	})
	a.looks(look)
	defer a.looks(nil)
	presence, err := nc.Subscribe(wire.Subject(a.cfg.Fleet, "*", wire.Presence), a.hear)
	if err != nil {
		return fmt.Errorf("listen for presence: %w", err)
	}
	defer func() { _ = presence.Unsubscribe() }() // the connection is down, then it is not heard either
	stop, stopped, err := d.answer(nc)            //nolint:contextcheck // micro's handlers are given none: they go by the desk's
	if err != nil {
		return err
	}
	defer stop()
	defer cancel() // before stop, which waits for those under way
	watching.Go(func() { watched <- look.run(ctx, s) })
	a.tell(Report{Serving: true})
	select {
	case <-ctx.Done():
		return nil
	case <-stopped:
		return errors.New("answer hosts: the subscriptions ended")
	case err := <-watched:
		return err
	}
}

// untilRead waits for the inventory to be read, or its watch to end: before, people would be told of a fleet without hosts, and
// two of a hundred that fail would be most of those known. A store that keeps it waiting is a problem that is told.
func (a *Arbiter) untilRead(read <-chan struct{}, watched <-chan error) error {
	slow := time.NewTimer(a.cfg.NATS.Timeout)
	defer slow.Stop()
	for {
		select {
		case <-read:
			return nil
		case err := <-watched:
			return err
		case <-slow.C:
			a.tell(Report{Problem: &fleet.HintError{
				Err:  fmt.Errorf("read the inventory: not read to its end within %s: no host is answered before that", a.cfg.NATS.Timeout),
				Todo: "is the stream KV_" + bootstrap.Inventory + " without a leader, or the server too busy?",
			}})
		}
	}
}

// store is what an arbiter keeps in common with all others.
type store struct {
	ledgers   Bucket
	created   time.Time // when the stream behind the ledgers was made
	inventory Inventory
	bulletin  jetstream.KeyValue
	archive   Archive
}

// looks says who looks out from now on; nil: nobody.
func (a *Arbiter) looks(l *lookout) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.look = l; l != nil {
		a.knows = l
	}
}

// domains are the registered hosts of each failure domain.
func (a *Arbiter) domains() map[string][]string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.shared == nil {
		a.shared = domainsIn(a.places)
	}
	return a.shared
}

// outside are the registered hosts for which in holds of none of their pools.
func (a *Arbiter) outside(in func(pool string) bool) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []string
	for host, p := range a.places {
		if p.Retired == "" && !slices.ContainsFunc(p.Pools, in) {
			out = append(out, host)
		}
	}
	return out
}

func (a *Arbiter) open(ctx context.Context, nc *nats.Conn) (store, error) {
	ctx, cancel := context.WithTimeout(ctx, a.cfg.NATS.Timeout)
	defer cancel()
	todo := func(err error) error {
		return &fleet.HintError{
			Err:  fmt.Errorf("open the store: %w", err),
			Todo: "do the credentials of fleet.arbiter belong to an arbiter, and has plimsoll fleet bootstrap --create been run?",
		}
	}
	if !a.cfg.TrustPeers {
		if err := fleet.ConfinesHosts(nc.ConnectedServerVersion()); err != nil {
			return store{}, err
		}
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return store{}, todo(err)
	}
	ledgers, err := js.KeyValue(ctx, bootstrap.Ledger)
	if err != nil {
		return store{}, todo(err)
	}
	behind, err := js.Stream(ctx, "KV_"+bootstrap.Ledger)
	if err != nil {
		return store{}, todo(err)
	}
	inventory, err := js.KeyValue(ctx, bootstrap.Inventory)
	if err != nil {
		return store{}, todo(err)
	}
	bulletin, err := js.KeyValue(ctx, bootstrap.Bulletin)
	if err != nil {
		return store{}, todo(err)
	}
	baselines, err := js.KeyValue(ctx, bootstrap.Baselines)
	if err != nil {
		return store{}, todo(err)
	}
	return store{
		ledgers: Bucket{stream: behind, bucket: ledgers}, created: behind.CachedInfo().Created, inventory: Inventory{bucket: inventory},
		bulletin: bulletin, archive: Archive{bucket: baselines},
	}, nil
}

// hear takes in that a host is there.
func (a *Arbiter) hear(m *nats.Msg) {
	host, err := wire.Speaker(a.cfg.Fleet, m.Subject)
	if err != nil {
		return
	}
	alive, err := wire.Decode[wire.Alive](m.Data)
	if err != nil {
		a.log.Debug("presence is not understood", "host", host, "cause", err.Error())
		return
	}
	a.mu.Lock()
	p, registered := a.places[host]
	look := a.look
	news := false
	if registered {
		before := a.roll.Of(time.Now(), host)
		a.roll.Hear(time.Now(), host, alive)
		news = before.Seen != a.roll.Of(time.Now(), host).Seen || !sameFace(before.Alive, alive)
	}
	a.mu.Unlock()
	if news {
		a.changed.ring()
	}
	if registered && p.Retired == "" && look != nil {
		look.hear(host, p, alive)
	}
}

// watch follows the inventory until ctx ends, and calls read when it has all that was there.
func (a *Arbiter) watch(ctx context.Context, i Inventory, read func()) error {
	return follow(ctx, "the inventory", i.bucket, func(e jetstream.KeyValueEntry) {
		if e == nil {
			read()
			return
		}
		a.place(e)
	})
}

// place takes in one change of the inventory.
func (a *Arbiter) place(e jetstream.KeyValueEntry) {
	defer a.changed.ring()
	p, err := readPlace(e.Key(), e.Value())
	if e.Operation() == jetstream.KeyValuePut && err != nil {
		a.log.Warn("a place of the inventory is not understood", "host", e.Key(), "cause", err.Error())
		return
	}
	a.mu.Lock()
	look := a.look
	a.shared = nil
	gone := e.Operation() != jetstream.KeyValuePut
	if gone {
		delete(a.places, e.Key())
		a.roll.Forget(e.Key())
	} else {
		a.places[e.Key()] = p
	}
	a.mu.Unlock()
	if look != nil && (gone || p.Retired != "") {
		look.forget(e.Key())
	}
}
