package fleet

import (
	"context"
	"fmt"
	"time"
)

const (
	// readBatch is how many events are read from the log at once: some 128 KiB.
	readBatch = 64
	// retryRead is the wait after a Read that failed: the log has its own retries, this one only has to notice.
	retryRead = time.Second
)

// backlog is what is read from the log. The sender owns it.
type backlog struct {
	log    Log
	id     string
	opened int // of which Resume this is

	items []Item
	// closed is the queue's gap that reading to the end of the log has closed.
	closed uint64
	// reading brings the Read under way; nil: none is.
	reading chan reading
	at      uint64    // where the next Read begins; 0: at the floor
	since   time.Time // since when nothing could be read; zero: it could
	err     error     // why, if the log says
	retryAt time.Time
}

// reading is what one Read brought.
type reading struct {
	items []Item
	err   error
	after uint64
	gap   uint64 // the queue's when it began
}

func (b *backlog) pop() (Item, bool) {
	if len(b.items) == 0 {
		return Item{}, false
	}
	it := b.items[0]
	b.items = b.items[1:]
	return it, true
}

// trouble is for how long nothing could be read.
func (b *backlog) trouble(now time.Time) time.Duration {
	if b.since.IsZero() {
		return 0
	}
	return now.Sub(b.since)
}

// read starts to read on in the log unless that is under way, and says when to look again if nothing comes of it.
func (s *sender) read(ctx context.Context) time.Duration {
	b, now := &s.backlog, time.Now()
	if b.since.IsZero() {
		b.since = now
	}
	patience := s.p.cfg.Patience - now.Sub(b.since)
	if patience <= 0 {
		patience = retryRead
	}
	if b.log == nil || b.reading != nil {
		return patience
	}
	if wait := b.retryAt.Sub(now); wait > 0 {
		return min(wait, patience)
	}
	r := reading{after: max(b.at, s.stored.floor.seq), gap: s.p.gap()}
	log, timeout, out := b.log, s.p.cfg.Timeout, make(chan reading, 1)
	b.reading = out
	go func() { // not waited for: the disk may never answer
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		r.items, r.err = log.Read(ctx, r.after, readBatch)
		out <- r
	}()
	return patience
}

// took handles what a Read brought.
func (s *sender) took(r reading) {
	b := &s.backlog
	b.reading = nil
	if n := len(r.items); n > 0 {
		r.err = nil // of what follows these; the next Read tells it again
		if r.items[n-1].Seq <= r.after {
			r.err = fmt.Errorf("read log after %d: it gave %d", r.after, r.items[n-1].Seq)
		}
	}
	if r.err != nil {
		b.retryAt = time.Now().Add(retryRead)
		b.err = fmt.Errorf("read events to publish: %w", r.err)
		s.p.problem(b.err)
		return
	}
	b.since, b.retryAt, b.err = time.Time{}, time.Time{}, nil
	if len(r.items) == 0 {
		b.closed, b.at = r.gap, 0
		return
	}
	b.items, b.at = r.items, r.items[len(r.items)-1].Seq
}

func (p *Publisher) gap() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.queue.gap
}
