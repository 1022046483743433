// Command witness is the bench's part inside the guest: one static program that does each of the things the agent is
// measured against, and that makes the faults. Everything it measures is on the guest's CLOCK_REALTIME.
//
//	witness watch ARRAY...          when poll returns on md/degraded
//	witness floor URL ARRAY...      the same, and a publish to JetStream
//	witness alerts FIFO             when a line of mdadm --monitor's program comes
//	witness faults N ARRAY=A,B...   N faults in each array, mended in between
//	witness scrape N NAME=URL...    N scrapes of each, by turns
//	witness idle ARRAY...           the agent's reads at the agent's pace, and nothing else
//
// Each writes JSON lines to standard output, in the words of package lab/bench.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

var errUsage = errors.New("usage: witness watch|floor|alerts|faults|scrape|idle ARGUMENTS")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "witness:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) < 2 {
		return errUsage
	}
	tell := json.NewEncoder(out)
	switch args[0] {
	case "watch":
		return watch(ctx, args[1:], tell)
	case "floor":
		return floor(ctx, args[1], args[2:], tell)
	case "alerts":
		return alerts(ctx, args[1], tell)
	case "idle":
		return idle(ctx, args[1:])
	}
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return errUsage
	}
	switch args[0] {
	case "faults":
		return faults(ctx, n, args[2:], tell)
	case "scrape":
		return scrape(ctx, n, args[2:], tell)
	default:
		return errUsage
	}
}
