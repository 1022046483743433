package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"plimsoll/lab/bench"
	"plimsoll/lab/site"
)

// patience bounds what has to happen on a busy machine.
const patience = 3 * time.Minute

// stage is the servers and the arbiter that are measured.
type stage struct {
	*site.Site
	arbiter *site.Process
}

// set starts so many servers, and an arbiter.
func (p plan) set(ctx context.Context, servers int) (*stage, error) {
	dir, err := os.MkdirTemp("", "plimsoll-sim-")
	if err != nil {
		return nil, err
	}
	var all []site.Server
	for i := range servers {
		name := fmt.Sprintf("n%d", i+1)
		all = append(all, site.Server{Name: name, IP: fmt.Sprintf("127.0.0.%d", i+1), Store: filepath.Join(dir, "store-"+name)})
	}
	s, err := site.New(dir, p.nats, site.SyncAlways, all)
	if err != nil {
		return nil, err
	}
	if err := s.Start(); err != nil {
		return nil, err
	}
	if err := s.Create(ctx); err != nil {
		return nil, err
	}
	a, err := s.Arbiter("arb0", p.bin)
	if err != nil {
		return nil, err
	}
	return &stage{s, a}, a.Start()
}

// strike ends all of it.
func (s *stage) strike() error {
	s.arbiter.Kill()
	s.Kill()
	return os.RemoveAll(s.Dir)
}

// grow measures one crowd after another.
func (p plan) grow(ctx context.Context) error {
	if len(p.sizes) == 0 {
		return nil
	}
	var crowds []bench.Crowd
	for _, n := range p.sizes {
		c, err := p.measure(ctx, n)
		if err != nil {
			return fmt.Errorf("%d hosts: %w", n, err)
		}
		crowds = append(crowds, c)
		fmt.Printf("%+v\n", c)
	}
	if err := p.tell(bench.CrowdsText(crowds, atOnce)); err != nil {
		return err
	}
	for _, c := range crowds {
		if c.Missing > 0 {
			return fmt.Errorf("%d of %d hosts were not back after %s", c.Missing, c.Hosts, c.Back)
		}
	}
	return nil
}

// measure is one crowd.
func (p plan) measure(ctx context.Context, n int) (of bench.Crowd, err error) {
	of.Hosts = n
	ctx, cancel := context.WithTimeout(ctx, 5*patience+p.window)
	defer cancel()
	s, err := p.set(ctx, 1)
	if err != nil {
		return of, err
	}
	defer func() { err = errors.Join(err, s.strike()) }()
	began := time.Now()
	c, err := gather(ctx, s.Site, n)
	defer c.leave()
	if err != nil {
		return of, err
	}
	made := c.began.Sub(began) // credentials for all, which is not the fleet's work
	if _, err := c.until(ctx, &c.registered); err != nil {
		return of, fmt.Errorf("register: %w", err)
	}
	of.Registered = time.Since(began) - made
	if of.Server, of.Arbiter, err = p.steady(ctx, s, c); err != nil {
		return of, err
	}
	ups := c.ups.Load()
	if of.Back, err = c.killed(ctx, s); err != nil {
		return of, err
	}
	of.Missing = len(c.hosts) - int(c.connected.Load())
	c.live(ctx, settled) // who has come back stays
	of.Connections = c.ups.Load() - ups
	return of, nil
}

// settled is how long nobody must lose a connection that has come back.
const settled = 20 * time.Second

// steady measures what the processes use while nothing special happens.
func (p plan) steady(ctx context.Context, s *stage, c *crowd) (server, arbiter bench.Use, err error) {
	var before, after [2]use
	look := func(at *[2]use) {
		for i, p := range []*site.Process{s.Servers[0], s.arbiter} {
			var wrong error
			at[i], wrong = meter(p)
			err = errors.Join(err, wrong)
		}
	}
	look(&before)
	began := time.Now()
	c.live(ctx, p.window)
	span := time.Since(began)
	look(&after)
	return before[0].until(after[0], span), before[1].until(after[1], span), err
}

// killed kills the server and starts it again, and says how long after that all hosts are back, or that nobody waits any longer.
func (c *crowd) killed(ctx context.Context, s *stage) (time.Duration, error) {
	s.Servers[0].Kill()
	for c.connected.Load() > 0 {
		<-time.After(20 * time.Millisecond)
		if ctx.Err() != nil {
			return 0, fmt.Errorf("%d hosts have not noticed that the server is gone", c.connected.Load())
		}
	}
	if err := s.Servers[0].Start(); err != nil {
		return 0, err
	}
	patient := ctx
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	took, err := c.until(ctx, &c.connected)
	if err != nil && patient.Err() == nil {
		return patience, nil
	}
	return took, err
}
