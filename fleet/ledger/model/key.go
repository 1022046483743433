package model

// key appends what tells s from every other state.
func (s *state) key(to []byte) []byte {
	to = s.store.now.key(to)
	to = s.store.lag.key(to)
	to = append(to, flag(s.store.forgot), s.crashes, s.clears)
	for i := range s.writes {
		to = s.writes[i].key(to)
	}
	for _, k := range s.mems {
		to = append(to, k.epoch, k.rev)
	}
	for i := range s.hosts {
		h := &s.hosts[i]
		to = append(to, h.nonce, byte(h.stage), flag(h.down), flag(h.late), flag(h.claimed), h.mem.epoch, h.mem.rev)
		for _, c := range h.calls {
			to = append(to, flag(c.asked), c.granted, c.start, c.started.epoch, c.started.rev, flag(c.release), flag(c.freed))
		}
	}
	return to
}

func (v *version) key(to []byte) []byte { return v.book.key(append(to, v.rev)) }

func (b *book) key(to []byte) []byte {
	to = append(to, b.epoch, flag(b.frozen))
	for _, h := range b.entries {
		for _, e := range h {
			to = append(to, byte(e.phase), e.token)
		}
	}
	return to
}

func (w *write) key(to []byte) []byte {
	to = append(to, flag(w.used), w.by, w.on, w.host, w.nonce, byte(w.reply))
	return w.next.key(to)
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}
