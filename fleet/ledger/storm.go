package ledger

import (
	"fmt"
	"time"
)

// Calm is when a pool storms, and how long it has to be calm to go on.
type Calm struct {
	// Share and Least: more than this share of the members fail, and at least so many.
	Share float64
	Least int
	// Cool is how long no further host has to fail.
	Cool time.Duration
}

// DefaultCalm is a third of the pool, and three hosts: one or two faults are what leave is for, and a pool of two would storm
// with every second fault. Ten minutes are longer than a service, an array or a power supply takes to show that it is down.
func DefaultCalm() Calm { return Calm{Share: 1.0 / 3, Least: 3, Cool: 10 * time.Minute} }

// Storm watches how many of a pool fail. It freezes the pool when too many do, and lets it go on once no further one has failed
// for a while, however many still do: leave, one at a time, is what mends them. One of its own goes with each arbiter, and what
// an arbiter does not remember costs one more time of cooling.
type Storm struct {
	failing int       // how many when it last rose, or fell
	allowed int       // how many failed when it last calmed down
	since   time.Time // since when it has not risen
	frozen  bool      // whether the ledger was
}

// Step takes in how many of how many members fail now, by the arbiter's steady clock, and gives what to do to the ledger.
func (s *Storm) Step(now time.Time, c Calm, l Ledger, failing int) (freeze *Freeze, thaw bool) {
	if failing > s.failing || s.since.IsZero() {
		s.since = now
	}
	_, frozen := l.FrozenBy(ByStorm)
	if s.frozen && !frozen {
		s.allowed = failing // somebody else let it go on
	}
	s.failing, s.allowed, s.frozen = failing, min(s.allowed, failing), frozen
	switch {
	case frozen && now.Sub(s.since) >= c.Cool:
		s.allowed = failing
		return nil, true
	case !frozen && failing > s.allowed && failing >= c.Least && float64(failing) > c.Share*float64(len(l.Members)):
		why := fmt.Sprintf("%d of %d hosts fail, nothing more is tried until no further one has for %s", failing, len(l.Members), c.Cool)
		return &Freeze{Cause: ByStorm, Why: why}, false
	}
	return nil, false
}
