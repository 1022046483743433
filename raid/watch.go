package raid

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"plimsoll/internal/announce"
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
	err := announce.Listener{
		Concerns: func(e uevent.Event) bool { return e.Subsystem == "block" },
		Event: func(poller *sysfs.Poller) {
			c.hints.any() // the disk's array is not in the message
			poke()
			poller.Wake()
		},
		Attend: func(ctx context.Context, poller *sysfs.Poller) error { return c.attend(ctx, poller, poke) },
	}.Listen(ctx)
	return fmt.Errorf("watch md: %w", err)
}

// attend pokes at every attribute that announces a change, and looks anew which there are whenever that may have changed:
// at a wake, when mdstat speaks, and when one of them is gone.
func (c *Collector) attend(ctx context.Context, poller *sysfs.Poller, poke func()) error {
	mdstat := c.proc.Path("mdstat")
	states := map[string]string{}
	for first := true; ; first = false {
		arrays := c.announcers()
		if err := announce.Set(poller, append(slices.Collect(maps.Keys(arrays)), mdstat)); err != nil {
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
