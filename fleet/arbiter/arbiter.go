package arbiter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plimsoll/fleet"
	"plimsoll/fleet/bootstrap"
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
}

// Arbiter is one arbiter of a fleet.
type Arbiter struct {
	cfg    Config
	log    *slog.Logger
	report chan Report
	memory *Marks

	mu     sync.Mutex // guards what follows
	roll   *Roll
	places map[string]Place // as the store told last, for people and for counting
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
	return &Arbiter{
		cfg: cfg, log: log, report: make(chan Report, 1), memory: NewMemory(), roll: NewRoll(time.Now()), places: map[string]Place{},
	}, nil
}

// Reports gives the newest report after every change; one that nobody has read is replaced. It has one reader.
func (a *Arbiter) Reports() <-chan Report { return a.report }

func (a *Arbiter) tell(r Report) {
	a.mu.Lock()
	defer a.mu.Unlock()
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
	nc, err := fleet.Connect(ctx, a.cfg.NATS, "plimsoll arbiter "+a.cfg.Name, wire.Inbox(a.cfg.Name), fleet.Calls{
		Up: func(*nats.Conn) { a.listened() },
		Refused: func(_ *nats.Subscription, err error) {
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
	defer cancel()
	presence, err := nc.Subscribe(wire.Subject(a.cfg.Fleet, "*", wire.Presence), a.hear)
	if err != nil {
		return fmt.Errorf("listen for presence: %w", err)
	}
	defer func() { _ = presence.Unsubscribe() }() // the connection is down, then it is not heard either
	stop, stopped, err := a.answer(ctx, nc, s)
	if err != nil {
		return err
	}
	defer stop()
	watched := make(chan error, 1)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer cancel()
	watching.Go(func() { watched <- a.watch(ctx, s.inventory) })
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

// store is what an arbiter keeps in common with all others.
type store struct {
	ledgers   Bucket
	inventory Inventory
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
	return store{ledgers: Bucket{stream: behind, bucket: ledgers}, inventory: Inventory{bucket: inventory}}, nil
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
	defer a.mu.Unlock()
	if _, registered := a.places[host]; registered {
		a.roll.Hear(time.Now(), host, alive)
	}
}

// watch follows the inventory until ctx ends.
func (a *Arbiter) watch(ctx context.Context, i Inventory) error {
	w, err := i.bucket.WatchAll(ctx)
	if err != nil {
		return fmt.Errorf("watch the inventory: %w", err)
	}
	defer func() { _ = w.Stop() }() // it ends with the connection too
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, open := <-w.Updates():
			if !open {
				return errors.New("watch the inventory: it ended")
			}
			if e != nil { // nil: that was all for now
				a.place(e)
			}
		}
	}
}

// place takes in one change of the inventory.
func (a *Arbiter) place(e jetstream.KeyValueEntry) {
	p, err := readPlace(e.Key(), e.Value())
	if e.Operation() == jetstream.KeyValuePut && err != nil {
		a.log.Warn("a place of the inventory is not understood", "host", e.Key(), "cause", err.Error())
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if e.Operation() != jetstream.KeyValuePut {
		delete(a.places, e.Key())
		a.roll.Forget(e.Key())
		return
	}
	a.places[e.Key()] = p
}
