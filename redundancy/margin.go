package redundancy

import (
	"fmt"
	"slices"
)

// Margin is how many further failures a group survives: surely at least Least, at the most Most; Full is the margin with
// every member good. A negative bound means that needs are unmet already.
type Margin struct {
	Least int `json:"least"`
	Most  int `json:"most"`
	Full  int `json:"full"`
}

// standing is how much one member counts for.
type standing uint8

const (
	bad standing = iota
	doubtful
	good
)

// standing says whether c works (Enabled or Standby, and not Critical), perhaps works, or does not.
func (c *Component) standing() standing {
	switch c.State {
	case Enabled, Standby:
		if c.Health == Critical {
			return bad
		}
		if len(c.Doubts) > 0 {
			return doubtful
		}
		return good
	case StateUnknown:
		return doubtful
	case Spare, Recovering, Disabled, Absent:
		return bad
	default:
		return doubtful
	}
}

// Works says whether c surely does its work now.
func (c Component) Works() bool { return c.standing() == good }

// Broken says whether c surely does not do its work now.
func (c Component) Broken() bool { return c.standing() == bad }

// tally counts the members of one need: good ones, and those that are good or doubtful. A member that the group does not
// list is doubtful: nothing is known of it.
func (g Group) tally(n Need) (sure, perhaps int) {
	for _, id := range n.Members {
		s := doubtful
		if c := g.find(id); c != nil {
			s = c.standing()
		}
		switch s {
		case good:
			sure++
			perhaps++
		case doubtful:
			perhaps++
		case bad:
		}
	}
	return sure, perhaps
}

// needed are the members that any need counts.
func (g Group) needed() map[ID]bool {
	ids := map[ID]bool{}
	for _, need := range slices.Concat(g.Needs.AllOf, g.Needs.AnyOf) {
		for _, id := range need.Members {
			ids[id] = true
		}
	}
	return ids
}

// Margin is computed here, once, for every kind: the least over the needs of (good members - needed); with alternatives,
// how many members may fail before the last of them is unmet, less one. Serving Yes proves that nothing is below zero.
// A group without needs has the margin zero.
func (g Group) Margin() Margin {
	m := g.Needs.margin(g.tally)
	if g.Serving == Yes {
		m.Least, m.Most = max(m.Least, 0), max(m.Most, 0)
	}
	return m
}

func (n Needs) margin(tally func(Need) (sure, perhaps int)) Margin {
	var all []Margin
	for _, need := range n.AllOf {
		sure, perhaps := tally(need)
		all = append(all, Margin{
			Least: sure - need.Needed.High,
			Most:  perhaps - need.Needed.Low,
			Full:  len(need.Members) - need.Needed.Low,
		})
	}
	if len(n.AnyOf) > 0 {
		all = append(all, n.anyOf(tally))
	}
	if len(all) == 0 {
		return Margin{}
	}
	least := all[0]
	for _, m := range all[1:] {
		least = Margin{min(least.Least, m.Least), min(least.Most, m.Most), min(least.Full, m.Full)}
	}
	return least
}

// anyOf adds up what it takes to break every alternative: an alternative with k members above its need breaks with k+1
// failures, an unmet one needs none. Alternatives share no member, so the numbers add.
func (n Needs) anyOf(tally func(Need) (sure, perhaps int)) Margin {
	m := Margin{Least: -1, Most: -1, Full: -1}
	for _, need := range n.AnyOf {
		sure, perhaps := tally(need)
		m.Least += max(0, sure-need.Needed.High+1)
		m.Most += max(0, perhaps-need.Needed.Low+1)
		m.Full += max(0, len(need.Members)-need.Needed.Low+1)
	}
	return m
}

// Check says what is wrong with needs that a room built: an interval upside down, a negative number, a member twice in one
// need, alternatives that share a member.
func (n Needs) Check() error {
	taken := map[ID]bool{}
	for _, need := range slices.Concat(n.AllOf, n.AnyOf) {
		if need.Needed.Low < 0 || need.Needed.High < need.Needed.Low {
			return fmt.Errorf("check needs: needed %d..%d is no range", need.Needed.Low, need.Needed.High)
		}
		sorted := slices.Sorted(slices.Values(need.Members))
		if len(slices.Compact(sorted)) != len(need.Members) {
			return fmt.Errorf("check needs: a member stands twice in %q", need.Members)
		}
	}
	for _, need := range n.AnyOf {
		for _, id := range need.Members {
			if taken[id] {
				return fmt.Errorf("check needs: alternatives share the member %s", id)
			}
			taken[id] = true
		}
	}
	return nil
}
