// Command powerloss has three nats-servers lose power within 100 ms of an acknowledgement, again and again: each has a file system
// of its own, which drops all that was not flushed. It tells what has become of the leave that was acknowledged. With
// sync_interval: always it must be there; with the servers' default it may be gone, and then nobody else may get it.
//
// It takes root. What a disk does that says it has flushed and has not, it cannot show.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"plimsoll/lab/netns"
	"plimsoll/lab/site"
)

// asInside is what the program is started as by itself.
const asInside = "inside"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "powerloss: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	inside := len(args) > 0 && args[0] == asInside
	if inside {
		args = args[1:]
	}
	flags := flag.NewFlagSet("powerloss", flag.ContinueOnError)
	times := flags.Int("times", 20, "how often power is lost with each setting")
	program := flags.String("nats-server", "build/nats-server", "the `program`")
	only := flags.String("sync", "", "only with this `sync_interval`: always or 2m, the servers' default; empty: with both")
	if err := flags.Parse(args); err != nil {
		return flag.ErrHelp // it has said what is wrong
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
	nats, err := filepath.Abs(*program)
	if err != nil {
		return err
	}
	for _, sync := range []site.Sync{site.SyncAlways, site.SyncDefault} {
		if *only != "" && *only != string(sync) {
			continue
		}
		if err := lose(ctx, nats, sync, *times); err != nil {
			return err
		}
	}
	return nil
}

// atMost is how long after the acknowledgement all servers are without power in a loss that counts.
const atMost = 100 * time.Millisecond

// lose has power lost so many times, and says what came of it.
func lose(ctx context.Context, nats string, sync site.Sync, times int) error {
	counts := map[outcome]int{}
	longest := time.Duration(0)
	for i := 0; i < times; {
		dir, err := os.MkdirTemp("", "plimsoll-power-")
		if err != nil {
			return err
		}
		t := trial{dir: dir, nats: nats, sync: sync, remember: i%2 == 0}
		came, after, err := t.run(ctx)
		if err == nil && (came == double || sync == site.SyncAlways && came != kept) {
			err = errors.New(string(came))
		}
		if err != nil {
			return fmt.Errorf("sync_interval: %s, loss %d: %w\nall logs are in %s", sync, i+1, err, dir)
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		fmt.Printf("sync_interval: %s, loss %d, %s after the acknowledgement: %s\n", sync, i+1, after.Round(time.Millisecond), came)
		if after > atMost {
			continue // the machine was too busy: it is no loss of power of the kind that is counted
		}
		i++
		counts[came]++
		longest = max(longest, after)
	}
	var told []string
	for _, o := range slices.Sorted(maps.Keys(counts)) {
		told = append(told, fmt.Sprintf("%d× %s", counts[o], o))
	}
	fmt.Printf("sync_interval: %s: %d losses of power, at most %s after an acknowledgement: %s\n",
		sync, times, longest.Round(time.Millisecond), strings.Join(told, ", "))
	return nil
}
