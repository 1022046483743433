package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"plimsoll/lab/bench"
)

const (
	// telling is how long everyone is left alone to tell of a fault; asking the agent meanwhile would slow it down.
	telling = 1500 * time.Millisecond
	// patience is how long the agent and md may take to come to rest. A guest is slow, and its host may be busy.
	patience = 2 * time.Minute
	// rest lets udev and mdadm --monitor come to rest too, which nobody can ask.
	rest = 2 * time.Second
	tick = 200 * time.Millisecond
)

// mirror is one array and the two disks that fail by turns.
type mirror struct {
	array string
	disks [2]string
}

// faults makes n faults in each array: one after another, and then all are mended.
func faults(ctx context.Context, n int, args []string, tell *json.Encoder) error {
	var mirrors []mirror
	for _, arg := range args {
		array, disks, _ := strings.Cut(arg, "=")
		a, b, ok := strings.Cut(disks, ",")
		if !ok {
			return errUsage
		}
		mirrors = append(mirrors, mirror{array, [2]string{a, b}})
	}
	agent := newAgent()
	if err := agent.shows(ctx, "FullyRedundant", mirrors); err != nil {
		return err
	}
	for round := range n {
		if err := pause(ctx, rest); err != nil {
			return err
		}
		for _, m := range mirrors {
			f := bench.Fault{Array: m.array, Began: time.Now()}
			if err := mdadm(ctx, m.array, "--fail", m.disks[round%2]); err != nil {
				return err
			}
			f.Ended = time.Now()
			if err := errors.Join(pause(ctx, telling), agent.shows(ctx, "Lost", []mirror{m}), tell.Encode(bench.Line{Fault: &f})); err != nil {
				return err
			}
		}
		for _, m := range mirrors {
			if err := m.mend(ctx, m.disks[round%2]); err != nil {
				return err
			}
		}
		if err := errors.Join(agent.shows(ctx, "FullyRedundant", mirrors), agent.steps(ctx, tell)); err != nil {
			return err
		}
	}
	return nil
}

// mend puts the disk back and waits until the array is whole.
func (m mirror) mend(ctx context.Context, disk string) error {
	// The kernel lets go of a failed disk once its last request is back.
	if err := until(ctx, "remove "+disk, func() error { return mdadm(ctx, m.array, "--remove", disk) }); err != nil {
		return err
	}
	if err := mdadm(ctx, m.array, "--re-add", disk); err != nil {
		return err
	}
	return until(ctx, "mend "+m.array, func() error {
		for attr, want := range map[string]string{"degraded": "0", "sync_action": "idle"} {
			b, err := os.ReadFile("/sys/block/" + m.array + "/md/" + attr)
			if err != nil {
				return err
			}
			if got := strings.TrimSpace(string(b)); got != want {
				return fmt.Errorf("%s is %s", attr, got)
			}
		}
		return nil
	})
}

func mdadm(ctx context.Context, array, verb, disk string) error {
	out, err := exec.CommandContext(ctx, "mdadm", "/dev/"+array, verb, "/dev/"+disk).CombinedOutput()
	if err != nil {
		return fmt.Errorf("mdadm %s %s of %s: %w: %s", verb, disk, array, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// until tries until it succeeds, within patience.
func until(ctx context.Context, what string, try func() error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := try()
		if err == nil {
			return nil
		}
		if pause(ctx, tick) != nil {
			return fmt.Errorf("%s: not within %s: %w", what, patience, err)
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
