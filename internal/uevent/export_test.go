package uevent

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

// Shrink leaves room for a message or two, so that a test can make l overflow.
func Shrink(tb testing.TB, l *Listener) {
	tb.Helper()
	conn, err := l.file.SyscallConn()
	if err != nil {
		tb.Fatal(err)
	}
	var failed error
	err = conn.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 1) })
	if err := errors.Join(err, failed); err != nil {
		tb.Fatal(err)
	}
}
