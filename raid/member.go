package raid

import (
	"fmt"
	"slices"
	"strconv"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// slot is the component of slot n. d is the device in it, nil where md lists none; thrown is the device that md has thrown
// out of it and that is still there.
//
// One fault has one face, whatever md has got round to. A slot whose device has left the host is Absent from the moment it
// is pulled: while md still says in_sync, while it says faulty, and after it has emptied the slot. A slot whose device has
// failed and is still attached is Disabled, before and after md has emptied it; the device is a member of its own.
func (a Array) slot(n int, d, thrown *Device) redundancy.Component {
	c := redundancy.Component{ID: a.ID + "/slot" + redundancy.ID(strconv.Itoa(n)), Name: "slot" + strconv.Itoa(n)}
	switch {
	case thrown != nil:
		c.Name, c.State, c.Health = thrown.Name, redundancy.Disabled, redundancy.Critical
		c.Evidence = thrown.evidence()
	case d == nil:
		if e, doubtful := a.unplaced(); doubtful {
			c.State, c.Doubts, c.Evidence = redundancy.StateUnknown, []redundancy.Doubt{redundancy.DoubtUnread}, e
			return c
		}
		c.State, c.Health = redundancy.Absent, redundancy.Critical
		c.Evidence = []redundancy.Evidence{{Where: a.Dir + "/rd" + strconv.Itoa(n), Value: noDevice}}
	case d.Gone():
		c.Name, c.State, c.Health = d.Name, redundancy.Absent, redundancy.Critical
		c.Evidence = []redundancy.Evidence{d.blockEvidence(), d.State.Evidence()}
	default:
		c.Name, c.Device, c.StandsOn = d.Name, d.Identity.Disk, []redundancy.ID{d.Identity.PartID()}
		c.Evidence = d.evidence()
		c.State, c.Health, c.Doubts = d.inSlot()
		if d.Is(DevWantReplacement) {
			c.Against = []redundancy.Objection{{Verb: string(actions.RaidReplace), Text: "md replaces " + d.Name + " itself, as soon as it has a spare"}}
		}
	}
	return c
}

// inSlot is what a device does in its slot that is there and that md has not failed.
func (d Device) inSlot() (redundancy.State, redundancy.Health, []redundancy.Doubt) {
	switch {
	case !d.State.Known() || !d.Block.Known():
	case d.Is(DevInSync):
		return redundancy.Enabled, d.health(), d.doubts()
	case d.Is(DevSpare):
		return redundancy.Recovering, d.health(), nil
	}
	// It can't be read, or says words that this version does not know.
	return redundancy.StateUnknown, redundancy.HealthUnknown, []redundancy.Doubt{redundancy.DoubtUnread}
}

// thrown finds the devices that md has failed and still holds, by the slot that they were thrown out of; rest are all
// devices without a slot. md does not say which slot that was. Earlier looks know it; for slots that were empty at the first
// look, it is taken to be the one that is left over, if the numbers agree.
func (a Array) thrown(occupants, rest []*Device) []*Device {
	out := make([]*Device, len(occupants))
	var failed []*Device
	for _, d := range rest {
		if d.Thrown() && !d.Gone() && !d.Is(DevJournal) {
			failed = append(failed, d)
		}
	}
	var empty []int
	for n, d := range occupants {
		switch {
		case d != nil && d.Thrown() && !d.Gone():
			out[n] = d
		case d == nil && n < len(a.Last) && a.Last[n] != "":
			last := slices.IndexFunc(failed, func(f *Device) bool { return f.Identity.ID() == a.Last[n] })
			if last >= 0 {
				out[n] = failed[last]
				failed = slices.Delete(failed, last, last+1)
			}
		case d == nil:
			empty = append(empty, n)
		}
	}
	if len(empty) == len(failed) {
		for i, n := range empty {
			out[n] = failed[i]
		}
	}
	return out
}

// unplaced says whether an empty slot may be taken after all: devices could not be listed, or one of them can't be placed.
func (a Array) unplaced() ([]redundancy.Evidence, bool) {
	if !a.Held.Known() {
		return []redundancy.Evidence{a.Held.Evidence()}, true
	}
	var all []redundancy.Evidence
	for _, d := range a.Devices {
		if !d.Slot.Known() && !d.Gone() && !d.Thrown() {
			all = append(all, d.Slot.Evidence())
		}
	}
	return all, len(all) > 0
}

// attach adds a device that has no slot: a spare, one that md has failed and still holds, a journal, a replacement that is
// being built. What md has failed and has left the host is no more than the empty slot says already.
func (a Array) attach(g redundancy.Group, d *Device) redundancy.Group {
	if d.Gone() && (!d.Is(DevSpare) || d.Thrown()) {
		return g
	}
	c := redundancy.Component{ID: a.ID + "/dev/" + d.Identity.ID(), Name: d.Name, Evidence: d.evidence()}
	if _, taken := g.Member(c.ID); taken { // two paths to one disk, or two disks by one name
		c.ID += redundancy.ID("@" + d.Name)
	}
	if !d.Gone() {
		c.Device, c.StandsOn = d.Identity.Disk, []redundancy.ID{d.Identity.PartID()}
	}
	c.State, c.Health, c.Doubts = a.loose(d)
	if c.State == redundancy.Disabled {
		g.Warnings = append(g.Warnings, redundancy.Warning{
			Key: WarnFailedMemberAttached, Member: c.ID,
			Text:     fmt.Sprintf("%s has failed in %s and is still attached to it", d.Name, g.Name),
			Evidence: []redundancy.Evidence{d.State.Evidence()},
		})
	}
	g.Members = append(g.Members, c)
	return g
}

// loose is what a device without a slot of its own does.
func (a Array) loose(d *Device) (redundancy.State, redundancy.Health, []redundancy.Doubt) {
	running := a.State.Known() && a.State.Value != Inactive && a.State.Value != Clear
	inSlot := d.Slot.Known() && d.Slot.Value.Taken
	switch {
	case d.Gone():
		return redundancy.Absent, redundancy.Critical, nil
	case d.Thrown():
		return redundancy.Disabled, redundancy.Critical, nil
	case !d.State.Known() || !d.Block.Known() || !d.Slot.Known():
		return redundancy.StateUnknown, redundancy.HealthUnknown, []redundancy.Doubt{redundancy.DoubtUnread}
	case d.isJournal(), inSlot && d.Is(DevInSync):
		return redundancy.Enabled, d.health(), d.doubts()
	case inSlot && d.Is(DevSpare):
		return redundancy.Recovering, d.health(), nil
	case running && d.Is(DevSpare) && !d.Free:
		return redundancy.Spare, d.health(), d.doubts()
	default: // an array that is not started has not given its devices their places, a container says nothing of its own
		return redundancy.StateUnknown, redundancy.HealthUnknown, nil
	}
}

// predicted says whether md itself has a reason to expect no good of the device.
func (d Device) predicted() bool {
	return d.Is(DevWriteError) || d.Is(DevWantReplacement) || d.Is(DevFaulty) || d.BadBlocks.Known() && len(d.BadBlocks.Value) > 0
}

func (d Device) health() redundancy.Health {
	if d.predicted() {
		return redundancy.HealthWarning
	}
	return redundancy.OK
}

func (d Device) doubts() []redundancy.Doubt {
	if d.predicted() {
		return []redundancy.Doubt{redundancy.DoubtPredicted}
	}
	return nil
}

// evidence is what the device's state stands on, and everything of it that could not be read.
func (d Device) evidence() []redundancy.Evidence {
	all := append(make([]redundancy.Evidence, 0, 2), d.State.Evidence())
	if !d.Block.Known() {
		all = append(all, d.blockEvidence())
	}
	if !d.Slot.Known() {
		all = append(all, d.Slot.Evidence())
	}
	if d.Errors.Known() && d.Errors.Value > 0 || !d.Errors.Known() && !d.Errors.Missing() {
		all = append(all, d.Errors.Evidence())
	}
	if d.BadBlocks.Known() && len(d.BadBlocks.Value) > 0 || !d.BadBlocks.Known() && !d.BadBlocks.Missing() {
		all = append(all, d.BadBlocks.Evidence())
	}
	return slices.Clip(all)
}

// blockEvidence is what the link to the block device says. That it leads nowhere is an answer, not something unread.
func (d Device) blockEvidence() redundancy.Evidence {
	if d.Gone() {
		return redundancy.Evidence{Where: d.Block.Where, Value: leadsNowhere}
	}
	return d.Block.Evidence()
}
