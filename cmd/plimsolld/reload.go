package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"plimsoll/internal/config"
)

// reloading gives what load reads, once for every SIGHUP, until end is called, which waits. A configuration that is not good
// is refused: the one in force stays.
func reloading(ctx context.Context, load func() (config.Config, error), refuse func(error)) (reloads <-chan config.Config, end func()) {
	ctx, cancel := context.WithCancel(ctx)
	hups := make(chan os.Signal, 1) // one more while one is read is enough: it reads what is there then
	signal.Notify(hups, syscall.SIGHUP)
	out := make(chan config.Config)
	var work sync.WaitGroup
	work.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-hups:
			}
			cfg, err := load()
			if err != nil {
				refuse(err)
				continue
			}
			select {
			case out <- cfg:
			case <-ctx.Done():
			}
		}
	})
	return out, func() {
		signal.Stop(hups)
		cancel()
		work.Wait()
	}
}

func hintOf(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}
