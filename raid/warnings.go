package raid

import (
	"fmt"

	"plimsoll/internal/blockid"
	"plimsoll/internal/fact"
	"plimsoll/redundancy"
)

// Keys of the warnings that arrays have, beside redundancy.WarnDataLost.
const (
	WarnReadOnly             = "read-only"
	WarnFailedMemberAttached = "failed-member-attached"
	WarnMismatch             = "mismatch"
	WarnJournalFailed        = "journal-failed"
	WarnJournalAlone         = "journal-alone"
	WarnNotUnderstood        = "not-understood"
	WarnSameUUID             = "same-uuid"
	WarnWriteMostlyAlone     = "write-mostly-alone"
	WarnFrozen               = "frozen"
)

func (a Array) notUnderstood(err error) redundancy.Warning {
	w := redundancy.Warning{
		Key: WarnNotUnderstood, Text: blockid.Pretty(a.Name) + " can't be judged: " + fact.Cause(err),
		Evidence: []redundancy.Evidence{a.Level.Evidence()},
	}
	if !a.Disks.Known() {
		w.Evidence = append(w.Evidence, a.Disks.Evidence())
	}
	return w
}

// warnings are those of the array as a whole.
func (a Array) warnings(occupants []*Device) []redundancy.Warning {
	var all []redundancy.Warning
	name := blockid.Pretty(a.Name)
	warn := func(so bool, key, text string, evidence redundancy.Evidence) {
		if so {
			all = append(all, redundancy.Warning{Key: key, Text: text, Evidence: []redundancy.Evidence{evidence}})
		}
	}
	warn(a.State.Known() && a.State.Value == ReadOnly, WarnReadOnly, name+" is read-only: writes are refused", a.State.Evidence())
	warn(a.Mismatches.Known() && a.Mismatches.Value > 0 && a.Level.Known() && a.Level.Value.Parity(), WarnMismatch,
		fmt.Sprintf("parity of %s disagrees with its data in %d sectors", name, a.Mismatches.Value), a.Mismatches.Evidence())
	warn(a.Twin, WarnSameUUID, "another array has the UUID of "+name+": its members were started as arrays of their own", a.IDSource)
	warn(a.journalFailed(), WarnJournalFailed, "the journal of "+name+" has failed: writes are refused", a.Policy.Evidence())
	if c, d, has := a.journal(); has && c.State == redundancy.Enabled && a.journalNeeded(d) {
		warn(true, WarnJournalAlone, fmt.Sprintf("%s takes no writes any more if its journal %s fails: nothing covers for it", name, d.Name),
			a.Policy.Evidence())
	}
	warn(a.Frozen, WarnFrozen, name+" is frozen: it recovers, resyncs and checks nothing until it is told to go on", a.Action.Evidence())
	if d := a.writeMostlyAlone(occupants); d != nil {
		warn(true, WarnWriteMostlyAlone, "all that is left of "+name+" is write-mostly: every read goes where none was meant to", d.State.Evidence())
	}
	if w, lost := a.lossWarning(); lost {
		all = append(all, w)
	}
	return all
}

// writeMostlyAlone is a working member of a mirror of which all that work are write-mostly, and nil where there is none. Only
// raid1 heeds the flag.
func (a Array) writeMostlyAlone(occupants []*Device) *Device {
	if !a.Level.Known() || a.Level.Value != RAID1 {
		return nil
	}
	var alone *Device
	for _, d := range occupants {
		switch {
		case d == nil || d.Gone() || d.Thrown():
		case !d.State.Known():
			return nil
		case d.Is(DevInSync) && !d.Is(DevWriteMostly):
			return nil
		case d.Is(DevInSync):
			alone = d
		}
	}
	return alone
}
