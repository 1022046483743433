package arbiter

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/nats-io/nats.go/jetstream"

	"plimsoll/fleet/ledger"
	"plimsoll/fleet/wire"
)

// noted takes in a change of the bulletin.
func (l *lookout) noted(e jetstream.KeyValueEntry) {
	if e.Operation() != jetstream.KeyValuePut {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.notes, e.Key())
		l.changed.ring()
		return
	}
	is, err := readNote(e)
	if err != nil {
		l.log.Warn("a note of the bulletin is not understood", "cause", err.Error())
		return
	}
	l.keep(e.Key(), is)
}

// tell tells hosts something. It does not wait, and nobody knows whether it was heard: what they say next is answered.
func (l *lookout) tell(n wire.News, hosts ...string) {
	text, err := wire.Encode(n)
	if err != nil {
		l.log.Error("internal error: tell hosts", "cause", err.Error())
		return
	}
	for _, host := range hosts {
		if err := l.nc.Publish(wire.Subject(l.fleet, host, wire.Notice), text); err != nil {
			l.log.Debug("hosts were not told", "cause", err.Error())
			return
		}
	}
}

// newsFor is what concerns a host: freezes by people, and what most of its failure domains see. One that goes by what it was
// told is also told what is over. The caller holds l.mu.
func (l *lookout) newsFor(p Place, over bool) wire.News {
	n := wire.News{All: over}
	outside := true
	for _, pool := range p.Pools {
		if page, known := l.pages[pool]; known {
			outside = false
			if news := poolNews(page); over || news.Frozen != "" {
				n.Pools = append(n.Pools, news)
			}
		}
	}
	if frozen := l.allFrozen(); outside && len(frozen) > 0 {
		n.Pools = frozen[:1]
	}
	domains := p.domains()
	for _, key := range slices.Sorted(maps.Keys(l.notes)) {
		is := l.notes[key]
		if is.Case != nil && (over || is.Open()) && slices.Contains(domains, is.Case.Domain) && len(n.Cases) < wire.MaxShared {
			n.Cases = append(n.Cases, caseNews(is.Note))
		}
	}
	return n
}

// allFrozen is the news of every pool if people have frozen all that there are, in order, and else none: then the fleet is to hold
// still, and so are its hosts that are in no pool. The caller holds l.mu.
func (l *lookout) allFrozen() []wire.PoolNews {
	var out []wire.PoolNews
	for _, pool := range slices.Sorted(maps.Keys(l.pages)) {
		news := poolNews(l.pages[pool])
		if news.Frozen == "" {
			return nil
		}
		out = append(out, news)
	}
	return out
}

// poolNews says whether a person has frozen a pool. What a storm or a rollback freezes is what reaches others, and leave
// sees to that.
func poolNews(p Page) wire.PoolNews {
	n := wire.PoolNews{Pool: p.Ledger.Pool, On: p.On}
	if f, frozen := p.Ledger.FrozenBy(ledger.ByHand); frozen {
		n.Frozen = fmt.Sprintf("pool %s, by %s: %s", p.Ledger.Pool, f.By, f.Why)
	}
	return n
}

func caseNews(n Note) wire.CaseNews {
	return wire.CaseNews{Domain: n.Case.Domain, Fault: n.Case.Fault, Incident: n.Incident(), Open: n.Open(), Event: n.ID()}
}

// follow gives every change of a bucket to take until ctx ends, first what it has now and then nil, once.
func follow(ctx context.Context, what string, bucket jetstream.KeyValue, take func(jetstream.KeyValueEntry)) error {
	w, err := bucket.WatchAll(ctx)
	if err != nil {
		return fmt.Errorf("follow %s: %w", what, err)
	}
	defer func() { _ = w.Stop() }() // it ends with the connection too
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, open := <-w.Updates():
			if !open {
				return fmt.Errorf("follow %s: it ended", what)
			}
			take(e)
		}
	}
}
