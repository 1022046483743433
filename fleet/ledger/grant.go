package ledger

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Room is what the ledger itself says against an ask, before anybody is polled; nil: nothing. An ask for what is in the ledger
// already is refused by nothing here but a freeze and its having been cleared: it is answered with the entry.
func (l Ledger) Room(a Ask) []Reason {
	if len(l.Frozen) > 0 {
		return l.frozen()
	}
	if e, there := l.Entry(a.Host, a.Nonce); there {
		if e.Phase == Cleared {
			return l.cleared(e)
		}
		return nil
	}
	open := l.Open()
	switch {
	case !l.Member(a.Host):
		return refuse(WhyMember, "%s is no member of %s", a.Host, l.Pool)
	case len(open) >= l.Budget:
		return refuse(WhyBudget, "%d of %d, %s", len(open), l.Budget, hosts(open))
	}
	return nil
}

// Decision is what a poll comes to. At most one of Next and Freeze is set: what to write at the revision that the poll was
// about. Reasons are why there is no grant.
type Decision struct {
	Next    *Ledger
	Freeze  *Freeze
	Reasons []Reason
}

// Decide is what p comes to on l, the very ledger that it was about, at the time now of the clock that p was sent by.
func (l Ledger) Decide(now time.Time, p Poll) Decision {
	ask := p.Question.Ask
	if why := l.Room(ask); len(why) > 0 {
		return Decision{Reasons: why}
	}
	if _, there := l.Entry(ask.Host, ask.Nonce); there {
		return Decision{Reasons: refuse(WhyBusy, "%s has leave for this", ask.Host)}
	}
	valid := l.valid(p)
	if f, forgotten := l.forgotten(p.Question.On, valid); forgotten {
		return Decision{Freeze: &f, Reasons: []Reason{f.reason()}}
	}
	if age := now.Sub(p.Sent); age < 0 || age > Fresh {
		return Decision{Reasons: refuse(WhyStale, "the poll is %s old, of at most %s", age.Round(time.Millisecond), Fresh)}
	}
	if why := l.against(ask, valid); len(why) > 0 {
		return Decision{Reasons: why}
	}
	next, why := l.with(Entry{
		Host: ask.Host, Nonce: ask.Nonce, Action: ask.Action, Phase: Granted, Token: p.Question.On.Revision,
	}).did(Deed{What: DeedGranted, Host: ask.Host, Nonce: ask.Nonce, Action: ask.Action})
	if len(why) > 0 {
		return Decision{Reasons: why}
	}
	return Decision{Next: &next}
}

// valid are the opinions that count: members', about this ask on this very revision, the first of each.
func (l Ledger) valid(p Poll) map[string]Opinion {
	out := map[string]Opinion{}
	for _, o := range p.Opinions {
		if _, twice := out[o.Host]; !twice && l.Member(o.Host) && o.Nonce == p.Question.Ask.Nonce && o.On == p.Question.On {
			out[o.Host] = o
		}
	}
	return out
}

// forgotten is the freeze to write if somebody remembers, or holds, what the ledger does not.
func (l Ledger) forgotten(on Mark, valid map[string]Opinion) (Freeze, bool) {
	for _, host := range l.Members {
		o, answered := valid[host]
		if !answered {
			continue
		}
		if f, older := on.Forgotten(o.Remembers, host); older {
			return f, true
		}
		for _, n := range o.Holds {
			if _, there := l.Entry(host, n); !there {
				return Freeze{Cause: ByRollback, Why: Clip(fmt.Sprintf("%s holds %q, of which the store knows nothing", host, n))}, true
			}
		}
	}
	return Freeze{}, false
}

// against is what the members say against ask: that of a pool of one or two is the veto alone, since half of it is not more
// than half, and the other is not asked to serve for two.
func (l Ledger) against(ask Ask, valid map[string]Opinion) []Reason {
	var out []Reason
	yes, serving := 0, 0
	for _, host := range l.Members {
		o, answered := valid[host]
		switch {
		case answered && o.Veto == withdrawn && host == ask.Host:
			return refuse(WhyWithdrawn, "%s does not want it any more", host)
		case answered && o.Veto != "":
			out = append(out, refuse(WhyVeto, "%s: %s", host, o.Veto)...)
		case answered && o.Yes:
			yes++
		}
		if answered && host != ask.Host && o.Serving == ServingYes {
			serving++
		}
	}
	if own := valid[ask.Host]; !own.Yes && own.Veto == "" {
		out = append(out, refuse(WhyMajority, "%s, who asks, has not said yes itself", ask.Host)...)
	}
	if len(l.Members) <= 2 {
		return out
	}
	if 2*yes <= len(l.Members) {
		out = append(out, refuse(WhyMajority, "%d of %d members said yes, more than half have to", yes, len(l.Members))...)
	}
	if serving < l.MinHealthy {
		out = append(out, refuse(WhyMinHealthy, "%d others serve, %d have to", serving, l.MinHealthy)...)
	}
	return out
}

// hosts names who has entries.
func hosts(entries []Entry) string {
	var out []string
	for _, e := range entries {
		out = append(out, e.Host)
	}
	return strings.Join(slices.Compact(out), " ")
}
