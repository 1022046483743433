package raid

import (
	"slices"
	"time"

	"plimsoll/internal/blockid"
	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

// member names a device directory of an array: what memory of a device hangs on.
type member struct{ array, dir string }

// knownDevice is what a device was found to be, kept so that its name neither flickers with a read error nor is lost when
// the device is pulled.
type knownDevice struct {
	block    sysfs.Ident // the incarnation of the block device that was asked
	identity blockid.Identity
	look     uint64 // when it was last listed
}

// knownArray is what was found of an array by earlier looks.
type knownArray struct {
	incarnation sysfs.Ident     // of its directory
	id          redundancy.ID   // by its UUID, empty as long as that was never read
	last        []redundancy.ID // Array.Last
	seated      []time.Duration // by slot: when a working device was last seen in it, by udev's clock
	idle        time.Time       // since when it has devices and does not run; zero: it runs
	frozen      time.Time       // since when its work is held back; zero: it is not
	look        uint64
}

// passage is how long mdadm may take between an array's first device and its start, or between its stop and the loss of its
// last device, and how long it may hold back md's work on the redundancy while it changes an array. What has devices and does
// not run is judged (it has failed) only when that lasts.
const passage = 2 * time.Second

// passing says whether a is on its way up or down, and has not rested long enough to be called failed. What an agent finds so
// at its first look is not passing: nobody is told to wait for what happened before.
func (c *Collector) passing(a Array, now time.Time) bool {
	known := c.arrays[a.Name]
	idle := a.State.Known() && (a.State.Value == Inactive || a.State.Value == Clear)
	if m := a.Metadata; !idle && m.Known() && m.Value.Container != "" && !c.last[a.Name].judged {
		// mdmon has not taken it over yet (mdadm assembles such arrays read-only), or udev has not seen its container.
		idle = a.State.Known() && a.State.Value == ReadOnly || c.run.Path() != "" && a.ID == placeID(m.Value)
	}
	lasting := c.lasts(&known.idle, idle, now)
	c.arrays[a.Name] = known
	return idle && !lasting
}

// frozen says whether a has been frozen for a while.
func (c *Collector) frozen(a Array, now time.Time) bool {
	known := c.arrays[a.Name]
	lasting := c.lasts(&known.frozen, a.Action.Known() && a.Action.Value == Frozen, now)
	c.arrays[a.Name] = known
	return lasting
}

// lasts says whether what is so now has been so for passage. since remembers when it began.
func (c *Collector) lasts(since *time.Time, so bool, now time.Time) bool {
	switch {
	case !so:
		*since = time.Time{}
	case since.IsZero() && c.look == 1:
		*since = now.Add(-passage)
	case since.IsZero():
		*since = now
	}
	return so && now.Sub(*since) >= passage
}

// remember keeps what this look found of a.
func (c *Collector) remember(a Array, incarnation sysfs.Ident, uuid redundancy.ID) []redundancy.ID {
	known := c.arrays[a.Name]
	if known.incarnation != incarnation { // another array by the same name
		known.idle, known.frozen = time.Time{}, time.Time{}
	}
	if known.incarnation != incarnation || known.id != uuid {
		known = knownArray{incarnation: incarnation, id: uuid, idle: known.idle, frozen: known.frozen}
	}
	known.look = c.look
	if n := a.slots(); len(known.last) < n {
		known.last = append(known.last, make([]redundancy.ID, n-len(known.last))...)
	}
	known.seated = append(known.seated, make([]time.Duration, len(known.last)-len(known.seated))...)
	now, _ := c.monotonic() // none: it counts as never seen
	for _, d := range a.Devices {
		if d.Slot.Known() && d.Slot.Value.Taken && d.Slot.Value.Number < len(known.last) && !d.Is(DevReplacement) {
			known.last[d.Slot.Value.Number] = d.Identity.ID()
			if d.Block.Known() && !d.Thrown() {
				known.seated[d.Slot.Value.Number] = now
			}
		}
	}
	c.arrays[a.Name] = known
	return slices.Clone(known.last)
}

// identity is what the device is. It is asked once an incarnation; of a device that is gone, or can't be reached, it is
// what was known of it.
func (c *Collector) identity(in attrs, m member, block sysfs.Ident, blockErr error) blockid.Identity {
	known, ok := c.devices[m]
	if !ok || blockErr == nil && known.block != block {
		name := m.dir[len(devicePrefix):]
		known = knownDevice{block: block, identity: blockid.Named(name)}
		if blockErr == nil {
			known.identity = blockid.Read(in.dir, m.dir+"/block", name)
		}
	}
	known.look = c.look
	if blockErr == nil || ok {
		c.devices[m] = known
	}
	return known.identity
}
