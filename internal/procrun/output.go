package procrun

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"time"
)

// ErrNotFound says that no folder of the path has such a program, or none that we may run.
var ErrNotFound = errors.New("it is not on the path, or may not be run")

// ErrTooMuch says that a program wrote more than it was allowed to.
var ErrTooMuch = errors.New("it wrote more than was asked for")

// Ended says that a program ended with another code than 0.
type Ended struct {
	Path  string
	Code  int    // -1: by a signal
	Words string // the end of its standard error
}

// Error leaves out what the program wrote: that is for whoever knows the program.
func (e Ended) Error() string { return fmt.Sprintf("run %s: it ended with code %d", e.Path, e.Code) }

// Bounds are what a program that is asked may take.
type Bounds struct {
	Time  time.Duration
	Bytes int // of its standard output
}

// shutdown is how long the pipes of a program that was killed stay open for what it has started itself.
const shutdown = time.Second

// Ask runs the program name, found on the path, with these arguments and nothing of our environment, and gives what it wrote to
// its standard output. It returns when the program has ended, which one that is out of bounds is made to, with all that it
// started. Errors: ErrNotFound; context.DeadlineExceeded, where the time was over; ErrTooMuch; Ended, with which there is output too.
func Ask(ctx context.Context, b Bounds, name string, args ...string) ([]byte, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", name, ErrNotFound)
	}
	ctx, cancel := context.WithTimeout(ctx, b.Time)
	defer cancel()
	cmd := command(ctx, path, args...)
	out := &bounded{most: b.Bytes, full: cancel}
	words := &tail{most: lastWordsBytes}
	cmd.Stdout, cmd.Stderr = out, words
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case out.over:
		return nil, fmt.Errorf("run %s: %w", path, ErrTooMuch)
	case ctx.Err() != nil:
		return nil, fmt.Errorf("run %s: %w", path, ctx.Err())
	case errors.As(err, &exit):
		return out.buf.Bytes(), Ended{Path: path, Code: exit.ExitCode(), Words: words.String()}
	case err != nil:
		return nil, fmt.Errorf("run %s: %w", path, err)
	}
	return out.buf.Bytes(), nil
}

// command is a program with nothing of our environment, which is killed at the end of ctx with all that it started.
func command(ctx context.Context, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = []string{"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = shutdown
	return cmd
}

// bounded keeps what is written to it up to a bound, and calls full when there is more. One goroutine of exec writes, and Run
// has waited for it when the rest is read.
type bounded struct {
	buf  bytes.Buffer
	most int
	full func()
	over bool
}

// Write takes everything, so that the program is ended by full and not by a broken pipe.
func (w *bounded) Write(p []byte) (int, error) {
	if w.over = w.over || w.buf.Len()+len(p) > w.most; w.over {
		w.full()
		return len(p), nil
	}
	return w.buf.Write(p)
}
