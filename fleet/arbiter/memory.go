package arbiter

import (
	"maps"
	"sync"

	"plimsoll/fleet/ledger"
)

// Marks is a [Memory].
type Marks struct {
	mu    sync.Mutex
	all   map[string]ledger.Mark
	dirty bool // something has not been kept
}

// NewMemory remembers nothing yet.
func NewMemory() *Marks { return &Marks{all: map[string]ledger.Mark{}} }

// Newest is Memory.
func (m *Marks) Newest(pool string) ledger.Mark {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.all[pool]
}

// Remember is Memory.
func (m *Marks) Remember(pool string, shown ledger.Mark) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if newest := ledger.Newest(m.all[pool], shown); newest != m.all[pool] {
		m.all[pool], m.dirty = newest, true
	}
}

// changed is all that is remembered, and whether that is another than when it was last asked for.
func (m *Marks) changed() (map[string]ledger.Mark, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := m.dirty
	m.dirty = false
	if !was {
		return nil, false
	}
	return maps.Clone(m.all), true
}

// again says that what was asked for was not kept.
func (m *Marks) again() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dirty = true
}
