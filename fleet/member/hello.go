package member

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"plimsoll/fleet"
	"plimsoll/fleet/wire"
)

// Hello says that the host is there, and has it registered. It is a [fleet.Companion].
type Hello struct {
	fleet, host string // as tokens
	log         *slog.Logger
	changed     chan struct{}
	reports     chan Standing

	mu       sync.Mutex // guards what follows
	register wire.Registration
	alive    wire.Alive
	at       time.Time // when alive was so
	stands   func() []wire.Footing
}

// Standing is how the host stands with its fleet.
type Standing struct {
	Registered bool
	Pools      []string // that count it
	Shared     []string // its failure domains that have hosts enough to tell a fault of the domain from one of the host
	Problem    error    // why it is not registered, or not in all its pools; nil: it is
}

// NewHello is that of the host with this token in this fleet, which asks for this place.
func NewHello(fleetToken, host string, r wire.Registration, log *slog.Logger) *Hello {
	return &Hello{
		fleet: fleetToken, host: host, log: log, changed: make(chan struct{}, 1), reports: make(chan Standing, 1),
		register: r, alive: wire.Alive{ID: r.ID, Version: r.Version},
	}
}

// Is says how the host is now. It never waits; a change is told at once, or as soon as others have been told of the last.
func (h *Hello) Is(a wire.Alive) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a.ID, a.Version = h.register.ID, h.register.Version
	news := !same(h.alive, a)
	h.alive, h.at = a, time.Now()
	if news {
		h.again()
	}
}

// Stands has f tell what becomes of the host if a failure domain goes, whenever it is said how it is. It is called before
// Attend.
func (h *Hello) Stands(f func() []wire.Footing) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stands = f
}

// again has it said soon how the host is.
func (h *Hello) again() {
	select {
	case h.changed <- struct{}{}:
	default:
	}
}

// same says whether a says nothing that b has not said. How old a fault is, and what would become of the host, is no news.
func same(a, b wire.Alive) bool {
	if (a.Margin == nil) != (b.Margin == nil) || a.Margin != nil && *a.Margin != *b.Margin {
		return false
	}
	return a.ID == b.ID && a.Boot == b.Boot && a.Version == b.Version && a.Status == b.Status && a.Leaving == b.Leaving &&
		a.Heeds == b.Heeds && wire.SameShared(a, b)
}

// Standings gives the newest standing after every change; one that nobody has read is replaced. It has one reader.
func (h *Hello) Standings() <-chan Standing { return h.reports }

const (
	// Again is how often a host asks for its place once it has it: a pool that was made later, or an inventory that was lost,
	// has it then. The time is spread over half of it, so that a fleet does not ask in step.
	Again = 10 * time.Minute
	// soon is the first wait after an attempt to register that came to nothing, late the last; spread likewise.
	soon = time.Second
	late = time.Minute
	// apart is the least time between two messages of presence: a group that flaps is not everybody's news.
	apart = 5 * time.Second
	// answerWithin is how long an arbiter has to answer: it writes to a store of several servers for each pool.
	answerWithin = 10 * time.Second
)

// Attend is fleet.Companion.
func (h *Hello) Attend(ctx context.Context, nc *nats.Conn) {
	var wait sync.WaitGroup
	defer wait.Wait()
	wait.Go(func() { h.keepRegistered(ctx, nc) })
	h.keepPresent(ctx, nc)
}

// keepPresent says how the host is: once in a beat, and soon after it has changed or the connection has come back.
func (h *Hello) keepPresent(ctx context.Context, nc *nats.Conn) {
	up := nc.StatusChanged(nats.CONNECTED)
	defer nc.RemoveStatusListener(up)
	beat, rest := time.NewTimer(0), time.NewTimer(0)
	defer beat.Stop()
	defer rest.Stop()
	rested, due := false, false
	for {
		select {
		case <-ctx.Done():
			h.leave(nc)
			return
		case <-beat.C:
			due = true
		case <-h.changed:
			due = true
		case <-up:
			due = true
		case <-rest.C:
			rested = true
		}
		if due && rested {
			h.say(nc)
			due, rested = false, false
			beat.Reset(wire.Beat - apart + rand.N(apart)) // so that the beat is never longer
			rest.Reset(apart)
		}
	}
}

// say publishes how the host is. Where the connection is down it is not said: the beat goes on.
func (h *Hello) say(nc *nats.Conn) {
	h.mu.Lock()
	alive, stands, since := h.alive, h.stands, time.Since(h.at)
	h.mu.Unlock()
	alive.Faults = slices.Clone(alive.Faults)
	for i := range alive.Faults {
		alive.Faults[i].AgeS += since.Seconds() // as old as they are when this is said
	}
	if stands != nil {
		alive.Footings = stands()
	}
	body, err := wire.Encode(alive)
	if err == nil {
		err = nc.Publish(wire.Subject(h.fleet, h.host, wire.Presence), body)
	}
	if err != nil && !errors.Is(err, nats.ErrReconnectBufExceeded) && !errors.Is(err, nats.ErrConnectionClosed) {
		h.log.Debug("presence was not sent", "cause", err.Error())
	}
}

// leave says that the agent stops.
func (h *Hello) leave(nc *nats.Conn) {
	h.mu.Lock()
	h.alive.Leaving = true
	h.mu.Unlock()
	h.say(nc)
	_ = nc.Flush() // or the host is absent in three minutes
}

// keepRegistered asks for the host's place until it has it, and now and then after that.
func (h *Hello) keepRegistered(ctx context.Context, nc *nats.Conn) {
	up := nc.StatusChanged(nats.CONNECTED)
	defer nc.RemoveStatusListener(up)
	timer := time.NewTimer(0)
	defer timer.Stop()
	wait, has := soon, false
	for {
		select {
		case <-ctx.Done():
			return
		case <-up:
			if has {
				continue // a place outlasts a connection
			}
			timer.Stop()
			wait = soon
		case <-timer.C:
		}
		s := h.ask(ctx, nc)
		if ctx.Err() != nil {
			return
		}
		h.tell(s)
		if s.Registered {
			h.again() // arbiters pass over those that they do not know
		}
		if has = s.Registered && s.Problem == nil; has {
			wait = Again
		}
		timer.Reset(wait/2 + rand.N(wait/2))
		if wait *= 2; wait > late {
			wait = late
		}
	}
}

// ask asks an arbiter for the host's place.
func (h *Hello) ask(ctx context.Context, nc *nats.Conn) Standing {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	r, err := fleet.Ask[wire.Registered](ctx, nc, wire.Subject(h.fleet, h.host, wire.Register), h.register)
	if err != nil {
		return Standing{Problem: err}
	}
	s := Standing{Registered: r.Revision != 0, Pools: r.Pools, Shared: r.Shared}
	for _, why := range r.Refused {
		s.Problem = errors.Join(s.Problem, fmt.Errorf("register %s: %s", h.host, why))
	}
	return s
}

func (h *Hello) tell(s Standing) {
	s.Pools, s.Shared = slices.Clone(s.Pools), slices.Clone(s.Shared)
	select {
	case <-h.reports:
	default:
	}
	h.reports <- s // there is room: only keepRegistered sends
}
