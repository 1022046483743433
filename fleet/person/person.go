package person

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"

	"plimsoll/fleet"
	"plimsoll/fleet/wire"
)

// Person is a connection of a person's.
type Person struct {
	Fleet string // as a token
	Name  string // as the credentials have it
	nc    *nats.Conn
	wait  time.Duration
	// denied has what the server refuses, if it does: no answer will come then.
	denied chan error
}

// answerWithin is how long arbiters have to answer one request: they may have to ask many hosts first.
const answerWithin = 15 * time.Second

// Connect connects with cfg, whose credentials say who the person is. It answers with a hint where it can't.
func Connect(ctx context.Context, cfg fleet.Config, fleetName string) (*Person, error) {
	token, err := wire.FleetToken(fleetName)
	if err != nil {
		return nil, err
	}
	name, err := nameIn(cfg.Credentials)
	if err != nil {
		return nil, &fleet.HintError{
			Err: err, Todo: "have credentials made for you: plimsoll fleet bootstrap DIR --person NAME; and name the file with --credentials",
		}
	}
	p := &Person{Fleet: token, Name: name, wait: answerWithin, denied: make(chan error, 1)}
	var last error
	up, failed := make(chan struct{}, 1), make(chan error, 1)
	nc, err := fleet.Connect(ctx, cfg, "plimsoll "+name, wire.Inbox(name), fleet.Calls{
		Up: func(*nats.Conn) { offer(up, struct{}{}) },
		Down: func(err error) {
			if err != nil {
				offer(failed, err)
			}
		},
		Refused: func(_ *nats.Subscription, err error) { offer(p.denied, err) },
	})
	if err != nil {
		return nil, err
	}
	p.nc = nc
	enough := time.NewTimer(2 * cfg.Timeout)
	defer enough.Stop()
	for {
		select {
		case <-up:
			return p, nil
		case last = <-failed:
			if !errors.Is(last, nats.ErrAuthorization) {
				continue
			}
		case <-enough.C:
		case <-ctx.Done():
		}
		p.Close()
		if last == nil {
			last = nats.ErrNoServers
		}
		return nil, &fleet.HintError{
			Err:  fmt.Errorf("connect to the fleet %s as %s: %w", token, name, last),
			Todo: "are the servers of nats.urls, or of --server, there, and are the credentials of this fleet?",
		}
	}
}

// offer gives v to whoever waits for the first.
func offer[T any](c chan T, v T) {
	select {
	case c <- v:
	default:
	}
}

// nameIn is whom the credentials in a file are for.
func nameIn(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read credentials: %w", err)
	}
	token, err := jwt.ParseDecoratedJWT(text)
	if err != nil {
		return "", fmt.Errorf("read credentials %s: %w", path, err)
	}
	user, err := jwt.DecodeUserClaims(token)
	if err != nil {
		return "", fmt.Errorf("read credentials %s: %w", path, err)
	}
	if user.Name == "" {
		return "", fmt.Errorf("read credentials %s: they name nobody", path)
	}
	return user.Name, nil
}

// Events reads the fleet's events.
func (p *Person) Events() fleet.Reader { return fleet.NewReader(p.Fleet, p.nc, p.wait) }

// Close ends the connection.
func (p *Person) Close() { p.nc.Close() }

// Ask asks an arbiter for what, which the wire's Order constants name.
func Ask[A wire.Message](ctx context.Context, p *Person, what string, q wire.Message) (A, error) {
	ctx, cancel := context.WithTimeout(ctx, p.wait)
	defer cancel()
	type answer struct {
		a   A
		err error
	}
	answered := make(chan answer, 1)
	go func() { // ends when cancel is called, at the latest
		a, err := fleet.Ask[A](ctx, p.nc, wire.OrderSubject(p.Fleet, p.Name, what), q)
		answered <- answer{a, err}
	}()
	select {
	case got := <-answered:
		return got.a, got.err
	case refusal := <-p.denied:
		cancel()
		got := <-answered
		return got.a, &fleet.HintError{
			Err: fmt.Errorf("ask for %s as %s: %w", what, p.Name, refusal), Todo: "are these a person's credentials, of this fleet?",
		}
	}
}

// Hosts are all hosts of the fleet, as one arbiter after another tells of them, in the order of their tokens, and the faults that
// they share as the first arbiter judges them.
func (p *Person) Hosts(ctx context.Context) (hosts []wire.HostRow, cases []wire.CaseRow, err error) {
	for q := (wire.HostsQuery{}); ; {
		page, err := Ask[wire.Hosts](ctx, p, wire.OrderStatus, q)
		if err != nil {
			return nil, nil, err
		}
		hosts, cases = append(hosts, page.Hosts...), append(cases, page.Cases...)
		if !page.More || len(page.Hosts) == 0 {
			return hosts, cases, nil
		}
		q.After = page.Hosts[len(page.Hosts)-1].Host
	}
}

// Pools are all pools of the fleet, in the order of their names.
func (p *Person) Pools(ctx context.Context) ([]wire.PoolRow, error) {
	var out []wire.PoolRow
	for q := (wire.PoolsQuery{}); ; {
		page, err := Ask[wire.Pools](ctx, p, wire.OrderPools, q)
		if err != nil {
			return nil, err
		}
		out = append(out, page.Pools...)
		if !page.More || len(page.Pools) == 0 {
			return out, nil
		}
		q.After = page.Pools[len(page.Pools)-1].Pool
	}
}
