package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"plimsoll/lab/dm"
	"plimsoll/lab/link"
)

// defaultTimeout bounds a command that names no timeout, so that a stuck one
// does not outlive its script by much.
const defaultTimeout = 10 * time.Minute

// serve answers the host until ctx ends.
func serve(ctx context.Context) error {
	// No swap and a tmpfs make this true already; locking also keeps pages of
	// the heap from being reclaimed and refaulted under memory pressure.
	if err := unix.Mlockall(unix.MCL_CURRENT); err != nil {
		return fmt.Errorf("lock memory: %w", err)
	}
	port, err := openPort(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = port.Close() }()
	// Or a guest that shuts down waits a minute and a half for who waits for the host.
	defer context.AfterFunc(ctx, func() { _ = port.Close() })()
	for {
		err := link.Serve(ctx, port, do)
		if ctx.Err() != nil {
			return nil
		}
		// A port whose host end is closed reads as end of file until the host
		// connects again.
		if !errors.Is(err, io.EOF) {
			return fmt.Errorf("read %s: %w", port.Name(), err)
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return nil
		}
	}
}

// openPort finds the port by the name QEMU gave it, which needs no udev.
func openPort(ctx context.Context) (*os.File, error) {
	for {
		names, err := filepath.Glob("/sys/class/virtio-ports/*/name")
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			b, err := os.ReadFile(n)
			if err == nil && strings.TrimSpace(string(b)) == link.Port {
				return os.OpenFile("/dev/"+filepath.Base(filepath.Dir(n)), os.O_RDWR, 0)
			}
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

func do(ctx context.Context, r link.Request) link.Reply {
	switch {
	case r.Do == link.DoPing:
		return link.Reply{}
	case r.Do == link.DoRun && len(r.Args) == 1:
		return run(ctx, r)
	case r.Do == link.DoHang && len(r.Args) == 1:
		return hang(ctx, r.Args[0])
	default:
		return link.Reply{Problem: fmt.Sprintf("unknown request %q", r.Do)}
	}
}

func run(ctx context.Context, r link.Request) link.Reply {
	timeout := r.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var out, errOut bytes.Buffer
	c := exec.CommandContext(ctx, "/bin/sh", "-c", r.Args[0])
	c.Dir = "/"
	c.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8", "TERM=dumb"}
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(r.Stdin), &out, &errOut
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	// A daemon that the command leaves behind keeps its pipes; do not wait for it.
	c.WaitDelay = time.Second
	err := c.Run()
	reply := link.Reply{Out: out.Bytes(), Err: errOut.Bytes()}
	var exit *exec.ExitError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		reply.Problem = "told to stop"
	case ctx.Err() != nil:
		reply.Problem = fmt.Sprintf("no end after %v", timeout)
	case errors.As(err, &exit):
		reply.Code = exit.ExitCode()
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		reply.Problem = err.Error()
	}
	return reply
}

func hang(ctx context.Context, length string) link.Reply {
	d, err := time.ParseDuration(length)
	if err != nil {
		return link.Reply{Problem: err.Error()}
	}
	if err := dm.Suspend(rootName); err != nil {
		return link.Reply{Problem: err.Error()}
	}
	go func() {
		_ = pause(context.WithoutCancel(ctx), d) // the call ends at once, and the hang does not end with it
		_ = dm.Resume(rootName)
	}()
	return link.Reply{}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
