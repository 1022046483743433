package topology

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"plimsoll/internal/sysfs"
	"plimsoll/internal/uevent"
)

// Watch pokes when something that stands on something has changed, and once when it has begun to listen, until ctx ends;
// poke is called from two goroutines. It listens to
//
//   - mountinfo and /proc/swaps, which announce every change of theirs;
//   - uevents of block devices, of enclosures and of network cards. Virtual links come and go with every container; what is
//     new of them is found by the next look.
//
// Routes, and the ports of bridges, are found by the next look too.
func (c *Collector) Watch(ctx context.Context, poke func()) error {
	poller, err := sysfs.NewPoller()
	if err != nil {
		return fmt.Errorf("watch topology: %w", err)
	}
	events, err := uevent.Open()
	if err != nil {
		poller.Close()
		return fmt.Errorf("watch topology: %w", err)
	}
	ctx, stop := context.WithCancelCause(ctx)
	heard := make(chan error, 1)
	go func() {
		err := listen(ctx, events, poke)
		stop(err)
		heard <- errors.Join(err, events.Close())
	}()
	err = c.attend(ctx, poller, poke)
	stop(err)
	if other := <-heard; !errors.Is(other, context.Canceled) {
		err = other
	}
	poller.Close()
	return fmt.Errorf("watch topology: %w", err)
}

// listen pokes at every uevent that matters, and when some were lost.
func listen(ctx context.Context, events *uevent.Listener, poke func()) error {
	for {
		e, err := events.Next(ctx)
		switch {
		case errors.Is(err, uevent.ErrOverflow):
			poke()
		case err != nil:
			return err
		case Concerns(e):
			poke()
		}
	}
}

// Concerns says whether an event may tell of a change in what stands on what.
func Concerns(e uevent.Event) bool {
	switch e.Subsystem {
	case "block", "enclosure":
		return true
	case "net":
		return !strings.HasPrefix(e.DevPath, "/devices/virtual/")
	default:
		return false
	}
}

// attend pokes whenever mounts or swap change.
func (c *Collector) attend(ctx context.Context, poller *sysfs.Poller, poke func()) error {
	_, table, err := c.mountTable() // without one the look says so
	tables := []string{c.proc.Path("swaps")}
	if err == nil {
		tables = append(tables, table)
	}
	if err := watchable(poller.Set(tables)); err != nil {
		return err
	}
	poke() // what changed before now was announced to nobody
	for {
		if _, err := poller.Wait(ctx); err != nil {
			return err
		}
		poke()
	}
}

// watchable is err without what is no trouble: a table that this kernel does not have, and files of a fixture, which can't be
// polled.
func watchable(err error) error {
	joined, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // errors.Join's own shape
	if !ok {
		return err
	}
	for _, e := range joined.Unwrap() {
		if !errors.Is(e, fs.ErrNotExist) && !errors.Is(e, fs.ErrPermission) {
			return e
		}
	}
	return nil
}
