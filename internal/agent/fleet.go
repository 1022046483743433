package agent

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"plimsoll/actions"
	"plimsoll/fleet"
	"plimsoll/fleet/arbiter"
	"plimsoll/fleet/ledger"
	"plimsoll/fleet/member"
	"plimsoll/fleet/wire"
	"plimsoll/internal/freeze"
	"plimsoll/internal/page"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// peers is the loop's way to the fleet beside events: the host's part in it, and an arbiter's if it is one.
type peers struct {
	hello   *member.Hello    // nil: the host does not register
	member  *member.Member   // nil: it is in no pool
	heed    *member.Heed     // nil: the host does not register
	archive *member.Archive  // nil: the host does not register
	learned time.Time        // what the archive was told of last
	brake   freeze.File      // the fleet's
	wake    chan struct{}    // what the host is told has changed
	arbiter *arbiter.Arbiter // nil: it is none
	host    self
	pooled  []string // the pools that it is to be counted in
	log     *slog.Logger

	mu     sync.Mutex // guards what follows
	is     view.Fleet
	shared []redundancy.ID // domains that have hosts enough, sorted
}

// newPeers checks the configuration. nats is how the host reaches the servers.
func newPeers(o Options, host view.Host, nats fleet.Config, as self) (*peers, error) {
	c := o.Config.Fleet
	p := &peers{brake: freeze.Beside(o.Config.Socket).Fleet(), wake: make(chan struct{}, 1), host: as, pooled: c.Pools, log: o.Log, is: view.Fleet{Register: c.Register, Arbiter: c.Arbiter}}
	if !c.Register && !c.Arbiter {
		return p, nil
	}
	fleetToken, err := wire.FleetToken(host.Fleet)
	if err != nil {
		return nil, err
	}
	token, err := wire.HostToken(host.Name)
	if err != nil {
		return nil, err
	}
	if c.Register {
		p.hello = member.NewHello(fleetToken, token, wire.Registration{
			ID: host.ID, Version: o.Version, Pools: c.Pools, Domains: domains(o.Config),
		}, o.Log)
		before, err := p.brake.Why()
		p.heed = member.NewHeed(fleetToken, token, before != "" || err != nil, p.heeded, o.Log)
		p.hello.Stands(func() []wire.Footing {
			if v := as.newest(); v != nil {
				return footings(v, o.Config)
			}
			return nil
		})
		p.archive = member.NewArchive(fleetToken, token, func() (wire.Baseline, bool, error) { return knownGood(as.newest()) }, o.Log)
		if len(c.Pools) > 0 {
			p.member = member.New(fleetToken, token, c.Pools, filepath.Join(o.Config.State, "fleet.json"), as, o.Log)
		}
	}
	if c.Arbiter {
		if c.ArbiterCredentials != "" {
			nats.Credentials = c.ArbiterCredentials
		}
		p.arbiter, err = arbiter.New(arbiter.Config{
			Fleet: fleetToken, Name: token, Version: o.Version, NATS: nats, TrustPeers: c.TrustPeers,
			Memory: filepath.Join(o.Config.State, "arbiter.json"),
		}, o.Log)
	}
	return p, err
}

// companions share the publisher's connection.
func (p *peers) companions() []fleet.Companion {
	if p.hello == nil {
		return nil
	}
	out := []fleet.Companion{p.hello, p.heed, p.archive}
	if p.member != nil {
		out = append(out, p.member)
	}
	return out
}

// neighbours tells of the fleet; nil: the host is no arbiter.
func (p *peers) neighbours() page.Arbiter {
	if p.arbiter == nil {
		return nil
	}
	return p.arbiter
}

// granter asks for leave; nil: there is no pool to ask.
func (p *peers) granter() actions.Granter {
	if p.member == nil {
		return nil
	}
	return p.member
}

// pools are those that count this host, each with why it can't be asked now.
func (p *peers) pools() map[string]string {
	if p.member == nil {
		return nil
	}
	p.mu.Lock()
	counted := p.is.Pools
	p.mu.Unlock()
	out, why := map[string]string{}, p.member.Problem()
	for _, pool := range counted {
		out[pool] = why
	}
	return out
}

