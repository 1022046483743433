package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"plimsoll/fleet"
	"plimsoll/fleet/bootstrap"
	"plimsoll/fleet/wire"
	"plimsoll/lab/host"
	"plimsoll/lab/site"
	"plimsoll/redundancy"
)

// crowd is many hosts in this process, with a connection each.
type crowd struct {
	hosts      []*host.Host
	began      time.Time // when the first was started
	connected  atomic.Int64
	registered atomic.Int64
	ups        atomic.Int64 // how often a connection has come up
	running    sync.WaitGroup
	stop       context.CancelFunc
}

// atOnce is how many hosts are started in a second: a fleet's first start is not the moment that is measured.
const atOnce = 200

// gather starts n hosts in these pools, one after another.
func gather(ctx context.Context, s *site.Site, n int, pools ...string) (*crowd, error) {
	ctx, stop := context.WithCancel(ctx)
	c := &crowd{stop: stop}
	log := slog.New(slog.DiscardHandler)
	for i := range n {
		name := fmt.Sprintf("h%05d", i)
		cfg, err := s.Config(bootstrap.Host, name)
		if err != nil {
			return c, err
		}
		dir := filepath.Join(s.Dir, "kept", name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return c, err
		}
		h, err := host.New(host.Place{
			Name: name, Dir: dir, Pools: pools, Config: cfg, Log: log,
			Domains: map[string][]string{"feed": {fmt.Sprintf("feed-%d", i/hostsOnFeed)}},
		}, host.Well{})
		if err != nil {
			return c, err
		}
		h.Hello.Is(alive(redundancy.FullyRedundant))
		c.hosts = append(c.hosts, h)
	}
	c.began = time.Now()
	next := time.NewTicker(time.Second / atOnce)
	defer next.Stop()
	for _, h := range c.hosts {
		<-next.C
		c.running.Go(func() { _ = h.Run(ctx) }) // its files are there; that the servers are not is no error
		c.running.Go(func() { c.watch(ctx, h) })
	}
	return c, nil
}

// hostsOnFeed is how many hosts stand on one feed.
const hostsOnFeed = 1000

// watch counts a host among those that are connected and registered.
func (c *crowd) watch(ctx context.Context, h *host.Host) {
	connected, registered := false, false
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-h.Reports():
			if r.Connected && !connected {
				c.ups.Add(1)
			}
			connected = count(&c.connected, connected, r.Connected)
		case s := <-h.Hello.Standings():
			registered = count(&c.registered, registered, s.Registered && s.Problem == nil)
		}
	}
}

// count keeps n the number of those for whom it is so.
func count(n *atomic.Int64, was, is bool) bool {
	switch {
	case is && !was:
		n.Add(1)
	case was && !is:
		n.Add(-1)
	}
	return is
}

// leave ends all hosts.
func (c *crowd) leave() {
	c.stop()
	c.running.Wait()
}

// until waits for all to be so, and says how long that took.
func (c *crowd) until(ctx context.Context, n *atomic.Int64) (time.Duration, error) {
	began := time.Now()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for n.Load() < int64(len(c.hosts)) {
		select {
		case <-again.C:
		case <-ctx.Done():
			return 0, errors.Join(fmt.Errorf("%d of %d hosts", n.Load(), len(c.hosts)), context.Cause(ctx))
		}
	}
	return time.Since(began), nil
}

// live has one in a hundred hosts change its status in a minute, and say so, for span.
func (c *crowd) live(ctx context.Context, span time.Duration) {
	every := time.Duration(float64(time.Minute) * 100 / float64(len(c.hosts)))
	change := time.NewTicker(every)
	defer change.Stop()
	for over := time.After(span); ; {
		select {
		case <-change.C:
			h := c.hosts[rand.N(len(c.hosts))]
			h.Hello.Is(alive(redundancy.Lost))
			h.Offer(lost(h.Name))
		case <-over:
			return
		case <-ctx.Done():
			return
		}
	}
}

// alive is how a host is: some 300 bytes on the wire, as a host with a long name and a version has.
func alive(s redundancy.Status) wire.Alive {
	return wire.Alive{
		Boot: "0b7c2f5e-6d1a-4f0e-9c55-3f8f2f6f1d20", Status: s.String(), Margin: &wire.Margin{Least: 1, Most: 1, Full: 1},
	}
}

// lost is the event that a mirror has lost its redundancy.
func lost(name string) fleet.Item {
	now := time.Now()
	return fleet.Item{
		Volatile: fmt.Sprintf("%s/sim/%d", name, now.UnixNano()),
		Event: redundancy.Event{
			Type: redundancy.RedundancyLost, Time: now, Subject: "raid:sim", Kind: redundancy.KindRAID, Group: "raid:sim", Name: "md0",
			Severity: redundancy.SeverityCritical, Notify: redundancy.NotifyNow, Text: "md0 is Lost, margin 0 of 1",
		},
	}
}
