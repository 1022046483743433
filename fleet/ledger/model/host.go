package model

// host is what host i may do next, and what it may hear.
func (m *Model) host(s state, i uint8, emit func(step, state)) {
	h := s.hosts[i]
	if h.down || int(h.nonce) >= m.Limits.Nonces {
		return
	}
	c := &h.calls[h.nonce]
	do := func(what string, change func(h *host, c *calls)) {
		next := s
		h := &next.hosts[i]
		change(h, &h.calls[h.nonce])
		emit(step{what: what, who: i}, next)
	}
	giveUp := func(h *host, _ *calls) { h.stage = over }
	switch h.stage {
	case resting:
		do("asks", func(h *host, c *calls) { h.stage, c.asked = asking, true })
	case asking:
		if c.granted != 0 {
			do("hears that it is granted, and asks to start", func(h *host, c *calls) {
				h.stage, c.start = allowed, c.granted
				if m.Mistake == GrantSuffices {
					h.stage = ready
				}
			})
		}
		if m.Mistake == NewNonce && int(h.nonce)+1 < m.Limits.Nonces {
			do("asks with a new nonce", func(h *host, _ *calls) { h.nonce++; h.calls[h.nonce].asked = true })
		}
		do("gives up", giveUp)
	case allowed:
		if c.started != (mark{}) {
			do("hears that it is started", m.hears)
		}
		do("gives up", giveUp)
	case ready:
		if !h.late || m.Mistake == NoFence {
			do("begins", func(h *host, _ *calls) { h.stage = acting })
		}
		do("gives up", giveUp)
	case acting:
		do("ends, settled and healthy", func(h *host, _ *calls) { h.stage = over })
		if m.Mistake == EarlyRelease && !c.release {
			do("releases while it is at it", func(_ *host, c *calls) { c.release = true })
		}
	case over:
		do("releases", func(h *host, c *calls) { h.stage, c.release = releasing, true })
	case releasing:
		if c.freed {
			do("hears that it is released", func(h *host, c *calls) {
				c.granted, c.started, c.freed = 0, mark{}, false // nobody listens any more
				h.nonce, h.stage, h.late = h.nonce+1, resting, false
			})
		}
	}
}

// hears is a host that is told that it is started: in a ledger older than what it remembers, that is nothing.
func (m *Model) hears(h *host, c *calls) {
	if m.Mistake != NoMemory && !c.started.at().Since(h.mem.at()) {
		h.stage = over
		return
	}
	h.stage, h.mem = ready, h.mem.remember(c.started)
}

// misfortune is what may befall host i.
func (m *Model) misfortune(s state, i uint8, emit func(step, state)) {
	h := s.hosts[i]
	begun := h.stage == asking || h.stage == allowed || h.stage == ready
	if begun && !h.late && (m.Limits.Clears > 0 || m.Mistake == Expiry) {
		next := s
		next.hosts[i].late = true
		emit(step{what: "is paused past its deadline", who: i}, next)
	}
	if h.down {
		next := s
		next.hosts[i].down = false
		emit(step{what: "comes up", who: i}, next)
	}
	if h.down || int(s.crashes) >= m.Limits.Crashes || h.stage == resting {
		return
	}
	next := s
	next.crashes++
	if begun { // what it had not begun it gives up when it is back
		next.hosts[i].stage = over
		emit(step{what: "is killed, and started again", who: i}, next)
	}
	next.hosts[i].down = true
	if h.stage == acting { // with its host, what it was at ends
		next.hosts[i].stage = over
	}
	emit(step{what: "goes down with its host", who: i}, next)
}

// person is what a person may do about host i, and once about all.
func (m *Model) person(s state, i uint8, emit func(step, state)) {
	h := s.hosts[i]
	now := s.store.now
	n := h.nonce
	// The word that a host is down is true, or nearly: it is past its deadline, and not at it.
	truly := h.down || h.late && h.stage != acting || m.Mistake == ClearedWhileUp && h.stage == acting
	if int(s.clears) < m.Limits.Clears && int(n) < m.Limits.Nonces && truly {
		if e := now.book.entries[i][n]; e.phase == granted || e.phase == started {
			l, why := m.ledger(now.book).Clear(hostName(i), "a person")
			if len(why) == 0 {
				b := m.bookOf(l)
				if m.Mistake == ClearedVanish {
					b.entries[i][n] = entry{}
				}
				m.written(s, b, func(next state) {
					next.clears++
					emit(step{what: "is declared down by a person", who: i}, next)
				})
			}
		}
	}
	if i == 0 && now.book.frozen && now.book.epoch < epochs {
		m.accept(s, emit)
	}
}

// epochs is how often a person accepts.
const epochs = 2

// accept is a person who accepts what the store has, once everybody who is up has spoken.
func (m *Model) accept(s state, emit func(step, state)) {
	newest := mark{}
	for i := range uint8(m.Limits.Hosts) {
		h := s.hosts[i]
		if !h.down && !h.claimed {
			return
		}
		newest = newest.remember(h.mem)
	}
	l, why := m.ledger(s.store.now.book).Accept(newest.at(), "a person")
	if len(why) > 0 {
		return
	}
	m.written(s, m.bookOf(l), func(next state) {
		for i := range next.hosts {
			next.hosts[i].claimed = false
		}
		emit(step{what: "a person accepts what the store has"}, next)
	})
}
