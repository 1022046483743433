package hands

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"plimsoll/internal/priv"
)

// effect is one way to change one thing.
type effect struct {
	thing string // what it is done to, by kind and name: one effect at a time
	// look is what the thing is like; an error means that the effect must not be.
	look func(ctx context.Context) (priv.State, error)
	// do makes the effect. A result of systemd's or an error says little about what happened, which is why both are told.
	do func(ctx context.Context) (priv.Outcome, string)
	// after is the look at what came of it.
	after func(ctx context.Context) (priv.State, error)
}

// carry makes the effect that r asks for, if everything is as it has to be.
func (h *Hands) carry(ctx context.Context, r priv.Request, e effect) (priv.Answer, error) {
	want := *r.Effect
	frame, err := r.Encode()
	if err != nil {
		return priv.Answer{}, priv.Refuse(priv.ReasonMalformed, "%w", err)
	}
	// Before all else, so that an id that is remembered no longer cannot come again.
	now, err := h.inTime(want)
	if err != nil {
		return priv.Answer{}, err
	}
	release, before, err := h.memory.claim(e.thing, string(frame), want, now)
	if err != nil {
		return priv.Answer{}, err
	}
	if before != nil {
		return *before, nil
	}
	defer release()
	seen, err := e.look(ctx)
	if err != nil {
		return priv.Answer{}, err
	}
	if seen != want.Expect {
		return priv.Answer{}, priv.Refuse(priv.ReasonChanged, "%s is %s, and was to be %s", e.thing, inWords(seen), inWords(want.Expect))
	}
	log := h.world.Log.With("action", want.Action, "verb", string(r.Verb), "target", e.thing)
	if err := h.gate(want); err != nil {
		return priv.Answer{}, err
	}
	// Neither of these waits for anything: the log is written behind our back.
	h.memory.begin(string(frame), want)
	log.Info("effect begins", "member", r.Member+r.Device, "seen", inWords(seen))
	outcome, text := e.do(ctx)
	answer := priv.Answer{Outcome: outcome, Text: text}
	if after, err := e.after(context.WithoutCancel(ctx)); err != nil {
		answer.Text = strings.TrimPrefix(answer.Text+"; the look after it: "+err.Error(), "; ")
	} else {
		answer.Seen = &after
	}
	h.memory.end(want, answer)
	log.Log(ctx, levelOf(outcome), "effect ended", "outcome", string(outcome), "seen", seenAfter(answer), "cause", answer.Text)
	return answer, nil
}

// gate is the last check before an effect: nobody said stop, and it is not too late.
func (h *Hands) gate(e priv.Effect) error {
	switch _, err := os.Lstat(h.world.Freeze); {
	case err == nil:
		return priv.Refuse(priv.ReasonFrozen, "%s is there", h.world.Freeze)
	case !errors.Is(err, fs.ErrNotExist):
		return priv.Refuse(priv.ReasonFrozen, "%w", err) // what cannot be looked for may be there
	}
	_, err := h.inTime(e)
	return err
}

// inTime is the time now, if e may still begin.
func (h *Hands) inTime(e priv.Effect) (time.Duration, error) {
	boot, err := h.world.Procfs.Read(priv.BootIDFile)
	if err != nil {
		return 0, priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	now, err := h.world.SinceBoot()
	if err != nil {
		return 0, priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	switch ahead := e.Deadline - now; {
	case boot != e.Boot:
		return 0, priv.Refuse(priv.ReasonLate, "meant for boot %s, this is boot %s", e.Boot, boot)
	case ahead < 0:
		return 0, priv.Refuse(priv.ReasonLate, "the deadline passed %s ago", -ahead)
	case ahead > priv.MaxAhead:
		return 0, priv.Refuse(priv.ReasonLate, "the deadline is %s ahead, at most %s is taken", ahead, priv.MaxAhead)
	}
	return now, nil
}

// seenAfter is what the look after an effect saw, for people.
func seenAfter(a priv.Answer) string {
	if a.Seen == nil {
		return "not read"
	}
	return inWords(*a.Seen)
}

// inWords is a state for people.
func inWords(s priv.State) string {
	switch {
	case s.Place != "":
		return s.Identity + " " + s.Place
	case s.Unit != "":
		return strings.TrimSpace(s.Unit + " " + s.Invocation)
	case s.Active != "":
		return s.Active + " active"
	}
	return "none active"
}

func levelOf(o priv.Outcome) slog.Level {
	if o == priv.Done {
		return slog.LevelInfo
	}
	return slog.LevelWarn
}
