package actions

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrNotBegun is in the error of an operator or a granter that is sure to have done nothing, and to do nothing any more: it was
// refused, or it was too late. Any other error may hide a deed.
var ErrNotBegun = errors.New("not begun")

// Granter asks the fleet for leave.
type Granter interface {
	// Ask returns the token of a grant that is committed for a, and binds nobody to use it. Asked twice for one action it gives
	// one grant. An error with ErrNotBegun says that there is none; one with a method Keys says by that what speaks against it.
	Ask(ctx context.Context, a Action) (token uint64, err error)
	// Begin commits the grant of a as started: the last thing before the deed, and the fence before it. It errs where there is
	// no grant any more, or where that cannot be told; a must then not be begun.
	Begin(ctx context.Context, a Action) error
	// Release ends the grant of an action, if there is one, and none is made for that action afterwards. It errs, to be called
	// again, while what was done has not left the host healthy.
	Release(ctx context.Context, r Release) error
}

// Operator is the hand of a room.
type Operator interface {
	// Do does a, having found out whether that is done already, and does nothing once ctx is over or a's deadline has passed.
	// It names the members by what it finds now, never by what they were called when a was decided. What it returns is kept for
	// people; what counts is the next look, unless it is an error with ErrNotBegun.
	Do(ctx context.Context, a Action) error
}

// Brake says whether anything may be done at all: a freeze by a file, by a command or by the fleet.
type Brake interface {
	// Frozen is why nothing may be done, and empty if it may. That it cannot be told is an error, and as good as a freeze.
	Frozen(ctx context.Context) (why string, err error)
}

// Hands carry those effects out that leave the agent: each method does one, and returns what the engine is to be told. They may
// be called from any goroutine. The log and the looks are not theirs: the agent has one log and one watch for all that it does.
type Hands struct {
	Operators map[Verb]Operator
	Granter   Granter // nil: there is no fleet
	Brake     Brake
	Now       func() time.Time // the clock that the engine's times are of
}

// Do carries out an effect of Effects.Do. Of what reaches others the grant is committed as started first: an agent that was
// asleep meanwhile learns there that a person has taken it for dead. The brake is read immediately before: a freeze that came
// after the decision stops it.
func (h Hands) Do(ctx context.Context, a Action) Input {
	refuse := func(why string) Input { return Input{Returned: &Returned{ID: a.ID, NotBegun: true, Why: why}} }
	operator, able := h.Operators[a.Verb]
	if !able {
		return refuse("nobody here does " + string(a.Verb))
	}
	left := a.Deadline.Sub(h.Now())
	if left <= 0 {
		return refuse("it was too late to begin")
	}
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	if why := h.begin(ctx, a); why != "" {
		return refuse(why)
	}
	switch why, err := h.Brake.Frozen(ctx); {
	case err != nil:
		return refuse(Reason{Key: whyFreeze, Text: fmt.Sprintf("whether this host is frozen cannot be told: %v", err)}.String())
	case why != "":
		return refuse(Reason{Key: whyFreeze, Text: why}.String())
	case !h.Now().Before(a.Deadline):
		return refuse("it was too late to begin")
	}
	r := Returned{ID: a.ID}
	if err := operator.Do(ctx, a); err != nil {
		r.NotBegun, r.Why = errors.Is(err, ErrNotBegun), err.Error()
	}
	return Input{Returned: &r}
}

// begin commits the grant of a as started, where a reaches others, or says why that is not so.
func (h Hands) begin(ctx context.Context, a Action) (why string) {
	if a.Reach == ReachHost {
		return ""
	}
	if h.Granter == nil {
		return noFleet
	}
	if err := h.Granter.Begin(ctx, a); err != nil {
		return "its grant is not committed as started: " + err.Error()
	}
	return ""
}

// noFleet is why nothing of fleet reach is done on a host that is in none.
const noFleet = "there is no fleet to ask"

// Ask carries out an effect of Effects.Ask.
func (h Hands) Ask(ctx context.Context, a Action) Input {
	if h.Granter == nil {
		return Input{Answer: &Answer{ID: a.ID, Why: noFleet}}
	}
	ctx, cancel := context.WithTimeout(ctx, a.Deadline.Sub(h.Now()))
	defer cancel()
	token, err := h.Granter.Ask(ctx, a)
	if err != nil {
		var refused interface{ Keys() []string }
		answer := Answer{ID: a.ID, Why: err.Error()}
		if errors.As(err, &refused) {
			answer.Keys = refused.Keys()
		}
		return Input{Answer: &answer}
	}
	return Input{Answer: &Answer{ID: a.ID, Granted: true, Token: token}}
}

// Release carries out an effect of Effects.Release. An input that says nothing has the engine try again.
func (h Hands) Release(ctx context.Context, r Release) Input {
	if h.Granter == nil {
		return Input{}
	}
	ctx, cancel := context.WithTimeout(ctx, releaseWithin)
	defer cancel()
	if err := h.Granter.Release(ctx, r); err != nil {
		return Input{}
	}
	return Input{Freed: r.Action.ID}
}

// releaseWithin is how long one attempt to give leave back may take: several round trips to a server that is far away.
const releaseWithin = 10 * time.Second
