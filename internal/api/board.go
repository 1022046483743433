package api

import (
	"sync"

	"plimsoll/internal/view"
)

// Board is where the agent posts its newest view and readers wait for the next one. The zero Board is ready and empty. It
// holds one view, so a reader that falls behind costs nothing: it finds the newest when it comes back.
type Board struct {
	mu      sync.Mutex
	view    *view.View
	changed chan struct{} // closed by the next Post; nil until somebody waits
}

// Post publishes v, which nobody may change afterwards. It never waits for a reader.
func (b *Board) Post(v *view.View) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.view = v
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}

// View is the newest view, and nil before the first.
func (b *Board) View() *view.View {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.view
}

// Changed is closed by the next Post. Ask for it before View, so that nothing is missed in between.
func (b *Board) Changed() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.changed == nil {
		b.changed = make(chan struct{})
	}
	return b.changed
}
