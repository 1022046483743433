// Command oracle asks, in a guest, whether the margins that we tell of md
// arrays are right. Of every shape of array it breaks every set of members for
// real, and lets a read and a write of the whole array decide whether it still
// serves. What we said before (what if) and what we say after (the margin) must
// have been that: Failed if and only if it does not serve, and a margin of k if
// and only if any k further failures are survived.
//
// It is run as root in a guest of the lab: it stops udev, loads modules, and
// uses /dev/ram0 to /dev/ram5 and /dev/md100. It prints a line for each shape,
// one for each disagreement, and at last how many shapes, sets and
// disagreements there were. It ends with 1 if there was any.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

// errDisagreed says that there were disagreements, which were told already.
var errDisagreed = errors.New("disagreed")

func main() {
	short := flag.Bool("short", false, "only the shapes that tell most")
	only := flag.String("only", "", "only this `shape`, such as \"raid10 f2 of 3\"")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *short, *only)
	stop()
	switch {
	case errors.Is(err, errDisagreed):
		os.Exit(1)
	case err != nil:
		fmt.Fprintf(os.Stderr, "oracle: %v\n", err)
		os.Exit(2)
	}
}

func run(ctx context.Context, short bool, only string) (err error) {
	if err := quiet(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, awake(ctx)) }()
	b, err := makeBed(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.remove()) }()
	list, every, began := shapes(), 4, time.Now()
	if short {
		list, every = tellingShapes(), 3
	}
	if only != "" {
		list = slices.DeleteFunc(list, func(s shape) bool { return s.String() != only })
	}
	var all tally
	for _, s := range list {
		got, err := b.try(ctx, s, every)
		if err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
		fmt.Printf("%-14s %s\n", s, got)
		for _, d := range got.disagreements {
			fmt.Printf("  DISAGREES %s\n", d)
		}
		all = all.plus(got)
	}
	fmt.Printf("%d shapes, %s (%.0fs)\n", len(list), all, time.Since(began).Seconds())
	if len(all.disagreements) > 0 {
		return errDisagreed
	}
	return nil
}

// tally is what came of trials.
type tally struct {
	sets, orders  int
	refused       int // sets whose failing the kernel refused in part, to keep a last copy
	disagreements []string
}

func (t tally) plus(o tally) tally {
	t.sets, t.orders, t.refused = t.sets+o.sets, t.orders+o.orders, t.refused+o.refused
	t.disagreements = append(t.disagreements, o.disagreements...)
	return t
}

func (t tally) String() string {
	return fmt.Sprintf("%d subsets, %d orders, %d refused in part, %d disagreements", t.sets, t.orders, t.refused, len(t.disagreements))
}
