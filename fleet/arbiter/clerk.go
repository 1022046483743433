package arbiter

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"time"

	"plimsoll/fleet/ledger"
)

// Clerk does what hosts and people ask for in the ledgers: reads, has the pure functions of package ledger decide, and writes
// at the revision that was read. It keeps nothing that another arbiter would miss, so any number of them can be at work.
type Clerk struct {
	office Office
	turns  [turns]chan struct{} // pools share them, so that nobody can make more of them by naming pools
}

// turns is how many pools a clerk can be at work on at once. Pools that meet in one wait for one another, for a poll's length.
const turns = 64

// Office is what a clerk works with.
type Office struct {
	Book   Book
	Floor  Floor
	Memory Memory
	Now    func() time.Time // steady
	Log    *slog.Logger
	// Wrote is told of each write that is known to have gone through, in the order of one pool's. It must not wait.
	Wrote func(Change)
}

// Change is a write that went through: what the page was and what it is.
type Change struct{ Was, Is Page }

// NewClerk makes a clerk of an office.
func NewClerk(o Office) *Clerk {
	c := &Clerk{office: o}
	for i := range c.turns {
		c.turns[i] = make(chan struct{}, 1)
	}
	return c
}

const (
	// firstAgain is the wait after a first conflict: a replica that lags behind by less than a round trip has caught up.
	firstAgain = 5 * time.Millisecond
	// lastAgain bounds it: a conflict says that others get on, and a host that waits has seconds.
	lastAgain = 250 * time.Millisecond
)

// Ask gives the entry that ask has leave by, and the mark of a ledger that has it. Asked twice for one nonce it gives one entry.
// It answers a [*RefusedError], ErrNoPool, or an error that leaves open whether there is a grant: ask again.
func (c *Clerk) Ask(ctx context.Context, pool string, ask ledger.Ask) (ledger.Entry, Page, error) {
	page, err := c.change(ctx, pool, func(p Page) (step, error) { return c.grant(ctx, p, ask) })
	if err != nil {
		return ledger.Entry{}, Page{}, err
	}
	e, there := page.Ledger.Entry(ask.Host, ask.Nonce)
	if !there {
		return ledger.Entry{}, Page{}, fmt.Errorf("internal error: grant %s %s: not in what was written", pool, ask.Nonce)
	}
	return e, page, nil
}

// grant decides on ask as the ledger on p has it.
func (c *Clerk) grant(ctx context.Context, p Page, ask ledger.Ask) (step, error) {
	if why := p.Ledger.Room(ask); len(why) > 0 {
		return step{}, &RefusedError{Why: why, On: p.On}
	}
	if _, there := p.Ledger.Entry(ask.Host, ask.Nonce); there {
		return step{}, nil // that this is so still, the write before the deed will tell
	}
	poll := ledger.Poll{Question: ledger.Question{Ask: ask, On: p.On}, Sent: c.office.Now()}
	poll.Opinions = c.office.Floor.Poll(ctx, p.Ledger.Pool, p.Ledger.Members, poll.Question)
	d := p.Ledger.Decide(c.office.Now(), poll)
	switch {
	case d.Freeze != nil:
		return frozen(p, *d.Freeze, d.Reasons)
	case d.Next == nil:
		return step{}, &RefusedError{Why: d.Reasons, On: p.On}
	}
	return step{next: d.Next}, nil
}

// Start commits a granted entry as started, which is what its holder needs before it begins. The yes rests on a write.
func (c *Clerk) Start(ctx context.Context, pool, host, nonce string, token uint64) (Page, error) {
	return c.Do(ctx, pool, func(l ledger.Ledger) (ledger.Ledger, []ledger.Reason) { return l.Start(host, nonce, token) })
}

// Release ends an entry, and sees to it that none is made for this nonce by a decision that is under way.
func (c *Clerk) Release(ctx context.Context, pool, host, nonce string, end ledger.End) (Page, error) {
	return c.Do(ctx, pool, func(l ledger.Ledger) (ledger.Ledger, []ledger.Reason) { return l.Release(host, nonce, end) })
}

// Reassert has a member say what it holds, while its pool is frozen since its store has forgotten something.
func (c *Clerk) Reassert(ctx context.Context, pool string, claim ledger.Opinion) (Page, error) {
	return c.Do(ctx, pool, func(l ledger.Ledger) (ledger.Ledger, []ledger.Reason) { return l.Reassert(claim) })
}

