package ledger

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Register makes host a member. One that is already is refused, with nothing to be done about it.
func (l Ledger) Register(host string) (Ledger, []Reason) {
	i, member := slices.BinarySearch(l.Members, host)
	if member {
		return Ledger{}, refuse(WhyMember, "%s is a member of %s", host, l.Pool)
	}
	l.Members = slices.Insert(slices.Clone(l.Members), i, host)
	return l.did(Deed{What: DeedRegistered, Host: host})
}

// Retire takes a member out for good. One that may be acting is refused: it has to release what it has, or a person to clear it.
func (l Ledger) Retire(host, by string) (Ledger, []Reason) {
	i, member := slices.BinarySearch(l.Members, host)
	if !member {
		return Ledger{}, refuse(WhyMember, "%s is no member of %s", host, l.Pool)
	}
	var left []Entry
	for _, e := range l.Entries {
		switch {
		case e.Host != host:
			left = append(left, e)
		case e.Phase != Cleared:
			return Ledger{}, refuse(WhyBusy, "%s has not released %s, and may be at it", host, e.Action)
		}
	}
	l.Entries = left
	l.Members = slices.Delete(slices.Clone(l.Members), i, i+1)
	return l.did(Deed{What: DeedRetired, Host: host, By: by})
}

// Set changes how many may act at once, and how many others have to serve meanwhile.
func (l Ledger) Set(budget, minHealthy int, by string) (Ledger, []Reason) {
	why := fmt.Sprintf("budget %d to %d, min_healthy %d to %d", l.Budget, budget, l.MinHealthy, minHealthy)
	l.Budget, l.MinHealthy = budget, minHealthy
	return l.did(Deed{What: DeedSet, By: by, Why: why})
}

// Start is what the holder asks for before it begins. It gives a new ledger also where the entry is started already: that it
// still is, only a write can tell.
func (l Ledger) Start(host, nonce string, token uint64) (Ledger, []Reason) {
	e, there := l.Entry(host, nonce)
	switch {
	case !there || e.Token != token:
		return Ledger{}, refuse(WhyNoEntry, "%s has no leave %q of revision %d", host, nonce, token)
	case e.Phase == Cleared:
		return Ledger{}, l.cleared(e)
	case len(l.Frozen) > 0:
		return Ledger{}, l.frozen()
	}
	e.Phase = Started
	return l.with(e).did(Deed{What: DeedStarted, Host: host, Nonce: nonce, Action: e.Action})
}

// End is how an action came out, as its holder says.
type End string

// The ends that give leave back. NotDone: it was surely not begun, and will not be. Healthy: it was done, or tried, and its host
// is settled and healthy. One that was begun and left its host unhealthy has not ended: it counts against the budget.
const (
	NotDone End = "not done"
	Healthy End = "healthy"
)

// Release ends the entry of host for nonce. It gives a new ledger also where there is no such entry: whatever was decided on
// an older revision, a grant of this very nonce among it, is thereby void.
func (l Ledger) Release(host, nonce string, end End) (Ledger, []Reason) {
	switch end {
	case NotDone, Healthy:
	default:
		return Ledger{}, refuse(WhyUnsettled, "what %q left of %s is %q, not settled and healthy", nonce, host, end)
	}
	e, _ := l.Entry(host, nonce)
	return l.without(host, nonce).did(Deed{What: DeedReleased, Host: host, Nonce: nonce, Action: e.Action, Why: string(end)})
}

// Clear is a person's word that host is down, and that nothing it had leave for goes on. What it had is kept as cleared until
// the host is back and says so itself, or is retired.
func (l Ledger) Clear(host, by string) (Ledger, []Reason) {
	var cleared []string
	l.Entries = slices.Clone(l.Entries)
	for i, e := range l.Entries {
		if e.Host == host && e.Phase != Cleared {
			l.Entries[i].Phase = Cleared
			cleared = append(cleared, e.Action)
		}
	}
	if len(cleared) == 0 {
		return Ledger{}, refuse(WhyNoEntry, "%s holds nothing in %s", host, l.Pool)
	}
	return l.did(Deed{What: DeedCleared, Host: host, Action: Clip(strings.Join(cleared, ", ")), By: by, Why: "the host is down"})
}

