package fleet

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
)

// send publishes what is in flight. An error leaves it there: the outcome is settled by reading back.
func (s *sender) send(link context.Context) error {
	f := s.flight
	m, err := s.message(f)
	if err != nil { // nobody could read it either
		s.p.logger.Error("event cannot be sent", "id", f.id(), "type", f.Event.Type, "cause", err)
		s.flight = nil
		if !f.ahead {
			s.stored.pass(f.place())
		}
		s.p.tell(func(r *Report) { r.Dropped++ })
		return nil
	}
	seq, err := s.stream.publish(link, m, s.p.address.filter(), s.last)
	if err != nil {
		return serverProblem(err)
	}
	s.landed(seq)
	return nil
}

// message is f as it goes on the wire.
func (s *sender) message(f *flight) (*nats.Msg, error) {
	body, err := encode(s.p.address, s.p.host, f.Item, s.room)
	if err != nil {
		return nil, err
	}
	m := &nats.Msg{Subject: s.p.address.subject(f.Item), Data: body, Header: nats.Header{}}
	set := func(key, value string) {
		if value != "" {
			m.Header.Set(key, value)
		}
	}
	after := s.after(f)
	set(headerContentType, envelopeContent)
	set(HeaderID, headerID(f.id()))
	set(HeaderTime, f.Event.Time.UTC().Format(timeLayout))
	set(HeaderPosition, f.place().String())
	set(HeaderSettled, after.floor.String())
	if len(after.ahead) > 0 {
		set(HeaderAhead, strconv.FormatUint(after.since, 10))
	}
	return m, nil
}

// headerID is an id as a header holds it: bounded, and without what would end the header. Our own ids never change by it.
func headerID(id string) string {
	var c cutter
	id = c.short(id, maxIdentity)
	clean := []byte(id)
	for i, b := range clean {
		if b < ' ' || b == 0x7f {
			clean[i] = '?'
		}
	}
	return string(clean)
}

// after is what the stream holds once f is in it.
func (s *sender) after(f *flight) stored {
	after := s.stored
	after.ahead = slices.Clone(after.ahead)
	if f.ahead {
		after.add(f.mark(), s.last)
	} else if f.Seq != 0 {
		after.pass(f.place())
	}
	return after
}

// landed notes that what was in flight is in the stream, at seq.
func (s *sender) landed(seq uint64) {
	s.stored = s.after(s.flight)
	if !s.flight.ahead && s.flight.Seq != 0 {
		s.stored.overtook(s.flight.mark())
	}
	s.last, s.flight = seq, nil
	s.calm()
	s.tellCursor(1)
}

// tellCursor reports how far the stream holds the log, and that it took so many more messages.
func (s *sender) tellCursor(sent uint64) {
	p := s.p
	p.mu.Lock()
	defer p.mu.Unlock()
	c := Cursor{Stream: p.cfg.Stream, Created: s.created, StreamSeq: s.last}
	if s.stored.floor.log == p.log.id {
		c.Seq = s.stored.floor.seq
	}
	if s.backlog.opened == p.log.opened {
		p.log.cursors[c.key()] = c
	}
	s.told = s.stored.floor
	p.tellLocked(func(r *Report) {
		r.Cursor, r.Problem = c, s.standing()
		if sent > 0 {
			r.Sent, r.Taken = r.Sent+sent, time.Now()
		}
	})
}

// standing is the problem that stays while events are sent, nil for none.
func (s *sender) standing() error {
	if s.foreign != nil {
		return s.foreign
	}
	if s.refusal != nil && s.failures > 1 {
		return s.refusal
	}
	return s.backlog.err
}

// pick is the next event to send: what the log has before what is in memory, unless that can't wait. Without one it says how
// long until time alone gives one; 0: it does not.
func (s *sender) pick(ctx context.Context) (*flight, time.Duration) {
	if f := s.fromLog(); f != nil {
		return f, 0
	}
	if s.p.whole(&s.backlog) {
		return s.fromMemory(false, func(Item) bool { return true }), 0
	}
	wait := s.read(ctx)
	patient := s.backlog.trouble(time.Now()) < s.p.cfg.Patience
	f := s.fromMemory(true, func(it Item) bool { return it.Volatile != "" || !patient })
	return f, wait
}

// fromLog is the next event of the backlog that the stream does not hold, nil for none.
func (s *sender) fromLog() *flight {
	for {
		it, ok := s.backlog.pop()
		if !ok {
			return nil
		}
		twin := it.mark()
		s.p.forget(func(k Item) bool { return k.Seq != 0 && k.mark() == twin })
		if it.Volatile == "" && !s.stored.holds(it) {
			return &flight{Item: it}
		}
		s.stored.pass(it.place())
	}
}

// fromMemory is the first event in memory that fits and that the stream does not hold, nil for none. With a gap before it,
// it goes ahead of what the log has; an event that is not known to be durable always does.
func (s *sender) fromMemory(gap bool, fits func(Item) bool) *flight {
	for {
		it, ok := s.p.take(fits)
		if !ok {
			return nil
		}
		ahead := gap || it.Volatile != ""
		if !s.stored.holds(it) {
			return &flight{Item: it, ahead: ahead}
		}
		if !ahead {
			s.stored.pass(it.place())
		}
	}
}

// forget removes from memory what is done.
func (p *Publisher) forget(done func(Item) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue.forget(done)
}

// take gives the first event in memory that fits.
func (p *Publisher) take(fits func(Item) bool) (Item, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.queue.take(fits)
}

// whole says whether everything that the log has before the queue has been read.
func (p *Publisher) whole(b *backlog) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return b.closed == p.queue.gap
}
