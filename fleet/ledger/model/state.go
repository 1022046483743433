package model

import "bytes"

// How large the model is at most. Limits say how much of it is used.
const (
	maxHosts  = 3
	maxNonces = 2
	arbiters  = 2
	flights   = 2
)

// state is all that there is at one moment. It is a value: what follows from it is a changed copy.
type state struct {
	store   store
	hosts   [maxHosts]host
	writes  [flights]write
	mems    [arbiters]mark // what each arbiter remembers, where that matters
	crashes uint8          // of agents, arbiters and hosts so far
	clears  uint8          // by a person
}

// store is the pool's key.
type store struct {
	now    version
	lag    version // what a server shows that lags behind, and what a store that forgets goes back to
	forgot bool    // it has forgotten acknowledged writes
}

// version is a ledger as it was at a revision.
type version struct {
	rev  uint8
	book book
}

// book is a ledger, as small as can be: of each host and nonce, the phase (0: no entry) and the token.
type book struct {
	epoch   uint8
	frozen  bool // by a rollback
	entries [maxHosts][maxNonces]entry
}

type entry struct {
	phase phase
	token uint8
}

type phase uint8

const (
	absent phase = iota
	granted
	started
	cleared
)

// mark is ledger.Mark, of the one stream that there is.
type mark struct{ epoch, rev uint8 }

func (v version) mark() mark { return mark{epoch: v.book.epoch, rev: v.rev} }

// write is a compare-and-set that an arbiter has decided on: it has not been sent yet, or is on its way, or waits in a paused
// arbiter. Nobody but the host that it concerns hears what became of it, if at all.
type write struct {
	used        bool
	by          uint8 // arbiter
	on          uint8
	next        book
	host, nonce uint8
	reply       reply
}

// stage is where a host is with its present nonce.
type stage uint8

const (
	resting   stage = iota
	asking          // wants leave
	allowed         // has been told that it is granted, and asks to start
	ready           // has been told that it is started
	acting          // is at it
	over            // has ended or been given up
	releasing       // has asked to release
)

type host struct {
	nonce   uint8 // the number of the present one
	stage   stage
	down    bool
	late    bool // the deadline of the present nonce has passed
	claimed bool // has said what it holds since the pool was frozen
	mem     mark
	calls   [maxNonces]calls
}

// calls are the messages of one nonce that were sent. Each may arrive now, later, again, or never.
type calls struct {
	asked   bool
	granted uint8 // token, told to the host
	start   uint8 // token, told to arbiters
	started mark  // told to the host
	release bool
	freed   bool // told to the host
}

// answer is what a host said when it was polled.
type answer uint8

const (
	silent answer = iota
	yes
	no
	lost // it remembers, or holds, what the ledger has not
)

// reply is what an arbiter tells whom once its write is through.
type reply uint8

const (
	nothing reply = iota
	tellGranted
	tellStarted
	tellFreed
	tellClaimed
)

// eachRevision calls f with every revision that is anywhere in s.
func (s *state) eachRevision(f func(*uint8)) {
	of := func(b *book) {
		for h := range b.entries {
			for n := range b.entries[h] {
				f(&b.entries[h][n].token)
			}
		}
	}
	ofVersion := func(v *version) { f(&v.rev); of(&v.book) }
	ofVersion(&s.store.now)
	ofVersion(&s.store.lag)
	for i := range s.writes {
		f(&s.writes[i].on)
		of(&s.writes[i].next)
	}
	for i := range s.mems {
		f(&s.mems[i].rev)
	}
	for i := range s.hosts {
		f(&s.hosts[i].mem.rev)
		for n := range s.hosts[i].calls {
			c := &s.hosts[i].calls[n]
			f(&c.granted)
			f(&c.start)
			f(&c.started.rev)
		}
	}
}

// normal numbers the revisions of s anew, in their order, from 1 on; 0 is none. Writes that cannot succeed any more are dropped, and
// those on their way are put in order: who sent which makes no difference.
func (s *state) normal(voids bool) {
	for i := range s.writes {
		if on := s.writes[i].on; voids && on != s.store.now.rev && (s.store.forgot || on != s.store.lag.rev) {
			s.writes[i] = write{}
		}
	}
	var seen [256]uint8
	s.eachRevision(func(r *uint8) { seen[*r] = 1 })
	next := uint8(0)
	for r := 1; r < len(seen); r++ {
		if seen[r] == 1 {
			next++
			seen[r] = next
		}
	}
	seen[0] = 0
	s.eachRevision(func(r *uint8) { *r = seen[*r] })
	if bytes.Compare(s.writes[0].key(nil), s.writes[1].key(nil)) < 0 {
		s.writes[0], s.writes[1] = s.writes[1], s.writes[0]
	}
	if s.writes[0] == s.writes[1] {
		s.writes[1] = write{}
	}
}

// newest is the highest revision anywhere in s.
func (s *state) newest() uint8 {
	top := uint8(0)
	s.eachRevision(func(r *uint8) { top = max(top, *r) })
	return top
}
