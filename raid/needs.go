package raid

import (
	"fmt"
	"slices"

	"plimsoll/redundancy"
)

// Needs says which slots an array needs, as its level, layout and number of slots have it: raid1 any one, raid4 and raid5
// all but one, raid6 all but two, raid10 one of every set of copies, raid0 and linear all. During a reshape the needs of both
// geometries have to be met; md changes the level before the first or after the last step of one, so that level says what
// holds throughout (a raid5 on its way to raid6 is a raid6 whose last slot is empty). A level or layout that is not known is
// ErrNonsense.
func (a Array) Needs(slots []redundancy.ID) (redundancy.Needs, error) {
	if !a.Level.Known() {
		return redundancy.Needs{}, a.Level.Err
	}
	if !a.Disks.Known() {
		return redundancy.Needs{}, a.Disks.Err
	}
	type shape struct {
		disks  int
		layout uint64
	}
	now := shape{a.Disks.Value.Now, a.Layout.Value.Now}
	before := shape{a.Disks.Value.Before, a.Layout.Value.Before}
	if a.Level.Value != RAID10 {
		before.layout = now.layout // it says where parity lies, not what is needed
	}
	var needs redundancy.Needs
	for _, s := range slices.Compact([]shape{now, before}) {
		if s.disks > len(slots) {
			return redundancy.Needs{}, fmt.Errorf("raid_disks %d: %w: there are %d slots", s.disks, ErrNonsense, len(slots))
		}
		part, err := a.shaped(slots[:s.disks:s.disks], s.layout)
		if err != nil {
			return redundancy.Needs{}, err
		}
		needs.AllOf = append(needs.AllOf, part...)
	}
	return needs, nil
}

// shaped is the needs over these slots in this layout.
func (a Array) shaped(slots []redundancy.ID, layout uint64) ([]redundancy.Need, error) {
	n := len(slots)
	if n == 0 {
		return nil, nil
	}
	switch a.Level.Value {
	case Linear, RAID0, Faulty:
		return a.allBut(slots, 0), nil
	case RAID1, Multipath:
		return a.allBut(slots, n-1), nil
	case RAID4, RAID5:
		return a.allBut(slots, 1), nil
	case RAID6:
		return a.allBut(slots, 2), nil
	case RAID10:
		if !a.Layout.Known() {
			return nil, a.Layout.Err
		}
		return mirrors(layout, slots)
	default:
		return nil, fmt.Errorf("level %q: %w", a.Level.Value, ErrNonsense)
	}
}

// allBut needs all slots but the spared. While parity is being put right after a crash, a lost member can perhaps not be
// computed: then between that and all are needed.
func (a Array) allBut(slots []redundancy.ID, spared int) []redundancy.Need {
	needed := redundancy.Exactly(max(len(slots)-spared, 0))
	if a.ParityInDoubt() {
		needed.High = len(slots)
	}
	return []redundancy.Need{{Members: slots, Needed: needed}}
}

// ParityInDoubt says whether parity can't be trusted: a resync is at work or due, and neither a journal nor a partial
// parity log has kept it right.
func (a Array) ParityInDoubt() bool {
	if !a.Level.Known() || !a.Level.Value.Parity() {
		return false
	}
	if p := a.Policy; p.Known() && (p.Value == PolicyJournal || p.Value == PolicyPPL) {
		return false
	}
	return a.Action.Known() && a.Action.Value == Resync || a.Start.Known() && a.Start.Value
}
