package procrun

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// program writes a shell script and gives its path.
func program(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// ask asks a script, again while the kernel still has its file down as open for writing: other tests fork at the same time.
func ask(ctx context.Context, b Bounds, path string, args ...string) ([]byte, error) {
	for {
		out, err := Ask(ctx, b, path, args...)
		if !errors.Is(err, syscall.ETXTBSY) {
			return out, err
		}
	}
}

var ample = Bounds{Time: time.Minute, Bytes: 1 << 20}

func TestAProgramIsAskedWithItsArgumentsAndNothingOfOurEnvironment(t *testing.T) {
	t.Setenv("PROCRUN_SECRET", "x")
	out, err := ask(t.Context(), ample, program(t, `echo "$1|$2|$PROCRUN_SECRET"; cat`), "a b", "$HOME")
	if d := cmp.Diff("a b|$HOME|\n", string(out)); d != "" || err != nil {
		t.Errorf("error %v, output (-want +got):\n%s", err, d)
	}
}

func TestAProgramThatFailsSaysHowAndItsWordsAreKeptApart(t *testing.T) {
	t.Parallel()
	_, err := ask(t.Context(), ample, program(t, "echo out; echo 'no such bus' >&2; exit 3"))
	var ended Ended
	if !errors.As(err, &ended) || ended.Code != 3 || ended.Words != "no such bus" || strings.Contains(err.Error(), "bus") {
		t.Errorf("error %v, %+v", err, ended)
	}
	if _, err := Ask(t.Context(), ample, "procrun-no-such-program"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a program that is not there: %v", err)
	}
}

func TestAProgramThatHangsIsKilledWithAllThatItStarted(t *testing.T) {
	t.Parallel()
	mark := filepath.Join(t.TempDir(), "mark")
	if err := syscall.Mkfifo(mark, 0o600); err != nil {
		t.Fatal(err)
	}
	// Whoever opens the FIFO for writing holds it: its reader sees the end when the last of them is gone.
	held := make(chan error, 1)
	go func() {
		_, err := os.ReadFile(mark)
		held <- err
	}()
	path := program(t, `exec 3>"$1"; sleep 1000 & sleep 1000`)
	_, err := ask(t.Context(), Bounds{Time: 300 * time.Millisecond, Bytes: 10}, path, mark)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want %v", err, context.DeadlineExceeded)
	}
	if err := <-held; err != nil {
		t.Error(err)
	}
}

func TestAProgramThatNeverStopsWritingIsKilled(t *testing.T) {
	t.Parallel()
	_, err := ask(t.Context(), Bounds{Time: time.Minute, Bytes: 1000}, program(t, "while :; do echo yes; done"))
	if !errors.Is(err, ErrTooMuch) {
		t.Errorf("error %v, want %v", err, ErrTooMuch)
	}
}

func TestAskingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ask(ctx, ample, program(t, "sleep 1000")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}
