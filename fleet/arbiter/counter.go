package arbiter

import (
	"context"
	"errors"

	"plimsoll/fleet/ledger"
	"plimsoll/fleet/wire"
)

// counter is where hosts come with what concerns leave. host is always the speaker that the subject names. An error leaves open
// what happened.
type counter struct{ clerk *Clerk }

func (c counter) ask(ctx context.Context, host string, w wire.Wish) (wire.Answer, error) {
	e, p, err := c.clerk.Ask(ctx, w.Pool, ledger.Ask{Host: host, Nonce: w.Nonce, Action: ledger.Clip(w.Action), Repairs: w.Repairs})
	return answered(p, e.Token, err)
}

func (c counter) start(ctx context.Context, host string, b wire.Beginning) (wire.Answer, error) {
	p, err := c.clerk.Start(ctx, b.Pool, host, b.Nonce, b.Token)
	return answered(p, 0, err)
}

func (c counter) release(ctx context.Context, host string, e wire.Ending) (wire.Answer, error) {
	p, err := c.clerk.Release(ctx, e.Pool, host, e.Nonce, e.End)
	return answered(p, 0, err)
}

func (c counter) assert(ctx context.Context, host string, m wire.Claim) (wire.Answer, error) {
	p, err := c.clerk.Reassert(ctx, m.Pool, m.View.By(host))
	return answered(p, 0, err)
}

// answered is the answer to what came to p, or to err. That there is no such pool is a no.
func answered(p Page, token uint64, err error) (wire.Answer, error) {
	if refused, is := errors.AsType[*RefusedError](err); is {
		return wire.Answer{On: refused.On, Refused: refused.Why}, nil
	}
	if errors.Is(err, ErrNoPool) {
		return wire.Answer{Refused: []ledger.Reason{{Key: ledger.WhyMember, Text: ledger.Clip(err.Error())}}}, nil
	}
	return wire.Answer{On: p.On, Token: token}, err
}
