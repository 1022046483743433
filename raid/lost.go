package raid

import (
	"cmp"
	"fmt"
	"slices"

	"plimsoll/internal/blockid"
	"plimsoll/redundancy"
)

// copyOf is what is known of the copies on one slot: where surely none can be read.
type copyOf struct {
	gone bool    // nowhere
	bad  []Range // in sectors of the device's data, sorted, none touching the next
}

// Lost says where data of the array surely can't be read from any copy: where every mirror, or more members than parity makes
// up for, have bad blocks or are not there. The ranges are sorted, in sectors of the array for mirrors, of each member's data
// for parity and stripes. Of an array that does not run, or is being reshaped, or has a device that could not be read, nothing
// is claimed that rests on those; nor of one that has lost more members than it can, which loses all.
func (a Array) Lost() []Range {
	running := a.stateKnown() && a.State.Value != Inactive && a.State.Value != Clear
	hurt := slices.ContainsFunc(a.Devices, func(d Device) bool { return d.BadBlocks.Known() && len(d.BadBlocks.Value) > 0 })
	if !hurt || !running || !a.Level.Known() || !a.Disks.Known() || a.reshaping() {
		return nil
	}
	copies := a.copies()
	switch a.Level.Value {
	case Linear: // its members hold different places
		return nil
	case RAID0, Faulty:
		return uncovered(copies, 0)
	case RAID1, Multipath:
		return uncovered(copies, len(copies)-1)
	case RAID4, RAID5:
		return uncovered(copies, 1)
	case RAID6:
		return uncovered(copies, 2)
	case RAID10:
		return a.lostMirrored(copies)
	default:
		return nil
	}
}

// copies says for every slot where it surely holds none.
func (a Array) copies() []copyOf {
	occupants, rest := a.place()
	all := make([]copyOf, len(occupants))
	_, unplaced := a.unplaced()
	for n, d := range occupants {
		switch {
		case d == nil:
			all[n].gone = !unplaced
		case slices.ContainsFunc(rest, func(r *Device) bool { return r.claims(n) && !r.Gone() && !r.Thrown() }):
			// Its replacement may hold what it does not.
		case d.Gone() || d.Thrown():
			all[n].gone = true
		default:
			all[n].bad = a.bad(d)
		}
	}
	return all
}

// claims says whether md has d in slot n.
func (d *Device) claims(n int) bool {
	return d.Slot.Known() && d.Slot.Value.Taken && d.Slot.Value.Number == n
}

// bad is where d surely holds no copy.
func (a Array) bad(d *Device) []Range {
	if !d.BadBlocks.Known() || !d.Offset.Known() {
		return nil
	}
	var bad []Range
	for _, r := range d.BadBlocks.Value {
		if r.Start >= d.Offset.Value {
			bad = append(bad, Range{Start: r.Start - d.Offset.Value, Length: r.Length})
		}
	}
	if done := d.Recovered; d.Is(DevSpare) && !d.Is(DevInSync) && done.Known() {
		from := done.Value
		if a.Progress.Known() { // recovery_start is behind, by as much as md has not written down
			from = max(from, a.Progress.Value.Done)
		}
		bad = append(bad, Range{Start: from, Length: ^uint64(0) - from})
	}
	return merged(bad)
}

// end is the first sector behind r.
func (r Range) end() uint64 {
	if r.Start+r.Length < r.Start {
		return ^uint64(0)
	}
	return r.Start + r.Length
}

// merged is ranges sorted, with those that overlap or touch made one.
func merged(ranges []Range) []Range {
	slices.SortFunc(ranges, func(x, y Range) int { return cmp.Compare(x.Start, y.Start) })
	var out []Range
	for _, r := range ranges {
		if n := len(out); n > 0 && r.Start <= out[n-1].end() {
			out[n-1].Length = max(out[n-1].end(), r.end()) - out[n-1].Start
			continue
		}
		out = append(out, r)
	}
	return out
}

