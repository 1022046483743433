package logsink

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"
)

// ErrUnflushed says that Close ran out of time while lines were still waiting.
var ErrUnflushed = errors.New("log lines not written")

// DefaultQueue is how many bytes of lines wait at most: some thousand lines, hours of an agent that logs changes only, and
// little enough to be no burden while standard error hangs for days.
const DefaultQueue = 256 << 10

// Options say how a sink writes; the zero value is for a terminal.
type Options struct {
	Level   slog.Leveler // the least that Logger writes; nil: Info
	Journal bool         // prefix lines with their priority and leave the time to the journal; see Journaled
	Queue   int          // how many bytes of lines wait at most; 0: DefaultQueue
	// Rest is how long the first line waits for those that follow it, so that who reads them wakes up once; see DefaultRest.
	Rest time.Duration
}

// DefaultRest is longer than a fault takes from the look to the stream. journald spends more on a line than the agent does on
// the fault that it tells of, and would do so at the same time.
const DefaultRest = 100 * time.Millisecond

// Sink is a writer that never blocks. Each Write is one line, kept whole or dropped whole.
type Sink struct {
	out    io.Writer // owned by run
	level  slog.Leveler
	prefix bool
	rest   time.Duration
	done   chan struct{} // closed when run ends
	more   chan struct{} // holds one token when there is something to do

	mu      sync.Mutex
	queue   [][]byte // guarded by mu, as all that follows
	waiting int      // bytes in queue
	room    int
	lost    uint64 // in all
	unsaid  uint64 // lost, and not yet told
	closed  bool
}

// New starts a sink that writes to out. Close ends it.
func New(out io.Writer, o Options) *Sink {
	s := &Sink{
		out:    out,
		level:  o.Level,
		prefix: o.Journal,
		rest:   o.Rest,
		room:   cmp.Or(o.Queue, DefaultQueue),
		done:   make(chan struct{}),
		more:   make(chan struct{}, 1),
	}
	go s.run()
	return s
}

// Write takes over a copy of line, or drops and counts it if there is no room or the sink is closed. It never blocks and
// never fails: nobody who logs could do anything about it.
func (s *Sink) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.waiting+len(line) > s.room {
		s.lost++
		s.unsaid++
		return len(line), nil
	}
	s.queue = append(s.queue, append([]byte(nil), line...))
	s.waiting += len(line)
	s.wake()
	return len(line), nil
}

// Lost is how many lines were dropped, or refused by standard error, since the start.
func (s *Sink) Lost() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost
}

// Close takes no more lines, waits until those that wait are written, and ends the sink. When ctx ends first it returns
// ErrUnflushed; the goroutine that hangs in a write then stays until the process ends, since nothing can call it back.
func (s *Sink) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.wake()
	s.mu.Unlock()
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		s.mu.Lock()
		defer s.mu.Unlock()
		return fmt.Errorf("close log: %w: %d waiting, %d lost: %w", ErrUnflushed, len(s.queue), s.lost, ctx.Err())
	}
}

func (s *Sink) wake() {
	select {
	case s.more <- struct{}{}:
	default:
	}
}

// run writes until the sink is closed and empty.
func (s *Sink) run() {
	defer close(s.done)
	for range s.more {
		s.linger()
		for {
			line, lost, ok := s.next()
			if !ok {
				break
			}
			s.write(line, lost)
		}
		if s.finished() {
			return
		}
	}
}

// linger waits until it is time to write, or the sink is closed.
func (s *Sink) linger() {
	if s.rest == 0 {
		return
	}
	end := time.NewTimer(s.rest)
	defer end.Stop()
	for !s.isClosed() {
		select {
		case <-end.C:
			return
		case <-s.more: // another line, or the end
		}
	}
}

func (s *Sink) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// next is the oldest line that waits, or, once those written before a loss are out, how many were lost.
func (s *Sink) next() (line []byte, lost uint64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) > 0 {
		line, s.queue = s.queue[0], s.queue[1:]
		s.waiting -= len(line)
		return line, 0, true
	}
	s.queue = nil
	lost, s.unsaid = s.unsaid, 0
	return s.lossLine(lost), lost, lost > 0
}

func (s *Sink) finished() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed && len(s.queue) == 0
}

// write puts one line out; one that standard error refuses is lost. A line that itself tells of a loss is not counted, or a
// standard error that is closed would keep the sink telling of its own telling.
func (s *Sink) write(line []byte, tells uint64) {
	if _, err := s.out.Write(line); err == nil || tells > 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost++
	s.unsaid++
}
