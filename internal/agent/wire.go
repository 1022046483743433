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

	"plimsoll/actions"
	"plimsoll/collectors"
	"plimsoll/disk"
	"plimsoll/fleet"
	"plimsoll/fleet/member"
	"plimsoll/hwmon"
	"plimsoll/internal/api"
	"plimsoll/internal/config"
	"plimsoll/internal/freeze"
	"plimsoll/internal/hostfacts"
	"plimsoll/internal/journal"
	"plimsoll/internal/lldp"
	"plimsoll/internal/lockmem"
	"plimsoll/internal/logind"
	"plimsoll/internal/metrics"
	"plimsoll/internal/page"
	"plimsoll/internal/priv"
	"plimsoll/internal/signal"
	"plimsoll/internal/topology"
	"plimsoll/internal/view"
	"plimsoll/multipath"
	"plimsoll/netbond"
	"plimsoll/power"
	"plimsoll/raid"
	"plimsoll/redundancy"
	"plimsoll/service"
)

// What the parts promise one another.
var (
	_ collectors.Collector = (*raid.Collector)(nil)
	_ collectors.Watcher   = (*raid.Collector)(nil)
	_ collectors.Collector = (*netbond.Collector)(nil)
	_ collectors.Watcher   = (*netbond.Collector)(nil)
	_ collectors.Collector = (*service.Collector)(nil)
	_ collectors.Watcher   = (*service.Collector)(nil)
	_ collectors.Collector = (*disk.Collector)(nil)
	_ collectors.Watcher   = (*disk.Collector)(nil)
	_ disk.Senses          = (*priv.Client)(nil)
	_ raid.Helper          = (*priv.Client)(nil)
	_ collectors.Collector = (*lldp.Collector)(nil)
	_ collectors.Collector = (*topology.Collector)(nil)
	_ collectors.Watcher   = (*topology.Collector)(nil)
	_ collectors.Collector = (*hwmon.Collector)(nil)
	_ collectors.Watcher   = (*hwmon.Collector)(nil)
	_ collectors.Collector = (*multipath.Collector)(nil)
	_ collectors.Watcher   = (*multipath.Collector)(nil)
	_ multipath.Senses     = (*priv.Client)(nil)
	_ collectors.Collector = (*power.Collector)(nil)
	_ collectors.Watcher   = (*power.Collector)(nil)
	_ collectors.Collector = (*power.LineCollector)(nil)
	_ collectors.Watcher   = (*power.LineCollector)(nil)
	_ power.BMC            = (*priv.Client)(nil)
	_ fleet.Log            = (*logReader)(nil)
	_ fleet.Companion      = (*member.Member)(nil)
	_ actions.Granter      = (*member.Member)(nil)
	_ member.Host          = self{}
)

