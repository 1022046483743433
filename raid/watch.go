package raid

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"golang.org/x/sys/unix"

	"plimsoll/internal/sysfs"
	"plimsoll/internal/uevent"
)

// Watch pokes when md or a block device announces a change, and once when it has begun to listen, until ctx ends; poke is
// called from two goroutines. It listens to
//
//   - /proc/mdstat: an array or a device came or went, one failed, work began or ended;
//   - array_state, sync_action and degraded of each array, and the state of each of its devices (docs: admin-guide/md);
//   - block uevents: a disk was pulled, which md itself notices only when it next writes to it.
//
// sync_completed is left alone: a fast rebuild announces it fifty times a second.
func (c *Collector) Watch(ctx context.Context, poke func()) error {
	poller, err := sysfs.NewPoller()
	if err != nil {
		return fmt.Errorf("watch md: %w", err)
	}
	events, err := uevent.Open()
	if err != nil {
		poller.Close()
		return fmt.Errorf("watch md: %w", err)
	}
	ctx, stop := context.WithCancelCause(ctx)
	heard := make(chan error, 1)
	go func() {
		err := listen(ctx, events, func() {
			c.hints.any() // the disk's array is not in the message
			poke()
			poller.Wake()
		})
		stop(err)
		heard <- errors.Join(err, events.Close())
	}()
	err = c.attend(ctx, poller, poke)
	stop(err)
	if other := <-heard; !errors.Is(other, context.Canceled) {
		err = other
	}
	poller.Close()
	return fmt.Errorf("watch md: %w", err)
}

// listen pokes at every uevent that tells of a block device, and when some were lost.
func listen(ctx context.Context, events *uevent.Listener, poke func()) error {
	for {
		e, err := events.Next(ctx)
		switch {
		case errors.Is(err, uevent.ErrOverflow):
			poke()
		case err != nil:
			return err
		case e.Subsystem == "block":
			poke()
		}
	}
}

// attend pokes at every attribute that announces a change, and looks anew which there are whenever that may have changed:
// at a wake, when mdstat speaks, and when one of them is gone.
func (c *Collector) attend(ctx context.Context, poller *sysfs.Poller, poke func()) error {
	mdstat := c.proc.Path("mdstat")
	states := map[string]string{}
	for first := true; ; first = false {
		arrays := c.announcers()
		if err := watchable(poller.Set(append(slices.Collect(maps.Keys(arrays)), mdstat))); err != nil {
			return err
		}
		if first {
			poke() // what changed before now was announced to nobody
		}
		for again := false; !again; {
			notices, err := poller.Wait(ctx)
			if err != nil {
				return err
			}
			again = len(notices) == 0
			news := false
			for _, n := range notices {
				again = again || n.Err != nil || n.Path == mdstat
				news = c.heard(n, states, arrays) || news
			}
			if news {
				poke()
			}
		}
	}
}

// heard says whether n is news, and hints at its array; mdstat, which is no array's, speaks whenever one of them does.
func (c *Collector) heard(n sysfs.Notice, states, arrays map[string]string) bool {
	if n.Err == nil && sameWork(states[n.Path], n.Value) {
		return false
	}
	states[n.Path] = n.Value
	if array, one := arrays[n.Path]; one {
		c.hints.array(array)
	}
	return true
}

// sameWork says whether an attribute went from one of array_state's words for a working array to another. An array under
// small writes does so several times a second, and nothing that is judged changes with it.
func sameWork(was, is string) bool {
	work := []string{string(Clean), string(Active), string(WritePending), string(ActiveIdle)}
	return slices.Contains(work, was) && slices.Contains(work, is)
}

// announcers are the attributes of arrays to watch, and whose they are.
func (c *Collector) announcers() map[string]string {
	paths := map[string]string{}
	arrays, err := c.sys.Names("block", "md")
	if err != nil {
		return paths // the next look says so
	}
	for _, array := range arrays {
		dir := "block/" + array + "/md"
		devices, err := c.sys.Names(dir, devicePrefix)
		if err != nil {
			continue // none, or no longer
		}
		for _, attr := range []string{"array_state", "sync_action", "degraded"} {
			paths[c.sys.Path(dir, attr)] = array
		}
		for _, device := range devices {
			paths[c.sys.Path(dir, device, "state")] = array
		}
	}
	return paths
}

// watchable is err without what is no trouble: attributes that this level does not have or that just left, that we may not
// read (the look says so), and files of a fixture, which can't be polled.
func watchable(err error) error {
	joined, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // errors.Join's own shape
	if !ok {
		return err
	}
	for _, e := range joined.Unwrap() {
		if !errors.Is(e, fs.ErrNotExist) && !errors.Is(e, fs.ErrPermission) && !errors.Is(e, unix.ENODEV) {
			return e
		}
	}
	return nil
}
