package fleet

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"plimsoll/redundancy"
)

// Item is an event on its way to the stream.
type Item struct {
	Event redundancy.Event
	// LogID and Seq are the event's place in the host's log. An event that no log has taken has none: Seq is 0.
	LogID string
	Seq   uint64
	// Volatile is the id under which an event goes out that is not known to be durable; empty for a durable one.
	Volatile string
	// Group is the group after the event, where the event itself does not tell; nil: not known.
	Group *redundancy.GroupFace
	// BootID and Monotonic are the boot in which the event happened and the age of its clock then; empty: not known.
	BootID    string
	Monotonic time.Duration
}

// id is the CloudEvents id.
func (it Item) id() string {
	if it.Volatile != "" {
		return it.Volatile
	}
	return it.Event.ID
}

// progress says whether it only tells how far an activity has come. Such events are the first to be given up when memory is
// short: a later one says more.
func (it Item) progress() bool {
	return it.Event.Type == redundancy.ActivityProgressed
}

// place is where an event stands in a log.
type place struct {
	log string
	seq uint64
}

func (it Item) place() place {
	if it.Seq == 0 {
		return place{}
	}
	return place{log: it.LogID, seq: it.Seq}
}

// String is the place as headers have it, <log-id>/<seq>; empty for none.
func (p place) String() string {
	if p.seq == 0 {
		return ""
	}
	return p.log + "/" + strconv.FormatUint(p.seq, 10)
}

// parsePlace reads what String writes; what it cannot read is no place.
func parsePlace(s string) place {
	i := strings.LastIndexByte(s, '/')
	if i < 1 {
		return place{}
	}
	seq, err := strconv.ParseUint(s[i+1:], 10, 64)
	if err != nil {
		return place{}
	}
	return place{log: s[:i], seq: seq}
}

// mark is what tells one event from another that took its place in the log after a crash: the place and the event's time.
type mark struct {
	place
	time int64 // nanoseconds since 1970
}

func (it Item) mark() mark { return mark{place: it.place(), time: it.Event.Time.UnixNano()} }

// maxAhead bounds the marks kept in memory, above the number of events that the log keeps for a hanging disk. Past it the
// oldest is forgotten, and that event may be stored a second time when the log can be read again.
const maxAhead = 1 << 14

// maxLate bounds the marks of events that were stored from the log, and whose twins from memory may be on their way: those that became
// durable while the agent gave up waiting for them, at most the events of a step or two.
const maxLate = 1 << 10

// stored is what the publisher knows of the stream: everything of the log up to floor is in it, and so are the events ahead.
type stored struct {
	floor place
	// ahead are the events stored before others of lower place: those published from memory while the log hung. In the order
	// in which they were stored.
	ahead []mark
	// late are the newest events that this publisher stored in the log's order.
	late []mark
	// since is the sequence in the stream after which the first of ahead is found; it means nothing where ahead is empty.
	since uint64
}

// holds says whether the stream has it already. An event published from memory has no place that could be trusted below the
// floor: its log may yet give the place to another. Place and time together can.
func (s stored) holds(it Item) bool {
	if it.Seq == 0 {
		return false
	}
	if it.Volatile == "" && it.LogID == s.floor.log && it.Seq <= s.floor.seq {
		return true
	}
	return slices.Contains(s.ahead, it.mark()) || slices.Contains(s.late, it.mark())
}

// pass notes that everything of the log up to p is in the stream.
func (s *stored) pass(p place) {
	if p.log != s.floor.log || p.seq > s.floor.seq {
		s.floor = p
	}
	s.prune()
}

// overtook notes an event that was stored from the log: its twin from memory may come yet.
func (s *stored) overtook(m mark) {
	s.late = append(s.late, m)
	s.late = s.late[max(0, len(s.late)-maxLate):]
}

// prune forgets marks that the floor has passed, and those of another log. While no log is known it keeps all.
func (s *stored) prune() {
	if s.floor.log == "" {
		return
	}
	s.ahead = slices.DeleteFunc(s.ahead, func(m mark) bool { return m.log != s.floor.log || m.seq <= s.floor.seq })
}

// add notes an event that was stored ahead of the floor; before is the sequence of the message before it.
func (s *stored) add(m mark, before uint64) {
	if m.seq == 0 {
		return
	}
	if len(s.ahead) == 0 {
		s.since = before
	}
	s.ahead = append(s.ahead, m)
	if len(s.ahead) > maxAhead {
		s.ahead = s.ahead[1:]
	}
}
