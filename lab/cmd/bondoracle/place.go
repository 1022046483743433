package main

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// place is a network namespace and the one thread that lives in it. The namespace is gone when the place is left and its
// last socket is closed.
type place struct {
	work chan func()
	fd   *os.File // of the namespace, for others to reach into it
}

// newPlace makes a network namespace.
func newPlace() (*place, error) {
	p := &place{work: make(chan func())}
	made := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err == nil {
			p.fd, err = os.Open("/proc/thread-self/ns/net")
		}
		made <- err
		for f := range p.work {
			f()
		}
	}()
	if err := <-made; err != nil {
		close(p.work)
		return nil, fmt.Errorf("make a network namespace: %w", err)
	}
	return p, nil
}

// do runs f within the namespace.
func (p *place) do(f func() error) error {
	done := make(chan error)
	p.work <- func() { done <- f() }
	return <-done
}

// leave ends the place.
func (p *place) leave() {
	close(p.work)
	_ = p.fd.Close()
}
