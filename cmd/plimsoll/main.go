// Command plimsoll asks the agent on this host how many more failures it survives, and why. It is a door only; see
// internal/cli.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"plimsoll/internal/cli"
)

// version is set by the build (-ldflags "-X main.version=…").
var version = "unreleased"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	code := cli.Run(ctx, os.Args[1:], cli.Options{
		Out: os.Stdout, Err: os.Stderr, Version: version, Now: time.Now, Terminal: terminal, ClockKept: clockKept,
		NoColor: os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb",
	})
	stop()
	os.Exit(code)
}

// terminal is the size of the terminal behind standard output, and false if that is none.
func terminal() (columns, rows int, ok bool) {
	size, err := unix.IoctlGetWinsize(int(os.Stdout.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 {
		return 0, 0, false
	}
	return int(size.Col), int(size.Row), true
}

// clockKept asks the kernel whether a time service keeps its clock (adjtimex(2)).
func clockKept() (bool, error) {
	var t unix.Timex
	if _, err := unix.Adjtimex(&t); err != nil {
		return false, os.NewSyscallError("adjtimex", err)
	}
	return t.Status&unix.STA_UNSYNC == 0, nil
}
