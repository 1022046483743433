package deed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plimsoll/actions"
	"plimsoll/internal/priv"
	"plimsoll/internal/sysfs"
)

var errNoDeadline = errors.New("there is no deadline")

// Effect is what the helper has to know of a beside the names: from which state it is to be done, and until when, which is
// the deadline of ctx. proc is this host's procfs. With an error, nothing has been asked for.
func Effect(ctx context.Context, a actions.Action, proc sysfs.FS, from priv.State) (priv.Effect, error) {
	end, given := ctx.Deadline()
	if !given {
		return priv.Effect{}, NotBegun(errNoDeadline)
	}
	boot, err := proc.Read(priv.BootIDFile)
	if err != nil {
		return priv.Effect{}, NotBegun(err)
	}
	now, err := priv.SinceBoot()
	if err != nil {
		return priv.Effect{}, NotBegun(err)
	}
	return priv.Effect{Action: a.ID, Boot: boot, Deadline: now + time.Until(end), Expect: from}, nil
}

// Answered is what the helper's answer means: nil if it says that it has done what it was asked for, an error with
// actions.ErrNotBegun if surely nothing was done, any other if only a look can tell. what says what it was asked for.
func Answered(what string, answer priv.Answer, err error) error {
	_, refused := errors.AsType[*priv.RefusedError](err)
	_, unreached := errors.AsType[*priv.UnreachableError](err)
	switch {
	case refused || unreached:
		return NotBegun(err)
	case err != nil:
		return err
	case answer.Outcome != priv.Done:
		return fmt.Errorf("%s: %s: %s", what, answer.Outcome, answer.Text)
	}
	return nil
}

// NotBegun is err as the reason why nothing was done.
func NotBegun(err error) error { return fmt.Errorf("%w: %w", actions.ErrNotBegun, err) }
