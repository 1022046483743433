package arbiter

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"plimsoll/fleet/ledger"
	"plimsoll/fleet/wire"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// turned takes in a newer page of a pool's ledger, and tells its members if a person has frozen or thawed it.
func (l *lookout) turned(e jetstream.KeyValueEntry, created time.Time) {
	if e.Operation() != jetstream.KeyValuePut {
		return // ledgers are never taken away
	}
	is, err := ledger.Parse(e.Value())
	if err != nil {
		l.log.Warn("a ledger is not understood", "pool", e.Key(), "cause", err.Error())
		return
	}
	page := Page{Ledger: is, On: is.At(created, e.Revision())}
	l.mu.Lock()
	was, known := l.pages[is.Pool]
	l.pages[is.Pool] = page
	pools, read := maps.Clone(l.pages), l.read
	forOthers := l.newsFor(Place{}, true)
	if page.On.Revision > was.On.Revision { // what was written is heard of again from the store
		l.did(view.Deed{Pool: is.Pool, Decision: wire.Decision{Revision: e.Revision(), At: e.Created(), Deed: is.Last}})
	}
	l.mu.Unlock()
	l.changed.ring()
	before, after := poolNews(was), poolNews(page)
	if known && before.Frozen != after.Frozen || !known && after.Frozen != "" {
		l.tell(wire.News{Pools: []wire.PoolNews{after}}, is.Members...)
	}
	if read && before.Frozen != after.Frozen {
		l.tell(forOthers, l.outside(func(pool string) bool { _, there := pools[pool]; return there })...)
	}
}

// all are the pages of all pools, in order.
func (l *lookout) all() []Page {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Page, 0, len(l.pages))
	for _, pool := range slices.Sorted(maps.Keys(l.pages)) {
		out = append(out, l.pages[pool])
	}
	return out
}

