package hands

import (
	"log/slog"
	"sync"
	"time"

	"plimsoll/internal/priv"
)

// Reasons that only the log gets to see.
const (
	reasonStranger priv.Reason = "stranger" // another user connected
	reasonUnheard  priv.Reason = "unheard"  // who asked did not take the answer
)

// quiet is how long refusals of one reason are counted after one was logged. Who asks a thousand times a second gets
// nothing, and fills no disk with it either.
const quiet = 10 * time.Second

// tally logs refusals: the first of each reason at once, those that follow as a number.
type tally struct {
	log *slog.Logger

	mu     sync.Mutex
	counts map[priv.Reason]*count
}

type count struct {
	since time.Time // of the last line
	more  int       // refusals since
}

func newTally(log *slog.Logger) *tally {
	return &tally{log: log, counts: map[priv.Reason]*count{}}
}

// refused counts a refusal; asked is empty where the request was never understood.
func (t *tally) refused(r *priv.RefusedError, asked priv.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	c := t.counts[r.Reason]
	if c == nil {
		c = &count{}
		t.counts[r.Reason] = c
	}
	if !c.since.IsZero() && now.Sub(c.since) < quiet {
		c.more++
		return
	}
	action := ""
	if asked.Effect != nil {
		action = asked.Effect.Action
	}
	t.log.Warn("request refused", "reason", string(r.Reason), "verb", string(asked.Verb), "action", action, "cause", r.Text, "more_before", c.more)
	*c = count{since: now}
}

// close logs what was counted and not said.
func (t *tally) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for reason, c := range t.counts {
		if c.more > 0 {
			t.log.Warn("requests refused", "reason", string(reason), "more", c.more)
			c.more = 0
		}
	}
}
