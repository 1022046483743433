package model

// Model is one protocol to be searched: the right one, or one with a mistake.
type Model struct {
	Limits  Limits
	Mistake Mistake

	applied map[change]applied
	rooms   map[change]bool
	polled  map[question]answer
	decided map[ballot]decided
}

// Limits are how much may happen.
type Limits struct {
	Hosts   int // at most 3
	Nonces  int // of each host, one after another: at most 2
	Budget  int
	Crashes int // of agents and hosts, and arbiters that lose their memory
	Clears  int // by a person
	// Lags says that reads may be old. Without a mistake that matters to nothing but answers, since an old write fails.
	Lags bool
	// Memory says that arbiters remember what they were shown. One that does not is the worse one for all but false alarms.
	Memory bool
	// Flights is how many writes are on their way at once, at most 2: what two arbiters are at, or one and a write that it
	// has given up.
	Flights int
	// Forgets says that the store may once forget what it has acknowledged.
	Forgets bool
	// Unheard says that a grant may be decided on without the opinion of those who hold something. The protocol does not
	// promise then that a store that has forgotten is found out.
	Unheard bool
}

// Mistake is what could have been left out of the protocol.
type Mistake string

// The mistakes. None is the protocol as it is.
const (
	None           Mistake = ""
	NoFence        Mistake = "the deed is begun after its deadline"
	GrantSuffices  Mistake = "the deed is begun as soon as it is granted"
	Expiry         Mistake = "entries expire"
	NewNonce       Mistake = "who hears nothing asks with a new nonce"
	SilentRelease  Mistake = "a release that finds nothing writes nothing"
	NotAskedItself Mistake = "who asks is not polled itself"
	BlindWrite     Mistake = "a write does not look at the revision"
	EarlyRelease   Mistake = "leave is given back before it is over"
	ClearedVanish  Mistake = "what a person clears is not kept"
	ClearedWhileUp Mistake = "a person clears a host that is at it"
	NoMemory       Mistake = "hosts do not remember"
	FrozenOnRead   Mistake = "an older read freezes without a write at its revision"
)

// Mistakes are all of them.
func Mistakes() []Mistake {
	return []Mistake{
		NoFence, GrantSuffices, Expiry, NewNonce, SilentRelease, NotAskedItself, BlindWrite, EarlyRelease,
		ClearedVanish, ClearedWhileUp, NoMemory, FrozenOnRead,
	}
}

// start is where all begins: an empty ledger at the first revision.
func start() state {
	first := version{rev: 1}
	return state{store: store{now: first, lag: first}}
}

// wrong is the promise that s breaks; empty: none.
func (m *Model) wrong(s *state) string {
	open, acts := 0, 0
	for i := range uint8(m.Limits.Hosts) {
		h := &s.hosts[i]
		if h.stage == acting {
			acts++
			if e := s.store.now.book.entries[i][h.nonce]; !s.store.forgot && e.phase != started {
				return "G1: " + hostName(i) + " is at it, and its entry is not started"
			}
		}
		for n := range uint8(maxNonces) {
			e := s.store.now.book.entries[i][n]
			if e.phase == granted || e.phase == started {
				open++
			}
			if e.phase != absent && n < h.nonce && !s.store.forgot {
				return "G1: " + hostName(i) + " has leave that nobody will ever give back"
			}
		}
	}
	switch {
	case acts > m.Limits.Budget:
		return "G1: more are at it than the budget allows"
	case open > m.Limits.Budget && !s.store.forgot:
		return "G1: more entries than the budget"
	case s.store.now.book.frozen && !s.store.forgot:
		return "G5: the pool is frozen, and nothing was forgotten"
	}
	return ""
}

// step is one thing that happens: what, and to or by whom.
type step struct {
	what string
	who  uint8
	to   uint8
}

// follow gives each state that can follow s to emit, with the step that leads there.
func (m *Model) follow(s state, emit func(step, state)) {
	for i := range uint8(m.Limits.Hosts) {
		m.host(s, i, emit)
		m.misfortune(s, i, emit)
		m.person(s, i, emit)
	}
	for a := range uint8(arbiters) {
		if a == 0 || m.remembers() {
			m.take(s, a, emit)
		}
		m.forgetful(s, a, emit)
	}
	for i := range s.writes {
		if s.writes[i].used {
			m.arrive(s, i, emit)
		}
	}
	m.storeMoves(s, emit)
}

// remembers says whether arbiters remember: else they are all one.
func (m *Model) remembers() bool { return m.Limits.Memory || m.Mistake == FrozenOnRead }

// voids says whether a write at another revision than the store's is sure to fail, for good.
func (m *Model) voids() bool { return m.Mistake != BlindWrite }
