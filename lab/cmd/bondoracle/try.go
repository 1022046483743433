package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plimsoll/redundancy"
)

const (
	// outage is how long nothing may come back before it is believed.
	outage = 4 * time.Second

	// second is how much later an answer that differs from traffic is asked again, and so often: things that change are late
	// on a busy emulated machine, things that are wrong stay so.
	second  = 3 * time.Second
	seconds = 3

	// recovery is how long a bond may take to be whole again.
	recovery = time.Minute
)

// trial is one shape being tried.
type trial struct {
	*world
	*result
	truths truths
}

// try makes the shape and asks all its questions.
func try(ctx context.Context, s shape) result {
	began := time.Now()
	r := result{name: s.String()}
	if err := r.tryOn(ctx, s); err != nil {
		r.disagree("%v", err)
	}
	r.took = time.Since(began)
	return r
}

func (r *result) tryOn(ctx context.Context, s shape) error {
	w, err := newWorld(s)
	if err != nil {
		return err
	}
	t := trial{world: w, result: r, truths: make(truths)}
	defer func() { t.end() }()
	if err := t.subsetsAtOnce(ctx); err != nil {
		return err
	}
	return t.oneAfterAnother(ctx)
}

// subsetsAtOnce takes every subset away from the whole, and compares margins with what came of it.
func (t *trial) subsetsAtOnce(ctx context.Context) error {
	all := t.shape.all()
	verdicts := make(map[subset]redundancy.Verdict)
	for gone := range all + 1 {
		whole, err := t.restore(ctx)
		if err != nil {
			return err
		}
		if verdicts[gone], t.truths[gone], err = t.take(ctx, whole, 0, gone); err != nil {
			return err
		}
		t.subsets++
	}
	if t.shape.pathMatters() {
		return nil // from where it then stands, the same links would not bring the same
	}
	for gone, v := range verdicts {
		if answerOf(v) == open || answerOf(v) == fails {
			continue
		}
		if wrong := t.truths.check(all, gone, v.Margin); wrong != "" {
			t.disagree("without %s: %s", gone, wrong)
		}
	}
	return nil
}

// oneAfterAnother takes one link after another away, from each link on.
func (t *trial) oneAfterAnother(ctx context.Context) error {
	n := t.shape.links()
	for first := range n {
		now, err := t.restore(ctx)
		if err != nil {
			return err
		}
		before := now.verdict()
		var gone subset
		for step := range n {
			next := subset(1) << ((first + step) % n)
			after, _, err := t.take(ctx, now, gone, next)
			if err != nil {
				return err
			}
			rose := floored(after).Least > floored(before).Least || floored(after).Most > floored(before).Most
			if rose && !t.shape.helps(gone, next) && !t.shape.outweighs() {
				t.disagree("%s after %s: the margin rose from %s to %s", next, gone, tell(before), tell(after))
			}
			gone, before = gone|next, after
			t.steps++
			if now, err = t.look(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// take asks what if, takes links away on top of those that are gone, and compares with what then is. What differs is asked
// again until it has lasted.
func (t *trial) take(ctx context.Context, before seen, gone, more subset) (after redundancy.Verdict, truth answer, err error) {
	said, help := before.whatIf(more), t.help(before, gone, more)
	if err := t.without(gone | more); err != nil {
		return after, truth, err
	}
	wait(ctx, t.shape.settle())
	for again := range seconds + 1 {
		if again > 0 {
			wait(ctx, second)
		}
		truth = truthOf(t.echo.carries(ctx, outage))
		now, err := t.look(ctx)
		if err != nil {
			return after, truth, err
		}
		after = now.verdict()
		if t.agree(after, truth, gone|more) && t.foretold(help, said, after, truth, gone|more) {
			break
		}
	}
	if ctx.Err() != nil {
		return after, truth, ctx.Err()
	}
	why := ""
	if gone != 0 {
		why = fmt.Sprintf(" after %s", gone)
	}
	if !t.foretold(help, said, after, truth, gone|more) {
		t.disagree("what if %s%s: %s; without it: %s; it %s", more, why, tell(said), tell(after), truth)
	}
	if !t.agree(after, truth, gone|more) {
		t.disagree("without %s%s: %s; it %s", more, why, tell(after), truth)
	}
	if answerOf(said) == open || answerOf(after) == open {
		t.open++
	}
	if help != never && truth == serves {
		t.helped++
	}
	return after, truth, nil
}

// help says whether a failure may make a bond serve that did not, or would not.
type help int

const (
	never help = iota
	perhaps
	surely
)

// help is surely where the kernel moves a bond on; perhaps where it has gone to a partner that is short of ports, and may
// come back from there.
func (t *trial) help(before seen, gone, more subset) help {
	switch {
	case t.shape.helps(gone, more):
		return surely
	case t.shape.outweighs() && answerOf(before.verdict()) == fails:
		return perhaps
	default:
		return never
	}
}

// foretold says whether what-if was right: it counts on no failure that helps.
func (t *trial) foretold(h help, said, after redundancy.Verdict, truth answer, gone subset) bool {
	switch h {
	case never:
		return t.agree(said, truth, gone) && t.same(said, after, gone)
	case perhaps:
		return answerOf(said) == fails
	case surely:
		return answerOf(said) == fails && truth == serves
	default:
		return false
	}
}

// agree says whether a verdict is true, or left open where it may be.
func (t *trial) agree(v redundancy.Verdict, truth answer, gone subset) bool {
	a := answerOf(v)
	return a == truth || a == open && t.shape.mayBeOpen(gone)
}

// same says whether what-if and the judge say the same, where nothing may be left open.
func (t *trial) same(said, after redundancy.Verdict, gone subset) bool {
	return floored(said) == floored(after) || t.shape.mayBeOpen(gone)
}

// restore brings every link back and waits until all is as it was. A bond that stays with a partner that has too few links
// for it does so for good; that one is made anew.
func (t *trial) restore(ctx context.Context) (seen, error) {
	if t.shape.pathMatters() {
		if err := t.renew(ctx); err != nil {
			return seen{}, err
		}
	}
	if err := t.without(0); err != nil {
		return seen{}, err
	}
	for end := time.Now().Add(recovery); ; wait(ctx, 100*time.Millisecond) {
		carries := t.echo.carries(ctx, outage)
		now, err := t.look(ctx)
		if err != nil || ctx.Err() != nil {
			return now, errors.Join(err, ctx.Err())
		}
		v := now.verdict()
		if carries && t.working(now) && v.Margin.Most == v.Margin.Full && v.Margin.Full == t.shape.fullMargin() {
			return now, nil
		}
		if time.Now().After(end) {
			return now, fmt.Errorf("not whole after %v: %s, full margin %d", recovery, tell(v), v.Margin.Full)
		}
	}
}

// renew makes the same shape anew, with the first partner alone, so that it is the one the bond stays with.
func (t *trial) renew(ctx context.Context) error {
	w, err := newWorld(t.shape)
	if err != nil {
		return err
	}
	t.end()
	t.world = w
	if err := t.without(t.shape.all() &^ t.shape.first()); err != nil {
		return err
	}
	if !t.echo.carries(ctx, recovery) {
		return fmt.Errorf("the first partner alone carries nothing after %v", recovery)
	}
	return nil
}

// working says whether every link does its work.
func (t *trial) working(now seen) bool {
	for _, m := range now.group.Members {
		if !m.Works() {
			return false
		}
	}
	return len(now.group.Members) == t.shape.links()
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
