package site

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Process is a program that is started again and again. It is safe for use by several goroutines.
type Process struct {
	name string
	argv []string
	log  string // what it says is appended to this file

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{} // closed when cmd has ended
	err  error         // how; set before done is closed
}

// NewProcess is a program that is not running yet.
func NewProcess(name, log string, argv ...string) *Process {
	return &Process{name: name, argv: argv, log: log}
}

// Start starts it, with more arguments than it was made with, if there are any.
func (p *Process) Start(more ...string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		return fmt.Errorf("start %s: it runs", p.name)
	}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	defer func() { _ = log.Close() }() // the child has its own
	argv := append(append([]string{}, p.argv...), more...)
	cmd := exec.Command(argv[0], argv[1:]...) //nolint:noctx // it is ended as the lab wants it to: killed or paused
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	done := make(chan struct{})
	p.cmd, p.done = cmd, done
	go func() {
		err := cmd.Wait()
		p.mu.Lock()
		p.err = err
		p.mu.Unlock()
		close(done)
	}()
	return nil
}

// Signal sends it a signal, if it runs.
func (p *Process) Signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		_ = p.cmd.Process.Signal(s) // it has ended, then
	}
}

// Pid is its process id; 0: it does not run.
func (p *Process) Pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

// Kill ends it at once: it can say nothing to anybody. One that is paused is ended too.
func (p *Process) Kill() {
	p.Signal(syscall.SIGKILL)
	p.mu.Lock()
	done := p.done
	p.mu.Unlock()
	if done != nil {
		<-done
	}
	p.forget()
}

// End asks it to end in peace, and says how it did.
func (p *Process) End(within time.Duration) error {
	p.Signal(syscall.SIGTERM)
	return p.Wait(within)
}

// Wait waits for it to end by itself, and says how it did.
func (p *Process) Wait(within time.Duration) error {
	p.mu.Lock()
	done := p.done
	p.mu.Unlock()
	if done == nil {
		return nil
	}
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		p.Signal(syscall.SIGQUIT) // a program in Go then says where it hangs
		timer.Reset(time.Second)
		<-timer.C
		p.Kill()
		return fmt.Errorf("%s has not ended within %s\n%s", p.name, within, p.LastWords())
	}
	defer p.forget()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return fmt.Errorf("%s: %w\n%s", p.name, p.err, p.LastWords())
	}
	return nil
}

func (p *Process) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cmd, p.done, p.err = nil, nil, nil
}

// Paused waits for it to have stopped itself, as by SIGSTOP.
func (p *Process) Paused(ctx context.Context) error {
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Pid()))
		if err != nil {
			return fmt.Errorf("%s has ended: %w\n%s", p.name, err, p.LastWords())
		}
		// "1 (a name) T …": the name may have anything in it but the last parenthesis.
		if _, rest, found := strings.Cut(string(text[strings.LastIndexByte(string(text), ')')+1:]), " "); found && rest[0] == 'T' {
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("%s does not pause", p.name), context.Cause(ctx))
		}
	}
}

// Said is all of its log.
func (p *Process) Said() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return ""
	}
	return string(text)
}

// LastWords are the last lines of its log.
func (p *Process) LastWords() string {
	const most = 20
	lines := strings.Split(strings.TrimSpace(p.Said()), "\n")
	return strings.Join(lines[max(0, len(lines)-most):], "\n")
}
