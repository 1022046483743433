package deed_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"plimsoll/actions"
	"plimsoll/internal/deed"
	"plimsoll/internal/priv"
	"plimsoll/internal/sysfs"
)

func TestOnlyARefusalIsSureToHaveDoneNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer   priv.Answer
		err      error
		ok       bool
		notBegun bool
	}{
		"done":        {answer: priv.Answer{Outcome: priv.Done}, ok: true},
		"failed":      {answer: priv.Answer{Outcome: priv.Failed, Text: "busy"}},
		"unfinished":  {answer: priv.Answer{Outcome: priv.Unfinished}},
		"refused":     {err: &priv.RefusedError{Reason: priv.ReasonUnfit}, notBegun: true},
		"unreachable": {err: &priv.UnreachableError{Cause: os.ErrNotExist}, notBegun: true},
		"in doubt":    {err: &priv.InDoubtError{Cause: context.DeadlineExceeded}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := deed.Answered("restart a.service", c.answer, c.err)
			if (err == nil) != c.ok || errors.Is(err, actions.ErrNotBegun) != c.notBegun {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAnEffectEndsWithItsContext(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, priv.BootIDFile)
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte("b\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	proc, a, from := sysfs.New(dir), actions.Action{ID: "h/l/1"}, priv.State{Active: "eth0"}
	if _, err := deed.Effect(context.WithoutCancel(t.Context()), a, proc, from); !errors.Is(err, actions.ErrNotBegun) {
		t.Errorf("without a deadline: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := deed.Effect(ctx, a, sysfs.New(t.TempDir()), from); !errors.Is(err, actions.ErrNotBegun) {
		t.Errorf("without a boot: %v", err)
	}
	e, err := deed.Effect(ctx, a, proc, from)
	if err != nil {
		t.Fatal(err)
	}
	now, err := priv.SinceBoot()
	if err != nil {
		t.Fatal(err)
	}
	if left := e.Deadline - now; left <= 0 || left > 10*time.Second || e.Action != a.ID || e.Boot != "b" || e.Expect != from {
		t.Errorf("%v left of %+v", left, e)
	}
}
