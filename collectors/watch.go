package collectors

import (
	"context"
	"log/slog"
	"time"

	"plimsoll/redundancy"
)

// Schedule is when one source is looked at. Every, Deadline and Coalesce are above zero; Jitter is below one.
type Schedule struct {
	Every    time.Duration // rest between two looks that nobody asked for, from the end of one to the start of the next
	Deadline time.Duration // a look that is out for longer is overdue
	Coalesce time.Duration // pokes that follow one another within this time are one
	Jitter   float64       // Every is drawn from 1-Jitter to 1+Jitter of itself, so that sources and hosts fall out of step
}

const (
	// defaultCoalesce outlasts the second notification that md sends of sync_action once an activity is over, and the 6 to 8
	// link messages that one failover of a bond makes.
	defaultCoalesce = 250 * time.Millisecond
	// defaultJitter keeps a thousand hosts that were powered on together from looking, and then publishing, together.
	defaultJitter = 0.2
	// longestDeadline is the kernel's default time for one SCSI command (/sys/block/*/device/timeout): what has not answered
	// after that is in error handling.
	longestDeadline = 30 * time.Second
	// farewell is how long a look or a watcher gets to come back once the watch is told to stop. Looks take milliseconds;
	// systemd waits 90 s for the whole agent.
	farewell = 2 * time.Second
)

// DefaultSchedule looks every so often, and calls a look overdue that is out for longer than that or than 30 s.
func DefaultSchedule(every time.Duration) Schedule {
	return Schedule{
		Every:    every,
		Deadline: min(every, longestDeadline),
		Coalesce: defaultCoalesce,
		Jitter:   defaultJitter,
	}
}

// Look is what became of one look. A look that is overdue is reported twice: once with Overdue set when its deadline
// passes, with neither Ended nor Observation, and as any other when it comes back, with its true times.
type Look struct {
	Source      string
	Started     time.Time
	Ended       time.Time
	Observation redundancy.Observation
	Err         error // nothing was learned, and why
	Overdue     bool
}

// Watch looks at c by s and sends what it found to out, until ctx ends. It looks at once, then at every poke if c is a
// Watcher, and at the latest Every after the last look. Whoever asks for a group through asks gets a look of its own, at once,
// or as soon as the one in flight is back: an action waits for it. A watcher that ends before ctx does is started again, at first after
// a second, later more rarely. The values of random are from 0 up to 1; it is called from several goroutines, as rand.Float64
// of math/rand/v2 can be.
//
// Watch returns when ctx has ended and c has returned from what it was called for. For a call that does not return, it
// waits two seconds more and leaves it behind.
func Watch(ctx context.Context, c Collector, s Schedule, asks <-chan redundancy.ID, out chan<- Look, random func() float64, log *slog.Logger) {
	w := &watch{
		c: c, s: s, asks: asks, out: out, random: random,
		pokes: make(chan struct{}, 1), begin: make(chan time.Time, 1), back: make(chan Look, 1),
		next: stopped(), deadline: stopped(), window: stopped(),
	}
	looked := make(chan struct{})
	go func() {
		defer close(looked)
		w.serve(ctx)
	}()
	heard := make(chan struct{})
	if watcher, hears := c.(Watcher); hears {
		ears := ears{source: c.Name(), watcher: watcher, poke: w.poke, random: random, log: log}
		go func() {
			defer close(heard)
			ears.listen(ctx)
		}()
		w.poked() // what happens between the first look and the first hint is found by the look that follows a poke
	} else {
		close(heard)
		w.look()
	}
	w.loop(ctx)
	close(w.begin)
	w.end(looked, heard)
}

