package hands

import (
	"context"
	"errors"
	"os"
	"slices"

	"plimsoll/internal/priv"
)

// jobDone is systemd's word for a job that did what it was to do (JobRemoved in org.freedesktop.systemd1(5)).
const jobDone = "done"

// restart restarts a unit. One that is changing is left alone: another start would only add to systemd's count of them.
func (h *Hands) restart(ctx context.Context, r priv.Request) (priv.Answer, *os.File, error) {
	return h.job(ctx, r, Manager.Restart, "active", "inactive", "failed")
}

// stop stops a unit.
func (h *Hands) stop(ctx context.Context, r priv.Request) (priv.Answer, *os.File, error) {
	return h.job(ctx, r, Manager.Stop, "active")
}

// jobOf asks for one kind of job.
type jobOf func(m Manager, ctx context.Context, unit string) (result string, err error)

// job has systemd do something with a unit that is in one of the states that it may begin from. The connection is there
// before the last check, so that nothing has to be waited for between that and the message.
func (h *Hands) job(ctx context.Context, r priv.Request, ask jobOf, from ...string) (priv.Answer, *os.File, error) {
	m, err := h.world.Units.Open(ctx)
	if err != nil {
		return priv.Answer{}, nil, priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	defer m.Close()
	look := func(ctx context.Context) (priv.State, error) { return m.Look(ctx, r.Unit) }
	a, err := h.carry(ctx, r, effect{
		thing: "unit " + r.Unit,
		look: func(ctx context.Context) (priv.State, error) {
			s, err := look(ctx)
			switch {
			case err != nil:
				return s, priv.Refuse(priv.ReasonUnread, "%w", err)
			case s == r.Effect.Expect && !slices.Contains(from, s.Unit):
				return s, priv.Refuse(priv.ReasonUnfit, "%s is %s", r.Unit, s.Unit)
			}
			return s, nil
		},
		do: func(ctx context.Context) (priv.Outcome, string) {
			result, err := ask(m, ctx, r.Unit)
			switch {
			case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
				return priv.Unfinished, err.Error()
			case err != nil:
				return priv.Failed, err.Error()
			case result != jobDone:
				return priv.Failed, "systemd's job ended: " + result
			}
			return priv.Done, ""
		},
		after: look,
	})
	return a, nil, err
}
