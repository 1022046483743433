package arbiter

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"plimsoll/fleet/ledger"
	"plimsoll/fleet/wire"
)

// service is the name under which `nats micro` finds arbiters, and queue the group of which one answers each request.
const (
	service = "plimsoll-arbiter"
	queue   = "plimsoll-arbiter"
)

const (
	// atOnce is how many requests an arbiter works on at once: more would wait for the same store. Others wait in line.
	atOnce = 64
	// within is how long it may work on one: its client has given up by then.
	within = 10 * time.Second
)

// The codes of an answer that is an error, as HTTP has them.
const (
	codeMalformed = "400"
	codeApart     = "403"
	codeFailed    = "503"
)

// requestInfo is the header by which a server says that a request came out of another account.
const requestInfo = "Nats-Request-Info"

// errApart is the answer to a request out of the arbiter's own account.
var errApart = errors.New("it comes out of the arbiters' own account, where whoever asks may speak for others: " +
	"give hosts an account of their own, as plimsoll fleet bootstrap does, or set fleet.trust_peers on the arbiters")

// newDesk is where requests come in while the store is open. nc is of STORE.
func (a *Arbiter) newDesk(ctx context.Context, nc *nats.Conn, s store) *desk {
	d := &desk{Arbiter: a, ctx: ctx, store: s, floor: NewAssembly(a.cfg.Fleet, nc, a.log), room: make(chan struct{}, atOnce)}
	d.clerk = NewClerk(Office{
		Book: s.ledgers, Floor: d.floor, Memory: a.memory, Now: time.Now, Log: a.log, Wrote: d.wrote,
	})
	d.registry = NewRegistry(s.inventory, d.clerk, time.Now, a.log)
	return d
}

// answer takes requests until stop is called, which waits for those under way. stopped is closed if nats.go ends it by itself.
func (d *desk) answer(nc *nats.Conn) (stop func(), stopped <-chan struct{}, err error) {
	ended := make(chan struct{})
	svc, err := micro.AddService(nc, micro.Config{
		Name: service, Version: semantic(d.cfg.Version), Description: "answers hosts and people of the fleet " + d.cfg.Fleet,
		QueueGroup: queue, Metadata: map[string]string{"fleet": d.cfg.Fleet, "host": d.cfg.Name, "version": d.cfg.Version},
		DoneHandler: func(micro.Service) { close(ended) },
	})
	if err != nil {
		return nil, nil, fmt.Errorf("answer hosts: %w", err)
	}
	opinions, err := nc.Subscribe(wire.Subject(d.cfg.Fleet, "*", wire.Opinion), d.hearOpinion)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("listen for opinions: %w", err), svc.Stop())
	}
	stop = func() {
		_ = svc.Stop()             // it can only be stopped already
		_ = opinions.Unsubscribe() // likewise
		d.busy.Wait()
	}
	for name, e := range d.endpoints() {
		if err := svc.AddEndpoint(name, e.handle, micro.WithEndpointSubject(e.subject)); err != nil {
			stop()
			return nil, nil, fmt.Errorf("answer %s: %w", e.subject, err)
		}
	}
	return stop, ended, nil
}

// semantic is version as micro wants it: a build that is no release has none.
func semantic(version string) string {
	const unreleased = "0.0.0"
	var major, minor, patch int
	if n, err := fmt.Sscanf(version, "%d.%d.%d", &major, &minor, &patch); n != 3 || err != nil { // three numbers
		return unreleased
	}
	return fmt.Sprintf("%d.%d.%d", major, minor, patch)
}

// desk is where requests come in, while the store is open.
type desk struct {
	*Arbiter
	ctx      context.Context // that of serve: micro gives handlers none
	store    store
	registry *Registry
	clerk    *Clerk
	floor    *Assembly
	room     chan struct{} // as many as it works on
	busy     sync.WaitGroup
}

// endpoint is one kind of request.
type endpoint struct {
	subject string
	handle  micro.HandlerFunc
}

