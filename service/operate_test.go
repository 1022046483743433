package service

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"plimsoll/actions"
	"plimsoll/internal/priv"
	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

const boot = "11111111-2222-3333-4444-555555555555"

// helper is a privileged helper that says what a test has it say, and keeps what it was asked.
type helper struct {
	answer priv.Answer
	err    error
	asked  []string
	effect priv.Effect
}

func (h *helper) Restart(_ context.Context, unit string, e priv.Effect) (priv.Answer, error) {
	return h.take("restart "+unit, e)
}

func (h *helper) Stop(_ context.Context, unit string, e priv.Effect) (priv.Answer, error) {
	return h.take("stop "+unit, e)
}

func (h *helper) take(what string, e priv.Effect) (priv.Answer, error) {
	h.asked, h.effect = append(h.asked, what), e
	return h.answer, h.err
}

// do has the operators of a host with these units do verb to b.service, decided on in its first run.
func do(t *testing.T, h *helper, units Units, verb actions.Verb) error {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, priv.BootIDFile)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(boot+"\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	c := New(Config{Units: units, Proc: sysfs.New(dir)})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	return c.Operators(h)[verb].Do(ctx, actions.Action{
		ID: "h/l/1", Verb: verb, Group: "service:web", From: "service:web/b.service", To: "service:web/b.service",
		Device: redundancy.ID("invocation:" + hex.EncodeToString(invocation(1))),
	})
}

func TestTheHelperIsAskedForWhatWasSeenAMomentAgo(t *testing.T) {
	t.Parallel()
	for verb, want := range map[actions.Verb]string{actions.ServiceRestart: "restart b.service", actions.ServiceStop: "stop b.service"} {
		h := &helper{answer: priv.Answer{Outcome: priv.Done}}
		if err := do(t, h, newUnits(raw("b.service", "active", "running")), verb); err != nil {
			t.Error(err)
		}
		diff(t, "asked", []string{want}, h.asked)
		diff(t, "expected", priv.State{Unit: "active", Invocation: hex.EncodeToString(invocation(1))}, h.effect.Expect)
		diff(t, "boot", boot, h.effect.Boot)
		diff(t, "action", "h/l/1", h.effect.Action)
		now, err := priv.SinceBoot()
		if left := h.effect.Deadline - now; err != nil || left <= 0 || left > 30*time.Second {
			t.Errorf("%v is left, %v", left, err)
		}
	}
}

func TestWhatIsDoneOrStaleIsNotAskedFor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		verb  actions.Verb
		units *fakeUnits
		want  string
	}{
		{"restarted already", actions.ServiceRestart, newUnits(raw("b.service", "active", "running", run(2, 0))), "<nil>"},
		{"restarted, and failed", actions.ServiceRestart, newUnits(raw("b.service", "failed", "failed", run(2, 0))), "not begun: b.service was started anew meanwhile, and is failed"},
		{"stopped already", actions.ServiceStop, newUnits(raw("b.service", "inactive", "dead")), "<nil>"},
		{"started anew before the stop", actions.ServiceStop, newUnits(raw("b.service", "active", "running", run(2, 0))), "not begun: b.service was started anew meanwhile"},
	} {
		h := &helper{}
		diff(t, tt.name, tt.want, fmt.Sprint(do(t, h, tt.units, tt.verb)))
		diff(t, tt.name+": asked", 0, len(h.asked))
	}
	away := newUnits()
	away.setAway(true)
	err := do(t, &helper{}, away, actions.ServiceRestart)
	if !errors.Is(err, actions.ErrNotBegun) {
		t.Errorf("the bus is away: %v", err)
	}
}

func TestOnlyARefusalSaysThatNothingWasDone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		h        helper
		notBegun bool
	}{
		{"refused", helper{err: &priv.RefusedError{Reason: priv.ReasonFrozen}}, true},
		{"not reached", helper{err: &priv.UnreachableError{Cause: os.ErrNotExist}}, true},
		{"in doubt", helper{err: &priv.InDoubtError{Verb: priv.UnitRestart, Cause: context.DeadlineExceeded}}, false},
		{"failed", helper{answer: priv.Answer{Outcome: priv.Failed, Text: "systemd's job ended: timeout"}}, false},
		{"not finished", helper{answer: priv.Answer{Outcome: priv.Unfinished}}, false},
	} {
		err := do(t, &tt.h, newUnits(raw("b.service", "failed", "failed")), actions.ServiceRestart)
		if err == nil || errors.Is(err, actions.ErrNotBegun) != tt.notBegun {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