// uncovered is where more than spared of these copies can't be read, if they all hold the same places.
func uncovered(copies []copyOf, spared int) []Range {
	type edge struct {
		at   uint64
		step int
	}
	var edges []edge
	gone := 0
	for _, c := range copies {
		if c.gone {
			gone++
		}
		for _, r := range c.bad {
			edges = append(edges, edge{r.Start, 1}, edge{r.end(), -1})
		}
	}
	if gone > spared {
		return nil
	}
	slices.SortFunc(edges, func(x, y edge) int { return cmp.Compare(x.at, y.at) })
	var lost []Range
	for i, bad := 0, gone; i < len(edges); i++ {
		bad += edges[i].step
		if bad > spared && i+1 < len(edges) && edges[i+1].at > edges[i].at {
			lost = append(lost, Range{Start: edges[i].at, Length: edges[i+1].at - edges[i].at})
		}
	}
	return merged(lost)
}

// lostMirrored is Lost for raid10, whose copies of a chunk lie in different places.
func (a Array) lostMirrored(copies []copyOf) []Range {
	const sector, perKiB = 512, 2
	if !a.Layout.Known() || !a.ChunkSize.Known() || !a.Size.Known() || a.ChunkSize.Value.Now < sector {
		return nil
	}
	g, err := parseGeometry(a.Layout.Value.Now, len(copies))
	if err != nil || g.near > 1 && g.far > 1 { // both at once: mdadm makes none, and the kernel's places overlap in some
		return nil
	}
	chunk := a.ChunkSize.Value.Now / sector
	size := a.Size.Value * perKiB
	g = g.sized(size / chunk)
	var lost []Range
	seen := map[uint64]bool{}
	for slot, c := range copies {
		for _, r := range c.bad {
			for at := r.Start / chunk; at*chunk < min(r.end(), size); at++ {
				held, real := g.holds(place{slot, at})
				if !real || seen[held] {
					continue
				}
				seen[held] = true
				for _, l := range g.lostIn(held, copies, chunk) {
					lost = append(lost, Range{Start: held*chunk + l.Start, Length: l.Length})
				}
			}
		}
	}
	return merged(lost)
}

// lostIn is where in this chunk of the array, of so many sectors, no copy can be read.
func (g geometry) lostIn(held uint64, copies []copyOf, sectors uint64) []Range {
	places := g.places(held)
	here := make([]copyOf, len(places))
	for i, p := range places {
		c := copies[p.slot]
		begin := p.chunk * sectors
		if c.gone {
			here[i].bad = []Range{{Start: 0, Length: sectors}}
		}
		for _, r := range c.bad {
			from, until := max(r.Start, begin), min(r.end(), begin+sectors)
			if from < until {
				here[i].bad = append(here[i].bad, Range{Start: from - begin, Length: until - from})
			}
		}
	}
	return uncovered(here, len(here)-1)
}

// lossWarning tells of data that is on no copy any more, and is false where there is none.
func (a Array) lossWarning() (redundancy.Warning, bool) {
	lost := a.Lost()
	if len(lost) == 0 {
		return redundancy.Warning{}, false
	}
	var sectors uint64
	for _, r := range lost {
		sectors += r.Length
	}
	of := "of it"
	if l := a.Level.Value; l.Parity() || l == RAID0 {
		of = "of each member's data"
	}
	w := redundancy.Warning{
		Key: redundancy.WarnDataLost,
		Text: fmt.Sprintf("%d sectors of %s can't be read from any copy, the first at sector %d %s",
			sectors, blockid.Pretty(a.Name), lost[0].Start, of),
	}
	for _, d := range a.Devices {
		if d.BadBlocks.Known() && len(d.BadBlocks.Value) > 0 {
			w.Evidence = append(w.Evidence, d.BadBlocks.Evidence())
		}
	}
	return w, true
}