// shown takes in what the agent shows of the host, and adds how it stands with its fleet.
func (p *peers) shown(v *view.View) {
	p.mu.Lock()
	v.Fleet = p.is
	p.mu.Unlock()
	v.Fleet.Trusted = p.member != nil && len(v.Fleet.Pools) > 0 && p.member.Problem() == ""
	if p.hello == nil {
		return
	}
	alive := wire.Alive{Boot: v.Host.BootID}
	if host, some := v.Assessment.Host(); some {
		m := host.Margin
		alive.Status, alive.Margin = host.Status.String(), &wire.Margin{Least: m.Least, Most: m.Most, Full: m.Full}
	}
	for _, pool := range p.pooled {
		if p.host.condition(v, pool).Serving == ledger.ServingNo {
			alive.Failing = append(alive.Failing, pool)
		}
	}
	alive.Faults, alive.Heeds = aged(v), p.heed.Goes(time.Now())
	p.hello.Is(alive)
	if at := lastLearned(v); !at.Equal(p.learned) {
		p.learned = at
		p.archive.Changed()
	}
}

// run is an arbiter until ctx ends, if the host is one, and notes how the host stands.
func (p *peers) run(ctx context.Context, retry time.Duration) {
	var beside sync.WaitGroup
	defer beside.Wait()
	if p.hello != nil {
		beside.Go(func() { p.follow(ctx) })
	}
	if p.arbiter == nil {
		return
	}
	beside.Go(func() { p.attend(ctx) })
	again := time.NewTicker(retry)
	defer again.Stop()
	for ctx.Err() == nil {
		if err := p.arbiter.Run(ctx); err != nil { // files that can't be used may be there tomorrow
			p.silent(err)
		}
		select {
		case <-ctx.Done():
		case <-again.C:
		}
	}
}

// follow notes how the host stands, and says what changes.
func (p *peers) follow(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-p.hello.Standings():
			p.note(func(is *view.Fleet) {
				p.shared = nil
				for _, domain := range slices.Sorted(slices.Values(s.Shared)) {
					p.shared = append(p.shared, redundancy.ID(domain))
				}
				is.Registered, is.Pools, is.Problem = s.Registered, s.Pools, ""
				if s.Problem != nil {
					is.Problem = s.Problem.Error()
				}
			})
		}
	}
}

// attend notes how the arbiter fares.
func (p *peers) attend(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-p.arbiter.Reports():
			if r.Problem != nil {
				p.silent(r.Problem)
				continue
			}
			p.note(func(is *view.Fleet) { is.Answers, is.Silent = r.Serving, "" })
		}
	}
}

func (p *peers) silent(err error) {
	p.note(func(is *view.Fleet) { is.Answers, is.Silent = false, err.Error() })
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		p.log.Debug("a hint to what keeps this arbiter from answering", "hint", hinted.Hint())
	}
}

// note changes how the host stands, and says so once.
func (p *peers) note(change func(*view.Fleet)) {
	p.mu.Lock()
	was := p.is
	change(&p.is)
	is := p.is
	p.mu.Unlock()
	switch {
	case is.Registered && is.Problem == "" && (!was.Registered || was.Problem != "" || !slices.Equal(was.Pools, is.Pools)):
		p.log.Info("registered with the fleet", "pools", is.Pools)
	case is.Problem != was.Problem && is.Problem != "":
		p.log.Warn("not registered with the fleet as configured", "cause", is.Problem)
	}
	switch {
	case is.Answers && !was.Answers:
		p.log.Info("answers for the fleet, as an arbiter")
	case is.Silent != was.Silent && is.Silent != "":
		p.log.Warn("does not answer for the fleet, as an arbiter should", "cause", is.Silent)
	}
}

// heeded follows news: a freeze by the fleet becomes a file, which is looked at before every effect, and the loop is woken.
func (p *peers) heeded() {
	why, before := p.heed.Frozen()
	var err error
	switch was, unread := p.brake.Why(); {
	case before:
	case len(why) == 0 && (was != "" || unread != nil):
		err = p.brake.Remove()
	case len(why) > 0:
		if is := "the fleet: " + strings.Join(why, "; "); is != was {
			err = p.brake.Make("the fleet", strings.Join(why, "; "))
		}
	}
	if err != nil {
		p.log.Warn("what the fleet wants of this host cannot be kept", "cause", err.Error())
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// told is what the fleet tells of shared faults.
func (p *peers) told() FleetNews {
	if p.heed == nil {
		return FleetNews{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return FleetNews{Shared: p.shared, Found: p.heed.Found(time.Now())}
}
