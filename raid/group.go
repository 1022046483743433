package raid

import (
	"cmp"
	"slices"
	"strconv"

	"plimsoll/internal/blockid"
	"plimsoll/redundancy"
)

// Group says what an array is in the words that all kinds share. It is pure.
func (a Array) Group() redundancy.Group {
	g := redundancy.Group{
		ID: a.ID, Name: blockid.Pretty(a.Name), Kind: redundancy.KindRAID, Type: a.sharing(), Slots: true,
		Unstarted: a.State.Known() && (a.State.Value == Inactive || a.State.Value == Clear),
		Activity:  a.Activity(), Scrub: a.scrub(), Settings: a.settings(), Evidence: a.evidence(),
		Against: a.against(),
	}
	occupants, rest := a.place()
	thrown := a.thrown(occupants, rest)
	ids := make([]redundancy.ID, len(occupants))
	for n, d := range occupants {
		c := a.slot(n, d, thrown[n])
		ids[n] = c.ID
		g.Members = append(g.Members, c)
		if d != nil && d == thrown[n] {
			rest = append(rest, d) // it is on its way out of the slot
		}
	}
	needs, err := a.Needs(ids)
	if c, d, has := a.journal(); has {
		rest = slices.DeleteFunc(rest, func(r *Device) bool { return r.isJournal() && r == d && !d.Thrown() })
		g.Members = append(g.Members, c)
		if alone := redundancy.Exactly(1); a.journalNeeded(d) {
			needs.AllOf = append(needs.AllOf, redundancy.Need{Members: []redundancy.ID{c.ID}, Needed: alone})
		}
	}
	if err != nil {
		needs = a.unknownNeeds(ids)
		if a.State.Known() && a.State.Value != Inactive {
			g.Warnings = append(g.Warnings, a.notUnderstood(err))
		}
	}
	g.Needs = needs
	if err != nil || !a.stateKnown() {
		// What can't be said of the array can't be said of what its slots do for it.
		for i := range g.Members {
			g.Members[i] = unread(g.Members[i])
		}
	}
	g.Serving = a.serving(g)
	for _, d := range rest {
		g = a.attach(g, d)
	}
	g.Warnings = append(g.Warnings, a.warnings(occupants)...)
	slices.SortFunc(g.Members, func(x, y redundancy.Component) int { return cmp.Compare(x.ID, y.ID) })
	slices.SortFunc(g.Warnings, func(x, y redundancy.Warning) int {
		return cmp.Or(cmp.Compare(x.Key, y.Key), cmp.Compare(x.Member, y.Member))
	})
	return g
}

// place puts devices into slots. Where two claim one slot, one is the replacement that is being built for the other: the
// better one has the slot. rest are those without, and those whose slot is not one of the array's.
func (a Array) place() (occupants []*Device, rest []*Device) {
	occupants = make([]*Device, a.slots())
	for i := range a.Devices {
		d := &a.Devices[i]
		if !d.Slot.Known() || !d.Slot.Value.Taken || d.Slot.Value.Number >= len(occupants) {
			rest = append(rest, d)
			continue
		}
		n := d.Slot.Value.Number
		if other := occupants[n]; other == nil {
			occupants[n] = d
		} else if d.rank() > other.rank() {
			occupants[n], rest = d, append(rest, other)
		} else {
			rest = append(rest, d)
		}
	}
	return occupants, rest
}

// slots is how many slots the array has, in the larger geometry of a reshape, or, where it does not say, how many are seen
// or were by earlier looks.
func (a Array) slots() int {
	if a.Disks.Known() {
		return max(a.Disks.Value.Now, a.Disks.Value.Before)
	}
	n := len(a.Last)
	for _, d := range a.Devices {
		if d.Slot.Known() && d.Slot.Value.Taken {
			n = max(n, d.Slot.Value.Number+1)
		}
	}
	return n
}

// rank orders the claims of two devices on one slot.
func (d *Device) rank() int {
	switch {
	case d.Gone() || d.Thrown():
		return 0
	case d.Is(DevInSync):
		return 2
	default:
		return 1
	}
}

