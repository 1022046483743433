package arbiter

import (
	"time"

	"plimsoll/fleet/wire"
)

// Roll is who has been heard lately. It is for people: nothing is decided on it, and it is lost with its arbiter. Times are of
// a steady clock, which the caller reads.
type Roll struct {
	since time.Time // when it began to listen, or began anew
	heard map[string]call
}

// call is what a host said last, and when that was heard.
type call struct {
	alive wire.Alive
	at    time.Time
}

// NewRoll begins at now.
func NewRoll(now time.Time) *Roll { return &Roll{since: now, heard: map[string]call{}} }

// Begin says that this arbiter could not listen until now: for as long as a host may be silent, silence means nothing.
func (r *Roll) Begin(now time.Time) { r.since = now }

// Hear takes in what a host says.
func (r *Roll) Hear(now time.Time, host string, a wire.Alive) {
	r.heard[host] = call{alive: a, at: now}
}

// Forget takes a host from the roll.
func (r *Roll) Forget(host string) { delete(r.heard, host) }

// Presence is what is known of one host.
type Presence struct {
	Seen  wire.Seen
	Alive *wire.Alive   // what it said last; nil: it has not been heard
	Age   time.Duration // of that
}

// Of is what is known of host at now.
func (r *Roll) Of(now time.Time, host string) Presence {
	c, heard := r.heard[host]
	p := Presence{Seen: wire.SeenUnheard}
	if heard {
		p.Alive, p.Age = &c.alive, now.Sub(c.at)
	}
	switch {
	case heard && c.alive.Leaving:
		p.Seen = wire.SeenLeft
	case heard && p.Age < wire.Absent:
		p.Seen = wire.SeenPresent
	case now.Sub(r.since) >= wire.Absent:
		p.Seen = wire.SeenAbsent
	}
	return p
}
