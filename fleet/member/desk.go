package member

import (
	"maps"
	"slices"
	"sync"

	"plimsoll/fleet/ledger"
)

// Kept is what a host has to remember of its pools whatever happens to its agent: what it was shown, and what it has begun.
type Kept struct {
	Pools map[string]KeptPool `json:"pools"`
}

// KeptPool is that of one pool.
type KeptPool struct {
	Remembers ledger.Mark `json:"remembers"`
	// Holds are what it has been told is started and has not given back, by nonce.
	Holds map[string]Held `json:"holds,omitempty"`
}

// Held is leave that was begun.
type Held struct {
	Action string `json:"action"` // for people
	// Giving says that it is being given back: a ledger without it has forgotten nothing.
	Giving bool `json:"giving,omitempty"`
}

// desk is what this host knows of the pools that it has to do with. It is safe for use by several goroutines.
type desk struct {
	host string

	mu    sync.Mutex
	pools map[string]*standing
}

// standing is how this host stands in one pool.
type standing struct {
	remembers ledger.Mark
	holds     map[string]Held
	wants     map[string]*want // by nonce
}

// want is leave that was asked for and has not been given back.
type want struct {
	token uint64 // once it is granted
	// open is how many requests were sent whose answer has not come: each may be a grant.
	open int
	held bool // there is, or was, a grant
}

func newDesk(host string, kept Kept) *desk {
	d := &desk{host: host, pools: map[string]*standing{}}
	for name, k := range kept.Pools {
		s := d.pool(name)
		s.remembers, s.holds = k.Remembers, maps.Clone(k.Holds)
	}
	return d
}

// pool is the standing in a pool. The caller holds d.mu, or has d alone.
func (d *desk) pool(name string) *standing {
	s, known := d.pools[name]
	if !known {
		s = &standing{wants: map[string]*want{}}
		d.pools[name] = s
	}
	return s
}

// kept is what is to be kept.
func (d *desk) kept() Kept {
	d.mu.Lock()
	defer d.mu.Unlock()
	k := Kept{Pools: map[string]KeptPool{}}
	for name, s := range d.pools {
		if s.remembers != (ledger.Mark{}) || len(s.holds) > 0 {
			k.Pools[name] = KeptPool{Remembers: s.remembers, Holds: maps.Clone(s.holds)}
		}
	}
	return k
}

// want notes that leave for nonce is asked for from now on.
func (d *desk) want(pool, nonce string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.pool(pool); s.wants[nonce] == nil {
		s.wants[nonce] = &want{}
	}
}

// asking notes that a request for nonce is on its way, and whether it is wanted still.
func (d *desk) asking(pool, nonce string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	w := d.pool(pool).wants[nonce]
	if w == nil {
		return false
	}
	w.open++
	return true
}

// refused notes that one request for nonce came to nothing, and will not come to anything.
func (d *desk) refused(pool, nonce string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if w := d.pool(pool).wants[nonce]; w != nil {
		w.open--
	}
}

// granted notes a grant.
func (d *desk) granted(pool, nonce string, token uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if w := d.pool(pool).wants[nonce]; w != nil {
		w.token, w.held = token, true
	}
}

// token is that of the grant for nonce, and false where there is none that this agent knows of.
func (d *desk) token(pool, nonce string) (uint64, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w := d.pool(pool).wants[nonce]
	if w == nil || !w.held {
		return 0, false
	}
	return w.token, true
}

// hold notes that nonce is started.
func (d *desk) hold(pool, nonce string, h Held) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.pool(pool)
	if s.holds == nil {
		s.holds = map[string]Held{}
	}
	s.holds[nonce] = h
}

// give notes that nonce is being given back, and says whether it is held.
func (d *desk) give(pool, nonce string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.pool(pool)
	h, held := s.holds[nonce]
	if held {
		h.Giving = true
		s.holds[nonce] = h
	}
	return held
}

// gone notes that the ledger has no entry for nonce.
func (d *desk) gone(pool, nonce string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.pool(pool).holds, nonce)
}

// giveUp notes that nonce is not wanted any more, and says whether there may be a grant for it.
func (d *desk) giveUp(pool, nonce string) (may bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.pool(pool)
	w, known := s.wants[nonce]
	delete(s.wants, nonce)
	return !known || w.open > 0 || w.held
}

// shown notes a mark, and says whether it is not older than what is remembered.
func (d *desk) shown(pool string, m ledger.Mark) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.pool(pool)
	was := s.remembers
	s.remembers = ledger.Newest(was, m)
	return m.Since(was)
}

// self is what this host knows of itself in a pool, as far as the desk knows.
func (d *desk) self(pool string) ledger.Self {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.pool(pool)
	return ledger.Self{Host: d.host, Wants: slices.Sorted(maps.Keys(s.wants)), Holds: s.holding(), Remembers: s.remembers}
}

// holding is what has been granted or started, as far as this host has been told, and is not being given back.
func (s *standing) holding() []string {
	var out []string
	for nonce, h := range s.holds {
		if !h.Giving {
			out = append(out, nonce)
		}
	}
	for nonce, w := range s.wants {
		if _, started := s.holds[nonce]; w.held && !started {
			out = append(out, nonce)
		}
	}
	slices.Sort(out)
	return out
}