// Freeze stops all that has not begun, for one more cause. A second freeze for the same cause is refused: the first stands.
func (l Ledger) Freeze(f Freeze) (Ledger, []Reason) {
	if was, already := l.FrozenBy(f.Cause); already {
		return Ledger{}, []Reason{was.reason()}
	}
	i, _ := slices.BinarySearchFunc(l.Frozen, f, func(a, b Freeze) int { return strings.Compare(string(a.Cause), string(b.Cause)) })
	l.Frozen = slices.Insert(slices.Clone(l.Frozen), i, f)
	return l.did(Deed{What: DeedFrozen, By: f.By, Why: Clip(string(f.Cause) + ": " + f.Why)})
}

// Thaw ends the freeze of one cause. That of a rollback ends by Accept alone.
func (l Ledger) Thaw(c Cause, by string) (Ledger, []Reason) {
	f, frozen := l.FrozenBy(c)
	switch {
	case !frozen:
		return Ledger{}, refuse(WhyFrozen, "%s is not frozen by %s", l.Pool, c)
	case c == ByRollback:
		return Ledger{}, refuse(WhyRollback, "%s: a person has to accept what the store has now", f.Why)
	}
	return l.thawed(c).did(Deed{What: DeedThawed, By: by, Why: string(c)})
}

// Reassert has a member say what it holds, while the pool is frozen since its store has forgotten something: what the store
// forgot is an entry again, whatever the budget says, and what the member neither wants nor holds is none any more. A claim
// about another epoch is refused: it may be old.
func (l Ledger) Reassert(claim Opinion) (Ledger, []Reason) {
	host := claim.Host
	_, forgotten := l.FrozenBy(ByRollback)
	switch {
	case !forgotten:
		return Ledger{}, refuse(WhyRollback, "%s is not frozen by a rollback", l.Pool)
	case !l.Member(host):
		return Ledger{}, refuse(WhyMember, "%s is no member of %s", host, l.Pool)
	case claim.On.Epoch != l.Epoch:
		return Ledger{}, refuse(WhyStale, "%s speaks of epoch %d, this is %d", host, claim.On.Epoch, l.Epoch)
	}
	l.Entries = slices.DeleteFunc(slices.Clone(l.Entries), func(e Entry) bool {
		return e.Host == host && !slices.Contains(claim.Holds, e.Nonce) && !slices.Contains(claim.Wants, e.Nonce)
	})
	for _, n := range claim.Holds {
		e, there := l.Entry(host, n)
		if !there {
			e = Entry{Host: host, Nonce: n, Action: "started before the store forgot it"}
		}
		e.Phase = Started
		l = l.with(e)
	}
	return l.did(Deed{What: DeedReasserted, Host: host, Why: fmt.Sprintf("holds %d", len(claim.Holds))})
}

// Accept is a person's word that all who hold something have said so, or are down, and that what the ledger holds is now the
// truth. newest is the newest mark that anybody remembers: the next epoch is after it.
func (l Ledger) Accept(newest Mark, by string) (Ledger, []Reason) {
	f, forgotten := l.FrozenBy(ByRollback)
	if !forgotten {
		return Ledger{}, refuse(WhyRollback, "%s is not frozen by a rollback", l.Pool)
	}
	l.Epoch = max(l.Epoch, newest.Epoch) + 1
	return l.thawed(ByRollback).did(Deed{What: DeedAccepted, By: by, Why: f.Why})
}

func (l Ledger) thawed(c Cause) Ledger {
	l.Frozen = slices.DeleteFunc(slices.Clone(l.Frozen), func(f Freeze) bool { return f.Cause == c })
	return l
}

func (l Ledger) frozen() []Reason {
	out := make([]Reason, len(l.Frozen))
	for i, f := range l.Frozen {
		out[i] = f.reason()
	}
	return out
}

func (f Freeze) reason() Reason {
	key, by := WhyFrozen, ""
	if f.Cause == ByRollback {
		key = WhyRollback
	}
	if f.By != "" {
		by = ", by " + f.By
	}
	return Reason{Key: key, Text: Clip(f.Why + by)}
}

func (l Ledger) cleared(e Entry) []Reason {
	return refuse(WhyCleared, "a person has said that %s is down, which ended its leave for %s", e.Host, e.Action)
}

func refuse(key, format string, args ...any) []Reason {
	return []Reason{{Key: key, Text: Clip(fmt.Sprintf(format, args...))}}
}

// Clip shortens what is said to people to what a ledger takes: one line, of at most 300 bytes.
func Clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) <= maxText {
		return s
	}
	cut := maxText - len("…")
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
