// Command fleetsim measures what a fleet costs: crowds of hosts with the fleet's own packages and a connection each, one nats-server and
// one arbiter, each a process. Hosts say once a minute that they are there, and one in a hundred changes its status in a minute and
// publishes an event of it. Then the server is killed, and all come back at once. And it measures how long leave takes in a pool
// of a hundred on three servers with sync_interval: always, and how soon the fleet tells that a feed is lost on which a thousand stand.
//
// Hosts of a crowd are in no pool, and watch nothing. All is on one machine, without TLS. It takes root, and prints, or
// writes, sections of docs/performance.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"plimsoll/lab/bench"
	"plimsoll/lab/netns"
)

// asInside is what the program is started as by itself.
const asInside = "inside"

// plan is what is asked for.
type plan struct {
	sizes  []int
	window time.Duration
	grants int
	onFeed int
	bin    string
	nats   string
	page   string
}

// tell prints a section of the page, and puts it there if that is asked for.
func (p plan) tell(section string) error {
	fmt.Print(section)
	if p.page == "" {
		return nil
	}
	return bench.Write(p.page, section)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "fleetsim: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	inside := len(args) > 0 && args[0] == asInside
	if inside {
		args = args[1:]
	}
	p, err := parse(args)
	if err != nil {
		return err
	}
	if !inside {
		return netns.Confine(ctx, append([]string{asInside}, args...))
	}
	if err := netns.Settle(); err != nil {
		return err
	}
	if _, err := netns.New(ctx); err != nil {
		return err
	}
	if err := p.grow(ctx); err != nil {
		return err
	}
	if err := p.grant(ctx); err != nil {
		return err
	}
	return p.feed(ctx)
}

func parse(args []string) (plan, error) {
	var p plan
	flags := flag.NewFlagSet("fleetsim", flag.ContinueOnError)
	sizes := flags.String("hosts", "100,1000,3000,10000", "`sizes` of the crowds")
	flags.DurationVar(&p.window, "window", 2*time.Minute, "how long each is measured")
	flags.IntVar(&p.grants, "grants", 500, "how often leave is asked for; 0: not at all")
	flags.IntVar(&p.onFeed, "feed", 1000, "how many hosts lose one feed; 0: none")
	bin := flags.String("bin", "build", "`folder` of plimsolld")
	nats := flags.String("nats-server", "build/nats-server", "the `program`")
	flags.StringVar(&p.page, "write", "", "put what is measured on this `page` too")
	if err := flags.Parse(args); err != nil {
		return p, flag.ErrHelp // it has said what is wrong
	}
	for text := range strings.SplitSeq(*sizes, ",") {
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return p, fmt.Errorf("read sizes: %q is no number of hosts", text)
		}
		p.sizes = append(p.sizes, n)
	}
	var err error
	if p.bin, err = filepath.Abs(filepath.Join(*bin, "plimsolld")); err != nil {
		return p, err
	}
	p.nats, err = filepath.Abs(*nats)
	return p, err
}
