package fleet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"
)

// told is what a stored message says in its headers.
type told struct {
	seq      uint64 // in the stream
	id       string
	time     time.Time
	position place
	settled  place
	ahead    uint64
	hasAhead bool
}

func readTold(m storedMessage) told {
	t := told{
		seq: m.Seq, id: m.Header.Get(HeaderID),
		position: parsePlace(m.Header.Get(HeaderPosition)), settled: parsePlace(m.Header.Get(HeaderSettled)),
	}
	t.time, _ = time.Parse(time.RFC3339Nano, m.Header.Get(HeaderTime)) // no time matches no event
	if h := m.Header.Get(HeaderAhead); h != "" {
		if since, err := strconv.ParseUint(h, 10, 64); err == nil {
			t.ahead, t.hasAhead = since, true
		}
	}
	return t
}

// is says whether the message is this event.
func (t told) is(f *flight) bool {
	return f != nil && t.id == headerID(f.id()) && t.time.Equal(f.Event.Time)
}

// by says whether the host with this id sent the message; ids begin with the host's.
func (t told) by(hostID string) bool { return strings.HasPrefix(t.id, hostID+"/") }

// isAhead says whether the message was stored ahead of others that come before it in the log.
func (t told) isAhead() bool {
	return t.position.seq != 0 && (t.settled.log != t.position.log || t.settled.seq < t.position.seq)
}

// log is the log that the message speaks of, empty where it speaks of none.
func (t told) log() string {
	if t.settled.log != "" {
		return t.settled.log
	}
	return t.position.log
}

// settle reads what the stream holds, so that the outcome of what was in flight is known, and where to go on.
func (s *sender) settle(link context.Context) error {
	if err := tooOld(s.stream.nc.ConnectedServerVersion()); err != nil {
		return err
	}
	info, err := s.look(link)
	if err != nil {
		return serverProblem(err)
	}
	m, found, err := s.stream.last(link, s.p.address.filter())
	if err != nil {
		return serverProblem(err)
	}
	last := readTold(m)
	same := !s.created.IsZero() && info.Created.Equal(s.created)
	stored := found && last.is(s.flight)
	switch {
	case stored && same:
		s.landed(last.seq)
	case same && last.seq == s.last:
	default:
		if stored {
			s.flight, s.refusal = nil, nil
		}
		if err := s.adopt(link, info, last, found); err != nil {
			return serverProblem(err)
		}
	}
	s.known, s.room = true, roomFor(s.stream.nc.MaxPayload(), info.MaxMessage)
	if s.refusal == nil {
		s.calm()
	}
	s.tellCursor(0)
	return nil
}

// look finds the stream, and creates it where that is ours to do.
func (s *sender) look(link context.Context) (streamInfo, error) {
	info, err := s.stream.info(link)
	if err == nil || !errors.Is(err, ErrNoStream) || !s.p.cfg.CreateStream {
		return info, err
	}
	if err := s.stream.create(link); err != nil {
		return streamInfo{}, err
	}
	return s.stream.info(link)
}

// adopt goes on from what the stream says: at the start, for a stream that was made anew, and where it holds something else
// than this publisher knows of.
func (s *sender) adopt(link context.Context, info streamInfo, last told, found bool) error {
	logID, cursors := s.p.cursors()
	cursor, known := cursors[Cursor{Stream: s.stream.name, Created: info.Created}.key()]
	s.notice(info, last, found, known, len(cursors) > 0)

	floor := place{log: logID}
	for _, c := range cursors { // a stream that is new to us goes on where the last one ended
		if !known {
			floor.seq = max(floor.seq, c.Seq)
		}
	}
	ours := found && last.by(s.p.host.ID) && last.log() != "" && (logID == "" || last.log() == logID)
	var marks []mark
	if ours {
		floor = place{log: last.log(), seq: last.settled.seq}
		if last.settled.log == "" {
			floor.seq = 0
		}
		var err error
		if marks, err = s.marks(link, last); err != nil {
			return err
		}
	}
	if known && cursor.Seq > floor.seq {
		lost, err := s.lost(link, info, cursor, ours)
		if err != nil {
			return err
		}
		if !lost {
			floor.seq = cursor.Seq
		}
	}
	s.created, s.last = info.Created, last.seq
	s.rebase(floor, marks, last)
	return nil
}

// rebase starts from floor. What was in flight goes back to where it came from, and the log is read from there.
func (s *sender) rebase(floor place, marks []mark, last told) {
	before := s.stored.ahead
	s.stored = stored{floor: floor, ahead: marks, since: last.ahead}
	for _, m := range before {
		s.stored.add(m, last.seq)
	}
	s.stored.prune()
	s.backlog.items, s.backlog.at = nil, 0
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	s.p.queue.gap++
	if f := s.flight; f != nil && f.ahead {
		s.p.queue.putBack(f.Item)
	}
	s.flight = nil
}

// notice says once what people should know of: a stream made anew, another host under our name.
func (s *sender) notice(info streamInfo, last told, found, known, before bool) {
	log, live := s.p.logger, !s.created.IsZero()
	if !known && before {
		log.Warn("stream is not the one known before: events go on at the first that no stream has acknowledged",
			"stream", s.stream.name, "created", info.Created)
	}
	s.foreign = nil
	if !found || last.by(s.p.host.ID) || last.id == "" {
		return
	}
	other, _, _ := strings.Cut(last.id, "/")
	if !live {
		log.Warn("the last event under this host's name came from another host id", "id", other)
		return
	}
	s.foreign = hint(fmt.Errorf("publish as %s: host id %s: %w", s.p.host.Name, other, ErrForeign),
		"give one of the two hosts another name: host.name")
}

// marks finds the events that were stored ahead of others, by their headers.
func (s *sender) marks(link context.Context, last told) ([]mark, error) {
	if !last.hasAhead {
		return nil, nil
	}
	var found []mark
	for seq := last.ahead + 1; seq <= last.seq; {
		m, more, err := s.stream.next(link, s.p.address.filter(), seq)
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
		if t := readTold(m); t.isAhead() {
			found = append(found, mark{place: t.position, time: t.time.UnixNano()})
		}
		seq = m.Seq + 1
	}
	return found, nil
}

// lost says whether the stream has lost what it acknowledged: its sequence went backwards, or, where its newest message is of
// our log, another's message has the sequence of ours, which is ours too under a name that this host had before. Where ours
// is missing and nothing is in its place, it was removed on purpose or by age.
func (s *sender) lost(link context.Context, info streamInfo, cursor Cursor, ours bool) (bool, error) {
	if cursor.StreamSeq == 0 {
		return false, nil
	}
	lost := info.LastSeq < cursor.StreamSeq
	if !lost && ours {
		m, found, err := s.stream.at(link, cursor.StreamSeq)
		if err != nil {
			return false, err
		}
		lost = found && !strings.HasPrefix(m.Subject, s.p.address.prefix+".") && !readTold(m).by(s.p.host.ID)
	}
	if lost {
		s.p.logger.Warn("stream has lost events that it acknowledged: they are sent again",
			"stream", s.stream.name, "acknowledged", cursor.StreamSeq, "last", info.LastSeq)
	}
	return lost, nil
}

// cursors gives the log's id and a copy of its cursors.
func (p *Publisher) cursors() (string, map[cursorKey]Cursor) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.id, maps.Clone(p.log.cursors)
}
