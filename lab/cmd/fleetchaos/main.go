// Command fleetchaos breaks a fleet of processes: three nats-servers, two arbiters (plimsolld itself), and agents, each in a network
// namespace of its own. Links are cut, in one direction too; hosts are parted; everything is killed and paused at random. A
// process apart does what agents have leave for, and keeps when. At the end package history decides.
//
// Agents are not plimsolld: they are fleet, fleet/member and the files that these keep, in a small process that wants something again
// and again, which a real host is kept from by its rules. It takes root.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"plimsoll/lab/effector"
	"plimsoll/lab/netns"
)

const usage = `usage: fleetchaos [flags] [chaos | stories]

chaos breaks everything at random for -for; stories tells what has to happen when
one thing is broken at the worst moment.

`

// plan is what is asked for.
type plan struct {
	what   string
	lasts  time.Duration
	agents int
	seed   uint64
	bin    string
	nats   string
	keep   string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "fleetchaos: %v\n", err)
		os.Exit(1)
	}
}

// What this program is started as beside what people ask for.
const (
	asInside   = "inside"   // the lab, in namespaces of its own
	asAgent    = "agent"    // with its whereabouts, in JSON
	asEffector = "effector" // with its socket and its log
)

func run(ctx context.Context, args []string) error {
	switch {
	case len(args) > 1 && args[0] == asAgent:
		var w whereabouts
		if err := json.Unmarshal([]byte(args[1]), &w); err != nil {
			return err
		}
		return live(ctx, w)
	case len(args) == 3 && args[0] == asEffector:
		return effector.Serve(ctx, args[1], args[2])
	case len(args) > 0 && args[0] == asInside:
		p, err := parse(args[1:])
		if err != nil {
			return err
		}
		if err := netns.Settle(); err != nil {
			return err
		}
		return p.do(ctx)
	}
	if _, err := parse(args); err != nil {
		return err
	}
	return netns.Confine(ctx, append([]string{asInside}, args...))
}

func parse(args []string) (plan, error) {
	p := plan{what: "chaos"}
	flags := flag.NewFlagSet("fleetchaos", flag.ContinueOnError)
	flags.DurationVar(&p.lasts, "for", time.Minute, "how long things are broken; in stories, how long the minority is on its own")
	flags.IntVar(&p.agents, "agents", 20, "how many agents there are")
	flags.Uint64Var(&p.seed, "seed", 0, "of what is broken when; 0: another one each time")
	flags.StringVar(&p.bin, "bin", "build", "`folder` of plimsolld and plimsoll")
	flags.StringVar(&p.nats, "nats-server", "build/nats-server", "the `program`")
	flags.StringVar(&p.keep, "keep", "", "`folder` for all logs; empty: they are removed if all is well")
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), usage)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return p, flag.ErrHelp // it has said what is wrong
	}
	if flags.NArg() > 0 {
		p.what = flags.Arg(0)
	}
	if flags.NArg() > 1 || p.agents < 1 || p.what != "chaos" && p.what != "stories" {
		flags.Usage()
		return p, flag.ErrHelp
	}
	return p, nil
}

// do does what is asked for, in a directory that is removed if all is well.
func (p plan) do(ctx context.Context) error {
	dir := p.keep
	if dir == "" {
		made, err := os.MkdirTemp("", "plimsoll-fleet-")
		if err != nil {
			return err
		}
		dir = made
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	work := p.chaos
	if p.what == "stories" {
		work = p.stories
	}
	if err := work(ctx, dir); err != nil {
		return fmt.Errorf("%w\nall logs are in %s", err, dir)
	}
	if p.keep == "" {
		return os.RemoveAll(dir)
	}
	return nil
}

// program is the path of one that plimsoll is built as.
func (p plan) program(name string) (string, error) { return filepath.Abs(filepath.Join(p.bin, name)) }
