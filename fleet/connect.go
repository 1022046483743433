package fleet

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"plimsoll/fleet/wire"
)

// OldestServer is the oldest nats-server that has what the delivery rests on, also in a cluster
// (docs/decisions/0003-oldest-nats-server.md).
const OldestServer = "2.11.8"

// OldestConfining is the oldest nats-server on which accounts were seen to keep a hostile host from the subjects of others: an
// arbiter answers on no older one (docs/decisions/0061-oldest-server-for-grants.md).
const OldestConfining = "2.12.15"

const (
	// pingEvery finds a server that is gone without a word, after two pings without an answer.
	pingEvery = 5 * time.Second
	// flushWithin bounds a write to a server that reads no more.
	flushWithin = 2 * time.Second
)

// Calls are what a connection tells of itself, from goroutines of its own; nil: nobody is told.
type Calls struct {
	Up      func(*nats.Conn)
	Down    func(error)                     // it is lost, or an attempt went wrong
	Refused func(*nats.Subscription, error) // the server refuses something without an answer to a request; nil: no subscription
}

// Connect gives a connection that comes up when the servers do, and for good; that none is there now is no error. All files
// are read here and never again: the disk they are on may be the one that fails. Answers are awaited below inbox, which the
// server lets name hear.
func Connect(ctx context.Context, c Config, name, inbox string, calls Calls) (*nats.Conn, error) {
	pace := &pace{ctx: ctx, timeout: c.Timeout, retry: c.Retry}
	opts := nats.Options{
		Servers: c.URLs, Name: name, Timeout: c.Timeout, CustomDialer: pace,
		AllowReconnect: true, MaxReconnect: -1, RetryOnFailedConnect: true, IgnoreAuthErrorAbort: true,
		ReconnectBufSize: -1, // what is written while the connection is down is sent by us, when it is our turn
		PingInterval:     pingEvery, MaxPingsOut: nats.DefaultMaxPingOut, FlusherTimeout: flushWithin,
		CustomReconnectDelayCB: pace.wait,
		NoRandomize:            false, User: c.User, Password: c.Password,
		SubChanLen: nats.DefaultMaxChanLen, DrainTimeout: c.Timeout,
		InboxPrefix: inbox, NoCallbacksAfterClientClose: true,
	}
	if calls.Up != nil {
		opts.ConnectedCB, opts.ReconnectedCB = calls.Up, calls.Up
	}
	if calls.Down != nil {
		opts.DisconnectedErrCB = func(_ *nats.Conn, err error) { calls.Down(err) }
		opts.ReconnectErrCB = func(_ *nats.Conn, err error) { calls.Down(err) }
	}
	if calls.Refused != nil {
		opts.AsyncErrorCB = func(_ *nats.Conn, s *nats.Subscription, err error) { calls.Refused(s, err) }
	}
	tlsConfig, err := c.TLS.config()
	if err != nil {
		return nil, err
	}
	if tlsConfig != nil {
		if err := nats.Secure(tlsConfig)(&opts); err != nil {
			return nil, fmt.Errorf("set up TLS: %w", err)
		}
	}
	if c.Credentials != "" {
		secret, err := readSecret("credentials", c.Credentials)
		if err != nil {
			return nil, err
		}
		if err := nats.UserCredentialBytes(secret)(&opts); err != nil {
			return nil, fmt.Errorf("read credentials %s: %w", c.Credentials, err)
		}
	}
	nc, err := opts.Connect()
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	return nc, nil
}

// connect connects for the publisher, and for those beside it.
func (p *Publisher) connect(ctx context.Context) (*nats.Conn, error) {
	return Connect(ctx, p.cfg, "plimsolld "+p.host.Name, p.address.inbox, Calls{Up: p.up, Down: p.down, Refused: p.refused})
}

// up is called by the connection when it has come up.
func (p *Publisher) up(nc *nats.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cutLocked()
	p.link.ctx, p.link.cancel = context.WithCancel(p.link.run)
	p.link.denied = nil
	p.tellLocked(func(r *Report) { r.Connected, r.URL, r.Problem = true, bare(nc.ConnectedUrl()), nil })
	p.wakeUp()
}

// bare is a server's URL without user and password, of which either may be a token.
func bare(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	u.User = nil
	return u.String()
}

// down is called by the connection when it is lost, and for each attempt that went wrong.
func (p *Publisher) down(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cutLocked()
	p.tellLocked(func(r *Report) {
		r.Connected = false
		if errors.Is(err, nats.ErrNoServers) {
			return // all were tried at the start; the attempts that follow say what was wrong with each
		}
		if err != nil {
			r.Problem = serverProblem(err)
		} else if r.Problem == nil {
			r.Problem = nats.ErrDisconnected
		}
	})
	p.wakeUp()
}

// refused is called by the connection when the server refuses something without an answer to the request. What was refused
// to a companion is not what keeps events from the stream.
func (p *Publisher) refused(sub *nats.Subscription, err error) {
	for _, w := range slices.Concat(wire.Up(), wire.Down()) {
		if sub != nil || strings.Contains(err.Error(), p.address.of(w)+`"`) {
			p.logger.Warn("the server refuses what the fleet needs", "cause", err.Error())
			return
		}
	}
	err = serverProblem(err)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.link.denied = err
	p.tellLocked(func(r *Report) { r.Problem = err })
}

// denied is the refusal that explains err, which is then a request that timed out, and else err itself.
func (p *Publisher) denied(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.link.denied != nil && errors.Is(err, context.DeadlineExceeded) {
		return p.link.denied
	}
	return err
}

// cutLocked ends what is under way on the connection: its outcome is not known.
func (p *Publisher) cutLocked() {
	if p.link.cancel != nil {
		p.link.cancel()
	}
	p.link.ctx, p.link.cancel = nil, nil
}

// serverProblem gives what the server said a hint where there is one.
func serverProblem(err error) error {
	switch {
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked):
		return hint(err, "check nats.credentials against the server's accounts")
	case errors.Is(err, nats.ErrPermissionViolation):
		return hint(err, "allow the host to publish its events and to ask $JS.API.STREAM.INFO and $JS.API.STREAM.MSG.GET "+
			"of the stream (docs/events.md)")
	case isCode(err, codeStoreFailed, codeNoStorage):
		return hint(err, "the stream is full: raise its bounds or those of its account, or let it discard the oldest")
	case isCode(err, codeStreamNotMatch):
		return hint(err, "another stream takes the subjects "+wire.EventSubjects+": take them from it")
	case errors.Is(err, nats.ErrNoResponders):
		return hint(err, "enable JetStream for the account that the host uses")
	default:
		return err
	}
}
