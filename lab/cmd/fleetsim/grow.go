package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

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
	fmt.Printf("| hosts | all registered, of %d started a second | server: cores, MiB | arbiter: cores, MiB | all back after the server was killed | connections for that |\n|---|---|---|---|---|---|\n", atOnce)
	for _, n := range p.sizes {
		row, err := p.measure(ctx, n)
		if row != "" {
			fmt.Println(row)
		}
		if err != nil {
			return fmt.Errorf("%d hosts: %w", n, err)
		}
	}
	return nil
}

// measure is one crowd, as a row of the table, which there is also where not all came back in time.
func (p plan) measure(ctx context.Context, n int) (row string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*patience+p.window)
	defer cancel()
	s, err := p.set(ctx, 1)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, s.strike()) }()
	began := time.Now()
	c, err := gather(ctx, s.Site, n)
	defer c.leave()
	if err != nil {
		return "", err
	}
	made := c.began.Sub(began) // credentials for all, which is not the fleet's work
	if _, err := c.until(ctx, &c.registered); err != nil {
		return "", fmt.Errorf("register: %w", err)
	}
	registered := time.Since(began) - made
	server, arbiter, err := p.steady(ctx, s, c)
	if err != nil {
		return "", err
	}
	ups := c.ups.Load()
	took, wrong := c.killed(ctx, s)
	back := seconds(took)
	if wrong != nil {
		back = fmt.Sprintf("%d after %s", c.connected.Load(), patience)
	} else {
		c.live(ctx, settled) // who has come back stays
	}
	return fmt.Sprintf("| %d | %s | %s | %s | %s | %d |", n, seconds(registered), server, arbiter, back, c.ups.Load()-ups), wrong
}

// settled is how long nobody must lose a connection that has come back.
const settled = 20 * time.Second

// steady measures what the processes use while nothing special happens.
func (p plan) steady(ctx context.Context, s *stage, c *crowd) (server, arbiter string, err error) {
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
	told := func(i int) string { return fmt.Sprintf("%.3f, %d", before[i].cores(after[i], span), after[i].mib()) }
	return told(0), told(1), err
}

// killed kills the server and starts it again, and says how long after that all hosts are back.
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
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	took, err := c.until(ctx, &c.connected)
	if err != nil {
		err = fmt.Errorf("come back: %w", err)
	}
	return took, err
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
