package netbond

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// hearBuffer is what is asked for to queue messages in while we are busy: a few thousand messages. The kernel grants
	// less to the unprivileged (net.core.rmem_max, 208 KiB by default); an overflow costs one look, no more.
	hearBuffer = 4 << 20

	// hearOnce is the size of one read. A longer message is cut by the kernel and then counts as one that matters.
	hearOnce = 32 << 10

	groupLink = 1 << (unix.RTNLGRP_LINK - 1)
)

// hearer is who makes something of messages.
type hearer interface {
	link(message []byte) bool // of a link that changed or went: does it matter?
	lost()                    // some messages were lost or cut short
}

// ear is a socket that hears of changed links.
type ear struct {
	file *os.File
}

// listen opens a socket in the network namespace of the calling thread.
func listen() (ear, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return ear{}, fmt.Errorf("open rtnetlink: %w", hinted(err))
	}
	file := os.NewFile(uintptr(fd), "rtnetlink")
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, hearBuffer); err != nil {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, hearBuffer)
		if err != nil {
			return ear{}, errors.Join(fmt.Errorf("size rtnetlink's buffer: %w", err), file.Close())
		}
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groupLink}); err != nil {
		return ear{}, errors.Join(fmt.Errorf("join RTNLGRP_LINK: %w", hinted(err)), file.Close())
	}
	return ear{file}, nil
}

// hear pokes once at the start, then whenever what is queued holds a message that matters, until ctx ends. It closes the
// socket.
func (e ear) hear(ctx context.Context, who hearer, poke func()) error {
	stop := context.AfterFunc(ctx, func() {
		_ = e.file.SetReadDeadline(time.Unix(1, 0)) // wakes the read; a closed file needs no waking
	})
	defer func() { stop(); _ = e.file.Close() }()
	raw, err := e.file.SyscallConn()
	if err != nil {
		return fmt.Errorf("read rtnetlink: %w", err)
	}
	poke()
	buf := make([]byte, hearOnce)
	for {
		hint := false
		var failed error
		err := raw.Read(func(fd uintptr) bool {
			hint, failed = drain(int(fd), buf, who)
			return hint || failed != nil
		})
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return fmt.Errorf("read rtnetlink: %w", err)
		case failed != nil:
			return fmt.Errorf("read rtnetlink: %w", failed)
		case hint:
			poke()
		}
	}
}

// drain reads all that is queued and says whether any of it matters. Lost messages do: nobody knows what they said.
func drain(fd int, buf []byte, who hearer) (hint bool, err error) {
	for {
		n, _, flags, _, err := unix.Recvmsg(fd, buf, nil, 0)
		switch {
		case errors.Is(err, unix.EAGAIN):
			return hint, nil
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.ENOBUFS):
			who.lost()
			hint = true
			continue
		case err != nil:
			return hint, err
		}
		if flags&unix.MSG_TRUNC != 0 {
			who.lost()
			hint = true
		}
		hint = anyLink(buf[:n], who) || hint
	}
}

// anyLink says whether b, some netlink messages, holds one of a link that matters.
func anyLink(b []byte, who hearer) bool {
	found := false
	for len(b) >= unix.SizeofNlMsghdr {
		size := int(binary.NativeEndian.Uint32(b))
		if size < unix.SizeofNlMsghdr || size > len(b) {
			who.lost() // cut short: it may have mattered
			return true
		}
		kind := binary.NativeEndian.Uint16(b[4:])
		if (kind == unix.RTM_NEWLINK || kind == unix.RTM_DELLINK) && who.link(b[unix.SizeofNlMsghdr:size]) {
			found = true
		}
		b = b[min(aligned(size), len(b)):]
	}
	return found
}
