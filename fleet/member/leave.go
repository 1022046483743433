package member

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll/actions"
	"plimsoll/fleet/ledger"
)

// Arbiters are whoever decides; any of them may answer. Each method is one request, and an error leaves open what became of it.
type Arbiters interface {
	Ask(ctx context.Context, pool string, a ledger.Ask) (Answer, error)
	Start(ctx context.Context, pool, nonce string, token uint64) (Answer, error)
	Release(ctx context.Context, pool, nonce string, end ledger.End) (Answer, error)
	Assert(ctx context.Context, pool string, claim ledger.Opinion) (Answer, error)
}

// Answer is an arbiter's.
type Answer struct {
	On      ledger.Mark     // of the ledger in which it is so
	Token   uint64          // of an ask that was granted
	Refused []ledger.Reason // why it is not; empty: it is
}

// Host is the host that a member speaks for. Its methods never wait.
type Host interface {
	// Condition is what bears on what others of a pool want to do.
	Condition(pool string) Condition
	// Healthy says whether what a was done to does its work again, as far as a look that began after it tells, and why not.
	Healthy(a actions.Action) (healthy bool, why string)
}

// Condition is how a host is, in the words of an opinion.
type Condition struct {
	Serving ledger.Serving
	Frozen  string // why nothing is to be done to it; empty: nothing
	Thin    string // what margin it has lost; empty: none
}

// Keeper makes what a host has to remember durable.
type Keeper interface {
	Keep(ctx context.Context, k Kept) error
}

// Leave asks the fleet for leave on behalf of one host. It is an [actions.Granter].
type Leave struct {
	arbiters Arbiters
	host     Host
	keeper   Keeper
	desk     *desk
	name     string
	turn     chan struct{} // held while something is kept: a later state must not be followed by an earlier one
}

// NewLeave makes the leave of the host with this token, which goes on from what it has kept.
func NewLeave(name string, kept Kept, arbiters Arbiters, host Host, keeper Keeper) *Leave {
	return &Leave{arbiters: arbiters, host: host, keeper: keeper, desk: newDesk(name, kept), name: name, turn: make(chan struct{}, 1)}
}

const (
	// askAgain is the first wait before a request is sent again whose answer did not come, and doubles.
	askAgain = 200 * time.Millisecond
	// askLast bounds it: another arbiter takes over within a second or two.
	askLast = 2 * time.Second
)

// Ask is actions.Granter.
func (l *Leave) Ask(ctx context.Context, a actions.Action) (uint64, error) {
	l.desk.want(a.Pool, a.ID)
	ask := ledger.Ask{Host: l.name, Nonce: a.ID, Action: words(a), Repairs: repairs(a.Verb)}
	answer, err := l.ask(ctx, a.Pool, ask)
	if err != nil {
		return 0, err
	}
	l.desk.granted(a.Pool, a.ID, answer.Token)
	l.desk.shown(a.Pool, answer.On)
	if err := l.keep(ctx); err != nil {
		return 0, err // the end of the action gives it back
	}
	return answer.Token, nil
}

func (l *Leave) ask(ctx context.Context, pool string, ask ledger.Ask) (Answer, error) {
	return l.insist(ctx, func(ctx context.Context) (Answer, error) {
		if !l.desk.asking(pool, ask.Nonce) {
			return Answer{Refused: []ledger.Reason{{Key: ledger.WhyWithdrawn, Text: "it has been given up"}}}, nil
		}
		answer, err := l.arbiters.Ask(ctx, pool, ask)
		if err == nil && len(answer.Refused) > 0 {
			l.desk.refused(pool, ask.Nonce)
		}
		return answer, err
	})
}

// Begin is actions.Granter. What it answers rests on a write into the ledger that came after everything that was decided before.
func (l *Leave) Begin(ctx context.Context, a actions.Action) error {
	token, granted := l.desk.token(a.Pool, a.ID)
	if !granted {
		return &RefusedError{Why: []ledger.Reason{{Key: ledger.WhyNoEntry, Text: "no leave was given to this agent"}}}
	}
	answer, err := l.insist(ctx, func(ctx context.Context) (Answer, error) {
		return l.arbiters.Start(ctx, a.Pool, a.ID, token)
	})
	if err != nil {
		return err
	}
	if !l.desk.shown(a.Pool, answer.On) {
		return &RefusedError{Why: []ledger.Reason{{Key: ledger.WhyRollback, Text: "this was started in a ledger older than what this host has seen"}}}
	}
	l.desk.hold(a.Pool, a.ID, Held{Action: words(a)})
	return l.keep(ctx)
}

