package redundancy

import (
	"fmt"
	"slices"
	"time"
)

// Scrub is what a group says of the last time that it was told to verify all its copies. The zero value is a group that
// has nothing to verify, or that does not say.
type Scrub string

// The words: ScrubNone, none since the group was started; ScrubWhole, the last one went to its end, or was broken off near its
// beginning; ScrubPartial, it was broken off; ScrubUnread, that could not be read.
const (
	ScrubNone    Scrub = "none"
	ScrubWhole   Scrub = "whole"
	ScrubPartial Scrub = "partial"
	ScrubUnread  Scrub = "unread"
)

// The activities that are scrubs, in md's words, and how they end, as the phase that activity.finished tells.
const (
	ActivityCheck    = "check"
	ActivityRepair   = "repair"
	PhaseCompleted   = "completed"
	PhaseInterrupted = "interrupted"
)

// WarnScrubOverdue is the key of the warning that a group has not been verified for longer than Rules.Scrub.
const WarnScrubOverdue = "scrub-overdue"

// fastest is what no disk reads at in a scrub, in bytes a second.
const fastest = 2e9

// Scrubs is what is remembered of a group's scrubs, since no kernel does. Only those count that were seen to end.
type Scrubs struct {
	From time.Time `json:"from,omitzero"` // from when on the next one is waited for
	Last time.Time `json:"last,omitzero"` // when the last one went to its end; zero: none was seen
}

// isScrub says whether a is work that verifies all copies.
func (a *Activity) isScrub() bool {
	return a != nil && (a.Kind == ActivityCheck || a.Kind == ActivityRepair)
}

// after is s once g was seen at, the look before having shown before at seen.
func (s Scrubs) after(before *Activity, seen time.Time, g *Group, at, now time.Time) Scrubs {
	if g.Scrub == "" {
		return s
	}
	if s.From.IsZero() {
		s.From = now
	}
	if !before.isScrub() || g.Activity.isScrub() || g.Scrub != ScrubWhole {
		return s
	}
	// A group that had begun and shows no progress yet may have been broken off: unless there was no more than it can have
	// done meanwhile, nobody can tell.
	const sector = 512
	small := before.Total > 0 && float64(before.Total)*sector <= fastest*at.Sub(seen).Seconds()
	if before.Done > 0 || small {
		s.From, s.Last = now, now
	}
	return s
}

// overdue adds the warning that g has not been scrubbed for too long.
func (r Rules) overdue(g Group, s Scrubs, now time.Time) Group {
	if r.Scrub <= 0 || g.Scrub == "" || s.From.IsZero() || now.Sub(s.From) <= r.Scrub {
		return g
	}
	const day = 24 * time.Hour
	long := r.Scrub.String()
	if r.Scrub%day == 0 {
		long = fmt.Sprintf("%d days", r.Scrub/day)
	}
	g.Warnings = append(slices.Clone(g.Warnings), Warning{
		Key: WarnScrubOverdue, Text: fmt.Sprintf("no scrub of %s has gone to its end for more than %s", g.Name, long),
		Evidence: []Evidence{{Where: "log " + string(g.ID), Value: "waited for since " + s.From.UTC().Format(time.RFC3339)}},
	})
	slices.SortFunc(g.Warnings, compareWarnings)
	return g
}

// finished is how the activity before has ended, and nil where nobody can tell.
func (g Assessed) finished(before *Activity, now time.Time) *Face {
	f := ActivityFace{Activity: before.Kind, Done: before.Done, Total: before.Total}
	switch {
	case !before.isScrub():
		return nil
	case g.Scrubs.Last.Equal(now):
		f.Phase, f.Done = PhaseCompleted, before.Total
	case g.Group.Scrub == ScrubPartial:
		f.Phase = PhaseInterrupted
	default:
		return nil
	}
	return &Face{ActivityFace: &f}
}
