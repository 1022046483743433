package agent

import (
	"context"
	"slices"
	"time"

	"plimsoll/internal/freeze"
)

// brake is the freeze file.
type brake struct{ file freeze.File }

// Frozen is why nothing may be done; see [actions.Brake].
func (b brake) Frozen(context.Context) (string, error) { return b.file.Why() }

// idleGlance is how old what is known of the brake may be in mode observe, where there is nothing to stop: looking costs a
// twentieth of what a host without faults costs in all.
const idleGlance = 30 * time.Second

// frozen is what the brake says now, and whether that is news. A brake that cannot be read is as good as a freeze.
func (l *loop) frozen(at time.Time) (Frozen, bool) {
	if l.state.Will.Observe && at.Before(l.glanced.Add(idleGlance)) {
		return Frozen{}, false
	}
	l.glanced = at
	var now Frozen
	switch why, err := l.brake.file.Why(); {
	case err != nil:
		now.Why = []string{"whether this host is frozen cannot be told: " + err.Error()}
	case why != "":
		now.Why = []string{why}
	}
	return now, !slices.Equal(now.Why, l.state.Will.Frozen)
}
