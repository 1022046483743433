package raid

import (
	"fmt"
	"slices"

	"plimsoll/redundancy"
)

// Needs says which slots an array needs, as its level, layout and number of slots have it: raid1 any one, raid4 and raid5
// all but one, raid6 all but two, raid10 one of every set of copies, raid0 and linear all. During a reshape that changes
// the number of slots both geometries are needed. A level or layout that is not known is ErrNonsense.
func (a Array) Needs(slots []redundancy.ID) (redundancy.Needs, error) {
	if !a.Level.Known() {
		return redundancy.Needs{}, a.Level.Err
	}
	if !a.Disks.Known() {
		return redundancy.Needs{}, a.Disks.Err
	}
	var needs redundancy.Needs
	for _, n := range slices.Compact([]int{a.Disks.Value.Now, a.Disks.Value.Before}) {
		if n > len(slots) {
			return redundancy.Needs{}, fmt.Errorf("raid_disks %d: %w: there are %d slots", n, ErrNonsense, len(slots))
		}
		part, err := a.geometry(slots[:n:n])
		if err != nil {
			return redundancy.Needs{}, err
		}
		needs.AllOf = append(needs.AllOf, part...)
	}
	return needs, nil
}

// geometry is the needs over these slots.
func (a Array) geometry(slots []redundancy.ID) ([]redundancy.Need, error) {
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
		return mirrors(a.Layout.Value, slots)
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

// mirrors are the needs of a raid10: one of each set of slots that hold the same data. layout is as in setup_geo and
// __raid10_find_phys of drivers/md/raid10.c: near copies in bits 0-7, far copies in bits 8-15, bit 16 offset (it moves
// copies within a device only), and in bits 17 and up how far copies are grouped.
func mirrors(layout uint64, slots []redundancy.ID) ([]redundancy.Need, error) {
	const byteMask, farAt, setsAt = 0xff, 8, 17
	disks := len(slots)
	near, far := int(layout&byteMask), int(layout>>farAt&byteMask)
	if near == 0 || far == 0 || near*far > disks {
		return nil, fmt.Errorf("raid10 layout %#x of %d slots: %w", layout, disks, ErrNonsense)
	}
	farSet := disks
	switch layout >> setsAt {
	case 0:
	case 1:
		farSet = disks / far
	case 2:
		farSet = near * far
	default:
		return nil, fmt.Errorf("raid10 layout %#x: %w: far sets", layout, ErrNonsense)
	}
	seen := map[string]bool{}
	var needs []redundancy.Need
	for chunk := range disks {
		set := copies(chunk*near%disks, near, far, disks, farSet)
		if key := fmt.Sprint(set); !seen[key] {
			seen[key] = true
			members := make([]redundancy.ID, len(set))
			for i, slot := range set {
				members[i] = slots[slot]
			}
			needs = append(needs, redundancy.Need{Members: members, Needed: redundancy.Exactly(1)})
		}
	}
	return needs, nil
}

// copies are the slots that hold the copies of a chunk whose first one lies on slot first, sorted, each once.
func copies(first, near, far, disks, farSet int) []int {
	lastStart := (disks/farSet - 1) * farSet
	lastSize := farSet + disks%farSet
	var set []int
	for n := range near {
		d := (first + n) % disks
		set = append(set, d)
		for range far - 1 {
			start := d / farSet * farSet
			d += near
			if disks%farSet != 0 && d > lastStart {
				d = lastStart + (d-lastStart)%lastSize
			} else {
				d = start + d%farSet
			}
			set = append(set, d)
		}
	}
	slices.Sort(set)
	return slices.Compact(set)
}
