// Command bench measures the agent in a guest, in one run, with its peers beside it: the way of a fault to JetStream against
// a bare loop and mdadm --monitor, a scrape and the memory against node_exporter, the idle CPU against a bare loop. Package
// lab/bench says what is compared with what.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"plimsoll/lab"
	"plimsoll/lab/bench"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == "nats" { // the lab starts its nats-server as a child of itself
		flags := flag.NewFlagSet("bench nats", flag.ContinueOnError)
		port := flags.Int("port", 0, "loopback port")
		store := flags.String("store", "", "folder of the streams")
		if err := flags.Parse(args[1:]); err != nil {
			return flag.ErrHelp
		}
		return lab.ServeNATS(ctx, *port, *store)
	}
	c, p := lab.DefaultConfig(), defaultPlan()
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&c.Cache, "cache", c.Cache, "folder of built images (also PLIMSOLL_LAB_CACHE)")
	flags.StringVar(&c.Out, "out", c.Out, "folder in which the run leaves what was measured")
	flags.StringVar(&c.Deb, "deb", c.Deb, "the agent's package; of a pattern's matches the newest")
	flags.StringVar(&c.Bin, "bin", c.Bin, "folder of plimsolld and plimsoll to run instead of the package's")
	flags.IntVar(&p.rounds, "rounds", p.rounds, "faults in each of the four arrays")
	flags.IntVar(&p.scrapes, "scrapes", p.scrapes, "scrapes of each exporter")
	flags.DurationVar(&p.idle, "idle", p.idle, "how long to watch an idle host")
	flags.DurationVar(&p.profile, "profile", 0, "leave profiles of the idle agent behind, of its CPU for so long")
	benchmarks := flags.String("benchmarks", "", "output of `go test -bench` to put beside it")
	write := flags.String("write", "", "write the page to this `file` too")
	if err := flags.Parse(args); err != nil {
		return flag.ErrHelp
	}
	var page bench.Page
	if *benchmarks != "" {
		text, err := os.ReadFile(*benchmarks)
		if err != nil {
			return err
		}
		if page.Benchmarks, err = bench.ParseBenchmarks(string(text)); err != nil {
			return fmt.Errorf("%s: %w", *benchmarks, err)
		}
	}
	l, err := lab.New(ctx, c)
	if err != nil {
		return err
	}
	if err := measure(ctx, l, p, &page); err != nil {
		return err
	}
	text := page.Text()
	fmt.Fprint(c.Progress, text)
	if *write == "" {
		return nil
	}
	return os.WriteFile(*write, []byte(text), 0o644)
}

// plan is how much is measured.
type plan struct {
	rounds, scrapes int
	idle, profile   time.Duration
}

func defaultPlan() plan { return plan{rounds: 25, scrapes: 200, idle: 10 * time.Minute} }
