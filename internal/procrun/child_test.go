package procrun

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// part is the environment variable that makes this test binary one of the children below.
const part = "PROCRUN_TEST_PART"

func TestMain(m *testing.M) {
	switch os.Getenv(part) {
	case "":
		os.Exit(m.Run())
	case "greets":
		fmt.Println("hello")
		fmt.Println(strings.Repeat("more than anybody reads ", 1<<16))
		_, _ = io.Copy(io.Discard, os.Stdin)
	case "breaks":
		fmt.Fprint(os.Stderr, strings.Repeat("x", 2*lastWordsBytes), " the disk is gone")
		os.Exit(3)
	case "mumbles":
		fmt.Print(strings.Repeat("y", 2*greetingBytes))
	case "stays":
		terms := make(chan os.Signal, 1)
		signal.Notify(terms, syscall.SIGTERM)
		fmt.Println("never")
		for range terms { // hears it and stays
		}
	}
}

// start starts this test binary in a part. Tests that do can't be parallel: the part is in the environment.
func start(t *testing.T, as string) *Child {
	t.Helper()
	t.Setenv(part, as)
	c, err := Start(t.Context(), os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	return c
}

func TestAChildGreetsAndEndsWithItsInput(t *testing.T) {
	c := start(t, "greets")
	line, err := c.FirstLine(t.Context())
	if err != nil || line != "hello" {
		t.Errorf("first line = %q, %v", line, err)
	}
	c.Stop()
	select {
	case <-c.Ended():
	default:
		t.Error("stopped and not ended")
	}
}

func TestAChildThatBreaksSaysWhy(t *testing.T) {
	c := start(t, "breaks")
	_, err := c.FirstLine(t.Context())
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.HasSuffix(err.Error(), "the disk is gone") {
		t.Errorf("err = %v", err)
	}
	if len(err.Error()) > 2*lastWordsBytes {
		t.Errorf("%d bytes of last words", len(err.Error()))
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.ExitCode() != 3 {
		t.Errorf("exit = %v", exit)
	}
}

func TestAFirstLineWithoutAnEndIsNone(t *testing.T) {
	c := start(t, "mumbles")
	if line, err := c.FirstLine(t.Context()); err == nil {
		t.Errorf("first line of %d bytes", len(line))
	}
}

func TestNobodyWaitsForAChildLongerThanTheirContext(t *testing.T) {
	c := start(t, "greets")
	if _, err := c.FirstLine(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.FirstLine(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
}

func TestAChildThatWillNotEndIsKilled(t *testing.T) {
	c := start(t, "stays")
	if _, err := c.FirstLine(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Stop()
	if exit, ok := errors.AsType[*exec.ExitError](c.Why()); !ok || exit.Exited() {
		t.Errorf("why = %v, want killed", c.Why())
	}
}

func TestWhatIsNotThereCannotBeStarted(t *testing.T) {
	if _, err := Start(t.Context(), "/nowhere/at/all"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("err = %v", err)
	}
}

func TestAProgramIsLookedForBesideOursFirst(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if path, err := Beside(filepath.Base(self)); err != nil || path != self {
		t.Errorf("beside = %s, %v, want %s", path, err, self)
	}
	if _, err := Beside("no-such-program"); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("err = %v", err)
	}
}