// Release is actions.Granter.
func (l *Leave) Release(ctx context.Context, r actions.Release) error {
	a, end := r.Action, ledger.NotDone
	if r.Outcome != actions.Abandoned {
		end = ledger.Healthy
		if healthy, why := l.host.Healthy(a); !healthy {
			return fmt.Errorf("release %s: not before its host is healthy: %s", a.ID, why)
		}
	}
	if may := l.desk.giveUp(a.Pool, a.ID); !may {
		return nil // every request was refused: there is no grant, and none will come
	}
	if l.desk.give(a.Pool, a.ID) {
		if err := l.keep(ctx); err != nil {
			return err
		}
	}
	answer, err := l.arbiters.Release(ctx, a.Pool, a.ID, end)
	if err != nil {
		return err
	}
	if err := refusal(answer.Refused); err != nil {
		return err
	}
	l.desk.shown(a.Pool, answer.On)
	l.desk.gone(a.Pool, a.ID)
	return l.keep(ctx)
}

// insist asks again and again while no answer comes, until ctx ends. It answers with a refusal as an error.
func (l *Leave) insist(ctx context.Context, ask func(context.Context) (Answer, error)) (Answer, error) {
	for wait := askAgain; ; wait = min(2*wait, askLast) {
		answer, err := ask(ctx)
		if err == nil {
			return answer, refusal(answer.Refused)
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return Answer{}, fmt.Errorf("no arbiter has answered: %w", err)
		}
	}
}

// Opine is this host's opinion on what another wants, or it itself.
func (l *Leave) Opine(pool string, q ledger.Question) ledger.Opinion {
	self, c := l.desk.self(pool), l.host.Condition(pool)
	self.Serving, self.Frozen, self.Thin = c.Serving, c.Frozen, c.Thin
	if q.Ask.Host == l.name {
		self.Thin = "" // the very reason why it asks
	}
	o := self.Opine(q)
	l.desk.shown(pool, q.On)
	return o
}

// Reassert tells an arbiter what this host holds in a pool whose store has forgotten something, and shows on instead.
func (l *Leave) Reassert(ctx context.Context, pool string, on ledger.Mark) error {
	answer, err := l.arbiters.Assert(ctx, pool, l.desk.self(pool).Claim(on))
	if err != nil {
		return err
	}
	return refusal(answer.Refused)
}

func (l *Leave) keep(ctx context.Context) error {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return fmt.Errorf("keep what the fleet has shown: %w", context.Cause(ctx))
	}
	if err := l.keeper.Keep(ctx, l.desk.kept()); err != nil {
		return fmt.Errorf("keep what the fleet has shown: %w", err)
	}
	return nil
}

// RefusedError is why there is no leave. It is actions.ErrNotBegun.
type RefusedError struct{ Why []ledger.Reason }

// Error is all of it.
func (e *RefusedError) Error() string {
	texts := make([]string, len(e.Why))
	for i, r := range e.Why {
		texts[i] = r.String()
	}
	return strings.Join(texts, "; ")
}

// Unwrap is actions.ErrNotBegun: nothing was done for want of leave.
func (*RefusedError) Unwrap() error { return actions.ErrNotBegun }

// Keys are those of its reasons, sorted, each once.
func (e *RefusedError) Keys() []string {
	var keys []string
	for _, r := range e.Why {
		keys = append(keys, r.Key)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// refusal is an answer as an error; nil if nothing was refused.
func refusal(why []ledger.Reason) error {
	if len(why) == 0 {
		return nil
	}
	return &RefusedError{Why: why}
}

// words are a for people: its verb, and to what it is done.
func words(a actions.Action) string {
	text := string(a.Verb)
	if a.Hook != "" {
		text += " " + a.Hook
	}
	return ledger.Clip(text + " of " + a.Name)
}

// repairs says whether v restores margin, which a lack of margin is no reason against. What a hook does, nobody knows.
func repairs(v actions.Verb) bool { return v != actions.Hook && v != actions.ServiceStop }
