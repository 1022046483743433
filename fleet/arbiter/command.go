package arbiter

import (
	"context"
	"fmt"

	"plimsoll/fleet/ledger"
	"plimsoll/fleet/wire"
)

// grants is who may act in a pool, as this arbiter reads it: for people, nothing is decided on it.
func (d *desk) grants(ctx context.Context, _ string, q wire.PoolQuery) (wire.Grants, error) {
	p, err := d.clerk.Look(ctx, q.Pool)
	if err != nil {
		return wire.Grants{}, err
	}
	l := p.Ledger
	return wire.Grants{
		Pool: q.Pool, Revision: p.On.Revision, Budget: l.Budget,
		Entries: append([]ledger.Entry{}, l.Entries...), Frozen: append([]ledger.Freeze{}, l.Frozen...),
	}, nil
}

// decisions are the revisions of a pool's ledger that the store keeps.
func (d *desk) decisions(ctx context.Context, _ string, q wire.PoolQuery) (wire.Decisions, error) {
	all, err := d.store.ledgers.History(ctx, q.Pool)
	return wire.Decisions{Pool: q.Pool, Decisions: all}, err
}

// freeze stops all that has not begun in a pool, until a person thaws it.
func (d *desk) freeze(ctx context.Context, by string, c wire.Command) (wire.Done, error) {
	f := ledger.Freeze{Cause: ledger.ByHand, By: by, Why: ledger.Clip(c.Why)}
	if f.Why == "" {
		f.Why = "a person wants it still"
	}
	return d.each(ctx, c.Pool, "is frozen", func(l ledger.Ledger) (ledger.Ledger, []ledger.Reason) { return l.Freeze(f) })
}

// thaw ends a person's freeze, and that of a storm, which a person may judge to be over.
func (d *desk) thaw(ctx context.Context, by string, c wire.Command) (wire.Done, error) {
	return d.each(ctx, c.Pool, "is thawed", func(l ledger.Ledger) (ledger.Ledger, []ledger.Reason) {
		if _, byHand := l.FrozenBy(ledger.ByHand); !byHand {
			if _, storm := l.FrozenBy(ledger.ByStorm); storm {
				return l.Thaw(ledger.ByStorm, by)
			}
		}
		return l.Thaw(ledger.ByHand, by)
	})
}

// clear ends what a host has leave for, on a person's word that it is down.
func (d *desk) clear(ctx context.Context, by string, c wire.Command) (wire.Done, error) {
	if c.Host == "" {
		return wire.Done{Refused: []string{"which host is down has to be said"}}, nil
	}
	did := fmt.Sprintf("has nothing more out for %s", wire.HostName(c.Host))
	return d.each(ctx, c.Pool, did, func(l ledger.Ledger) (ledger.Ledger, []ledger.Reason) { return l.Clear(c.Host, by) })
}

// accept is a person's word that what the store holds now is the truth, after it has forgotten something. Those who hold
// something are asked to say so once more, and have as long for that as for a poll.
func (d *desk) accept(ctx context.Context, by string, c wire.Command) (wire.Done, error) {
	return d.inPools(ctx, c.Pool, "is accepted as it is", func(pool string) error {
		p, err := d.clerk.Look(ctx, pool)
		if err != nil {
			return err
		}
		d.floor.Remind(p)
		if err := pause(ctx, PollFor); err != nil {
			return err
		}
		_, err = d.clerk.Accept(ctx, pool, by)
		return err
	})
}

// each does op to a pool, or to every pool.
func (d *desk) each(ctx context.Context, pool, did string, op func(ledger.Ledger) (ledger.Ledger, []ledger.Reason)) (wire.Done, error) {
	return d.inPools(ctx, pool, did, func(pool string) error {
		_, err := d.clerk.Do(ctx, pool, op)
		return err
	})
}

// inPools does something to a pool, or to every pool, one after the other, and says what became of each.
func (d *desk) inPools(ctx context.Context, pool, did string, do func(pool string) error) (wire.Done, error) {
	pools := []string{pool}
	if pool == "" {
		var err error
		if pools, err = d.store.ledgers.Pools(ctx); err != nil {
			return wire.Done{}, err
		}
	}
	var out wire.Done
	for _, name := range pools {
		done, err := doneOr(do(name), "pool "+name+" "+did)
		if err != nil {
			done.Refused = []string{ledger.Clip("pool " + name + ": " + err.Error())}
		}
		out.Did = append(out.Did, done.Did...)
		out.Refused = append(out.Refused, done.Refused...)
	}
	return bounded(out), nil
}

// bounded leaves out what an answer has no room for, and says how much.
func bounded(d wire.Done) wire.Done {
	if len(d.Did)+len(d.Refused) == 0 {
		d.Refused = []string{"there is no pool"}
	}
	for _, list := range []*[]string{&d.Did, &d.Refused} {
		if n := len(*list); n > wire.MaxReasons {
			*list = append((*list)[:wire.MaxReasons-1], fmt.Sprintf("and %d more", n-wire.MaxReasons+1))
		}
	}
	return d
}
