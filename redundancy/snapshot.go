package redundancy

import (
	"cmp"
	"maps"
	"slices"
)

// Groups are all groups of all sources, sorted by id.
func (s Snapshot) Groups() []Group {
	return gathered(s, func(o Observation) []Group { return o.Groups }, func(a, b Group) int { return compareGroup(a, b.ID) })
}

// Uses are all uses of all sources, sorted by id; what two sources tell of one is put together.
func (s Snapshot) Uses() []Use {
	all := gathered(s, func(o Observation) []Use { return o.Uses }, func(a, b Use) int { return cmp.Compare(a.ID, b.ID) })
	return merged(all, func(u Use) ID { return u.ID }, func(a, b Use) Use {
		a.StandsOn = union(a.StandsOn, b.StandsOn)
		a.Evidence = slices.Concat(a.Evidence, b.Evidence)
		return a
	})
}

// Parts are all parts of all sources, sorted by id; what two sources tell of one is put together. Where they contradict each
// other, the source whose name comes first is believed.
func (s Snapshot) Parts() []Part {
	all := gathered(s, func(o Observation) []Part { return o.Parts }, func(a, b Part) int { return cmp.Compare(a.ID, b.ID) })
	return merged(all, func(p Part) ID { return p.ID }, func(a, b Part) Part {
		a.Name, a.Domain, a.Opaque = cmp.Or(a.Name, b.Name), cmp.Or(a.Domain, b.Domain), cmp.Or(a.Opaque, b.Opaque)
		a.StandsOn = union(a.StandsOn, b.StandsOn)
		if len(b.Labels) > 0 {
			labels := maps.Clone(b.Labels)
			maps.Copy(labels, a.Labels)
			a.Labels = labels
		}
		return a
	})
}

func compareGroup(g Group, id ID) int { return cmp.Compare(g.ID, id) }

func gathered[T any](s Snapshot, of func(Observation) []T, compare func(a, b T) int) []T {
	n := 0
	for _, src := range s.Sources {
		n += len(of(src.Observation))
	}
	if n == 0 {
		return nil
	}
	all := make([]T, 0, n)
	for _, src := range s.Sources {
		all = append(all, of(src.Observation)...)
	}
	slices.SortStableFunc(all, compare)
	return all
}

// merged puts neighbours together that have one id.
func merged[T any](all []T, id func(T) ID, put func(a, b T) T) []T {
	out := all[:0]
	for _, x := range all {
		if n := len(out); n > 0 && id(out[n-1]) == id(x) {
			out[n-1] = put(out[n-1], x)
			continue
		}
		out = append(out, x)
	}
	return out
}

// union is what stands in a or b, sorted.
func union(a, b []ID) []ID {
	if len(a) == 0 || len(b) == 0 {
		return append(a, b...)
	}
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