// Accept is a person's word that what the ledger holds now is the truth.
func (c *Clerk) Accept(ctx context.Context, pool, by string) (Page, error) {
	newest := c.office.Memory.Newest(pool)
	return c.Do(ctx, pool, func(l ledger.Ledger) (ledger.Ledger, []ledger.Reason) { return l.Accept(newest, by) })
}

// Do writes what op makes of the pool's ledger. It answers a [*RefusedError] with op's reasons, ErrNoPool, or an error that
// leaves open whether it was done.
func (c *Clerk) Do(ctx context.Context, pool string, op func(ledger.Ledger) (ledger.Ledger, []ledger.Reason)) (Page, error) {
	return c.change(ctx, pool, func(p Page) (step, error) {
		next, why := op(p.Ledger)
		if len(why) > 0 {
			return step{}, &RefusedError{Why: why, On: p.On}
		}
		return step{next: &next}, nil
	})
}

// Look is the newest page that the store admits to, for people: nothing is decided on it.
func (c *Clerk) Look(ctx context.Context, pool string) (Page, error) {
	p, err := c.office.Book.Read(ctx, pool)
	if err == nil {
		c.office.Memory.Remember(pool, p.On)
	}
	return p, err
}

// step is what is to be written on a page; nil: nothing, and the page is the answer. then is the answer after that write where
// it is not yes.
type step struct {
	next *ledger.Ledger
	then error
}

// frozen is the write of a freeze that came up while something else was asked for.
func frozen(p Page, f ledger.Freeze, why []ledger.Reason) (step, error) {
	refused := &RefusedError{Why: why, On: p.On}
	next, already := p.Ledger.Freeze(f)
	if len(already) > 0 {
		return step{}, refused
	}
	return step{next: &next, then: refused}, nil
}

// change reads, decides and writes until the write goes through, or there is nothing to write.
func (c *Clerk) change(ctx context.Context, pool string, decide func(Page) (step, error)) (Page, error) {
	done, err := c.take(ctx, pool)
	if err != nil {
		return Page{}, err
	}
	defer done()
	for wait := firstAgain; ; wait = min(2*wait, lastAgain) {
		page, err := c.once(ctx, pool, decide)
		if !errors.Is(err, ErrConflict) {
			return page, err
		}
		if err := pause(ctx, rand.N(wait)+wait/2); err != nil {
			return Page{}, fmt.Errorf("change the ledger of %s: %w", pool, err)
		}
	}
}

func (c *Clerk) once(ctx context.Context, pool string, decide func(Page) (step, error)) (Page, error) {
	page, err := c.office.Book.Read(ctx, pool)
	if err != nil {
		return Page{}, err
	}
	s, err := c.checked(page, decide)
	if err != nil || s.next == nil {
		return page, err
	}
	on, err := c.office.Book.Write(ctx, *s.next, page.On)
	if err != nil {
		return Page{}, err
	}
	c.office.Memory.Remember(pool, on)
	is := Page{Ledger: *s.next, On: on}
	c.office.Log.Info("ledger written", "pool", pool, "deed", string(is.Ledger.Last.What), "host", is.Ledger.Last.Host,
		"action", is.Ledger.Last.Action, "revision", on.Revision)
	c.office.Wrote(Change{Was: page, Is: is})
	return is, s.then
}

// checked is what to write on page. Where this arbiter remembers what the page does not know of, that is a freeze: if the page
// was only an old one, that write conflicts, and a newer page is read.
func (c *Clerk) checked(page Page, decide func(Page) (step, error)) (step, error) {
	f, forgotten := page.On.Forgotten(c.office.Memory.Newest(page.Ledger.Pool), "an arbiter")
	if _, known := page.Ledger.FrozenBy(ledger.ByRollback); forgotten && !known {
		return frozen(page, f, []ledger.Reason{{Key: ledger.WhyRollback, Text: f.Why}})
	}
	c.office.Memory.Remember(page.Ledger.Pool, page.On)
	return decide(page)
}

// take waits for its turn at the ledger of pool: what one arbiter asks for at once would only conflict.
func (c *Clerk) take(ctx context.Context, pool string) (done func(), err error) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(pool)) // never fails
	turn := c.turns[h.Sum32()%turns]
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("change the ledger of %s: %w", pool, context.Cause(ctx))
	}
}

// pause waits for d, or for the end of ctx, which is an error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
