package redundancy

import "slices"

// Verdict is the judgement on one group. Where Worst and Best differ, Status is the word for the lower bound if that is
// sure enough to stand on, else StatusUnknown.
type Verdict struct {
	Group   ID       `json:"group"`
	Status  Status   `json:"status"`
	Worst   Status   `json:"worst"`
	Best    Status   `json:"best"`
	Margin  Margin   `json:"margin"`
	Serving Tristate `json:"serving"`
}

// Judge is the one rule for all kinds (docs/vocabulary.md): not serving is Failed; otherwise each bound of the margin has a
// word; one word for both is the verdict; with two, the lower one's word counts if at least one failure is surely survived
// or if the difference does not come from members that can't be read; else nobody knows.
func Judge(g Group) Verdict {
	m := g.Margin()
	v := Verdict{Group: g.ID, Margin: m, Serving: g.Serving}
	if g.Serving == No {
		v.Status, v.Worst, v.Best = Failed, Failed, Failed
		return v
	}
	v.Worst, v.Best = g.words()
	switch {
	case v.Worst == v.Best, m.Least >= 1, !g.unread() && !g.undecided():
		v.Status = v.Worst
	default:
		v.Status = StatusUnknown
	}
	return v
}

// word is the status of a group whose margin surely is n.
func (m Margin) word(n int) Status {
	switch {
	case n < 0:
		return Failed
	case m.Full <= 0:
		return NotRedundant
	case n >= m.Full:
		return FullyRedundant
	case n == 0:
		return Lost
	default:
		return Degraded
	}
}

// words are the worst and the best that g may be. Where nobody has told how many members are needed, each number that it may
// be is judged with the full margin that goes with it: with all members good a group is whole, whichever it is.
func (g Group) words() (worst, best Status) {
	i := slices.IndexFunc(g.Needs.AllOf, func(n Need) bool { return n.Untold && n.Needed.Low < n.Needed.High })
	if i < 0 {
		m := g.Margin()
		return m.word(m.Least), m.word(m.Most)
	}
	needed := g.Needs.AllOf[i].Needed
	g.Needs.AllOf = slices.Clone(g.Needs.AllOf)
	for k := needed.Low; k <= needed.High; k++ {
		g.Needs.AllOf[i].Needed = Exactly(k)
		low, high := g.words()
		if k == needed.Low {
			worst, best = low, high
			continue
		}
		worst = lower(worst, low)
		if high.rank() > best.rank() {
			best = high
		}
	}
	return worst, best
}

// undecided says whether nobody knows if there is a margin at all: all members may be needed, or fewer.
func (g Group) undecided() bool {
	return slices.ContainsFunc(g.Needs.AllOf, func(n Need) bool {
		return n.Untold && n.Needed.Low < n.Needed.High && n.Needed.High >= len(n.Members)
	})
}

// unread says whether a doubtful member of a need is so because it, or its source, could not be read.
func (g Group) unread() bool {
	for _, need := range slices.Concat(g.Needs.AllOf, g.Needs.AnyOf) {
		for _, id := range need.Members {
			c := g.find(id)
			if c == nil || c.standing() == doubtful &&
				(c.State == StateUnknown || slices.Contains(c.Doubts, DoubtUnread) || slices.Contains(c.Doubts, DoubtStale)) {
				return true
			}
		}
	}
	return false
}

// rank orders statuses from bad to good. NotRedundant stands beside Lost: the next failure is an outage in both.
func (v Status) rank() int {
	switch v {
	case Failed:
		return 0
	case Lost, NotRedundant:
		return 1
	case Degraded:
		return 2
	case FullyRedundant:
		return 3
	case StatusUnknown:
		return -1
	default:
		return -1
	}
}

// Worse says whether v is a worse verdict than w: a lower worst word, or the same and a smaller sure margin, or the same
// and a lower best word, or all that the same and less at the best.
func (v Verdict) Worse(w Verdict) bool {
	switch a, b := v.Worst.rank(), w.Worst.rank(); {
	case a != b:
		return a < b
	case v.Margin.Least != w.Margin.Least:
		return v.Margin.Least < w.Margin.Least
	case v.Best.rank() != w.Best.rank():
		return v.Best.rank() < w.Best.rank()
	default:
		return v.Margin.Most < w.Margin.Most
	}
}
