package agent

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"plimsoll/collectors"
	"plimsoll/fleet"
	"plimsoll/internal/api"
	"plimsoll/internal/config"
	"plimsoll/internal/hostfacts"
	"plimsoll/internal/journal"
	"plimsoll/internal/lldp"
	"plimsoll/internal/lockmem"
	"plimsoll/internal/metrics"
	"plimsoll/internal/sysfs"
	"plimsoll/internal/topology"
	"plimsoll/internal/view"
	"plimsoll/netbond"
	"plimsoll/raid"
	"plimsoll/redundancy"
)

// What the parts promise one another.
var (
	_ collectors.Collector = (*raid.Collector)(nil)
	_ collectors.Watcher   = (*raid.Collector)(nil)
	_ collectors.Collector = (*netbond.Collector)(nil)
	_ collectors.Watcher   = (*netbond.Collector)(nil)
	_ collectors.Collector = (*lldp.Collector)(nil)
	_ collectors.Collector = (*topology.Collector)(nil)
	_ collectors.Watcher   = (*topology.Collector)(nil)
	_ fleet.Log            = (*logReader)(nil)
)

// Options are what main decides.
type Options struct {
	Config    config.Config
	Version   string
	Links     string // a capture to read network links from; empty: the kernel
	Log       *slog.Logger
	LinesLost func() uint64 // log lines that standard error did not take
}

// patience is how long the step waits for the log at the start before it judges without: an event is then out within the
// contract's five seconds of the start even if the state directory hangs.
const patience = 3 * time.Second

// staleLooks is how many looks a source may miss before what it said is doubtful.
const staleLooks = 3

// useSettles is how long a filesystem has to be mounted, or a route to be there, to count: a backup's snapshot or a package's
// build that mounts something for a moment is no news.
const useSettles = 10 * time.Second

// runtimeFiles is where daemons keep what they tell of themselves.
const runtimeFiles = "/run"

// operators is the group that may use the socket.
const operators = "plimsoll"

// source is one thing to watch.
type source struct {
	collector collectors.Collector
	look      config.Look
}

// sources lists the rooms by name: to add a kind, add a line.
func sources(o Options) []source {
	sys, proc := sysfs.New(o.Config.Path.Sysfs), sysfs.New(o.Config.Path.Procfs)
	stack := topology.Config{Sys: sys, Proc: proc, Routes: topology.ReadRoutes}
	links, run := netbond.FromKernel(), sysfs.New(runtimeFiles)
	if o.Links != "" { // a captured host, of whose daemons nothing is captured
		links, run = netbond.FromCapture(o.Links), sysfs.New("")
		stack.Routes = nil // this machine's are not the captured host's
	}
	stack.Run = run
	return []source{
		{collector: raid.New(raid.Config{Sys: sys, Proc: proc, Run: run}), look: o.Config.Looks.Raid},
		{collector: netbond.New(netbond.Config{Dump: links, Sys: sys, Proc: proc}), look: o.Config.Looks.Bond},
		{collector: lldp.New(lldp.Config{Sys: sys, Run: run, Ask: lldp.AskLLDPD}), look: o.Config.Looks.LLDP},
		{collector: topology.New(stack), look: o.Config.Looks.Topology},
	}
}

func rules(c config.Config) redundancy.Rules {
	return redundancy.Rules{
		Settle: map[redundancy.Kind]redundancy.Settle{
			redundancy.KindRAID: {Worse: c.Settle.Raid.Worse, Better: c.Settle.Raid.Better},
			redundancy.KindBond: {Worse: c.Settle.Bond.Worse, Better: c.Settle.Bond.Better},
		},
		Flap:     redundancy.Flap{Count: c.Flap.Count, Within: c.Flap.Within},
		Coverage: useSettles,
		Scrub:    c.Scrub.Interval,
	}
}

// Run is the agent: it watches until ctx ends and returns once all has ended that ends, or with an error if it cannot start.
func Run(ctx context.Context, o Options) error {
	a, err := assemble(ctx, o, sources(o), journal.DefaultConfig(filepath.Join(o.Config.State, "log")))
	if err != nil {
		return err
	}
	return a.run(ctx)
}

// parts are the agent's parts, wired and not yet running.
type parts struct {
	o       Options
	sources []source
	log     journal.Config
	retry   time.Duration // how long after an attempt to open the log, or the files for NATS, the next one follows
	loop    *loop
	looks   chan collectors.Look
	opens   chan opening
	server  *api.Server
	stream  *stream
}

// face is the agent as the API sees it.
type face struct {
	*api.Board
	trace   *Trace
	accepts chan<- acceptance
}

// Trace writes the step's inputs so far.
func (f face) Trace(w io.Writer) error {
	_, err := f.trace.WriteTo(w)
	return err
}

