package sysfs

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"golang.org/x/sys/unix"
)

// Notice says that an attribute announced a change. Value is what it says now; Err is why it can't be read any more, in
// which case the Poller has let go of it.
type Notice struct {
	Path  string
	Value string
	Err   error
}

// Poller waits for attributes to announce a change. Set and Wait belong to one goroutine, Wake and Close to anybody.
//
// It asks for POLLPRI and never for POLLIN, which an attribute always is (asking for it would spin). One thread is blocked
// while Wait waits.
type Poller struct {
	epoll  int
	byFD   map[int32]string
	byPath map[string]int32

	mu   sync.Mutex
	wake int // an eventfd; guarded by mu, since Close may meet a Wake; negative once closed
}

// NewPoller makes a Poller that watches nothing yet.
func NewPoller() (*Poller, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create epoll: %w", err)
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		_ = unix.Close(epoll)
		return nil, fmt.Errorf("create eventfd: %w", err)
	}
	if err := epollAdd(epoll, wake, unix.EPOLLIN); err != nil {
		_, _ = unix.Close(wake), unix.Close(epoll)
		return nil, fmt.Errorf("watch eventfd: %w", err)
	}
	return &Poller{epoll: epoll, wake: wake, byFD: map[int32]string{}, byPath: map[string]int32{}}, nil
}

// Set makes paths all that is watched: it opens what is new and lets go of the rest. A path that can't be watched is left
// out, and its reason is part of the error: fs.ErrNotExist, unix.EPERM for a file that can't be polled (a fixture's).
func (p *Poller) Set(paths []string) error {
	wanted := make(map[string]bool, len(paths))
	for _, path := range paths {
		wanted[path] = true
	}
	for path := range p.byPath {
		if !wanted[path] {
			p.drop(path)
		}
	}
	var errs []error
	for _, path := range paths {
		if _, watched := p.byPath[path]; watched {
			continue
		}
		if err := p.add(path); err != nil {
			errs = append(errs, &fs.PathError{Op: "watch", Path: path, Err: err})
		}
	}
	return errors.Join(errs...)
}

// add opens path and reads it: what was announced before the first read is never announced again.
func (p *Poller) add(path string) error {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	if err := epollAdd(p.epoll, fd, unix.EPOLLPRI|unix.EPOLLERR); err != nil {
		_ = unix.Close(fd)
		return err
	}
	if _, err := readAttr(fd); err != nil {
		_ = unix.Close(fd)
		return err
	}
	p.byFD[int32(fd)], p.byPath[path] = path, int32(fd)
	return nil
}

func (p *Poller) drop(path string) {
	fd := p.byPath[path]
	delete(p.byFD, fd)
	delete(p.byPath, path)
	_ = unix.Close(int(fd)) // this takes it out of the epoll set too
}

// Wait returns what was announced since the last Wait, at least one notice, or none after a Wake. When ctx ends it returns
// its error.
func (p *Poller) Wait(ctx context.Context) ([]Notice, error) {
	defer context.AfterFunc(ctx, p.Wake)()
	const many = 64 // per call; what is over comes with the next
	var events [many]unix.EpollEvent
	n, err := unix.EpollWait(p.epoll, events[:], -1)
	for errors.Is(err, unix.EINTR) {
		n, err = unix.EpollWait(p.epoll, events[:], -1)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("wait for attributes: %w", err)
	}
	var notices []Notice
	for _, e := range events[:n] {
		path, ok := p.byFD[e.Fd]
		if !ok {
			p.settle()
			continue
		}
		notices = append(notices, p.read(path, int(e.Fd)))
	}
	return notices, nil
}

// read takes the news, which arms the attribute again. One that is gone would announce itself without end: it is dropped.
func (p *Poller) read(path string, fd int) Notice {
	_, err := unix.Seek(fd, 0, 0)
	if err == nil {
		var value string
		if value, err = readAttr(fd); err == nil {
			return Notice{Path: path, Value: value}
		}
	}
	p.drop(path)
	return Notice{Path: path, Err: &fs.PathError{Op: "read", Path: path, Err: err}}
}

// Wake makes a Wait return, the present one or else the next.
func (p *Poller) Wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wake < 0 {
		return
	}
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	_, _ = unix.Write(p.wake, one[:]) // it fails only when the counter is full, and then a wake is due anyway
}

// settle takes the wakes that are due.
func (p *Poller) settle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	var count [8]byte
	_, _ = unix.Read(p.wake, count[:]) // EAGAIN: another took them
}

// Close lets go of everything. No Wait may be under way.
func (p *Poller) Close() {
	for path := range p.byPath {
		p.drop(path)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wake >= 0 {
		_, _ = unix.Close(p.wake), unix.Close(p.epoll)
		p.wake = -1
	}
}

func epollAdd(epoll, fd int, events uint32) error {
	return unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)})
}
