package collectors

import (
	"context"

	"plimsoll/redundancy"
)

// Collector takes one look at one source. A look that could read only a part returns that part with the rest Unknown, and
// no error; an error means that nothing was learned.
type Collector interface {
	Name() string
	Collect(ctx context.Context) (redundancy.Observation, error)
}

// Asker is a collector whose looks may leave out what has announced no change: the look that begins after Ask reads this
// group anew. It may be called from anywhere at any time.
type Asker interface {
	Ask(group redundancy.ID)
}

// Watcher is a collector that can be told by its source to look sooner. Watch calls poke whenever the source hints at a
// change and returns when ctx ends, or with an error when it can no longer hear; the caller starts it again and polls in
// the meantime. A poke is a hint, never the truth.
type Watcher interface {
	Watch(ctx context.Context, poke func()) error
}
