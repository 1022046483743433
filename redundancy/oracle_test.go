package redundancy_test

import (
	"math/bits"
	"strconv"

	"pgregory.net/rapid"

	"plimsoll/redundancy"
)

// The oracle knows nothing of intervals or formulas. It tries every way in which the doubtful members may turn out, every
// number that may be needed, and every set of further failures, and counts how many are survived in the worst and in the
// best of these worlds. Sets of members are bits.

// set is a set of members, one bit each.
type set uint

func (s set) size() int { return bits.OnesCount(uint(s)) }

// want is a need of the oracle: one of the numbers from low to high of these members.
type want struct {
	members   set
	low, high int
}

// puzzle is a group of up to some five members as the oracle sees it. Every low is above zero.
type puzzle struct {
	n                       int
	good, unread, predicted set // all others are bad
	allOf, anyOf            []want
	serving                 redundancy.Tristate
}

// met says whether the needs are met with these members working, needed being the numbers for allOf and then anyOf.
func (p puzzle) met(working set, needed []int) bool {
	for i, w := range p.allOf {
		if (working & w.members).size() < needed[i] {
			return false
		}
	}
	for i, w := range p.anyOf {
		if (working & w.members).size() >= needed[len(p.allOf)+i] {
			return true
		}
	}
	return len(p.anyOf) == 0
}

// survived is the greatest number of further failures of which every choice leaves the needs met; -1: not even none.
func (p puzzle) survived(working set, needed []int) int {
	breaks := p.n + 1
	for lost := range set(1 << p.n) {
		if lost&^working == 0 && lost.size() < breaks && !p.met(working&^lost, needed) {
			breaks = lost.size()
		}
	}
	return breaks - 1
}

// bounds are the fewest and the most failures survived over all worlds, and what is survived at the best with every member
// good.
func (p puzzle) bounds() redundancy.Margin {
	wants := append(append([]want(nil), p.allOf...), p.anyOf...)
	needed := make([]int, len(wants))
	m := redundancy.Margin{Least: p.n, Most: -1, Full: -1}
	doubtful := p.unread | p.predicted
	var world func(i int)
	world = func(i int) {
		if i < len(wants) {
			for needed[i] = wants[i].low; needed[i] <= wants[i].high; needed[i]++ {
				world(i + 1)
			}
			return
		}
		for turned := range set(1 << p.n) {
			if turned&^doubtful == 0 {
				k := p.survived(p.good|turned, needed)
				m.Least, m.Most = min(m.Least, k), max(m.Most, k)
			}
		}
		m.Full = max(m.Full, p.survived(1<<p.n-1, needed))
	}
	world(0)
	return m
}

// word is the contract's word for one bound.
func word(n, full int) redundancy.Status {
	switch {
	case n < 0:
		return redundancy.Failed
	case full <= 0:
		return redundancy.NotRedundant
	case n >= full:
		return redundancy.FullyRedundant
	case n == 0:
		return redundancy.Lost
	default:
		return redundancy.Degraded
	}
}

// verdict is what the contract says of p.
func (p puzzle) verdict(m redundancy.Margin) (status, worst, best redundancy.Status) {
	if p.serving == redundancy.No {
		return redundancy.Failed, redundancy.Failed, redundancy.Failed
	}
	if p.serving == redundancy.Yes {
		m.Least, m.Most = max(m.Least, 0), max(m.Most, 0)
	}
	worst, best = word(m.Least, m.Full), word(m.Most, m.Full)
	var asked set
	for _, w := range append(append([]want(nil), p.allOf...), p.anyOf...) {
		asked |= w.members
	}
	if worst == best || m.Least >= 1 || p.unread&asked == 0 {
		return worst, worst, best
	}
	return redundancy.StatusUnknown, worst, best
}

func bit(i int) redundancy.ID { return redundancy.ID(strconv.Itoa(i)) }

func (s set) ids() []redundancy.ID {
	var all []redundancy.ID
	for i := range s.top() {
		if s&(1<<i) != 0 {
			all = append(all, bit(i))
		}
	}
	return all
}

func (s set) top() int { return bits.Len(uint(s)) }

// group is p in the language of the package.
func (p puzzle) group() redundancy.Group {
	g := redundancy.Group{ID: "g", Serving: p.serving, Members: make([]redundancy.Component, p.n)}
	for i := range p.n {
		c := redundancy.Component{ID: bit(i), State: redundancy.Enabled, Health: redundancy.OK}
		switch b := set(1) << i; {
		case p.good&b != 0:
		case p.unread&b != 0:
			c.Doubts = []redundancy.Doubt{redundancy.DoubtUnread}
		case p.predicted&b != 0:
			c.Doubts = []redundancy.Doubt{redundancy.DoubtPredicted}
		default:
			c.State = redundancy.Disabled
		}
		g.Members[i] = c
	}
	for _, w := range p.allOf {
		g.Needs.AllOf = append(g.Needs.AllOf, w.need())
	}
	for _, w := range p.anyOf {
		g.Needs.AnyOf = append(g.Needs.AnyOf, w.need())
	}
	return g
}

func (w want) need() redundancy.Need {
	return redundancy.Need{Members: w.members.ids(), Needed: redundancy.Interval{Low: w.low, High: w.high}}
}

// solve compares the package with the oracle. Below zero the oracle knows only that needs are unmet.
func (p puzzle) solve(t rapid.TB) {
	t.Helper()
	v := redundancy.Judge(p.group())
	m := p.bounds()
	status, worst, best := p.verdict(m)
	if p.serving == redundancy.Yes {
		m.Least, m.Most = max(m.Least, 0), max(m.Most, 0)
	}
	got := redundancy.Margin{Least: max(v.Margin.Least, -1), Most: max(v.Margin.Most, -1), Full: max(v.Margin.Full, -1)}
	if got != m || v.Status != status || v.Worst != worst || v.Best != best {
		t.Fatalf("%+v: got %v %v (%v to %v), want %v %v (%v to %v)", p, v.Margin, v.Status, v.Worst, v.Best, m, status, worst, best)
	}
}

// standings calls f with every way in which n members may stand, and every answer to whether they serve.
func standings(n int, f func(p puzzle)) {
	for kinds := range 1 << (2 * n) {
		p := puzzle{n: n}
		for i := range n {
			switch b := set(1) << i; kinds >> (2 * i) & 3 {
			case 0:
				p.good |= b
			case 1:
				p.unread |= b
			case 2:
				p.predicted |= b
			}
		}
		for _, p.serving = range []redundancy.Tristate{redundancy.Unread, redundancy.Yes, redundancy.No} {
			f(p)
		}
	}
}

// wants are all needs on these members, from one of them to one more than there are.
func wants(members set) []want {
	var all []want
	for low := 1; low <= members.size()+1; low++ {
		for high := low; high <= members.size()+1; high++ {
			all = append(all, want{members, low, high})
		}
	}
	return all
}
