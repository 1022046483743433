package topology

import (
	"context"
	"fmt"
	"strings"

	"plimsoll/internal/announce"
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
	err := announce.Listener{
		Concerns: Concerns,
		Event:    func(*sysfs.Poller) { poke() },
		Attend:   func(ctx context.Context, poller *sysfs.Poller) error { return c.attend(ctx, poller, poke) },
	}.Listen(ctx)
	return fmt.Errorf("watch topology: %w", err)
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
	if err := announce.Set(poller, tables); err != nil {
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
