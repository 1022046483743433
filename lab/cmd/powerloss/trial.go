package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"plimsoll/actions"
	"plimsoll/fleet/arbiter"
	"plimsoll/fleet/bootstrap"
	"plimsoll/fleet/ledger"
	"plimsoll/fleet/member"
	"plimsoll/fleet/person"
	"plimsoll/lab/host"
	"plimsoll/lab/site"
)

// outcome is what becomes of leave that was acknowledged as started.
type outcome string

const (
	kept   outcome = "the leave was there"
	frozen outcome = "the leave was gone, and the pool froze"
	silent outcome = "the servers did not come to answer, and nothing was granted"
	double outcome = "the leave was gone, and another got it"
)

// pool is the one of the fleet: its budget is one.
const pool = "db"

// trial is one loss of power.
type trial struct {
	dir, nats string
	sync      site.Sync
	remember  bool // the arbiter does not lose power

	site    *site.Site
	disks   []disk
	hosts   []*host.Host
	running sync.WaitGroup
	log     *slog.Logger
}

const (
	// patience bounds what has to happen on a busy machine.
	patience = 2 * time.Minute
	// longestWait is until when after an acknowledgement power is cut.
	longestWait = 80 * time.Millisecond
	// rounds is how often leave is given and given back since all was flushed.
	rounds = 5
)

// run gives what came of it, and how long after the acknowledgement the last of the three was without power.
func (t *trial) run(ctx context.Context) (came outcome, after time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, 3*patience)
	defer t.running.Wait()
	defer cancel()
	defer func() { err = errors.Join(err, t.close(context.WithoutCancel(ctx))) }()
	log, err := os.Create(filepath.Join(t.dir, "log"))
	if err != nil {
		return "", 0, err
	}
	t.log = slog.New(slog.NewTextHandler(log, nil))
	if err := t.build(ctx); err != nil {
		return "", 0, err
	}
	stopArbiter := t.arbitrate(ctx)
	if err := t.found(ctx); err != nil {
		return "", 0, err
	}
	for _, d := range t.disks {
		if err := d.flush(); err != nil {
			return "", 0, err
		}
	}
	for n := range rounds {
		if err := t.once(ctx, t.hosts[n%len(t.hosts)], n); err != nil {
			return "", 0, err
		}
	}
	if after, err = t.lose(ctx); err != nil {
		return "", after, err
	}
	if !t.remember {
		stopArbiter()
		t.arbitrate(ctx)
	}
	if err := t.powerOn(ctx); err != nil {
		return "", after, err
	}
	came, err = t.ask(ctx)
	return came, after, err
}

// build starts the servers, each on a disk of its own, and the hosts.
func (t *trial) build(ctx context.Context) error {
	var servers []site.Server
	for i, name := range []string{"n1", "n2", "n3"} {
		d, err := newDisk(ctx, t.dir, name)
		if err != nil {
			return err
		}
		t.disks = append(t.disks, d)
		servers = append(servers, site.Server{Name: name, IP: fmt.Sprintf("127.0.0.%d", i+1), Store: filepath.Join(d.at, "jetstream")})
	}
	var err error
	if t.site, err = site.New(t.dir, t.nats, t.sync, servers); err != nil {
		return err
	}
	if err := t.site.Start(); err != nil {
		return err
	}
	if err := t.site.Create(ctx); err != nil {
		return err
	}
	for _, name := range []string{"a", "b", "c"} {
		cfg, err := t.site.Config(bootstrap.Host, name)
		if err != nil {
			return err
		}
		h, err := host.New(host.Place{Name: name, Dir: t.keep(name), Pools: []string{pool}, Config: cfg, Log: t.log}, host.Well{})
		if err != nil {
			return err
		}
		t.hosts = append(t.hosts, h)
		t.running.Go(func() { t.told(h.Run(ctx)) })
	}
	return nil
}

// keep is the directory of a host, which does not lose power.
func (t *trial) keep(name string) string {
	dir := filepath.Join(t.dir, "host-"+name)
	_ = os.MkdirAll(dir, 0o700) // what is kept there says why not
	return dir
}