// unknownNeeds is what can be said of an array that is not understood: it needs at least one of its slots, at most all. Of
// one whose slots can't be counted nothing can be said, not even that it has nothing to lose: one slot stands for all, which
// it may need or not.
func (a Array) unknownNeeds(ids []redundancy.ID) redundancy.Needs {
	switch {
	case len(ids) == 0 && a.Disks.Known():
		return redundancy.Needs{}
	case len(ids) == 0:
		all := []redundancy.ID{a.ID + "/slot?"}
		return redundancy.Needs{AllOf: []redundancy.Need{{Members: all, Needed: redundancy.Interval{Low: 0, High: 1}}}}
	}
	return redundancy.Needs{AllOf: []redundancy.Need{{Members: ids, Needed: redundancy.Interval{Low: 1, High: len(ids)}}}}
}

// stateKnown says whether array_state is a word whose meaning is known.
func (a Array) stateKnown() bool {
	if !a.State.Known() {
		return false
	}
	switch a.State.Value {
	case Clear, Inactive, Suspended, ReadOnly, ReadAuto, Clean, Active, WritePending, ActiveIdle, Broken:
		return true
	default:
		return false
	}
}

// serving is what array_state proves. That the array runs is believed only while enough devices are there for it: md calls
// an idle array clean after all of them were pulled.
func (a Array) serving(g redundancy.Group) redundancy.Tristate {
	if !a.State.Known() {
		return redundancy.Unread
	}
	switch a.State.Value {
	case Clean, Active, WritePending, ActiveIdle, ReadAuto:
	case Clear, Inactive, Suspended, ReadOnly, Broken: // docs/decisions/0016-read-only-arrays.md
		return redundancy.No
	default:
		return redundancy.Unread
	}
	if a.journalFailed() {
		return redundancy.No
	}
	for _, need := range g.Needs.AllOf {
		if here := present(g, need.Members); here < need.Needed.Low {
			return redundancy.Unread
		}
	}
	return redundancy.Yes
}

// present counts the slots among ids whose device is there and in sync, doubtful or not.
func present(g redundancy.Group, ids []redundancy.ID) int {
	n := 0
	for _, c := range g.Members {
		if c.State == redundancy.Enabled && slices.Contains(ids, c.ID) {
			n++
		}
	}
	return n
}

// sharing is how the members share the work.
func (a Array) sharing() redundancy.Type {
	if !a.Level.Known() {
		return redundancy.TypeUnknown
	}
	switch a.Level.Value {
	case Linear, RAID0, Faulty:
		return redundancy.TypeNotRedundant
	case RAID1, RAID4, RAID5, RAID6, RAID10:
		return redundancy.NPlusM
	case Multipath:
		return redundancy.Failover
	default:
		return redundancy.TypeUnknown
	}
}

// Activity is the work that md does on the array, by sync_action: mdstat calls a delayed check a resync.
func (a Array) Activity() *redundancy.Activity {
	if a.working() {
		if a.Action.Value == Recover && !a.recoverable() {
			return nil // md says recover for a moment after a failure, before it finds that there is nothing to recover to
		}
		act := &redundancy.Activity{Kind: string(a.Action.Value)}
		switch p := a.Progress; {
		case !p.Known():
		case p.Value.Delayed:
			act.Phase = "delayed"
		case !p.Value.Running:
			act.Phase = "pending"
		default:
			act.Done, act.Total = p.Value.Done, p.Value.Total
		}
		if a.Speed.Known() {
			act.Speed = a.Speed.Value
		}
		return act
	}
	// An array that nothing has been written to yet keeps its resync for the first write.
	waits := a.Action.Known() && a.Action.Value == Idle && a.Start.Known() && a.Start.Value
	if waits && a.State.Known() && (a.State.Value == ReadAuto || a.State.Value == ReadOnly) {
		return &redundancy.Activity{Kind: string(Resync), Phase: "pending"}
	}
	return nil
}

// scrub is how the last check or repair ended, of an array that has copies to verify. md writes down where one stopped that
// was told to, at every sixteenth of the way, and forgets it when one goes to its end (md_do_sync in drivers/md/md.c).
func (a Array) scrub() redundancy.Scrub {
	if a.Action.Missing() || a.sharing() != redundancy.NPlusM || a.State.Known() && (a.State.Value == Inactive || a.State.Value == Clear) {
		return ""
	}
	switch {
	case !a.LastAction.Known() || !a.ScrubFrom.Known():
		return redundancy.ScrubUnread
	case a.LastAction.Value != Check && a.LastAction.Value != Repair:
		return redundancy.ScrubNone
	case a.ScrubFrom.Value > 0:
		return redundancy.ScrubPartial
	default:
		return redundancy.ScrubWhole
	}
}

