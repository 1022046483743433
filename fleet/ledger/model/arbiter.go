package model

import (
	"plimsoll/fleet/ledger"
)

// take has arbiter a take up any message, having read what the store shows, or what a server shows that lags behind.
func (m *Model) take(s state, a uint8, emit func(step, state)) {
	m.takeFrom(s, a, s.store.now, "", emit)
	if m.Limits.Lags && s.store.lag != s.store.now {
		m.takeFrom(s, a, s.store.lag, ", from an old read", emit)
	}
}

func (m *Model) takeFrom(s state, a uint8, v version, how string, emit func(step, state)) {
	if s.writes[m.Limits.Flights-1].used {
		return // normal puts the free ones last
	}
	r := reader{m: m, s: s, a: a, v: v, how: how, emit: emit}
	if r.older() {
		return
	}
	for i := range uint8(m.Limits.Hosts) {
		for n := range uint8(m.Limits.Nonces) {
			c := s.hosts[i].calls[n]
			if c.asked {
				r.ask(i, n)
			}
			if c.start != 0 {
				r.start(i, n, c.start)
			}
			if c.release {
				r.release(i, n)
			}
		}
		if v.book.frozen && !s.hosts[i].claimed && !s.hosts[i].down {
			r.claim(i)
		}
	}
}

// reader is an arbiter that has read v.
type reader struct {
	m    *Model
	s    state
	a    uint8
	v    version
	how  string
	emit func(step, state)
}

// to writes next at v, and tells host i once that is through.
func (r *reader) to(what string, i, n uint8, next book, tell reply) {
	s := r.s
	r.send(&s, i, n, next, tell)
	r.emit(step{what: what + r.how, who: r.a, to: i}, s)
}

// send puts a write on its way, if there is room for one more.
func (r *reader) send(s *state, i, n uint8, next book, tell reply) {
	w := write{used: true, on: r.v.rev, next: next, host: i, nonce: n, reply: tell}
	if r.m.remembers() {
		w.by = r.a
		s.mems[r.a] = s.mems[r.a].remember(r.v.mark())
	}
	for f := range s.writes {
		if !s.writes[f].used {
			s.writes[f] = w
			return
		}
	}
}

// older freezes a store that shows what is older than what the arbiter remembers.
func (r *reader) older() bool {
	f, forgotten := r.v.mark().at().Forgotten(r.s.mems[r.a].at(), "an arbiter")
	if !forgotten {
		return false
	}
	if l, why := r.m.ledger(r.v.book).Freeze(f); len(why) == 0 {
		if b := r.m.bookOf(l); r.m.Mistake == FrozenOnRead {
			r.m.written(r.s, b, func(next state) { r.emit(step{what: "freezes on what it read", who: r.a}, next) })
		} else {
			r.to("would freeze the pool", 0, 0, b, nothing)
		}
	}
	return true
}

func (r *reader) ask(i, n uint8) {
	if !r.m.room(r.v.book, i, n) {
		return // refused; it may ask again
	}
	if e := r.v.book.entries[i][n]; e.phase != absent {
		if s := r.s; s.hosts[i].nonce == n {
			s.hosts[i].calls[n].granted = e.token
			r.emit(step{what: "tells that it is granted already" + r.how, who: r.a, to: i}, s)
		}
		return
	}
	// Whoever is up may answer or not. Where nobody has anything to say but yes or no, more answers give more.
	all := uint8(1)<<r.m.Limits.Hosts - 1
	for answering := uint8(1); answering <= all; answering++ {
		if answering == all || r.m.Limits.Forgets {
			r.poll(i, n, answering)
		}
	}
}

// poll has those in the set answering, if they are up, say what they think of what i asks for, and writes what that comes to.
func (r *reader) poll(i, n, answering uint8) {
	s := r.s
	var answers [maxHosts]answer
	for k := range uint8(r.m.Limits.Hosts) {
		if h := &s.hosts[k]; answering>>k&1 == 1 && !h.down {
			answers[k] = r.m.opinion(&r.s, r.v, i, n, k)
			if r.m.Limits.Forgets {
				h.mem = h.mem.remember(r.v.mark())
			}
		} else if r.m.mustHear(&s, k) {
			return
		}
	}
	if d := r.m.decide(ballot{on: r.v, host: i, nonce: n, answers: answers}); d.ok {
		r.send(&s, i, n, d.book, d.reply)
		r.emit(step{what: "polls and would write " + nonceName(n) + r.how, who: r.a, to: i}, s)
	}
}