func (t *trial) told(err error) {
	if err != nil {
		t.log.Error("it ended", "cause", err.Error())
	}
}

// arbitrate runs an arbiter, until it is stopped.
func (t *trial) arbitrate(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	over := make(chan struct{})
	t.running.Go(func() {
		defer close(over)
		cfg, err := t.site.Config(bootstrap.Arbiter, "arb")
		if err != nil {
			t.told(err)
			return
		}
		a, err := arbiter.New(arbiter.Config{Fleet: site.Fleet, Name: "arb", Version: "lab", NATS: cfg}, t.log)
		if err == nil {
			err = a.Run(ctx)
		}
		t.told(err)
	})
	return func() { cancel(); <-over }
}

// found makes the pool, and waits for all hosts to be in it.
func (t *trial) found(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := t.site.Pool(ctx, pool, 1, 1); err != nil {
		return err
	}
	return t.site.Person(ctx, func(ctx context.Context, p *person.Person) error {
		rows, err := p.Pools(ctx)
		if err == nil && (len(rows) != 1 || rows[0].Members != len(t.hosts)) {
			err = fmt.Errorf("not all are members yet: %+v", rows)
		}
		return err
	})
}

// once gives leave, has it begun, and gives it back.
func (t *trial) once(ctx context.Context, h *host.Host, n int) error {
	a := host.Action(pool, fmt.Sprintf("%s/log/%d", h.Name, n))
	if err := t.begin(ctx, h, a); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := h.Member.Release(ctx, actions.Release{Action: a, Outcome: actions.Done})
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
}

func (t *trial) begin(ctx context.Context, h *host.Host, a actions.Action) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		_, err := h.Member.Ask(ctx, a)
		if err == nil {
			return h.Member.Begin(ctx, a)
		}
		if ctx.Err() != nil {
			return err
		}
		<-time.After(100 * time.Millisecond) // what was refused may be a poll that came before all were there
	}
}

// lose has the first host begin, and cuts the power of all servers soon after it has been told that it may.
func (t *trial) lose(ctx context.Context) (time.Duration, error) {
	if err := t.begin(ctx, t.hosts[0], host.Action(pool, "a/log/last")); err != nil {
		return 0, err
	}
	acknowledged := time.Now()
	<-time.After(rand.N(longestWait))
	var cutting sync.WaitGroup
	wrong := make([]error, len(t.disks))
	for i, d := range t.disks {
		cutting.Go(func() { wrong[i] = d.cut() })
	}
	cutting.Wait()
	after := time.Since(acknowledged)
	t.site.Kill()
	return after, errors.Join(wrong...)
}

// powerOn has the servers come back with what their disks have.
func (t *trial) powerOn(ctx context.Context) error {
	for _, d := range t.disks {
		if err := errors.Join(d.unmount(ctx), d.mount(ctx)); err != nil {
			return err
		}
	}
	return t.site.Start()
}

// ask has another host ask for leave until the ledger decides, not who has come back by then.
func (t *trial) ask(ctx context.Context) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, patience/2)
	defer cancel()
	for {
		_, err := t.hosts[1].Member.Ask(ctx, host.Action(pool, "b/log/other"))
		refused, decided := errors.AsType[*member.RefusedError](err)
		switch {
		case err == nil:
			return double, nil
		case !decided:
			return silent, nil
		case slices.Contains(refused.Keys(), ledger.WhyBudget):
			return kept, nil
		case slices.Contains(refused.Keys(), ledger.WhyRollback), slices.Contains(refused.Keys(), ledger.WhyFrozen):
			return frozen, nil
		case ctx.Err() != nil:
			return "", fmt.Errorf("refused for another reason: %w", err)
		}
		<-time.After(100 * time.Millisecond)
	}
}

// close ends the servers, and takes their disks away.
func (t *trial) close(ctx context.Context) error {
	var wrong error
	if t.site != nil {
		t.site.Kill()
	}
	for _, d := range t.disks {
		wrong = errors.Join(wrong, d.unmount(ctx))
	}
	return wrong
}
