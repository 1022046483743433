package collectors

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

const (
	// firstPause is short, since most watchers end of an overflow in a storm and can listen again right away; it still keeps
	// a watcher that ends at once from spinning.
	firstPause = time.Second
	// longestPause bounds how long a source is polled only, once what hindered its watcher is gone. A watcher that lasted
	// this long had recovered, and its next pause is the first one again.
	longestPause = time.Minute
	pauseJitter  = 0.2 // as for looks
)

// errEnded is why a watcher is started again that returned without an error while it should still listen.
var errEnded = errors.New("the watcher ended by itself")

// ears keep one watcher listening.
type ears struct {
	source  string
	watcher Watcher
	poke    func()
	random  func() float64
	log     *slog.Logger
}

// listen runs the watcher until ctx ends, with a pause wherever it ends before. Since nothing was heard in between, it pokes
// when the watcher ends (an overflow is a full re-read), and again when it is started anew: the look that follows the poke
// comes after the watcher has begun to listen.
func (e ears) listen(ctx context.Context) {
	pause := firstPause
	for {
		began := time.Now()
		err := e.watcher.Watch(ctx, e.poke)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errEnded
		}
		e.poke()
		if time.Since(began) >= longestPause {
			pause = firstPause
		}
		if pause == firstPause {
			e.log.Warn("source gives no hints now, polling it meanwhile", "source", e.source, "error", err)
		}
		if !wait(ctx, jittered(pause, pauseJitter, e.random)) {
			return
		}
		pause = min(2*pause, longestPause)
		e.poke()
	}
}

// wait says whether d has passed before ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
