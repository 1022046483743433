package procrun

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
)

// ErrNotStarted says that a program could not be started: nothing of it has run.
var ErrNotStarted = errors.New("it could not be started")

// Tell runs the program at path with these arguments, nothing of our environment, and text on its standard input. What it
// writes to its standard output is thrown away, of its standard error the last b.Bytes are kept. It returns when the program
// has ended, which one that is out of time is made to, with all that it started. A program that reads none of the text is
// none the worse. Errors: ErrNotStarted; context.DeadlineExceeded, where the time was over; Ended.
func Tell(ctx context.Context, b Bounds, text []byte, path string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, b.Time)
	defer cancel()
	cmd := command(ctx, path, args...)
	words := &tail{most: b.Bytes}
	cmd.Stdin, cmd.Stderr = bytes.NewReader(text), words
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("run %s: %w: %w", path, ErrNotStarted, err)
	}
	err := cmd.Wait()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil && err != nil:
		return fmt.Errorf("run %s: %w", path, ctx.Err())
	case errors.As(err, &exit):
		return Ended{Path: path, Code: exit.ExitCode(), Words: words.String()}
	case errors.Is(err, exec.ErrWaitDelay):
		return nil // it has ended well, and what it left in the background holds its standard error
	case err != nil:
		return fmt.Errorf("run %s: %w", path, err)
	}
	return nil
}
