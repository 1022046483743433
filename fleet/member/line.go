package member

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"plimsoll/fleet"
	"plimsoll/fleet/ledger"
	"plimsoll/fleet/wire"
)

// requestWithin bounds one request to an arbiter: it polls for a second, and may have to write again after a conflict.
const requestWithin = 4 * time.Second

// errDown: there is no connection.
var errDown = errors.New("not connected to the fleet")

// Line is the way from this host to the arbiters, over the host's own connection. It is [Arbiters].
type Line struct {
	fleet, host string

	mu sync.Mutex
	nc *nats.Conn // nil: not yet, or no more
}

// NewLine makes the line of a host; both names are as they stand in subjects.
func NewLine(fleet, host string) *Line { return &Line{fleet: fleet, host: host} }

func (l *Line) use(nc *nats.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.nc = nc
}

// conn is the connection, or why there is none.
func (l *Line) conn() (*nats.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.nc == nil || !l.nc.IsConnected() {
		return nil, errDown
	}
	return l.nc, nil
}

// Problem is why nothing can be asked now; nil: it can.
func (l *Line) Problem() error {
	_, err := l.conn()
	return err
}

// Ask is Arbiters.
func (l *Line) Ask(ctx context.Context, pool string, a ledger.Ask) (Answer, error) {
	return l.request(ctx, wire.Ask, wire.Wish{Pool: pool, Nonce: a.Nonce, Action: a.Action, Repairs: a.Repairs})
}

// Start is Arbiters.
func (l *Line) Start(ctx context.Context, pool, nonce string, token uint64) (Answer, error) {
	return l.request(ctx, wire.Start, wire.Beginning{Pool: pool, Nonce: nonce, Token: token})
}

// Release is Arbiters.
func (l *Line) Release(ctx context.Context, pool, nonce string, end ledger.End) (Answer, error) {
	return l.request(ctx, wire.Release, wire.Ending{Pool: pool, Nonce: nonce, End: end})
}

// Assert is Arbiters.
func (l *Line) Assert(ctx context.Context, pool string, claim ledger.Opinion) (Answer, error) {
	return l.request(ctx, wire.Assert, wire.Claim{Pool: pool, View: wire.ViewsOf(claim)})
}

func (l *Line) request(ctx context.Context, w wire.Word, m wire.Message) (Answer, error) {
	nc, err := l.conn()
	if err != nil {
		return Answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestWithin)
	defer cancel()
	a, err := fleet.Ask[wire.Answer](ctx, nc, wire.Subject(l.fleet, l.host, w), m)
	if err != nil {
		return Answer{}, err
	}
	return Answer{On: a.On, Token: a.Token, Refused: a.Refused}, nil
}

// Voice answers polls and reminders, over the same connection.
type Voice struct {
	line  *Line
	leave *Leave
	pools []string
	log   *slog.Logger
}

// NewVoice makes the voice of a host that is in these pools.
func NewVoice(line *Line, leave *Leave, pools []string, log *slog.Logger) *Voice {
	return &Voice{line: line, leave: leave, pools: slices.Clone(pools), log: log}
}

// Attend lends nc to the line, and answers polls on it, until ctx ends.
func (v *Voice) Attend(ctx context.Context, nc *nats.Conn) {
	sub, err := nc.Subscribe(wire.Subject(v.line.fleet, v.line.host, wire.Poll), func(m *nats.Msg) { v.opine(nc, m.Data) })
	if err != nil {
		v.log.Error("internal error: listen to polls", "cause", err.Error())
		return
	}
	reminders := make(chan wire.Reminder, 1) // one that comes while another waits says nothing new
	notices, err := nc.Subscribe(wire.Subject(v.line.fleet, v.line.host, wire.Notice), func(m *nats.Msg) {
		if r, err := wire.Decode[wire.Reminder](m.Data); err == nil && slices.Contains(v.pools, r.Pool) {
			select {
			case reminders <- r:
			default:
			}
		}
	})
	if err != nil {
		v.log.Error("internal error: listen to notices", "cause", err.Error())
		return
	}
	v.line.use(nc)
	v.remember(ctx, reminders)
	v.line.use(nil)
	_, _ = sub.Unsubscribe(), notices.Unsubscribe() // the connection closes next
}

// remember says what this host holds whenever it is reminded, until ctx ends.
func (v *Voice) remember(ctx context.Context, reminders <-chan wire.Reminder) {
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-reminders:
			if err := v.leave.Reassert(ctx, r.Pool, r.On); err != nil {
				v.log.Warn("what this host holds was not taken", "pool", r.Pool, "cause", err.Error())
				continue
			}
			v.log.Info("this host has said what it holds: the store of its pool had forgotten something", "pool", r.Pool)
		}
	}
}

func (v *Voice) opine(nc *nats.Conn, text []byte) {
	q, err := wire.Decode[wire.Question](text)
	if err != nil || !slices.Contains(v.pools, q.Pool) {
		return // not an arbiter's question, or one about a pool that this host has left
	}
	out, err := wire.Encode(wire.Verdict{Pool: q.Pool, View: wire.ViewsOf(v.leave.Opine(q.Pool, q.Q))})
	if err == nil {
		err = nc.Publish(wire.Subject(v.line.fleet, v.line.host, wire.Opinion), out)
	}
	if err != nil {
		v.log.Warn("an opinion was not given", "pool", q.Pool, "cause", err.Error())
	}
}
