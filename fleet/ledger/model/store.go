package model

// arrive has the store take the write at f, or the write get lost.
func (m *Model) arrive(s state, f int, emit func(step, state)) {
	w := s.writes[f]
	s.writes[f] = write{}
	emit(step{what: "a write is lost", who: w.by, to: w.host}, s)
	if w.on != s.store.now.rev && m.Mistake != BlindWrite {
		return
	}
	m.written(s, w.next, func(next state) {
		if m.remembers() {
			next.mems[w.by] = next.mems[w.by].remember(next.store.now.mark())
		}
		h := &next.hosts[w.host]
		c := &h.calls[w.nonce]
		present := h.nonce == w.nonce
		switch w.reply {
		case tellGranted:
			if present {
				c.granted = next.store.now.book.entries[w.host][w.nonce].token
			}
		case tellStarted:
			if present {
				c.started = next.store.now.mark()
			}
		case tellFreed:
			c.freed = present
		case tellClaimed:
			h.claimed = true
		case nothing:
		}
		emit(step{what: "has written", who: w.by, to: w.host}, next)
	})
}

// forgetful has arbiter a be killed, which costs it its memory.
func (m *Model) forgetful(s state, a uint8, emit func(step, state)) {
	if s.mems[a] != (mark{}) && int(s.crashes) < m.Limits.Crashes {
		s.crashes++
		s.mems[a] = mark{}
		emit(step{what: "is killed, and remembers nothing", who: a}, s)
	}
}

// storeMoves is what the store may do by itself.
func (m *Model) storeMoves(s state, emit func(step, state)) {
	if (m.Limits.Lags || m.Limits.Forgets) && s.store.lag != s.store.now {
		next := s
		next.store.lag = s.store.now
		emit(step{what: "the server that lags catches up"}, next)
		if m.Limits.Forgets && !s.store.forgot {
			next := s
			next.store.now, next.store.forgot = s.store.lag, true
			emit(step{what: "the store forgets all after revision", to: s.store.lag.rev}, next)
		}
	}
	if m.Mistake != Expiry {
		return
	}
	for i := range uint8(m.Limits.Hosts) {
		h := s.hosts[i]
		if !h.late || int(h.nonce) >= m.Limits.Nonces || s.store.now.book.entries[i][h.nonce].phase == absent {
			continue
		}
		b := s.store.now.book
		b.entries[i][h.nonce] = entry{}
		m.written(s, b, func(next state) { emit(step{what: "has its entry expire", who: i}, next) })
	}
}

// written is s with b as the next revision of the store. Which number that gets is certain only as long as the store has not
// forgotten any: the next may be one that was forgotten, and other pools' keys take numbers too.
func (m *Model) written(s state, b book, emit func(state)) {
	top := s.newest()
	next := s
	next.store.now.book = b
	if !m.Limits.Lags && !m.Limits.Forgets {
		next.store.lag = version{} // nobody looks
	}
	if !s.store.forgot {
		next.store.now.rev = top + 1
		emit(next)
		return
	}
	next.store.now.rev++
	emit(next)
	if next.store.now.rev <= top {
		next.store.now.rev = top + 1
		emit(next)
	}
}
