package arbiter

import (
	"sync"

	"plimsoll/fleet/ledger"
)

// Marks is a [Memory].
type Marks struct {
	mu  sync.Mutex
	all map[string]ledger.Mark
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
	m.all[pool] = ledger.Newest(m.all[pool], shown)
}
