package uevent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// ErrOverflow means that the kernel dropped events, because they came faster than they were taken. The listener goes on;
// whoever relies on it must look at everything again.
var ErrOverflow = errors.New("uevents lost: receive buffer overflow")

// ErrFormat means that a message is none of the kernel's.
var ErrFormat = errors.New("no kernel uevent")

// Event is one message. Action is add, remove, change, move, online, offline, bind or unbind.
type Event struct {
	Action    string
	DevPath   string // below /sys: /devices/pci0000:00/…/block/sda
	Subsystem string
	vars      string // KEY=value pairs, a zero byte after each
}

// Var is what the event says of key ("DEVNAME", "NVME_AEN"), and false where it says nothing.
func (e Event) Var(key string) (string, bool) {
	rest := e.vars
	for rest != "" {
		var pair string
		pair, rest, _ = strings.Cut(rest, "\x00")
		if value, ok := strings.CutPrefix(pair, key+"="); ok {
			return value, true
		}
	}
	return "", false
}

// Parse reads one message: "action@devpath", then pairs, each ended by a zero byte. Errors are ErrFormat.
func Parse(msg []byte) (Event, error) {
	head, vars, ok := strings.Cut(string(msg), "\x00")
	if !ok {
		return Event{}, fmt.Errorf("parse uevent: %w: the head has no end", ErrFormat)
	}
	action, devpath, ok := strings.Cut(head, "@")
	if !ok || action == "" || !strings.HasPrefix(devpath, "/") {
		return Event{}, fmt.Errorf("parse uevent %q: %w: want action@/devpath", head, ErrFormat)
	}
	e := Event{Action: action, DevPath: devpath, vars: vars}
	e.Subsystem, _ = e.Var("SUBSYSTEM")
	return e, nil
}

// Listener is an open socket. It belongs to one goroutine.
type Listener struct {
	file *os.File
	buf  []byte
}

const (
	// backlog is how many bytes may wait for us: a shelf of disks coming at once makes thousands of events of some 500
	// bytes each, which the kernel accounts at several times their size.
	backlog = 4 << 20
	// largest is more than the kernel's UEVENT_BUFFER_SIZE (2 KiB of pairs) and the head together.
	largest = 8 << 10
	// kernelGroup is the multicast group of the kernel's own messages; udev's is 2.
	kernelGroup = 1
)

// Open opens a listener that hears all that comes from now on.
func Open() (*Listener, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_KOBJECT_UEVENT)
	if err != nil {
		return nil, fmt.Errorf("open uevent socket: %w", err)
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, backlog) != nil {
		// Without CAP_NET_ADMIN the limit is net.core.rmem_max: less room, and ErrOverflow when it is not enough.
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, backlog)
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: kernelGroup}); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("bind uevent socket: %w", err)
	}
	return &Listener{file: os.NewFile(uintptr(fd), "uevent socket"), buf: make([]byte, largest)}, nil
}

// Next waits for an event. Its error is ErrOverflow, after which the next event can be waited for, or another, ctx's among
// them, after which the listener is of no use. Messages that do not come from the kernel, or make no sense, are passed over.
func (l *Listener) Next(ctx context.Context) (Event, error) {
	defer context.AfterFunc(ctx, func() { _ = l.file.SetReadDeadline(time.Unix(1, 0)) })()
	for {
		n, ours, err := l.receive()
		switch {
		case ctx.Err() != nil:
			return Event{}, ctx.Err()
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.ENOBUFS):
			return Event{}, ErrOverflow
		case err != nil:
			return Event{}, fmt.Errorf("receive uevent: %w", err)
		case !ours:
			continue // somebody else's
		}
		if e, err := Parse(l.buf[:n]); err == nil {
			return e, nil
		}
	}
}

// receive takes one message, and says whether the kernel sent it, and all of it fitted: anybody with CAP_NET_ADMIN may
// send to the group, and the kernel's port is 0.
func (l *Listener) receive() (n int, ours bool, err error) {
	conn, err := l.file.SyscallConn()
	if err != nil {
		return 0, false, err
	}
	var from unix.Sockaddr
	var flags int
	var failed error
	err = conn.Read(func(fd uintptr) bool {
		n, _, flags, from, failed = unix.Recvmsg(int(fd), l.buf, nil, 0)
		return !errors.Is(failed, unix.EAGAIN)
	})
	if err := errors.Join(err, failed); err != nil {
		return 0, false, err
	}
	sender, ok := from.(*unix.SockaddrNetlink)
	return n, ok && sender.Pid == 0 && flags&unix.MSG_TRUNC == 0, nil
}

// Close ends the listener. No Next may be under way.
func (l *Listener) Close() error { return l.file.Close() }