func (r *reader) start(i, n, token uint8) {
	if next, ok := r.m.apply(change{book: r.v.book, verb: tellStarted, host: i, nonce: n, token: token}); ok {
		r.to("would start "+nonceName(n), i, n, next, tellStarted)
	}
}

func (r *reader) release(i, n uint8) {
	if r.m.Mistake == SilentRelease && r.v.book.entries[i][n].phase == absent {
		s := r.s
		s.hosts[i].calls[n].freed = s.hosts[i].nonce == n
		r.emit(step{what: "finds nothing to release" + r.how, who: r.a, to: i}, s)
		return
	}
	if next, ok := r.m.apply(change{book: r.v.book, verb: tellFreed, host: i, nonce: n}); ok {
		r.to("would release "+nonceName(n), i, n, next, tellFreed)
	}
}

func (r *reader) claim(i uint8) {
	l, why := r.m.ledger(r.v.book).Reassert(r.m.self(&r.s, i).Claim(r.v.mark().at()))
	if len(why) == 0 {
		r.to("is told what it holds, and would write it", i, 0, r.m.bookOf(l), tellClaimed)
	}
}

// question is what bears on a host's opinion, as a key.
type question struct {
	book      book
	on, mem   mark
	asks, who uint8
	nonce     uint8 // asked about
	own       uint8 // the present one of who is asked
	stage     stage
	told      bool
}

// mustHear says whether the opinion of host i is needed for what is promised about a store that has forgotten.
func (m *Model) mustHear(s *state, i uint8) bool {
	h := s.hosts[i]
	return s.store.forgot && !m.Limits.Unheard && (h.stage == acting || h.stage == ready || h.stage == allowed)
}

// room says whether the ledger leaves room for what host i asks for with nonce n.
func (m *Model) room(b book, i, n uint8) bool {
	key := change{book: b, host: i, nonce: n}
	was, known := m.rooms[key]
	if !known {
		was = len(m.ledger(b).Room(ask(i, n))) == 0
		m.rooms[key] = was
	}
	return was
}

// opinion is what host i answers an arbiter that has read v, about what the host by asks for with nonce n.
func (m *Model) opinion(s *state, v version, by, n, i uint8) answer {
	h := s.hosts[i]
	key := question{book: v.book, on: v.mark(), mem: h.mem, asks: by, nonce: n, who: i, own: h.nonce, stage: h.stage}
	if int(h.nonce) < maxNonces {
		key.told = h.calls[h.nonce].start != 0
	}
	if was, known := m.polled[key]; known {
		return was
	}
	q := ledger.Question{Ask: ask(by, n), On: v.mark().at()}
	o := m.self(s, i).Opine(q)
	d := m.ledger(v.book).Decide(moment(), ledger.Poll{Question: q, Sent: moment(), Opinions: []ledger.Opinion{o}})
	out := no
	switch {
	case d.Freeze != nil:
		out = lost
	case o.Yes:
		out = yes
	}
	m.polled[key] = out
	return out
}

// ballot is what bears on a decision, as a key.
type ballot struct {
	on          version
	host, nonce uint8
	answers     [maxHosts]answer
}

type decided struct {
	book  book
	reply reply
	ok    bool
}

// decide is what an arbiter writes after a poll, if anything.
func (m *Model) decide(key ballot) decided {
	if was, known := m.decided[key]; known {
		return was
	}
	q := ledger.Question{Ask: ask(key.host, key.nonce), On: key.on.mark().at()}
	p := ledger.Poll{Question: q, Sent: moment()}
	for i, a := range key.answers {
		o := ledger.Opinion{Host: hostName(uint8(i)), Nonce: q.Ask.Nonce, On: q.On, Serving: ledger.ServingYes}
		if m.Mistake == NotAskedItself && uint8(i) == key.host {
			a = yes
		}
		switch a {
		case silent:
			continue
		case yes:
			o.Yes = true
		case no:
			o.Veto = "no"
		case lost:
			o.Remembers = ledger.Mark{Created: moment(), Epoch: 1 << 20}
		}
		p.Opinions = append(p.Opinions, o)
	}
	l := m.ledger(key.on.book)
	var out decided
	switch d := l.Decide(moment(), p); {
	case d.Next != nil:
		out = decided{book: m.bookOf(*d.Next), reply: tellGranted, ok: true}
	case d.Freeze != nil:
		frozen, why := l.Freeze(*d.Freeze)
		out = decided{book: m.bookOf(frozen), ok: len(why) == 0}
	}
	m.decided[key] = out
	return out
}
