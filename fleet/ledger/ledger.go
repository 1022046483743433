package ledger

import (
	"cmp"
	"slices"
)

// Ledger is one pool's. Its zero value is no ledger; New makes one. It is never changed in place.
type Ledger struct {
	Pool string `json:"pool"`
	// Epoch counts how often people have accepted a store that had forgotten something.
	Epoch      uint64   `json:"epoch"`
	Budget     int      `json:"budget"`      // how many may act at once
	MinHealthy int      `json:"min_healthy"` // how many others have to serve meanwhile
	Members    []string `json:"members"`     // sorted
	Entries    []Entry  `json:"entries"`     // sorted by host, then nonce
	Frozen     []Freeze `json:"frozen"`      // sorted by cause, each cause once
	// Last is what this revision was written for: the revisions in a row are the pool's audit.
	Last Deed `json:"last"`
}

// Entry is leave to act, from when it is granted until its holder reports that it is settled.
type Entry struct {
	Host   string `json:"host"`
	Nonce  string `json:"nonce"`  // names the action, for good, among all of its host's
	Action string `json:"action"` // for people: "service.restart web"
	Phase  Phase  `json:"phase"`
	// Token is the revision that the grant was decided on. Only one write can follow a revision, so tokens are unique and
	// strictly grow, and one is known before its write, whose outcome may not be.
	Token uint64 `json:"token"`
}

// Phase is how far an entry has come.
type Phase string

// The phases of an entry. Granted: its holder may start it. Started: its holder may be acting. Cleared: a person has said that
// the host is down; it counts no more, and stays until the host itself says that it is over.
const (
	Granted Phase = "granted"
	Started Phase = "started"
	Cleared Phase = "cleared"
)

// Freeze is one reason why nothing of fleet reach happens in a pool.
type Freeze struct {
	Cause Cause  `json:"cause"`
	Why   string `json:"why"`
	By    string `json:"by,omitempty"` // the person; empty: an arbiter
}

// Cause says who froze a pool, and what ends that.
type Cause string

// The causes of a freeze. ByHand: a person, until a person thaws it. ByStorm: too many of the pool fail, until that has calmed
// down. ByRollback: the store has forgotten what somebody remembers, until a person accepts what is there.
const (
	ByHand     Cause = "hand"
	ByStorm    Cause = "storm"
	ByRollback Cause = "rollback"
)

// Deed is what a revision was written for.
type Deed struct {
	What   What   `json:"what"`
	Host   string `json:"host,omitempty"`
	Nonce  string `json:"nonce,omitempty"`
	Action string `json:"action,omitempty"`
	By     string `json:"by,omitempty"`  // the person who asked for it
	Why    string `json:"why,omitempty"` // in words
}

// What is the word for a deed.
type What string

// The deeds.
const (
	DeedMade       What = "made"
	DeedRegistered What = "registered"
	DeedRetired    What = "retired"
	DeedSet        What = "set" // budget or min_healthy
	DeedGranted    What = "granted"
	DeedStarted    What = "started"
	DeedReleased   What = "released"
	DeedCleared    What = "cleared"
	DeedFrozen     What = "frozen"
	DeedThawed     What = "thawed"
	DeedReasserted What = "reasserted"
	DeedAccepted   What = "accepted"
)

// Reason is why something is refused. Key is what a person can look up; Text says it in words.
type Reason struct {
	Key  string `json:"key"`
	Text string `json:"text"`
}

// String is the reason in one line.
func (r Reason) String() string { return r.Key + ": " + r.Text }

// The keys of reasons.
const (
	WhyInvalid    = "invalid"     // it is not what a ledger can hold
	WhyMember     = "member"      // who asks is no member, or is one already
	WhyFrozen     = "frozen"      // the pool is frozen
	WhyBudget     = "budget"      // as many act as may
	WhyBusy       = "entries"     // what has not been released stands in the way
	WhyMajority   = "majority"    // too few said yes
	WhyMinHealthy = "min_healthy" // too few others serve
	WhyVeto       = "veto"        // a member has said no, and why
	WhyStale      = "stale"       // it was about another revision, or too long ago
	WhyWithdrawn  = "withdrawn"   // who asked does not want it any more
	WhyRollback   = "rollback"    // the store has forgotten what somebody remembers
	WhyNoEntry    = "no entry"    // there is no such leave
	WhyUnsettled  = "unsettled"   // it is not over
	WhyCleared    = "cleared"     // a person has said that its host is down
)

// New is the ledger of a new pool, without members.
func New(pool string, budget, minHealthy int) (Ledger, []Reason) {
	return Ledger{Pool: pool, Budget: budget, MinHealthy: minHealthy}.did(Deed{What: DeedMade})
}

// Member says whether host is one.
func (l Ledger) Member(host string) bool {
	_, found := slices.BinarySearch(l.Members, host)
	return found
}

// Entry is the one that host has for nonce.
func (l Ledger) Entry(host, nonce string) (Entry, bool) {
	i, found := l.find(host, nonce)
	if !found {
		return Entry{}, false
	}
	return l.Entries[i], true
}

// Open are the entries that count against the budget.
func (l Ledger) Open() []Entry {
	return slices.DeleteFunc(slices.Clone(l.Entries), func(e Entry) bool { return e.Phase == Cleared })
}

// FrozenBy is the freeze of a cause, if there is one.
func (l Ledger) FrozenBy(c Cause) (Freeze, bool) {
	i := slices.IndexFunc(l.Frozen, func(f Freeze) bool { return f.Cause == c })
	if i < 0 {
		return Freeze{}, false
	}
	return l.Frozen[i], true
}

func (l Ledger) find(host, nonce string) (int, bool) {
	return slices.BinarySearchFunc(l.Entries, Entry{Host: host, Nonce: nonce}, compare)
}

func compare(a, b Entry) int {
	return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Nonce, b.Nonce))
}

// with is l with e in the place of its namesake, or added.
func (l Ledger) with(e Entry) Ledger {
	l.Entries = slices.Clone(l.Entries)
	if i, found := l.find(e.Host, e.Nonce); found {
		l.Entries[i] = e
	} else {
		l.Entries = slices.Insert(l.Entries, i, e)
	}
	return l
}

// without is l without the entry that host has for nonce.
func (l Ledger) without(host, nonce string) Ledger {
	if i, found := l.find(host, nonce); found {
		l.Entries = slices.Delete(slices.Clone(l.Entries), i, i+1)
	}
	return l
}

// did is l as the next revision, written for d, if it is what a ledger can be.
func (l Ledger) did(d Deed) (Ledger, []Reason) {
	l.Last = d
	if err := l.Check(); err != nil {
		return Ledger{}, refuse(WhyInvalid, "%v", err)
	}
	return l, nil
}