// Options are what main decides.
type Options struct {
	Config    config.Config
	Reloads   <-chan config.Config // valid ones, to count from now on; nil: none comes
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

// readers is the group that may read from the socket.
const readers = "plimsoll"

func rules(c config.Config) redundancy.Rules {
	return redundancy.Rules{
		Settle: map[redundancy.Kind]redundancy.Settle{
			redundancy.KindRAID:      {Worse: c.Settle.Raid.Worse, Better: c.Settle.Raid.Better},
			redundancy.KindBond:      {Worse: c.Settle.Bond.Worse, Better: c.Settle.Bond.Better},
			redundancy.KindService:   {Worse: c.Settle.Service.Worse, Better: c.Settle.Service.Better},
			redundancy.KindDisk:      {Worse: c.Settle.Disk.Worse, Better: c.Settle.Disk.Better},
			redundancy.KindHwmon:     {Worse: c.Settle.Hwmon.Worse, Better: c.Settle.Hwmon.Better},
			redundancy.KindMultipath: {Worse: c.Settle.Multipath.Worse, Better: c.Settle.Multipath.Better},
			redundancy.KindPower:     {Worse: c.Settle.Power.Worse, Better: c.Settle.Power.Better},
		},
		Flap:     redundancy.Flap{Count: c.Flap.Count, Within: c.Flap.Within},
		Coverage: useSettles,
		Scrub:    c.Scrub.Interval,
	}
}

// Run is the agent: it watches until ctx ends and returns once all has ended that ends, or with an error if it cannot start.
func Run(ctx context.Context, o Options) error {
	a, err := assemble(ctx, o, rooms(o), journal.DefaultConfig(filepath.Join(o.Config.State, "log")))
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
	signal  *signal.Server
	leaving chan bool
}

// face is the agent as the API sees it.
type face struct {
	*api.Board
	trace   *Trace
	accepts chan<- acceptance
	orders  chan<- order
	brake   brake
	glances chan<- chan<- struct{} // the loop looks at the brake, and closes what it was given
	log     *slog.Logger
}

// Trace writes the step's inputs so far.
func (f face) Trace(w io.Writer) error {
	_, err := f.trace.WriteTo(w)
	return err
}

// assemble wires the agent over these sources and this log.
func assemble(ctx context.Context, o Options, rooms host, log journal.Config) (*parts, error) {
	host := identify(ctx, o)
	clock := steadyClock{start: time.Now()}
	p := &parts{
		o: o, sources: rooms.sources, log: log, retry: RetryLog,
		looks: make(chan collectors.Look), opens: make(chan opening), leaving: make(chan bool),
	}
	var watched []redundancy.Source
	asks := map[string]chan<- redundancy.ID{}
	for i := range p.sources {
		s := &p.sources[i]
		s.asks = make(chan redundancy.ID, maxAsks)
		asks[s.collector.Name()] = s.asks
		watched = append(watched, redundancy.Source{
			Name:       s.collector.Name(),
			StaleAfter: staleLooks*s.look.Every + s.look.Deadline,
		})
	}
	volatile, err := randomID()
	if err != nil {
		return nil, err
	}
	board := &api.Board{}
	inForce := newConfigured(o.Config)
	p.stream, err = newStream(ctx, o, host, self{inForce.policy.Load, board.View})
	if err != nil {
		return nil, err
	}
	accepts, orders, glances := make(chan acceptance), make(chan order), make(chan chan<- struct{})
	brake, trace := brake{file: freeze.Beside(o.Config.Socket)}, &Trace{}
	status, err := page.New(board, p.stream.peers.neighbours(), time.Now)
	if err == nil {
		p.signal, err = newSignal(ctx, o.Config.Signal, board)
	}
	if err == nil {
		p.server, err = api.Listen(ctx, face{board, trace, accepts, orders, brake, glances, o.Log}, api.Options{
			Socket: o.Config.Socket, Group: readers, Listen: o.Config.Listen, WebConfig: o.Config.WebConfigFile,
			Metrics: metrics.Handler(board.View, time.Now, metrics.Options(o.Config.Metrics)), Page: status, PageOn: pageOn(o.Config), Log: o.Log, Now: time.Now,
		})
	}
	if err != nil {
		p.stream.close()
		return nil, err
	}
	p.loop = &loop{
		state: NewState(clock.now(), Setup{
			Host: host, BootAge: bootAge(), Grace: o.Config.BootGrace, Rules: rules(o.Config), Sources: watched, Volatile: volatile, Patience: patience,
			Local:   !p.stream.configured(),
			Policy:  *inForce.policy.Load(),
			Observe: o.Config.Mode == config.ModeObserve, Shares: domainIDs(o.Config),
		}),
		clock: clock, trace: trace, board: board, log: o.Log, lost: o.LinesLost,
		base: view.View{
			Version: o.Version,
			NATS:    view.NATS{Configured: p.stream.configured(), Embedded: o.Config.NATS.Embedded},
		},
		looks: p.looks, opens: p.opens, accepts: accepts, orders: orders, glances: glances, leaving: p.leaving, reloads: o.Reloads, config: inForce, outbox: p.stream, ready: p.stream.resume,
		asks: asks, brake: brake, crew: newCrew(), asked: map[string]chan<- ordered{},
		hands: actions.Hands{Operators: rooms.hands(board.View), Granter: p.stream.peers.granter(), Brake: brake, Now: clock.now},
	}
	return p, nil
}

func pageOn(c config.Config) api.PageOn {
	if c.StatusPage {
		return api.PageOnTCP
	}
	return api.PageOnSocket
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
	serving.Go(func() {
		p.signal.Serve(serveCtx, func(err error) { p.o.Log.Warn("the signal was not told", "cause", err.Error()) })
	})
	serving.Go(func() { p.loop.crew.run(serveCtx) })
	if p.o.Config.Mode == config.ModeEnforce {
		serving.Go(func() { p.hearLeaving(serveCtx) })
	}

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

// retryBus is how often the system bus is tried where there is none: a host without one stays without.
const retryBus = time.Minute

// hearLeaving tells the loop whether the host is going down. A host without logind is never known to.
func (p *parts) hearLeaving(ctx context.Context) {
	retry := time.NewTimer(0)
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-retry.C:
		}
		err := logind.Watch(ctx, func(down bool) {
			select {
			case p.leaving <- down:
			case <-ctx.Done():
			}
		})
		p.o.Log.Debug("logind is not heard", "cause", err)
		retry.Reset(retryBus)
	}
}

func (p *parts) watch(ctx context.Context, s source) {
	schedule := collectors.DefaultSchedule(s.look.Every)
	schedule.Deadline = s.look.Deadline
	collectors.Watch(ctx, s.collector, schedule, s.asks, p.looks, mathrand.Float64, p.o.Log)
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