// recoverable says whether md has a device that data could be recovered to, or one of which nothing is known.
func (a Array) recoverable() bool {
	return !a.Held.Known() || slices.ContainsFunc(a.Devices, func(d Device) bool {
		return !d.State.Known() || d.Is(DevSpare) && !d.Gone()
	})
}

// settings are what a baseline keeps of the array. What can't be read is left out.
func (a Array) settings() map[string]string {
	s := make(map[string]string, 7)
	if a.Level.Known() {
		s["level"] = a.Level.Raw
	}
	if a.Disks.Known() {
		s["raid_disks"] = strconv.Itoa(a.Disks.Value.Now)
	}
	if a.Level.Known() && a.Level.Value != RAID1 && a.Layout.Known() {
		s["layout"] = strconv.FormatUint(a.Layout.Value.Now, 10)
	}
	if a.ChunkSize.Known() && a.ChunkSize.Value.Now > 0 {
		s["chunk_size"] = strconv.FormatUint(a.ChunkSize.Value.Now, 10)
	}
	if a.Policy.Known() && a.Policy.Value != PolicyUnknown {
		s["consistency_policy"] = a.Policy.Raw
	}
	switch {
	case a.Metadata.Known() && a.Metadata.Value.External:
		s["metadata"] = "external" // which container it is in is the kernel's affair, and changes from boot to boot
	case a.Metadata.Known():
		s["metadata"] = a.Metadata.Raw
	}
	if a.Bitmap.Known() {
		s["bitmap"] = a.Bitmap.Raw
	}
	return s
}

// evidence is what the verdict on the array as a whole stands on, and everything of the array that could not be read. An
// attribute that its level does not have is none.
func (a Array) evidence() []redundancy.Evidence {
	all := append(make([]redundancy.Evidence, 0, 8), a.IDSource, a.State.Evidence())
	show := func(missing, known, worth bool, e redundancy.Evidence) {
		if known && worth || !known && !missing {
			all = append(all, e)
		}
	}
	show(a.Level.Missing(), a.Level.Known(), true, a.Level.Evidence())
	show(a.Degraded.Missing(), a.Degraded.Known(), true, a.Degraded.Evidence())
	show(a.Action.Missing(), a.Action.Known(), true, a.Action.Evidence())
	show(a.Disks.Missing(), a.Disks.Known(), a.Disks.Value.Now != a.Disks.Value.Before, a.Disks.Evidence())
	show(a.Mismatches.Missing(), a.Mismatches.Known(), a.Mismatches.Value > 0, a.Mismatches.Evidence())
	// Only a raid10's needs depend on it; a raid0 that was made without one says -1.
	show(a.Layout.Missing() || a.Level.Known() && a.Level.Value != RAID10, a.Layout.Known(), a.Level.Value == RAID10, a.Layout.Evidence())
	show(a.Policy.Missing(), a.Policy.Known(), a.Level.Value.Parity(), a.Policy.Evidence())
	show(a.Start.Missing(), a.Start.Known(), a.Start.Value && a.Level.Value.Parity(), a.Start.Evidence())
	show(a.Metadata.Missing(), a.Metadata.Known(), a.Metadata.Value.External, a.Metadata.Evidence())
	show(a.Progress.Missing() || a.Progress.Where == "", a.Progress.Known(), a.working(), a.Progress.Evidence())
	show(a.Held.Missing(), a.Held.Known(), false, a.Held.Evidence())
	return all
}

// unread is c, of which it can't be said what it does for the group. What surely does not work stays so.
func unread(c redundancy.Component) redundancy.Component {
	if c.State != redundancy.Enabled || slices.Contains(c.Doubts, redundancy.DoubtUnread) {
		return c
	}
	c.Doubts = append(slices.Clone(c.Doubts), redundancy.DoubtUnread)
	slices.Sort(c.Doubts)
	return c
}

// What places say, as evidence, at which something is surely absent.
const (
	noDevice     = "no device"     // an empty slot
	leadsNowhere = "leads nowhere" // the link to a block device that has left the host
)