// storm freezes pools of which too many fail, and lets those go on that have calmed down.
func (l *lookout) storm(ctx context.Context) error {
	now := l.now()
	var failed error
	for _, p := range l.all() {
		s := l.storms[p.Ledger.Pool]
		if s == nil {
			s = &ledger.Storm{}
			l.storms[p.Ledger.Pool] = s
		}
		freeze, thaw := s.Step(now, l.calm, p.Ledger, l.failing(now, p.Ledger))
		var op func(ledger.Ledger) (ledger.Ledger, []ledger.Reason)
		switch {
		case freeze != nil:
			op = func(is ledger.Ledger) (ledger.Ledger, []ledger.Reason) { return is.Freeze(*freeze) }
		case thaw:
			op = func(is ledger.Ledger) (ledger.Ledger, []ledger.Reason) { return is.Thaw(ledger.ByStorm, "") }
		default:
			continue
		}
		_, err := l.clerk.Do(ctx, p.Ledger.Pool, op)
		if _, already := errors.AsType[*RefusedError](err); !already { // another arbiter was first
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// failing is how many members say that they do not do what the pool is about. Who is silent has not said so.
func (l *lookout) failing(now time.Time, is ledger.Ledger) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, host := range is.Members {
		if !l.silentLocked(now, host) && slices.Contains(l.heard[host].alive.Failing, is.Pool) {
			n++
		}
	}
	return n
}

// freezes tells of every freeze of a pool, and of its end.
func (l *lookout) freezes(ctx context.Context) error {
	var failed error
	for _, p := range l.all() {
		for _, cause := range []ledger.Cause{ledger.ByHand, ledger.ByRollback, ledger.ByStorm} {
			f, frozen := p.Ledger.FrozenBy(cause)
			key := freezeKey(p.Ledger.Pool, string(cause))
			if l.behind(key, p.On) && (!frozen || cause != ledger.ByRollback) { // a store that has forgotten is behind for long
				continue
			}
			failed = errors.Join(failed, l.turn(ctx, key, frozen, p.On, func(uint64) redundancy.Event { return freezeEvent(p.Ledger, cause, f) }))
		}
	}
	return failed
}

// behind says whether the note at key tells of a newer page of the ledger than this one: another arbiter was shown that first, and
// what is so by this one is over.
func (l *lookout) behind(key string, on ledger.Mark) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !on.Since(l.notes[key].On)
}

// turn has a note say what is so by the page at on.
func (l *lookout) turn(ctx context.Context, key string, is bool, on ledger.Mark, say func(uint64) redundancy.Event) error {
	l.mu.Lock()
	was := l.notes[key]
	l.mu.Unlock()
	if was.Open() == is {
		return nil
	}
	now, err := l.bulletin.Turn(ctx, key, was, about{on: on}, say)
	return l.took(ctx, key, now, err)
}

// freezeEvent tells of a freeze, or of the end of the last one for a cause.
func freezeEvent(is ledger.Ledger, cause ledger.Cause, f ledger.Freeze) redundancy.Event {
	e := redundancy.Event{
		Type: redundancy.FleetThawed, Subject: poolID(is.Pool), Name: is.Pool, Key: string(cause), Severity: redundancy.SeverityInfo,
		Text: fmt.Sprintf("pool %s is no longer frozen by %s", is.Pool, cause),
	}
	if f.Cause != "" {
		e.Type, e.Severity = redundancy.FleetFrozen, redundancy.SeverityWarning
		e.Text = fmt.Sprintf("pool %s is frozen by %s: %s", is.Pool, cause, f.Why)
		if f.By != "" {
			e.Text += ", by " + f.By
		}
	} else if is.Last.What == ledger.DeedThawed && is.Last.By != "" {
		e.Text += ", by " + is.Last.By
	}
	e.Is = &redundancy.Face{TextFace: &redundancy.TextFace{Text: e.Text}}
	return e
}

func poolID(pool string) redundancy.ID { return redundancy.ID("pool:" + pool) }

// stuckAfter is how long leave is out, and its holder silent, before that is told: as long as a holder that can speak waits
// with telling that itself.
const stuckAfter = 10 * time.Minute

// stuck tells of leave whose holder cannot tell of it any more.
func (l *lookout) stuck(ctx context.Context) error {
	now := l.now()
	seen := map[string]bool{}
	var failed error
	for _, p := range l.all() {
		for _, e := range p.Ledger.Open() {
			key := stuckKey(p.Ledger.Pool, e.Host, e.Nonce)
			seen[key] = true
			if _, known := l.out[key]; !known {
				l.out[key] = now
			}
			l.mu.Lock()
			silent := l.silentLocked(now, e.Host)
			_, told := l.notes[key]
			l.mu.Unlock()
			if silent && !told && now.Sub(l.out[key]) >= stuckAfter {
				failed = errors.Join(failed, l.turn(ctx, key, true, p.On, func(uint64) redundancy.Event { return stuckEvent(p.Ledger, e) }))
			}
		}
	}
	maps.DeleteFunc(l.out, func(key string, _ time.Time) bool { return !seen[key] })
	return errors.Join(failed, l.drop(ctx, seen))
}

// drop takes away the notes of leave that is not out any more.
func (l *lookout) drop(ctx context.Context, out map[string]bool) error {
	gone := map[string]Posted{}
	l.mu.Lock()
	for key, n := range l.notes {
		if strings.HasPrefix(key, "stuck.") && n.Told && !out[key] {
			gone[key] = n
		}
	}
	l.mu.Unlock()
	var failed error
	for key, n := range gone {
		failed = errors.Join(failed, l.bulletin.Drop(ctx, key, n))
		l.mu.Lock()
		delete(l.notes, key)
		l.mu.Unlock()
	}
	return failed
}

func stuckEvent(is ledger.Ledger, e ledger.Entry) redundancy.Event {
	verb, _, _ := strings.Cut(e.Action, " ")
	text := fmt.Sprintf("%s, which has leave of pool %s for %s, has not been heard of for long: nobody else gets that leave", wire.HostName(e.Host), is.Pool, e.Action)
	return redundancy.Event{
		Type: redundancy.GrantStuck, Subject: poolID(is.Pool), Name: is.Pool, Severity: redundancy.SeverityWarning, Text: text,
		Is: &redundancy.Face{ActionFace: &redundancy.ActionFace{
			Action: e.Nonce, Verb: verb, Outcome: "owing", HeldBy: []string{"silent"}, Reasons: []string{text},
		}},
	}
}
