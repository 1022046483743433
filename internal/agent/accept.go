package agent

import (
	"context"
	"errors"
	"fmt"

	"plimsoll/redundancy"
)

// acceptance is a person's acceptance on its way to the loop, with the way back.
type acceptance struct {
	accept Accept
	answer chan<- accepted // has room for the one answer
}

// accepted is the answer.
type accepted struct {
	changes []redundancy.Acceptance
	err     error
}

// unsaved is what was taken and waits for the log to hold it.
type unsaved struct {
	through uint64
	done    func(error) // called once
}

var errNotAccepted = errors.New("nothing is accepted, since the log can't keep it")

// accept steps with what a person accepts; the answer follows when the log holds it.
func (l *loop) accept(r acceptance) Effects {
	fx := l.step(Input{Accept: &r.accept})
	switch {
	case fx.Refused != "":
		r.answer <- accepted{err: fmt.Errorf("%w: %s", errNotAccepted, fx.Refused)}
	default:
		l.await(func(err error) { r.answer <- accepted{changes: fx.Accepted, err: err} })
	}
	return fx
}

// await calls done when the log holds what has been appended, or is known not to: done gets why.
func (l *loop) await(done func(error)) {
	l.unsaved = append(l.unsaved, unsaved{through: max(l.state.Log.Next, 1) - 1, done: done})
	l.acknowledge()
}

// acknowledge answers those who wait for the log.
func (l *loop) acknowledge() {
	var still []unsaved
	for _, u := range l.unsaved {
		switch {
		case l.state.Log.Durable >= u.through:
			u.done(nil)
		case l.state.Log.Silent:
			u.done(fmt.Errorf("taken, and lost if the agent ends before the log takes records again: %s", l.state.Log.Refusal))
		default:
			still = append(still, u)
		}
	}
	l.unsaved = still
}

// Accept hands an acceptance to the loop and waits until it is durable.
func (f face) Accept(ctx context.Context, groups []redundancy.ID, by string) ([]redundancy.Acceptance, error) {
	answer := make(chan accepted, 1)
	select {
	case f.accepts <- acceptance{accept: Accept{Groups: groups, By: by}, answer: answer}:
	case <-ctx.Done():
		return nil, fmt.Errorf("accept: %w", context.Cause(ctx))
	}
	select {
	case a := <-answer:
		return a.changes, a.err
	case <-ctx.Done():
		return nil, fmt.Errorf("accept: taken, and not known to be durable yet: %w", context.Cause(ctx))
	}
}
