package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"plimsoll/fleet/bootstrap"
	"plimsoll/fleet/wire"
	"plimsoll/lab/site"
	"plimsoll/redundancy"
)

// told is what goes over the wire when a feed is lost.
type told struct {
	mu       sync.Mutex
	sees     map[string]bool // hosts that have said so
	majority int
	decisive time.Time // when a majority had
	found    []time.Time
}

// feed has all of a crowd lose one feed at once, and says how soon the fleet tells so, once.
func (p plan) feed(ctx context.Context) (err error) {
	if p.onFeed == 0 {
		return nil
	}
	s, err := p.set(ctx, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.strike()) }()
	other, err := s.Arbiter("arb1", p.bin) // both find it
	if err != nil {
		return err
	}
	if err := other.Start(); err != nil {
		return err
	}
	defer other.Kill()
	c, err := gather(ctx, s.Site, p.onFeed)
	defer c.leave()
	if err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := c.until(within, &c.registered); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	<-time.After(settled) // all have said that they are there
	t := &told{sees: map[string]bool{}, majority: p.onFeed/2 + 1}
	nc, err := t.listen(within, s.Site)
	if err != nil {
		return err
	}
	defer nc.Close()
	a := alive(redundancy.Degraded)
	a.Faults = []wire.Fault{{Domain: "feed:feed-0", Fault: "power.failed"}}
	for _, h := range c.hosts {
		h.Hello.Is(a)
	}
	return t.judge(within, p.onFeed)
}

// listen hears what hosts and arbiters say.
func (t *told) listen(ctx context.Context, s *site.Site) (*nats.Conn, error) {
	nc, err := s.Connect(ctx, bootstrap.Arbiter, "listener")
	if err != nil {
		return nil, err
	}
	_, wrong := nc.Subscribe(wire.Subject(site.Fleet, "*", wire.Presence), func(m *nats.Msg) {
		a, err := wire.Decode[wire.Alive](m.Data)
		if err != nil || len(a.Faults) == 0 {
			return
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		t.sees[m.Subject] = true
		if t.decisive.IsZero() && len(t.sees) == t.majority {
			t.decisive = time.Now()
		}
	})
	_, err = nc.Subscribe(wire.Subject(site.Fleet, wire.Fleetwide, wire.Event)+".>", func(m *nats.Msg) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if strings.HasSuffix(m.Subject, ".correlation.found") {
			t.found = append(t.found, time.Now())
		}
	})
	return nc, errors.Join(wrong, err, nc.FlushWithContext(ctx))
}

// judge waits for all hosts to have said that their feed is lost, and for more than one event not to come.
func (t *told) judge(ctx context.Context, hosts int) error {
	for {
		t.mu.Lock()
		all := len(t.sees) == hosts && len(t.found) > 0
		t.mu.Unlock()
		if all {
			break
		}
		<-time.After(100 * time.Millisecond)
		if ctx.Err() != nil {
			return fmt.Errorf("%d of %d hosts said that they lost their feed, and the fleet %d times", len(t.sees), hosts, len(t.found))
		}
	}
	<-time.After(settled)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.found) != 1 {
		return fmt.Errorf("the loss of one feed was found %d times", len(t.found))
	}
	fmt.Printf("\n%d hosts lost one feed: found once, %s after the report that decided it\n", hosts, millis(t.found[0].Sub(t.decisive)))
	return nil
}
