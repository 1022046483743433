package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"plimsoll/redundancy"
)

// way is how a member fails.
type way string

const (
	dies way = "dies"    // its disk answers everything with an error; md finds out by itself
	told way = "is told" // md is told that it is faulty
)

// try runs all trials of one shape: each set at once, in both ways, and then
// orders, one after another: up to so many members every order there is.
func (b *bed) try(ctx context.Context, s shape, every int) (tally, error) {
	a, err := b.newArray(ctx, s)
	if err != nil {
		return tally{}, err
	}
	var t tally
	for _, how := range []way{dies, told} {
		outcomes := make([]outcome, s.subsets())
		for failed := range s.subsets() {
			if err := a.trial(ctx, &t, func(w witness) error {
				outcomes[failed], err = a.atOnce(ctx, w, &t, how, failed)
				return err
			}); err != nil {
				return t, fmt.Errorf("%v %s: %w", failed, how, err)
			}
			t.sets++
		}
		for _, d := range disagreements(outcomes) {
			t.disagreements = append(t.disagreements, fmt.Sprintf("%s, %s: %s", s, how, d))
		}
	}
	for order := range s.orders(every) {
		if err := a.trial(ctx, &t, func(w witness) error { return a.inOrder(ctx, w, &t, order) }); err != nil {
			return t, fmt.Errorf("in order %v: %w", order, err)
		}
		t.orders++
	}
	return t, nil
}

// trial does one thing to a new array, which everybody calls whole.
func (a *array) trial(ctx context.Context, t *tally, do func(witness) error) error {
	if err := a.start(ctx); err != nil {
		return err
	}
	w := newWitness()
	v, err := w.look(ctx)
	if err == nil {
		if got := v.verdict(); got.Status != redundancy.FullyRedundant || got.Margin.Least != got.Margin.Full {
			t.disagreements = append(t.disagreements, fmt.Sprintf("%s, new: %s", a.shape, say(got)))
		}
		err = do(w)
	}
	if errors.Is(err, errHangs) {
		return err // nothing can be done to such an array
	}
	return errors.Join(err, a.stop())
}

// atOnce fails a set of members at once and compares what was said with what
// came.
func (a *array) atOnce(ctx context.Context, w witness, t *tally, how way, failed set) (outcome, error) {
	return a.step(ctx, w, t, how, failed, fmt.Sprintf("%s, %v %s", a.shape, failed, how))
}

// inOrder fails one member after another until the array serves no more.
func (a *array) inOrder(ctx context.Context, w witness, t *tally, order []int) error {
	last := maxDisks
	for n, slot := range order {
		about := fmt.Sprintf("%s, %v dies after %v", a.shape, slot, order[:n])
		o, err := a.step(ctx, w, t, dies, one(slot), about)
		if err != nil || !o.serves {
			return err
		}
		if m := o.verdict.Margin; m.Least > last {
			t.disagreements = append(t.disagreements, fmt.Sprintf("%s: the margin rose from %d to %d", about, last, m.Least))
		}
		last = o.verdict.Margin.Least
	}
	return nil
}

// step asks what if, fails the members, lets the array show whether it serves,
// and looks.
func (a *array) step(ctx context.Context, w witness, t *tally, how way, failed set, about string) (outcome, error) {
	disagree := func(format string, args ...any) {
		t.disagreements = append(t.disagreements, about+": "+fmt.Sprintf(format, args...))
	}
	before, err := w.look(ctx)
	if err != nil {
		return outcome{}, err
	}
	foretold, err := before.whatIf(failed)
	if err != nil {
		return outcome{}, err
	}
	refused, err := a.fail(how, failed)
	if err != nil {
		return outcome{}, err
	}
	if refused {
		t.refused++
	}
	why := a.serve()
	o := outcome{serves: why == nil}
	if errors.Is(why, errHangs) {
		return o, why
	}
	after, err := w.settled(ctx, o.serves)
	if err != nil {
		return o, err
	}
	o.verdict = after.verdict()
	if foretold.Worst != foretold.Best || (foretold.Status != redundancy.Failed) != o.serves {
		disagree("what if said %s; %s", say(foretold), o.fact(why))
	}
	if (o.verdict.Status != redundancy.Failed) != o.serves {
		disagree("judged %s; %s; the kernel: %s", say(o.verdict), o.fact(why), kernelSays())
	}
	if o.serves && o.verdict.Margin != foretold.Margin {
		disagree("what if said %s, and it became %s", say(foretold), say(o.verdict))
	}
	return o, nil
}

func (o outcome) fact(why error) string {
	if o.serves {
		return "it serves"
	}
	return fmt.Sprintf("it does not serve (%v)", why)
}

// kernelSays is what the kernel tells of the array, word for word.
func kernelSays() string {
	const dir = "/sys/block/" + arrayName + "/md/"
	var all []string
	for _, pattern := range []string{"array_state", "degraded", "sync_action", "dev-*/state", "dev-*/slot", "dev-*/bad_blocks"} {
		files, err := filepath.Glob(dir + pattern)
		if err != nil {
			continue // only a pattern that is wrong fails, and these are not
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				b = []byte(err.Error())
			}
			all = append(all, strings.TrimPrefix(f, dir)+"="+strings.Join(strings.Fields(string(b)), " "))
		}
	}
	return strings.Join(all, ", ")
}

func say(v redundancy.Verdict) string {
	return fmt.Sprintf("%s (%s to %s), margin %d to %d of %d", v.Status, v.Worst, v.Best, v.Margin.Least, v.Margin.Most, v.Margin.Full)
}

// fail breaks the members. md refuses to fail the last copy of anything, and
// takes no more writes; refused says that it did.
func (a *array) fail(how way, failed set) (refused bool, err error) {
	for _, slot := range failed.slots() {
		d := a.bed.disks[slot]
		if how == dies {
			if err := d.die(); err != nil {
				return false, err
			}
			continue
		}
		err := os.WriteFile("/sys/block/"+arrayName+"/md/dev-"+d.kernel()+"/state", []byte("faulty"), 0)
		if errors.Is(err, syscall.EBUSY) {
			refused = true
		} else if err != nil {
			return refused, err
		}
	}
	return refused, nil
}
