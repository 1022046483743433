package service

import (
	"context"
	"sync"
	"time"
)

const (
	// firstPause is how soon the bus is listened to again once it has hung up: it is back within a second where it was
	// restarted.
	firstPause = time.Second
	// longestPause bounds how long units are polled only, once the bus is back.
	longestPause = 30 * time.Second
)

// Watch asks the checks and listens to systemd, and calls poke when a check has changed its mind and when systemd announces a
// change. A bus that is away keeps no check from being asked. It returns when ctx ends and every question is back.
func (c *Collector) Watch(ctx context.Context, poke func()) error {
	var all sync.WaitGroup
	for _, asked := range c.checkers {
		all.Go(func() { asked.keep(ctx, poke) })
	}
	if len(c.names) > 0 {
		c.listen(ctx, poke)
	}
	<-ctx.Done()
	all.Wait()
	return nil
}

// listen hears systemd until ctx ends, again and again.
func (c *Collector) listen(ctx context.Context, poke func()) {
	pause := firstPause
	for {
		began := time.Now()
		err := c.units.Hear(ctx, c.names, func() {
			c.deaf.Store(nil)
			poke()
		})
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			why := err.Error()
			c.deaf.Store(&why)
		}
		poke() // what happens from now on is not heard
		if time.Since(began) > longestPause {
			pause = firstPause
		}
		wait := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-wait.C:
		}
		pause = min(2*pause, longestPause)
	}
}
