package disk

import (
	"context"
	"strings"
	"sync"
	"time"

	"plimsoll/internal/announce"
	"plimsoll/internal/sysfs"
	"plimsoll/internal/uevent"
)

// deafTime is how long disks are polled only, before it is tried again to hear of them.
const deafTime = 30 * time.Second

// Watch asks disks for their pages until ctx ends, and pokes when what is said of one has changed, when the kernel announces a
// change of a disk or of a controller, and once when it has begun to listen. Announcements that cannot be heard keep no disk
// from being asked.
func (c *Collector) Watch(ctx context.Context, poke func()) error {
	var asking sync.WaitGroup
	asking.Go(func() { c.asker.run(ctx, poke) })
	c.listen(ctx, poke)
	asking.Wait()
	return nil
}

// listen hears of disks until ctx ends, again and again.
func (c *Collector) listen(ctx context.Context, poke func()) {
	for {
		err := c.hear(ctx, poke)
		if ctx.Err() != nil {
			return
		}
		why := err.Error()
		c.deaf.Store(&why)
		poke() // what happens from now on is not heard
		again := time.NewTimer(deafTime)
		select {
		case <-ctx.Done():
			again.Stop()
			return
		case <-again.C:
		}
	}
}

// hear listens to uevents until it can no longer.
func (c *Collector) hear(ctx context.Context, poke func()) error {
	return announce.Listener{
		Concerns: c.heard,
		Event:    func(*sysfs.Poller) { poke() },
		Attend: func(ctx context.Context, poller *sysfs.Poller) error {
			c.deaf.Store(nil)
			poke() // what changed before now was announced to nobody
			_, err := poller.Wait(ctx)
			return err
		},
	}.Listen(ctx)
}

// heard says whether e is of a disk, or of a controller, and has disks asked of which it tells that they have something to say.
func (c *Collector) heard(e uevent.Event) bool {
	if _, announced := e.Var("NVME_AEN"); announced {
		c.asker.now(time.Now())
	}
	concerned := concerns(e)
	if concerned && e.Subsystem == "block" {
		c.asker.announced(nameOf(e), time.Now())
	}
	return concerned
}

// concerns says whether e is of a disk, or of a controller: not of partitions, arrays and the like, which are others' affair.
func concerns(e uevent.Event) bool {
	name := nameOf(e)
	switch e.Subsystem {
	case "block":
		return isDisk(name)
	case "nvme":
		return isController(name)
	}
	return e.Subsystem == "scsi" && e.Action != "bind" // also a unit's attention: capacity, inquiry data, logs have changed
}

// nameOf is the kernel's name for the device that e is of.
func nameOf(e uevent.Event) string { return e.DevPath[strings.LastIndex(e.DevPath, "/")+1:] }
