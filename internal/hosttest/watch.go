package hosttest

import (
	"context"
	"errors"
	"testing"
	"time"
)

// patience is how long a watcher may take to begin, on a machine that is busy with other tests.
const patience = time.Minute

// Watches checks what every watcher promises whatever it listens to: it pokes once it listens, and ends with its context.
func Watches(tb testing.TB, w interface {
	Watch(ctx context.Context, poke func()) error
},
) {
	tb.Helper()
	pokes := make(chan struct{}, 100) // more than come in a test, and a poke must never wait
	ctx, cancel := context.WithCancel(tb.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- w.Watch(ctx, func() { pokes <- struct{}{} }) }()
	select {
	case <-pokes:
	case err := <-ended:
		tb.Fatalf("watch ended: %v", err)
	case <-time.After(patience):
		tb.Fatal("beginning to listen did not poke")
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		tb.Errorf("watch ended: %v", err)
	}
}
