package model

import (
	"fmt"
	"time"

	"plimsoll/fleet/ledger"
)

// phases are the ledger's words for the model's numbers.
var phases = [...]ledger.Phase{absent: "", granted: ledger.Granted, started: ledger.Started, cleared: ledger.Cleared}

// moment is the arbiters' clock, which stands still: that opinions grow old is tested with the ledger.
func moment() time.Time { return time.Unix(0, 0).UTC() }

func hostName(h uint8) string  { return fmt.Sprintf("h%d", h) }
func nonceName(n uint8) string { return fmt.Sprintf("n%d", n) }

// ledger is b in the words of package ledger.
func (m *Model) ledger(b book) ledger.Ledger {
	l := ledger.Ledger{
		Pool: "pool", Epoch: uint64(b.epoch), Budget: m.Limits.Budget, MinHealthy: 1,
		Last: ledger.Deed{What: ledger.DeedMade},
	}
	for h := range uint8(m.Limits.Hosts) {
		l.Members = append(l.Members, hostName(h))
		for n := range uint8(maxNonces) {
			if e := b.entries[h][n]; e.phase != absent {
				l.Entries = append(l.Entries, ledger.Entry{
					Host: hostName(h), Nonce: nonceName(n), Action: "restart", Phase: phases[e.phase], Token: uint64(e.token),
				})
			}
		}
	}
	if b.frozen {
		l.Frozen = []ledger.Freeze{{Cause: ledger.ByRollback, Why: "forgotten"}}
	}
	return l
}

// bookOf is l in the model's numbers.
func (m *Model) bookOf(l ledger.Ledger) book {
	b := book{epoch: uint8(l.Epoch)}
	for h := range uint8(m.Limits.Hosts) {
		for n := range uint8(maxNonces) {
			e, there := l.Entry(hostName(h), nonceName(n))
			if !there {
				continue
			}
			for p, name := range phases {
				if name == e.Phase {
					b.entries[h][n] = entry{phase: phase(p), token: uint8(e.Token)}
				}
			}
		}
	}
	_, b.frozen = l.FrozenBy(ledger.ByRollback)
	return b
}

// at is k in the words of package ledger.
func (k mark) at() ledger.Mark {
	if k == (mark{}) {
		return ledger.Mark{}
	}
	return ledger.Mark{Created: moment(), Epoch: uint64(k.epoch), Revision: uint64(k.rev)}
}

// remember is what is remembered once shown has been seen.
func (k mark) remember(shown mark) mark {
	if ledger.Newest(k.at(), shown.at()) == shown.at() {
		return shown
	}
	return k
}

// self is what host i knows of itself.
func (m *Model) self(s *state, i uint8) ledger.Self {
	h := &s.hosts[i]
	self := ledger.Self{Host: hostName(i), Serving: ledger.ServingYes}
	if h.stage == asking || h.stage == allowed || h.stage == ready {
		self.Wants = []string{nonceName(h.nonce)}
	}
	if m.Mistake == NoMemory {
		return self
	}
	self.Remembers = h.mem.at()
	if h.stage >= allowed && h.stage <= over && h.calls[h.nonce].start != 0 {
		self.Holds = []string{nonceName(h.nonce)}
	}
	return self
}

// ask is what host i asks for with nonce n.
func ask(i, n uint8) ledger.Ask {
	return ledger.Ask{Host: hostName(i), Nonce: nonceName(n), Action: "restart"}
}

// change is one change of a ledger, as a key: what it gives is worked out once.
type change struct {
	book        book
	verb        reply
	host, nonce uint8
	token       uint8
}

// apply is what c gives, by the ledger's own functions.
func (m *Model) apply(c change) (book, bool) {
	if was, known := m.applied[c]; known {
		return was.book, was.ok
	}
	l, host, nonce := m.ledger(c.book), hostName(c.host), nonceName(c.nonce)
	var next ledger.Ledger
	var why []ledger.Reason
	switch c.verb {
	case tellStarted:
		next, why = l.Start(host, nonce, uint64(c.token))
	case tellFreed:
		next, why = l.Release(host, nonce, ledger.Healthy)
	case nothing, tellGranted, tellClaimed:
		panic("internal error: no single change")
	}
	out := applied{ok: len(why) == 0}
	if out.ok {
		out.book = m.bookOf(next)
	}
	m.applied[c] = out
	return out.book, out.ok
}

type applied struct {
	book book
	ok   bool
}
