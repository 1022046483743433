package service

import (
	"context"
	"errors"
	"strings"
	"time"

	"plimsoll/internal/procrun"
)

const (
	// programBytes bounds what a program may write: a line or a page of plugin output.
	programBytes = 64 << 10
	// programUnknown is the code by which a program says that it could not find out, as monitoring plugins do
	// (https://www.monitoring-plugins.org/doc/guidelines.html, "plugin return codes").
	programUnknown = 3
	// wordsBytes is how much of what a program wrote stands in evidence.
	wordsBytes = 160
)

// program asks a program. Its end with 0 is well, with 3 unknown, and with any other code sick. That it does not end in time is
// sick too: what hangs is most often what it asks. One that can't be run or is killed could not be asked.
type program struct{ argv []string }

func (p program) ask(ctx context.Context) Answer {
	b := procrun.Bounds{Time: remaining(ctx), Bytes: programBytes}
	out, err := procrun.Ask(ctx, b, p.argv[0], p.argv[1:]...)
	ended, code := errors.AsType[procrun.Ended](err)
	switch {
	case err == nil:
		return well("%s", firstLine(string(out), "it ended with code 0"))
	case errors.Is(err, context.DeadlineExceeded):
		return sick("it did not end in time")
	case code && ended.Code > 0 && ended.Code != programUnknown:
		return sick("code %d: %s", ended.Code, firstLine(ended.Words, "no word on standard error"))
	case code:
		return unknown("code %d: %s", ended.Code, firstLine(ended.Words, "no word on standard error"))
	default:
		return unknown("%v", err)
	}
}

// remaining is the time until ctx ends.
func remaining(ctx context.Context) time.Duration {
	end, ok := ctx.Deadline()
	if !ok {
		panic("internal error: a check without an end")
	}
	return time.Until(end)
}

// firstLine is the first line of what a program wrote, cut to a length that evidence can carry; otherwise where it wrote none.
func firstLine(text, otherwise string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	line = strings.ToValidUTF8(line[:min(len(line), wordsBytes)], "")
	if line == "" {
		return otherwise
	}
	return line
}
