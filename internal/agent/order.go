package agent

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"plimsoll/actions"
)

// order is what a person asks for, on its way to the loop, with the way back.
type order struct {
	order  actions.Order
	answer chan<- ordered // has room for the one answer
}

// ordered is the answer.
type ordered struct {
	outcome actions.Outcome
	err     error
}

// order steps with what a person asks for. Of an action the answer follows when that has ended, of all else when the log
// holds it.
func (l *loop) order(r order) Effects {
	fx := l.step(Input{Order: &r.order})
	switch {
	case fx.Refused != "":
		r.answer <- ordered{err: &actions.RefusedError{Text: fx.Refused, Why: fx.Against}}
	case r.order.Act != nil:
		l.asked[fx.Acting] = r.answer
		l.answer(nil)
	default:
		at := l.clock.now().Add(l.state.Wall)
		l.await(func(err error) {
			r.answer <- ordered{outcome: actions.Outcome{At: at, Rehearsal: fx.Rehearsal}, err: err}
		})
	}
	return fx
}

// answer tells those who wait for an action that it has ended, or that there is none: the log did not take it.
func (l *loop) answer(ended []actions.Record) {
	for id, answer := range l.asked {
		if i := slices.IndexFunc(ended, func(r actions.Record) bool { return r.Action.ID == id }); i >= 0 {
			r := ended[i].Retimed(l.state.toWall)
			answer <- ordered{outcome: actions.Outcome{At: r.At, Action: &r}}
		} else if slices.ContainsFunc(l.state.Will.Engine.Works, func(w actions.Work) bool { return w.Action.ID == id }) {
			continue
		} else {
			answer <- ordered{err: &actions.RefusedError{Text: "the log did not take it"}}
		}
		delete(l.asked, id)
	}
}

// carry has that done which leaves the agent. What became of it comes back as an input; a look comes back as any other does.
func (l *loop) carry(fx Effects) {
	for _, id := range fx.Look {
		kind, _, _ := strings.Cut(string(id), ":")
		select {
		case l.asks[kind] <- id:
		default: // enough wait already, and it is asked for again
		}
	}
	for _, a := range fx.Do {
		l.crew.work <- func(ctx context.Context) actions.Input { return l.hands.Do(ctx, a) }
	}
	for _, a := range fx.Ask {
		l.crew.work <- func(ctx context.Context) actions.Input { return l.hands.Ask(ctx, a) }
	}
	for _, r := range fx.Release {
		l.crew.work <- func(ctx context.Context) actions.Input { return l.hands.Release(ctx, r) }
	}
	if len(l.asked) > 0 {
		l.answer(fx.Ended)
	}
}

// crew carries out what leaves the agent, each piece of work on a goroutine of its own: none of it may hold up the loop.
type crew struct {
	work chan func(context.Context) actions.Input
	done chan actions.Input // what became of it
}

func newCrew() crew {
	return crew{work: make(chan func(context.Context) actions.Input), done: make(chan actions.Input)}
}

// run takes on work until ctx ends, and ends what is at work then. Nobody is left to hear of that: the log and a look will tell.
func (c crew) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case do := <-c.work:
			go func() {
				in := do(ctx)
				select {
				case c.done <- in:
				case <-ctx.Done():
				}
			}()
		}
	}
}

// Order hands an order to the loop and waits for what becomes of it.
func (f face) Order(ctx context.Context, o actions.Order) (actions.Outcome, error) {
	answer := make(chan ordered, 1)
	select {
	case f.orders <- order{order: o, answer: answer}:
	case <-ctx.Done():
		return actions.Outcome{}, fmt.Errorf("order: %w", context.Cause(ctx))
	}
	select {
	case a := <-answer:
		return a.outcome, a.err
	case <-ctx.Done():
		return actions.Outcome{}, fmt.Errorf("order: taken, and its end is not known yet: %w", context.Cause(ctx))
	}
}

// Freeze stops all actions on this host, from the next effect on.
func (f face) Freeze(ctx context.Context, why, by string) error {
	if err := f.brake.file.Make(by, why); err != nil {
		return err
	}
	f.glance(ctx)
	return nil
}

// Thaw lets the host act again.
func (f face) Thaw(ctx context.Context, by string) error {
	if err := f.brake.file.Remove(); err != nil {
		return err
	}
	f.log.Info("a freeze was ended", "by", by) // the file, which says who made one, cannot say who removed it
	f.glance(ctx)
	return nil
}

// glance waits until the loop has looked at the brake, so that whoever asks next is told; for as long as ctx lasts, since what
// was done to the brake holds without that.
func (f face) glance(ctx context.Context) {
	seen := make(chan struct{})
	select {
	case f.glances <- seen:
	case <-ctx.Done():
		return
	}
	select {
	case <-seen:
	case <-ctx.Done():
	}
}
