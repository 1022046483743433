package agent

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"reflect"
	"runtime"
	"time"

	"plimsoll/actions"
	"plimsoll/collectors"
	"plimsoll/internal/api"
	"plimsoll/internal/config"
	"plimsoll/internal/journal"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// outbox is the way to the stream and to the fleet. Offer never waits; News are levels. shown is given what is about to be
// published, which it may add to.
type outbox interface {
	Offer(Outgoing)
	News() <-chan StreamNews
	shown(*view.View)
	pools() map[string]string // as in actions.Circumstances
	told() FleetNews          // what the fleet tells of shared faults
	woken() <-chan struct{}   // told may be another
}

// opening is the end of the attempt to open the log.
type opening struct {
	journal *journal.Journal
	opened  Opened
	reader  *logReader
	err     error
}

// loop is the one goroutine that owns the state, with the ways in and out of it.
type loop struct {
	state *State
	clock steadyClock
	trace *Trace
	board *api.Board
	log   *slog.Logger
	base  view.View // what no step changes: version, whether NATS is configured

	looks   <-chan collectors.Look
	accepts <-chan acceptance
	unsaved []unsaved // what was accepted and is not durable yet
	opens   <-chan opening
	outbox  outbox
	ready   func(*logReader) // the log can be read
	orders  <-chan order
	glances <-chan chan<- struct{} // see face.glance
	leaving <-chan bool            // whether the host is going down
	reloads <-chan config.Config   // to count from now on
	config  *configured
	asked   map[string]chan<- ordered // who waits for the end of an action, by its id
	asks    map[string]chan<- redundancy.ID
	hands   actions.Hands
	crew    crew
	brake   brake
	glanced time.Time        // when the brake was looked at last
	beat    func()           // the loop is alive
	beats   time.Duration    // how often to say so; zero: nobody asks
	lost    func() uint64    // log lines that standard error did not take
	journal *journal.Journal // nil until it is open
}

// farewell is how long the last events get to reach the log and the stream once the agent is told to stop.
const farewell = 2 * time.Second

// run steps until ctx ends, then says goodbye.
func (l *loop) run(ctx context.Context) error {
	if err := l.trace.Begin(l.state); err != nil {
		return err
	}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	fx := l.step()
	for ctx.Err() == nil {
		l.rest(timer, fx.Wake)
		fx = l.wait(ctx.Done(), timer)
		l.beat()
	}
	fx = l.step(Input{Stopping: true})
	enough, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	for enough.Err() == nil && !l.state.settled() {
		l.rest(timer, fx.Wake)
		fx = l.wait(enough.Done(), timer)
	}
	return nil
}

// wait takes in one thing, or nothing when done closes.
func (l *loop) wait(done <-chan struct{}, timer *time.Timer) Effects {
	select {
	case <-done:
		return Effects{}
	case look := <-l.looks:
		return l.step(l.lookInput(look))
	case o := <-l.opens:
		return l.open(o)
	case r := <-l.accepts:
		return l.accept(r)
	case r := <-l.orders:
		return l.order(r)
	case down := <-l.leaving:
		return l.step(Input{Leaving: &down})
	case c := <-l.reloads:
		return l.reload(c)
	case seen := <-l.glances:
		defer close(seen)
		l.glanced = time.Time{}
		return l.step()
	case in := <-l.crew.done:
		return l.step(Input{Deed: &in})
	case n, ok := <-l.notices():
		if !ok {
			return Effects{}
		}
		return l.step(Input{Log: newsOf(n)})
	case n := <-l.outbox.News():
		if !n.Taken.IsZero() {
			n.Taken = l.clock.steady(n.Taken)
		}
		return l.step(Input{Stream: &n})
	case <-l.outbox.woken():
		l.glanced = time.Time{} // a freeze by the fleet is a file
		return l.step()
	case <-timer.C:
		return l.step(Input{})
	}
}

// rest sets the timer for the next step that time alone asks for, and for the next sign of life.
func (l *loop) rest(timer *time.Timer, wake time.Time) {
	wait := time.Hour
	if !wake.IsZero() {
		wait = min(wait, max(wake.Sub(l.clock.now()), 0))
	}
	if l.beats > 0 {
		wait = min(wait, l.beats)
	}
	timer.Reset(wait)
}

func (l *loop) notices() <-chan journal.Notice {
	if l.journal == nil {
		return nil
	}
	return l.journal.Notices()
}

func newsOf(n journal.Notice) *LogNews {
	news := &LogNews{Durable: uint64(n.Durable), Full: n.WantCheckpoint}
	if n.Failing != nil {
		news.Problem = n.Failing.Error()
	}
	return news
}

func (l *loop) lookInput(look collectors.Look) Input {
	in := &Look{Source: look.Source, Began: l.clock.steady(look.Started), Overdue: look.Overdue}
	switch {
	case look.Overdue:
	case look.Err != nil:
		in.Ended, in.Err = l.clock.steady(look.Ended), look.Err.Error()
	default:
		found := look.Observation.Labelled(l.state.Host.Labels)
		in.Ended, in.Observation = l.clock.steady(look.Ended), &found
		if l.seen(look.Source, found) {
			in.Observation, in.Same = nil, true
		}
	}
	return Input{Look: in}
}

