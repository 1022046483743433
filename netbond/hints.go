package netbond

import (
	"cmp"
	"maps"
	"slices"
	"sync"
)

// hints are what Watch has heard since the last look. The zero value has none. Any goroutine may add.
type hints struct {
	mu    sync.Mutex
	bonds map[int32]bool // that have announced a change, by interface index
	whole bool           // something changed, and nobody knows what
	left  map[int32]departure
}

// departure is a member that has been moved to another network namespace.
type departure struct {
	bond int32
	name string
}

// bond notes that this bond has announced a change.
func (h *hints) bond(index int32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.bonds == nil {
		h.bonds = map[int32]bool{}
	}
	h.bonds[index] = true
}

// any notes a change of which nobody knows where.
func (h *hints) any() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.whole = true
}

// gone notes that a member has left for another network namespace.
func (h *hints) gone(index int32, d departure) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.left == nil {
		h.left = map[int32]departure{}
	}
	h.left[index] = d
}

// take gives the bonds to look at, in order, and forgets them; none: look at all.
func (h *hints) take() []int32 {
	h.mu.Lock()
	defer h.mu.Unlock()
	var bonds []int32
	if !h.whole {
		bonds = slices.Sorted(maps.Keys(h.bonds))
	}
	h.bonds, h.whole = nil, false
	return bonds
}

// departed are the members that are away still: not those of a bond that is gone, nor those that have come back, which goes
// by the name since a link has another index then.
func (h *hints) departed(bonds map[int32]sighting) []departure {
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.DeleteFunc(h.left, func(_ int32, d departure) bool {
		s, there := bonds[d.bond]
		return !there || slices.ContainsFunc(s.bond.Members, func(m Member) bool { return m.Name == d.name })
	})
	return slices.SortedFunc(maps.Values(h.left), func(x, y departure) int { return cmp.Compare(x.name, y.name) })
}
