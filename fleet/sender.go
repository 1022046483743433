package fleet

import (
	"context"
	"time"
)

// sender is the one goroutine of the publisher; it owns all of this.
type sender struct {
	p      *Publisher
	stream stream

	link    context.Context // the connection that known rests on
	known   bool            // what follows is what the stream holds
	created time.Time       // of the stream; zero: none was seen yet
	last    uint64          // sequence of the host's last message, 0 for none
	room    int             // the longest body that server and stream take
	stored  stored
	told    place // the floor last reported
	foreign error // another host uses our name; nil: none was seen

	flight   *flight // sent, and its outcome not known, or about to be sent
	failures int     // in a row, until the stream takes an event
	refusal  error   // why the last publish went wrong; nil: it did not, or its event turned out to be stored
	retryAt  time.Time

	backlog backlog
}

// flight is one event on the wire.
type flight struct {
	Item
	ahead bool // of others that come before it in the log
}

// run works whenever there is something to do, until ctx ends.
func (s *sender) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		if wait := s.work(ctx); wait > 0 {
			timer.Reset(wait)
		} else {
			timer.Stop()
		}
		select {
		case <-ctx.Done():
		case <-s.p.wake:
		case <-timer.C:
		case got := <-s.backlog.reading:
			s.took(got)
		}
	}
}

// work does all that can be done now and says how long until time alone allows more; 0: it does not.
func (s *sender) work(ctx context.Context) time.Duration {
	for ctx.Err() == nil {
		s.follow()
		link := s.p.connection()
		if link == nil {
			return 0
		}
		if link != s.link {
			s.link, s.known = link, false
			s.calm()
		}
		if wait := time.Until(s.retryAt); wait > 0 {
			return wait
		}
		if !s.known {
			if err := s.settle(link); err != nil { //nolint:contextcheck // the life of a connection is a part of Run's
				s.failed(err)
			}
			continue
		}
		if s.flight == nil {
			next, wait := s.pick(ctx)
			if next == nil {
				if s.told != s.stored.floor || s.failures > 0 { // it moved over events that were in the stream already
					s.calm()
					s.tellCursor(0)
				}
				return wait
			}
			s.flight = next
		}
		if err := s.send(link); err != nil { //nolint:contextcheck // the life of a connection is a part of Run's
			s.refusal = s.p.denied(err)
			s.failed(err)
		}
	}
	return 0
}

// connection is the life of the present connection, nil while there is none.
func (p *Publisher) connection() context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.link.ctx
}

// failed notes that an exchange with the server went wrong. After any error the stream is read before the next publish, at
// once for the first error, later and later for those that follow. That the stream can be read does not end the row: it may
// refuse what is published all the same.
func (s *sender) failed(err error) {
	s.known = false
	s.failures++
	s.retryAt = time.Now().Add(backoff(s.failures, s.p.cfg.Retry))
	if s.failures > 1 { // the first is settled before anybody could look
		s.p.problem(s.p.denied(err))
	}
}

// calm ends a row of failures.
func (s *sender) calm() { s.failures, s.refusal, s.retryAt = 0, nil, time.Time{} }

// follow takes over a log that was opened, or opened anew.
func (s *sender) follow() {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	if s.backlog.opened == s.p.log.opened {
		return
	}
	s.backlog = backlog{opened: s.p.log.opened, id: s.p.log.id, log: s.p.log.read}
	s.known, s.created = false, time.Time{} // which makes settle start from what the stream and the cursors say
}
