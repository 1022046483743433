// Command bondoracle asks a real kernel whether what we say of bonds is true. It runs as root in a guest.
//
// For every shape of bond in its list (every mode; two to four links; one partner or two; how links are watched) it makes
// the bond in a network namespace and what it is plugged into in another, with veth pairs for cables. Then, for every subset
// of the links: it asks our what-if what would be left without them, really takes them away, asks our judge what is left,
// and lets traffic decide. Failed must mean that nothing comes back, and anything better that every flow does. A margin of k
// must mean that any k further failures are survived, and that some k+1 are not. Links are also taken away one after
// another, from each link on, with the same questions at each step, and the margin may then never rise, except where the
// kernel is known to do better with less: there what-if must say Failed, and the judge afterwards that it serves.
//
// The last line is "N shapes, M subsets, S steps, K left open, H helped by a failure, D disagreements". What is left open was Failed
// in the worst case and not in the best; only shapes in which the kernel tells no more may leave anything open, and they are
// told with their names.
// Any disagreement, told with its shape, ends the command with 1.
//
// What it cannot see: a switch that goes on sending light while it forwards nothing, which no bond without ARP monitoring
// sees either; links with a speed of their own; how long a failover takes, since it asks after things have settled.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "bondoracle: %v\n", err)
		os.Exit(1)
	}
}

// errDisagree says that what we say is not so, which was told of already.
var errDisagree = errors.New("the kernel disagrees")

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("bondoracle", flag.ContinueOnError)
	long := flags.Bool("long", false, "every shape, not the most telling ones")
	only := flags.String("only", "", "shapes whose name matches this `expression`")
	jobs := flags.Int("jobs", 24, "shapes at a time; nearly all of the time is spent waiting")
	if err := flags.Parse(args); err != nil {
		return flag.ErrHelp
	}
	match, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	var chosen []shape
	for _, s := range shapes() {
		if (*long || s.telling) && match.MatchString(s.String()) {
			chosen = append(chosen, s)
		}
	}
	var sum result
	for r := range tryAll(ctx, chosen, *jobs) {
		fmt.Fprintln(out, r)
		sum.add(r)
	}
	fmt.Fprintf(out, "%d shapes, %d subsets, %d steps, %d left open, %d helped by a failure, %d disagreements\n",
		len(chosen), sum.subsets, sum.steps, sum.open, sum.helped, len(sum.disagreements))
	if len(sum.disagreements) > 0 {
		return errDisagree
	}
	return ctx.Err()
}

// tryAll tries the shapes, so many at a time, and gives each result as it comes.
func tryAll(ctx context.Context, all []shape, jobs int) <-chan result {
	results := make(chan result)
	turns := make(chan struct{}, max(1, jobs))
	var running sync.WaitGroup
	for _, s := range all {
		running.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			results <- try(ctx, s)
		})
	}
	go func() {
		running.Wait()
		close(results)
	}()
	return results
}

// result is how the shape, or all shapes, fared.
type result struct {
	name          string
	subsets       int
	steps         int
	open          int
	helped        int
	disagreements []string
	took          time.Duration
}

func (r *result) add(o result) {
	r.subsets += o.subsets
	r.steps += o.steps
	r.open += o.open
	r.helped += o.helped
	r.disagreements = append(r.disagreements, o.disagreements...)
}

func (r *result) disagree(format string, v ...any) {
	r.disagreements = append(r.disagreements, fmt.Sprintf(format, v...))
}

func (r result) String() string {
	lines := []string{fmt.Sprintf("%s: %d subsets, %d steps, %d left open, %d helped, %.0fs",
		r.name, r.subsets, r.steps, r.open, r.helped, r.took.Seconds())}
	for _, d := range r.disagreements {
		lines = append(lines, "  DISAGREES "+d)
	}
	return strings.Join(lines, "\n")
}
