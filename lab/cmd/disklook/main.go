// Command disklook looks, in the guest, at one disk as the agent does, again
// and again: asks the privileged helper for its pages and makes a report of
// them. It prints how long each look took, in nanoseconds. The agent's own
// looks are few and at times of its choosing; these stand beside smartctl's.
//
//	disklook DEVICE TIMES      as the user plimsoll, the only one to be answered
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"plimsoll/disk"
	"plimsoll/internal/priv"
	"plimsoll/lab/become"
)

const (
	socket = "/run/plimsoll-sense.sock"
	// patience is how long an answer may take in a guest that is emulated.
	patience = 20 * time.Second
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "disklook:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return errors.New("usage: disklook DEVICE TIMES")
	}
	times, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	if err := become.User("plimsoll"); err != nil {
		return err
	}
	helper := priv.NewClient(socket)
	for range times {
		took, err := look(ctx, helper, args[0])
		if err != nil {
			return err
		}
		fmt.Println(took.Nanoseconds())
	}
	return nil
}

func look(ctx context.Context, helper *priv.Client, device string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	began := time.Now()
	d, pages, err := helper.Disk(ctx, device)
	if err != nil {
		return 0, err
	}
	r := disk.Read(device, d, pages)
	took := time.Since(began)
	if !r.Speaks {
		return 0, fmt.Errorf("%s says nothing of its health: %+v", device, r.Evidence)
	}
	return took, nil
}