// watch is the state of one source's watch; all of it but pokes, begin and back is owned by the goroutine that runs Watch.
type watch struct {
	c      Collector
	s      Schedule
	asks   <-chan redundancy.ID // nil: nobody asks
	out    chan<- Look
	random func() float64

	pokes chan struct{}  // holds one: a second poke that nobody has heard yet adds nothing
	begin chan time.Time // holds one, the start of the look that is to be made: there is one in flight at most
	back  chan Look      // holds one, so that a look ends even if nobody waits for it any more

	started  time.Time // of the look in flight; zero: none is
	wanted   bool      // another look is due as soon as the one in flight is back
	overdue  bool      // the look in flight is
	slow     bool      // the look before it was
	settling bool      // the window after a poke is open
	again    bool      // another poke came within the window

	next     *time.Timer // the next look that nobody asked for
	deadline *time.Timer // of the look in flight
	window   *time.Timer // the end of the window
}

func stopped() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

func (w *watch) loop(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-w.pokes:
			w.poked()
		case id := <-w.asks:
			if asker, partly := w.c.(Asker); partly {
				asker.Ask(id)
			}
			w.look()
		case <-w.window.C:
			w.settled()
		case <-w.next.C:
			w.look()
		case <-w.deadline.C:
			w.late(ctx)
		case l := <-w.back:
			w.came(ctx, l)
		}
	}
}

// poke may be called from anywhere at any time, and never blocks.
func (w *watch) poke() {
	select {
	case w.pokes <- struct{}{}:
	default:
	}
}

// poked looks at once after quiet. What was read at the moment of a hint can be stale, so a second look follows at the end
// of the window; pokes within the window ask for no look of their own, but for another window.
func (w *watch) poked() {
	if w.settling {
		w.again = true
		return
	}
	w.settling = true
	w.window.Reset(w.s.Coalesce)
	w.look()
}

func (w *watch) settled() {
	w.settling = w.again
	w.again = false
	if w.settling {
		w.window.Reset(w.s.Coalesce)
	}
	w.look()
}

// look starts one, or notes that one is wanted while another is in flight.
func (w *watch) look() {
	if !w.started.IsZero() {
		w.wanted = true
		return
	}
	started := time.Now()
	w.started, w.wanted, w.overdue = started, false, false
	w.next.Stop()
	w.deadline.Reset(w.s.Deadline)
	w.begin <- started
}

// serve makes the looks, all on one goroutine: a new one for each would grow its stack anew, which costs more than a small
// look does.
func (w *watch) serve(ctx context.Context) {
	for started := range w.begin {
		found, err := w.c.Collect(ctx)
		w.back <- Look{Source: w.c.Name(), Started: started, Ended: time.Now(), Observation: found, Err: err}
	}
}

// late reports that the look in flight is overdue, unless it came back at the very moment.
func (w *watch) late(ctx context.Context) {
	select {
	case l := <-w.back:
		w.came(ctx, l)
	default:
		w.overdue = true
		w.send(ctx, Look{Source: w.c.Name(), Started: w.started, Overdue: true})
	}
}

// came takes a look that is back. One that was overdue may tell of a time long gone, so another follows at once; but not
// after one slow look upon the other, since a source that is slow by nature needs its rest.
func (w *watch) came(ctx context.Context, l Look) {
	again := w.wanted || w.overdue && !w.slow
	w.slow = w.overdue
	w.started = time.Time{}
	w.deadline.Stop()
	w.next.Reset(jittered(w.s.Every, w.s.Jitter, w.random))
	w.send(ctx, l)
	if again {
		w.look()
	}
}

func (w *watch) send(ctx context.Context, l Look) {
	select {
	case w.out <- l:
	case <-ctx.Done():
	}
}

// end waits for the look in flight and for the watcher, within reason.
func (w *watch) end(looked, heard <-chan struct{}) {
	for _, t := range []*time.Timer{w.next, w.deadline, w.window} {
		t.Stop()
	}
	patience := time.NewTimer(farewell)
	defer patience.Stop()
	for looked != nil || heard != nil {
		select {
		case <-looked:
			looked = nil
		case <-heard:
			heard = nil
		case <-patience.C:
			return
		}
	}
}

// jittered is d times something between 1-by and 1+by.
func jittered(d time.Duration, by float64, random func() float64) time.Duration {
	return time.Duration(float64(d) * (1 + by*(2*random()-1)))
}
