package raid

import (
	"strings"

	"plimsoll/redundancy"
)

// isJournal says whether d is a journal, working or not.
func (d *Device) isJournal() bool {
	return d.Is(DevJournal) || d.Slot.Known() && d.Slot.Value.Journal
}

// journaled says whether the array writes through a journal, which then has a place of its own, like a slot.
func (a Array) journaled() bool { return a.Policy.Known() && a.Policy.Value == PolicyJournal }

// journal is the component of that place and the device in it, nil where there is none; has is false for an array without.
func (a Array) journal() (c redundancy.Component, d *Device, has bool) {
	for i := range a.Devices {
		if r := &a.Devices[i]; r.isJournal() && (d == nil || r.rank() > d.rank()) {
			d = r
		}
	}
	c = redundancy.Component{ID: a.ID + "/journal", Name: "journal"}
	switch {
	case d == nil && !a.journaled():
		return c, nil, false
	case d == nil:
		if e, doubtful := a.unplaced(); doubtful {
			c.Doubts, c.Evidence = []redundancy.Doubt{redundancy.DoubtUnread}, e
			return c, nil, true
		}
		c.State, c.Health = redundancy.Absent, redundancy.Critical
		c.Evidence = []redundancy.Evidence{a.Policy.Evidence(), {Where: a.Held.Where, Value: "no journal"}}
		return c, nil, true
	}
	c.Name, c.Evidence = d.Name, d.evidence()
	switch {
	case d.Gone():
		c.State, c.Health = redundancy.Absent, redundancy.Critical
		c.Evidence = []redundancy.Evidence{d.blockEvidence(), d.State.Evidence()}
	case d.Thrown():
		c.State, c.Health = redundancy.Disabled, redundancy.Critical
	case !d.State.Known() || !d.Block.Known():
		c.Doubts = []redundancy.Doubt{redundancy.DoubtUnread}
	default:
		c.State, c.Health, c.Doubts = redundancy.Enabled, d.health(), d.doubts()
		c.Device, c.StandsOn = d.Identity.Disk, []redundancy.ID{d.Identity.PartID()}
	}
	return c, d, true
}

// journalNeeded says whether one failure of the journal stops the array's writes (docs/decisions/0017-journals.md). A journal
// that is an array itself has a margin of its own.
func (a Array) journalNeeded(d *Device) bool {
	return a.journaled() && (d == nil || !strings.HasPrefix(string(d.Identity.WholeID()), "raid:"))
}

// journalFailed says whether the array needs a journal and surely has none that works: then all slots are in_sync, and writes
// are refused.
func (a Array) journalFailed() bool {
	c, _, has := a.journal()
	return has && a.journaled() && (c.State == redundancy.Absent || c.State == redundancy.Disabled)
}
