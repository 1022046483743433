package hook

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"plimsoll/actions"
	"plimsoll/internal/procrun"
)

// Hook is one thing that can be run: Argv, a program's path and its arguments, or URL.
type Hook struct {
	Argv          []string
	URL           string
	Authorization string // file whose text is sent as the header Authorization; empty: none is
	Timeout       time.Duration
	MaxOutput     int // bytes kept of what it says when it fails
}

// Operator runs hooks: the hand of the verb [actions.Hook].
type Operator struct {
	Hooks map[string]Hook
	// Told is what a hook is told of an action, as JSON.
	Told func(a actions.Action) ([]byte, error)
}

// Do runs the hook that a names, once. An error with [actions.ErrNotBegun] says that nothing was tried. Errors name the hook and
// never what the configuration says of it: that may hold secrets.
func (o *Operator) Do(ctx context.Context, a actions.Action) error {
	h, known := o.Hooks[a.Hook]
	if !known {
		return fmt.Errorf("run hook %s: the configuration has none of that name: %w", a.Hook, actions.ErrNotBegun)
	}
	text, err := o.Told(a)
	if err != nil {
		return fmt.Errorf("run hook %s: %w: %w", a.Hook, err, actions.ErrNotBegun)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("run hook %s: %w: %w", a.Hook, ctx.Err(), actions.ErrNotBegun)
	}
	if h.URL != "" {
		err = h.post(ctx, a.ID, text)
	} else {
		err = h.exec(ctx, text)
	}
	if err != nil {
		return fmt.Errorf("run hook %s: %w", a.Hook, err)
	}
	return nil
}

var (
	errTime = errors.New("it took longer than it may")
	errExec = errors.New("the program could not be started")
)

func (h Hook) exec(ctx context.Context, text []byte) error {
	err := procrun.Tell(ctx, procrun.Bounds{Time: h.Timeout, Bytes: h.MaxOutput}, text, h.Argv[0], h.Argv[1:]...)
	ended, failed := errors.AsType[procrun.Ended](err)
	switch {
	case err == nil:
		return nil
	case failed && ended.Code < 0:
		return fmt.Errorf("it was ended by a signal%s", said(ended.Words))
	case failed:
		return fmt.Errorf("it ended with code %d%s", ended.Code, said(ended.Words))
	case errors.Is(err, context.DeadlineExceeded):
		return errTime
	case errors.Is(err, procrun.ErrNotStarted):
		return fmt.Errorf("%w: %w", errExec, cause(err))
	default:
		return cause(err)
	}
}

// cause is the last of err's causes: what the system said, without the path and the arguments.
func cause(err error) error {
	for {
		var next error
		switch e := err.(type) { //nolint:errorlint // each layer is peeled off in turn
		case interface{ Unwrap() error }:
			next = e.Unwrap()
		case interface{ Unwrap() []error }:
			if all := e.Unwrap(); len(all) > 0 {
				next = all[len(all)-1]
			}
		}
		if next == nil {
			return err
		}
		err = next
	}
}

// said is what somebody else wrote, on one line.
func said(words string) string {
	words = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(words, " "))
	if words = strings.Join(strings.Fields(words), " "); words == "" {
		return ""
	}
	return ": " + words
}
