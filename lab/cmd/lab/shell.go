package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"golang.org/x/sys/unix"

	"plimsoll/lab"
)

// leave is the key that ends the shell and the guest with it: Ctrl-].
const leave = 0x1d

// shell boots a guest in which there is something to break, and connects the
// terminal with its root shell.
func shell(ctx context.Context, c lab.Config, boot lab.Boot) error {
	l, err := lab.New(ctx, c)
	if err != nil {
		return err
	}
	fmt.Print("Booting a guest. That takes two minutes or so where the processor is emulated.\n")
	boot.Shell = true
	d, err := l.Demo(ctx, boot)
	if err != nil {
		return err
	}
	defer d.Close()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", d.Machine.ShellSocket)
	if err != nil {
		return fmt.Errorf("reach the guest's shell: %w", err)
	}
	defer func() { _ = conn.Close() }()
	fmt.Print("Ctrl-] leaves, and the guest is gone.\n")
	restore, err := raw(os.Stdin)
	if err != nil {
		return err
	}
	defer restore()
	// A line of its own brings up the first prompt; the size makes editing
	// long lines work.
	rows, cols := size(os.Stdin)
	fmt.Fprintf(conn, " stty rows %d cols %d; clear; cat /run/lab/motd\n", rows, cols)
	return join(ctx, conn)
}

// join copies between the terminal and the guest until either ends.
func join(ctx context.Context, conn net.Conn) error {
	ended := make(chan error, 2)
	go func() {
		_, err := io.Copy(os.Stdout, conn)
		ended <- err
	}()
	go func() {
		buf := make([]byte, 1024)
		for {
			n, err := os.Stdin.Read(buf)
			for i, b := range buf[:n] {
				if b == leave {
					_, _ = conn.Write(buf[:i])
					ended <- nil
					return
				}
			}
			if _, werr := conn.Write(buf[:n]); werr != nil || err != nil {
				ended <- errors.Join(werr, ignoreEOF(err))
				return
			}
		}
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return nil
	}
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// raw hands every key to the guest, if f is a terminal.
func raw(f *os.File) (restore func(), err error) {
	fd := int(f.Fd())
	old, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if errors.Is(err, unix.ENOTTY) {
		return func() {}, nil // a script feeds the shell
	}
	if err != nil {
		return nil, fmt.Errorf("ask the terminal: %w", err)
	}
	t := *old
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag &^= unix.CSIZE | unix.PARENB
	t.Cflag |= unix.CS8
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, &t); err != nil {
		return nil, fmt.Errorf("make the terminal raw: %w", err)
	}
	return func() { _ = unix.IoctlSetTermios(fd, unix.TCSETS, old) }, nil
}

func size(f *os.File) (rows, cols uint16) {
	w, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil || w.Row == 0 {
		return 24, 80
	}
	return w.Row, w.Col
}