// assemble wires the agent over these sources and this log.
func assemble(ctx context.Context, o Options, sources []source, log journal.Config) (*parts, error) {
	host := identify(ctx, o)
	clock := steadyClock{start: time.Now()}
	p := &parts{
		o: o, sources: sources, log: log, retry: RetryLog,
		looks: make(chan collectors.Look), opens: make(chan opening),
	}
	var watched []redundancy.Source
	for _, s := range p.sources {
		watched = append(watched, redundancy.Source{
			Name:       s.collector.Name(),
			StaleAfter: staleLooks*s.look.Every + s.look.Deadline,
		})
	}
	volatile, err := randomID()
	if err != nil {
		return nil, err
	}
	stream, err := newStream(ctx, o, host)
	if err != nil {
		return nil, err
	}
	board := &api.Board{}
	accepts := make(chan acceptance)
	trace := &Trace{}
	p.stream = stream
	p.server, err = api.Listen(ctx, face{board, trace, accepts}, api.Options{
		Socket: o.Config.Socket, Group: operators, Listen: o.Config.Listen, WebConfig: o.Config.WebConfigFile,
		Metrics: metrics.Handler(board.View, time.Now), Log: o.Log, Now: time.Now,
	})
	if err != nil {
		stream.close()
		return nil, err
	}
	p.loop = &loop{
		state: NewState(clock.now(), Setup{
			Host: host, BootAge: bootAge(), Grace: o.Config.BootGrace, Rules: rules(o.Config), Sources: watched, Volatile: volatile, Patience: patience,
			Local: !stream.configured(),
		}),
		clock: clock, trace: trace, board: board, log: o.Log, lost: o.LinesLost,
		base: view.View{
			Version: o.Version,
			NATS:    view.NATS{Configured: stream.configured(), Embedded: o.Config.NATS.Embedded},
		},
		looks: p.looks, opens: p.opens, accepts: accepts, outbox: stream, ready: stream.resume,
	}
	return p, nil
}

// run starts everything, steps until ctx ends, and ends everything in the order in which it stands on one another.
func (p *parts) run(ctx context.Context) error {
	p.lockProgram()
	beats, watchdog := newWatchdog(p.o.Log)
	p.loop.beat, p.loop.beats = beats.beat, beats.every
	var watching, serving sync.WaitGroup
	watchCtx, stopWatching := context.WithCancel(ctx)
	for _, s := range p.sources {
		watching.Go(func() { p.watch(watchCtx, s) })
	}
	opened := make(chan struct{})
	go func() { // waited for as long as the rest may take: the state directory may never answer
		defer close(opened)
		p.open(ctx)
	}()
	serveCtx, stopServing := context.WithCancel(context.WithoutCancel(ctx))
	served := make(chan error, 1)
	serving.Go(func() { served <- p.server.Serve(serveCtx) })
	serving.Go(func() { p.stream.run(serveCtx, p.retry) })
	serving.Go(func() { watchdog(serveCtx) })

	err := p.loop.run(ctx)
	stopWatching()
	watching.Wait()
	enough, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	err = errors.Join(err, p.loop.close(enough))
	select {
	case <-opened:
	case <-enough.Done():
	}
	stopServing()
	serving.Wait()
	p.stream.close()
	return errors.Join(err, <-served)
}

func (p *parts) watch(ctx context.Context, s source) {
	schedule := collectors.DefaultSchedule(s.look.Every)
	schedule.Deadline = s.look.Deadline
	collectors.Watch(ctx, s.collector, schedule, p.looks, mathrand.Float64, p.o.Log)
}

// open opens the log, trying again while it can't be: a directory that is full or read-only today may not be tomorrow.
func (p *parts) open(ctx context.Context) {
	retry := time.NewTimer(p.retry)
	defer retry.Stop()
	for {
		o := p.openOnce(ctx)
		select {
		case <-ctx.Done():
			p.abandon(ctx, o.journal)
			return
		case p.opens <- o:
		}
		if o.err == nil {
			return
		}
		retry.Reset(p.retry)
		select {
		case <-ctx.Done():
			return
		case <-retry.C:
		}
	}
}

// abandon lets go of a log that nobody waits for any more.
func (p *parts) abandon(ctx context.Context, j *journal.Journal) {
	if j == nil {
		return
	}
	enough, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	if err := j.Close(enough); err != nil {
		p.o.Log.Warn("the log was not closed", "cause", err.Error())
	}
}

func (p *parts) openOnce(ctx context.Context) opening {
	j, recovered, err := journal.Open(p.log)
	if err != nil {
		return opening{err: err}
	}
	opened, reader, err := restore(j, recovered)
	if err != nil {
		p.abandon(ctx, j) // or the next attempt would find it in use
		return opening{err: err}
	}
	reader.log = p.o.Log
	return opening{journal: j, opened: opened, reader: reader}
}

// lockProgram keeps the program in memory, so that it outlives the disk it was installed on.
func (p *parts) lockProgram() {
	locked, err := lockmem.Program(config.Default().Path.Procfs) // our own process's, whatever host we look at
	if err != nil {
		var hinted interface{ Hint() string }
		hint := ""
		if errors.As(err, &hinted) {
			hint = hinted.Hint()
		}
		p.o.Log.Warn("the program is not wholly locked in memory", "locked_bytes", locked, "cause", err.Error(), "hint", hint)
		return
	}
	p.o.Log.Debug("program locked in memory", "locked_bytes", locked)
}

// identify says who this host is; what can't be read is said and left out.
func identify(ctx context.Context, o Options) view.Host {
	host, err := hostfacts.Read(ctx, hostfacts.Roots{Proc: o.Config.Path.Procfs, Etc: "/etc"})
	if err != nil {
		o.Log.Warn("not all is known of this host", "cause", err.Error())
	}
	if o.Config.Host.Name != "" {
		host.Name = o.Config.Host.Name
	}
	if host.ID == "" {
		host.ID = "name-" + host.Name // better than an id that changes at every start
	}
	host.Fleet, host.Labels = o.Config.NATS.Fleet, o.Config.Host.Labels
	return host
}

func bootAge() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return 0 // not known; the clock is as old as Linux 2.6.39
	}
	return time.Duration(ts.Nano())
}

func randomID() (string, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("make an id: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}
