package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// binaries are the programs as they were built.
type binaries struct {
	agent, command string
	place          place
	listen         string // where the page is served; empty: nowhere
	out            io.Writer
}

// partingTime is how long the agent may take to end: it says goodbye to its log and its stream within seconds.
const partingTime = 10 * time.Second

// run runs the agent until ctx ends. The end of its log is in the error.
func (b binaries) run(ctx context.Context) error {
	if err := b.place.configure(b.listen); err != nil {
		return err
	}
	log, err := os.Create(b.place.log())
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, b.agent, "--config", b.place.config(), "--path.links", b.place.links())
	cmd.Stderr = log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = partingTime
	err = errors.Join(cmd.Run(), log.Close())
	if err != nil && !errors.Is(err, ctx.Err()) { // a child that ends well after it was told to is said to have ended by ctx
		return fmt.Errorf("run %s: %w\n%s", b.agent, err, b.lastWords())
	}
	return nil
}

// lastWords are the last lines of the agent's log.
func (b binaries) lastWords() string {
	const most = 20
	text, err := os.ReadFile(b.place.log())
	if err != nil {
		return ""
	}
	lines := strings.Split(string(bytes.TrimSpace(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-most):], "\n")
}

// ask runs plimsoll, which prints its answer. That the answer is bad is no error; that there is none is.
func (b binaries) ask(ctx context.Context, args []string) error {
	cmd := exec.CommandContext(ctx, b.command, append([]string{"--socket", b.place.socket()}, args...)...)
	cmd.Stdout, cmd.Stderr = b.out, b.out
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == answeredBad {
		return nil
	}
	if err != nil {
		return fmt.Errorf("plimsoll %s: %w", strings.Join(args, " "), err)
	}
	return nil
}

// answeredBad is plimsoll's exit status for an answer that is bad: something would go down.
const answeredBad = 1
