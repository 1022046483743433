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
		return serveNATS(ctx, args[1:])
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	var page bench.Page
	if o.benchmarks != "" {
		text, err := os.ReadFile(o.benchmarks)
		if err != nil {
			return err
		}
		if page.Benchmarks, err = bench.ParseBenchmarks(string(text)); err != nil {
			return fmt.Errorf("%s: %w", o.benchmarks, err)
		}
	}
	l, err := lab.New(ctx, o.lab)
	if err != nil {
		return err
	}
	if o.only == "" {
		if err := measure(ctx, l, o.plan, &page); err != nil {
			return err
		}
	}
	if o.only != onlyBig && o.plan.looks > 0 {
		if page.Hardware, err = hardware(ctx, l, o.plan); err != nil {
			return fmt.Errorf("measure looks at hardware: %w", err)
		}
	}
	if o.only != onlyHardware && o.plan.changes > 0 {
		if page.Hosts, err = bigHosts(ctx, l, o.plan); err != nil {
			return fmt.Errorf("measure a big host: %w", err)
		}
	}
	text := page.Text()
	switch o.only {
	case onlyBig:
		text = page.BigHost()
	case onlyHardware:
		text = page.HardwareText()
	}
	fmt.Fprint(o.lab.Progress, text)
	if o.write == "" {
		return nil
	}
	return bench.Write(o.write, text)
}

func serveNATS(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("bench nats", flag.ContinueOnError)
	port := flags.Int("port", 0, "loopback port")
	store := flags.String("store", "", "folder of the streams")
	if err := flags.Parse(args); err != nil {
		return flag.ErrHelp
	}
	return lab.ServeNATS(ctx, *port, *store)
}

// The sections that can be measured alone.
const (
	onlyBig      = "big"
	onlyHardware = "hardware"
)

// options are what a person asks for.
type options struct {
	lab               lab.Config
	plan              plan
	only              string // the section to measure; empty: all
	benchmarks, write string
}

func parse(args []string) (options, error) {
	o := options{lab: lab.DefaultConfig(), plan: defaultPlan()}
	c, p := &o.lab, &o.plan
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&c.Cache, "cache", c.Cache, "folder of built images (also PLIMSOLL_LAB_CACHE)")
	flags.StringVar(&c.Out, "out", c.Out, "folder in which the run leaves what was measured")
	flags.StringVar(&c.Deb, "deb", c.Deb, "the agent's package; of a pattern's matches the newest")
	flags.StringVar(&c.Bin, "bin", c.Bin, "folder of plimsolld and plimsoll to run instead of the package's")
	flags.IntVar(&p.rounds, "rounds", p.rounds, "faults in each of the four arrays")
	flags.IntVar(&p.scrapes, "scrapes", p.scrapes, "scrapes of each exporter")
	flags.DurationVar(&p.idle, "idle", p.idle, "how long to watch an idle host")
	flags.IntVar(&p.changes, "changes", p.changes, "changes of one array and of one bond on a big host; 0: no big host")
	flags.DurationVar(&p.quiet, "quiet", p.quiet, "how long to watch the big host while nothing changes")
	flags.DurationVar(&p.profile, "profile", 0, "leave profiles of the idle agent behind, of its CPU for so long")
	flags.BoolFunc("big", "measure the big host alone", func(string) error { o.only = onlyBig; return nil })
	flags.BoolFunc("hardware", "measure looks at supplies and disks alone", func(string) error { o.only = onlyHardware; return nil })
	flags.IntVar(&p.looks, "looks", p.looks, "looks at supplies and at each disk; 0: none")
	flags.StringVar(&o.benchmarks, "benchmarks", "", "output of `go test -bench` to put beside it")
	flags.StringVar(&o.write, "write", "", "put what is measured on this `page` too, and leave there what is not")
	if err := flags.Parse(args); err != nil {
		return o, flag.ErrHelp
	}
	return o, nil
}

// plan is how much is measured.
type plan struct {
	rounds, scrapes, changes, looks int
	idle, quiet, profile            time.Duration
}

func defaultPlan() plan {
	return plan{rounds: 25, scrapes: 200, changes: 10, looks: 30, idle: 10 * time.Minute, quiet: 3 * time.Minute}
}
