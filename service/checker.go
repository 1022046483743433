package service

import (
	"context"
	"sync"
	"time"
)

// late is how long after its timeout a question may still come back: a program that is killed has a moment for that. After
// it nobody waits any more, and the question is not asked again while it is out.
const late = 2 * time.Second

// quick is the pause to the next question while nothing is known and the last answer was well: what is well is soon known to
// be, after the agent's start and after a unit's. What is not is given its time.
const quick = 200 * time.Millisecond

// checker asks one check at its pace and keeps what the answers add up to.
type checker struct {
	check Check
	asker asker
	unit  bool          // it is of a unit, and not asked before somebody says which run of it goes on
	wake  chan struct{} // holds one: there is another run to ask
	first chan struct{} // closed once the first answers say what they can say soon

	mu     sync.Mutex
	run    string // which run of the unit the answers are of; empty: nobody has said yet, or there is no unit
	streak Streak
	last   Answer
	at     time.Time // of the last answer; zero: none yet
	told   bool      // first is closed
}

func newChecker(check Check, a asker) *checker {
	return &checker{check: check, asker: a, wake: make(chan struct{}, 1), first: make(chan struct{})}
}

// finding is what a checker has found out.
type finding struct {
	streak Streak
	last   Answer
	at     time.Time
}

// found is what the answers so far add up to.
func (c *checker) found() finding {
	c.mu.Lock()
	defer c.mu.Unlock()
	return finding{streak: c.streak, last: c.last, at: c.at}
}

// of says which run of its unit the check asks from now on. What was said of another one counts no more: a unit that has just
// been started is neither well nor sick yet.
func (c *checker) of(run string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run == run {
		return
	}
	c.run, c.streak, c.last, c.at = run, Streak{}, Answer{}, time.Time{}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// running is the run that answers are of now.
func (c *checker) running() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.run
}

// hear takes in an answer of this run, and says whether that changed what counts.
func (c *checker) hear(run string, a Answer) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run != run {
		return false
	}
	was := c.streak.Health
	c.streak = c.streak.After(a.Health, c.check.Rise, c.check.Fall)
	c.last, c.at = a, time.Now()
	if !c.told && !c.hopeful() {
		c.told = true
		close(c.first)
	}
	return c.streak.Health != was
}

// hopeful says whether one more answer may soon make known that all is well.
func (c *checker) hopeful() bool { return c.streak.Health == Unknown && c.last.Health == Well }

// pause is how long it is to the next question.
func (c *checker) pause() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hopeful() {
		return min(quick, c.check.Interval)
	}
	return c.check.Interval
}

// question is one that is out.
type question struct {
	run  string
	back chan Answer // holds one, so that an answer that nobody waits for any more holds up nobody
}

// keep asks until ctx ends, and calls changed whenever what counts has changed. One question is out at a time. It returns once
// that is back, too.
func (c *checker) keep(ctx context.Context, changed func()) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	if c.unit {
		pause.Stop()
	}
	var out *question
	for {
		select {
		case <-ctx.Done():
			if out != nil {
				<-out.back
			}
			return
		case <-pause.C:
		case <-c.wake:
		}
		if out == nil {
			out = c.put(ctx)
		}
		run := out.run
		a, back := c.await(ctx, out)
		if back {
			out = nil
		}
		if ctx.Err() == nil && c.hear(run, a) {
			changed()
		}
		pause.Reset(c.pause())
	}
}

// put puts the question.
func (c *checker) put(ctx context.Context) *question {
	q := &question{run: c.running(), back: make(chan Answer, 1)}
	ctx, cancel := context.WithTimeout(ctx, c.check.Timeout)
	go func() { // waited for by keep
		defer cancel()
		q.back <- c.asker.ask(ctx)
	}()
	return q
}

// await waits for the answer as long as one may take.
func (c *checker) await(ctx context.Context, q *question) (a Answer, back bool) {
	patience := time.NewTimer(c.check.Timeout + late)
	defer patience.Stop()
	select {
	case a = <-q.back:
		return a, true
	case <-ctx.Done():
		return Answer{}, false
	case <-patience.C:
		return unknown("the question has not come back"), false
	}
}
