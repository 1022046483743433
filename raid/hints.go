package raid

import "sync"

// hints are the arrays that have announced a change since the last look. The zero value has none. Any goroutine may add.
type hints struct {
	mu     sync.Mutex
	arrays map[string]bool
	whole  bool // something changed that names no array, a disk perhaps
}

// array notes that this array has announced a change.
func (h *hints) array(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.arrays == nil {
		h.arrays = map[string]bool{}
	}
	h.arrays[name] = true
}

// any notes a change of which nobody knows where.
func (h *hints) any() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.whole = true
}

// take gives the arrays to look at and forgets them; none: look at all.
func (h *hints) take() map[string]bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	arrays := h.arrays
	if h.whole {
		arrays = nil
	}
	h.arrays, h.whole = nil, false
	return arrays
}
