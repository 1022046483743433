package raid

import (
	"fmt"
	"slices"

	"plimsoll/redundancy"
)

// geometry is where a raid10 keeps its copies, as setup_geo in drivers/md/raid10.c has it.
type geometry struct {
	disks     int
	near, far int  // copies beside each other; copies in regions, or with offset in rows, of their own
	offset    bool // far copies lie in the row below, not in another region
	farSet    int  // far copies stay within sets of so many slots
	// stride is how many chunks of a device lie between two far copies; not needed to say which slots hold copies.
	stride uint64
}

// parseGeometry reads layout: near copies in bits 0-7, far copies in bits 8-15, bit 16 offset, and in bits 17 and up how far
// copies are grouped.
func parseGeometry(layout uint64, disks int) (geometry, error) {
	const byteMask, farAt, offsetAt, setsAt = 0xff, 8, 16, 17
	g := geometry{
		disks: disks, near: int(layout & byteMask), far: int(layout >> farAt & byteMask), offset: layout>>offsetAt&1 == 1,
		stride: 1,
	}
	if g.near == 0 || g.far == 0 || g.near*g.far > disks {
		return g, fmt.Errorf("raid10 layout %#x of %d slots: %w", layout, disks, ErrNonsense)
	}
	switch layout >> setsAt {
	case 0:
		g.farSet = disks
	case 1:
		g.farSet = disks / g.far
	case 2:
		g.farSet = g.near * g.far
	default:
		return g, fmt.Errorf("raid10 layout %#x: %w: far sets", layout, ErrNonsense)
	}
	return g, nil
}

// sized is g on devices of so many chunks (calc_sectors in drivers/md/raid10.c).
func (g geometry) sized(chunks uint64) geometry {
	if g.offset {
		return g
	}
	near, far, disks := uint64(g.near), uint64(g.far), uint64(g.disks)
	total := chunks / far * disks / near * near * far
	g.stride = (total + disks - 1) / disks / far
	return g
}

// place is a chunk of a slot's device.
type place struct {
	slot  int
	chunk uint64
}

// places are where the copies of a chunk of the array lie (__raid10_find_phys).
func (g geometry) places(chunk uint64) []place {
	lastStart := (g.disks/g.farSet - 1) * g.farSet
	lastSize := g.farSet + g.disks%g.farSet
	first := chunk * uint64(g.near)
	slot, row := int(first%uint64(g.disks)), first/uint64(g.disks)
	if g.offset {
		row *= uint64(g.far)
	}
	all := make([]place, 0, g.near*g.far)
	for range g.near {
		p := place{slot, row}
		all = append(all, p)
		for range g.far - 1 {
			start := p.slot / g.farSet * g.farSet
			p.slot += g.near
			if g.disks%g.farSet != 0 && p.slot > lastStart {
				p.slot = lastStart + (p.slot-lastStart)%lastSize
			} else {
				p.slot = start + p.slot%g.farSet
			}
			p.chunk += g.stride
			all = append(all, p)
		}
		if slot++; slot >= g.disks {
			slot = 0
			row++
		}
	}
	return all
}

// holds is the chunk of the array of which a copy lies at p (raid10_find_virt), and false behind the last one.
func (g geometry) holds(p place) (uint64, bool) {
	start, size := p.slot/g.farSet*g.farSet, g.farSet
	if last := (g.disks/g.farSet - 1) * g.farSet; g.disks%g.farSet != 0 && p.slot >= last {
		start, size = last, g.farSet+g.disks%g.farSet
	}
	row, copied := p.chunk%g.stride, p.chunk/g.stride
	if g.offset {
		row, copied = p.chunk/uint64(g.far), p.chunk%uint64(g.far)
	}
	if copied >= uint64(g.far) {
		return 0, false
	}
	slot := start + ((p.slot-start-int(copied)*g.near)%size+size)%size
	return (row*uint64(g.disks) + uint64(slot)) / uint64(g.near), true
}

// mirrors are the needs of a raid10: one of each set of slots that hold the same data.
func mirrors(layout uint64, slots []redundancy.ID) ([]redundancy.Need, error) {
	g, err := parseGeometry(layout, len(slots))
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var needs []redundancy.Need
	for chunk := range g.disks { // in so many chunks every set occurs
		var set []int
		for _, p := range g.places(uint64(chunk)) {
			set = append(set, p.slot)
		}
		slices.Sort(set)
		set = slices.Compact(set)
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