// endpoints are all requests that an arbiter answers, by name.
func (d *desk) endpoints() map[string]endpoint {
	c := counter{d.clerk}
	host := func(w wire.Word) string { return wire.Subject(d.cfg.Fleet, "*", w) }
	order := func(what string) string { return wire.OrderSubject(d.cfg.Fleet, "*", what) }
	return map[string]endpoint{
		"register":       {host(wire.Register), request(d, d.register)},
		"baseline":       {host(wire.Known), request(d, d.keep)},
		wire.OrderKnown:  {order(wire.OrderKnown), request(d, d.knownGood)},
		wire.OrderStatus: {order(wire.OrderStatus), request(d, d.hosts)},
		wire.OrderPools:  {order(wire.OrderPools), request(d, d.pools)},
		wire.OrderPool:   {order(wire.OrderPool), request(d, d.setPool)},
		wire.OrderRetire: {order(wire.OrderRetire), request(d, d.retire)},

		string(wire.Ask):     {host(wire.Ask), request(d, c.ask)},
		string(wire.Start):   {host(wire.Start), request(d, c.start)},
		string(wire.Release): {host(wire.Release), request(d, c.release)},
		string(wire.Assert):  {host(wire.Assert), request(d, c.assert)},
		wire.OrderGrants:     {order(wire.OrderGrants), request(d, d.grants)},
		wire.OrderDecisions:  {order(wire.OrderDecisions), request(d, d.decisions)},
		wire.OrderFreeze:     {order(wire.OrderFreeze), request(d, d.freeze)},
		wire.OrderThaw:       {order(wire.OrderThaw), request(d, d.thaw)},
		wire.OrderClear:      {order(wire.OrderClear), request(d, d.clear)},
		wire.OrderAccept:     {order(wire.OrderAccept), request(d, d.accept)},
	}
}

// wrote follows a write: when a pool has been frozen because its store forgot something, its members say what they hold.
func (d *desk) wrote(c Change) {
	_, was := c.Was.Ledger.FrozenBy(ledger.ByRollback)
	if _, is := c.Is.Ledger.FrozenBy(ledger.ByRollback); is && !was {
		d.floor.Remind(c.Is)
	}
}

// hearOpinion takes in what a host says to a poll, which may be another arbiter's.
func (d *desk) hearOpinion(m *nats.Msg) {
	if host, err := wire.Speaker(d.cfg.Fleet, m.Subject); err == nil {
		d.floor.Hear(host, m.Data)
	}
}

// request is a handler that reads a request, has it done by do, and answers. Who asks, the subject says.
func request[Q, A wire.Message](d *desk, do func(ctx context.Context, who string, q Q) (A, error)) micro.HandlerFunc {
	return func(r micro.Request) {
		who, err := wire.Speaker(d.cfg.Fleet, r.Subject())
		if err != nil {
			d.fail(r, codeMalformed, err)
			return
		}
		if !d.cfg.TrustPeers && r.Headers().Get(requestInfo) == "" {
			d.fail(r, codeApart, errApart)
			return
		}
		q, err := wire.Decode[Q](r.Data())
		if err != nil {
			d.fail(r, codeMalformed, err)
			return
		}
		select {
		case d.room <- struct{}{}:
		case <-d.ctx.Done():
			return // another arbiter is asked again
		}
		d.busy.Go(func() {
			defer func() { <-d.room }()
			ctx, cancel := context.WithTimeout(d.ctx, within)
			defer cancel()
			a, err := do(ctx, who, q)
			var body []byte
			if err == nil {
				body, err = wire.Encode(a)
			}
			if err != nil {
				d.log.Warn("a request came to nothing", "subject", r.Subject(), "cause", err.Error())
				d.fail(r, codeFailed, err)
				return
			}
			if err := r.Respond(body); err != nil {
				d.log.Debug("an answer was not sent", "subject", r.Subject(), "cause", err.Error())
			}
		})
	}
}

func (d *desk) fail(r micro.Request, code string, err error) {
	if err := r.Error(code, ledger.Clip(err.Error()), nil); err != nil {
		d.log.Debug("an answer was not sent", "subject", r.Subject(), "cause", err.Error())
	}
}
