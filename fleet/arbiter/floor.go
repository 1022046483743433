package arbiter

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"plimsoll/fleet/ledger"
	"plimsoll/fleet/wire"
)

// PollFor is how long members have to answer: many times what a host that is well takes, and little enough that the opinions
// are fresh when they are written. Whoever is silent has said neither yes nor no.
const PollFor = time.Second

// Assembly polls members over NATS. It is a [Floor].
type Assembly struct {
	fleet string
	nc    *nats.Conn
	log   *slog.Logger

	mu   sync.Mutex
	open map[*round]struct{}
}

// round is one poll under way.
type round struct {
	pool    string
	q       ledger.Question
	missing map[string]bool
	heard   []ledger.Opinion
	done    chan struct{} // closed when nobody is missing
}

// NewAssembly makes an assembly of a fleet, named as in subjects. nc is of STORE.
func NewAssembly(fleet string, nc *nats.Conn, log *slog.Logger) *Assembly {
	return &Assembly{fleet: fleet, nc: nc, log: log, open: map[*round]struct{}{}}
}

// Poll is Floor.
func (a *Assembly) Poll(ctx context.Context, pool string, members []string, q ledger.Question) []ledger.Opinion {
	text, err := wire.Encode(wire.Question{Pool: pool, Q: q})
	if err != nil {
		a.log.Error("internal error: poll", "cause", err.Error())
		return nil
	}
	r := &round{pool: pool, q: q, missing: map[string]bool{}, done: make(chan struct{})}
	for _, host := range members {
		r.missing[host] = true
	}
	a.enter(r)
	defer a.leave(r)
	for _, host := range members {
		if err := a.nc.Publish(wire.Subject(a.fleet, host, wire.Poll), text); err != nil {
			break // nobody will be heard, and that is what is answered
		}
	}
	timer := time.NewTimer(PollFor)
	defer timer.Stop()
	select {
	case <-r.done:
	case <-timer.C:
	case <-ctx.Done():
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return r.heard
}

// Remind has the members of a pool whose store has forgotten something say what they hold. It does not wait for that.
func (a *Assembly) Remind(p Page) {
	text, err := wire.Encode(wire.Reminder{Pool: p.Ledger.Pool, On: p.On})
	if err != nil {
		a.log.Error("internal error: remind members", "cause", err.Error())
		return
	}
	for _, host := range p.Ledger.Members {
		if err := a.nc.Publish(wire.Subject(a.fleet, host, wire.Notice), text); err != nil {
			a.log.Warn("members were not reminded of what they hold", "pool", p.Ledger.Pool, "cause", err.Error())
			return
		}
	}
}

func (a *Assembly) enter(r *round) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.open[r] = struct{}{}
}

func (a *Assembly) leave(r *round) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.open, r)
}

// Hear takes in what a host says, for the polls that it answers. Who speaks is in the subject.
func (a *Assembly) Hear(host string, text []byte) {
	v, err := wire.Decode[wire.Verdict](text)
	if err != nil {
		a.log.Warn("an opinion is not understood", "host", host, "cause", err.Error())
		return
	}
	o := v.View.By(host)
	a.mu.Lock()
	defer a.mu.Unlock()
	for r := range a.open {
		if r.pool != v.Pool || r.q.Ask.Nonce != o.Nonce || r.q.On != o.On || !r.missing[host] {
			continue
		}
		r.heard = append(r.heard, o)
		if delete(r.missing, host); len(r.missing) == 0 {
			close(r.done)
		}
	}
}
