package disk

import (
	"cmp"
	"time"

	"plimsoll/redundancy"
)

// outcome is what came of the last try to have a disk's pages.
type outcome uint8

const (
	untried  outcome = iota
	answered         // and told
	asleep           // it sleeps, and was left alone
	held             // there is something against asking it now
	silent           // it has not answered in time, or not yet
	failing          // it answered, and refused
	unfit            // it cannot be asked: it is behind a bridge
)

// course is what is known of a disk beyond what the kernel shows of it now.
type course struct {
	outcome outcome
	since   time.Time // of this outcome
	why     string    // for people: of held, silent, failing and unfit
	at      time.Time // when the last pages came; zero: never
	report  Report    // of them
	due     time.Time // of the next try
	nobody  string    // why nobody can ask it; empty: somebody can
	tries   int       // in a row that brought nothing
	owes    bool      // a request to it may be under way still
	second  opinion   // of smartctl

	errors   uint64    // the kernel's count when last seen
	counted  bool      // errors has been seen
	errorsAt time.Time // when it had last grown; zero: not that we know
}

// come is c after a try with this outcome.
func (c *course) come(o outcome, why string, now time.Time) {
	if c.outcome != o {
		c.since = now
	}
	c.outcome, c.why = o, why
	switch o {
	case silent:
		c.tries, c.owes = c.tries+1, true
	case failing:
		c.tries, c.owes = c.tries+1, false
	case answered, asleep, unfit:
		c.tries, c.owes = 0, false
	case untried, held: // it was not asked: what it owes, it still owes
	}
}

// current says whether the last report still stands: the disk said so when it was last asked, or it is not to be asked.
func (c *course) current(now time.Time, keeps time.Duration) bool {
	switch c.outcome {
	case answered, held:
		return !c.at.IsZero() && now.Sub(c.at) <= keeps
	case asleep: // it cannot wear while it stands still
		return !c.at.IsZero()
	case untried, silent, failing, unfit:
	}
	return false
}

// words are the outcome for people.
func (c *course) words() redundancy.Evidence {
	e := redundancy.Evidence{At: c.since}
	switch c.outcome {
	case answered:
		e.Value, e.At = "answers", c.at
	case asleep:
		e.Value = "asleep, and left so"
	case held:
		e.Value = "not asked: " + c.why
	case untried:
		e.Err, e.At = cmp.Or(c.nobody, "not asked yet"), time.Time{}
	case silent, failing, unfit:
		e.Err = c.why
	}
	return e
}