// seen says whether a look found what the one before it found.
func (l *loop) seen(source string, o redundancy.Observation) bool {
	for _, src := range l.state.Snapshot.Sources {
		if src.Name == source {
			return !src.At.IsZero() && reflect.DeepEqual(src.Observation, o)
		}
	}
	return false
}

func (l *loop) open(o opening) Effects {
	if o.err != nil {
		return l.step(Input{Log: &LogNews{Problem: o.err.Error()}})
	}
	l.journal = o.journal
	// What the log still owes the stream comes before what the step has to say about it.
	l.ready(o.reader)
	return l.step(Input{Opened: &o.opened})
}

// step runs the pure step on in and carries out what it says.
func (l *loop) step(in ...Input) Effects {
	now, wall := l.clock.now(), l.clock.wall()
	if len(in) == 0 {
		in = []Input{{}}
	}
	if frozen, changed := l.frozen(now); changed {
		in = append([]Input{{Frozen: &frozen}}, in...)
	}
	if asks := l.outbox.pools(); !maps.Equal(asks, l.state.Will.Pools) {
		in = append([]Input{{Pools: &Pools{Asks: asks}}}, in...)
	}
	if told := l.outbox.told(); !told.same(l.state.Fleet) {
		in = append([]Input{{Fleet: &told}}, in...)
	}
	for i := range in {
		in[i].At, in[i].Wall = now, wall
	}
	fx := l.state.Step(in...)
	refused := l.append(fx.Append)
	for _, out := range fx.Publish {
		l.outbox.Offer(out)
	}
	// The log and the publisher go first, where there is one processor for all; what nobody waits for comes after.
	if len(fx.Append)+len(fx.Publish) > 0 {
		runtime.Gosched()
	}
	l.keep(l.trace.Step(in))
	for _, line := range fx.Say {
		l.say(line)
	}
	l.carry(fx)
	l.release()
	l.acknowledge()
	if refused != nil {
		return l.step(Input{Log: refused})
	}
	l.keep(l.trace.Turn(l.state))
	l.post(now)
	return fx
}

func (l *loop) keep(err error) {
	if err != nil {
		l.log.Error("internal error: trace", "cause", err)
	}
}

// append hands records to the log, all or none, and says what it refused.
func (l *loop) append(records []Record) *LogNews {
	if len(records) == 0 {
		return nil
	}
	entries := make([]journal.Entry, len(records))
	for i, r := range records {
		entries[i] = journal.Entry{Kind: r.Kind, Data: r.Data}
	}
	last, err := l.journal.AppendAll(entries...)
	if err != nil {
		return &LogNews{Refused: l.state.Log.Next - uint64(len(records)), Problem: err.Error()}
	}
	if uint64(last)+1 != l.state.Log.Next {
		panic("internal error: the log numbers records otherwise than the step")
	}
	return nil
}

// release lets the log forget what the stream holds, or everything durable where nobody is to get it.
func (l *loop) release() {
	if l.journal == nil {
		return
	}
	through := l.state.acknowledged()
	if !l.base.NATS.Configured {
		through = l.state.Log.Durable
	}
	l.journal.Released(journal.Seq(through))
}

func (l *loop) say(line Line) {
	say := l.log.Info
	switch line.Severity {
	case redundancy.SeverityWarning:
		say = l.log.Warn
	case redundancy.SeverityCritical:
		say = l.log.Error
	case redundancy.SeverityInfo, redundancy.SeverityUnknown:
	}
	args := make([]any, 0, len(line.Attrs))
	for i := 0; i+1 < len(line.Attrs); i += 2 {
		if line.Attrs[i+1] != "" {
			args = append(args, line.Attrs[i], line.Attrs[i+1])
		}
	}
	say(line.Text, args...)
}

func (l *loop) post(now time.Time) {
	v := l.state.View(now)
	v.Version = l.base.Version
	v.NATS.Configured, v.NATS.Embedded = l.base.NATS.Configured, l.base.NATS.Embedded
	v.Log.Lost = l.lost()
	l.outbox.shown(v)
	l.board.Post(v)
}

// close ends the log, waiting as long as ctx allows for what is pending.
func (l *loop) close(ctx context.Context) error {
	if l.journal == nil {
		return nil
	}
	err := l.journal.Close(ctx)
	if _, unsaved := errors.AsType[*journal.UnsavedError](err); unsaved {
		l.log.Warn("records were lost", "cause", err.Error())
		return nil
	}
	return err
}

// steadyClock counts from the wall clock at the start and is not moved when that is set.
type steadyClock struct{ start time.Time }

func (c steadyClock) now() time.Time { return c.steady(time.Now()) }

// steady is a moment of this process on the steady clock.
func (c steadyClock) steady(t time.Time) time.Time { return c.start.Round(0).UTC().Add(t.Sub(c.start)) }

// wallStep is how far the wall clock may stray before it is followed: what NTP slews in an hour, so that a steady clock
// leaves traces short.
const wallStep = 100 * time.Millisecond

// wall is what to add to the steady clock for the wall clock.
func (c steadyClock) wall() time.Duration {
	now := time.Now()
	return now.Round(0).Sub(c.steady(now)).Truncate(wallStep)
}
