package cli

import (
	"slices"

	"plimsoll/internal/api"
	"plimsoll/internal/phrase"
	"plimsoll/redundancy"
)

// statusStyle is how loud a status looks.
func statusStyle(s redundancy.Status) style {
	switch s {
	case redundancy.FullyRedundant:
		return green
	case redundancy.Degraded:
		return yellow
	case redundancy.Lost:
		return red
	case redundancy.Failed:
		return alarm
	case redundancy.StatusUnknown:
		return magenta
	case redundancy.NotRedundant:
		return plain
	default:
		return plain
	}
}

func sayStatus(s redundancy.Status) span { return say(statusStyle(s), s.String()) }

// sayMember is a member in short: its name with a mark of what is the matter.
func sayMember(m api.Component, kind redundancy.Type) span {
	name := phrase.Member(m)
	switch phrase.ConcernOf(m) {
	case phrase.Broken:
		return say(red, "✗"+name)
	case phrase.Doubtful:
		return say(magenta, "?"+name)
	case phrase.Working:
		return say(yellow, "↻"+name)
	case phrase.Spare:
		return say(dim, name+"(S)")
	case phrase.Fine:
	}
	if kind == redundancy.Failover && m.State == redundancy.Enabled {
		name += "*"
	}
	return say(plain, name)
}

// legend explains the marks that occur.
var legend = []struct {
	mark string
	says string
}{
	{"✗", "✗ does not work"}, {"?", "? doubtful"}, {"↻", "↻ recovering"}, {"(S)", "(S) spare"}, {"*", "* active"},
}

// sayMembers lists members in at most n columns, and if that is too little those that want attention first.
func sayMembers(g api.Group, n int) line {
	members := phrase.Listed(g)
	all := joined(members, g.Type)
	if all.width() <= n {
		return all
	}
	slices.SortStableFunc(members, func(a, b api.Component) int { return int(phrase.ConcernOf(a)) - int(phrase.ConcernOf(b)) })
	for keep := len(members) - 1; keep > 0; keep-- {
		more := sayf(dim, " +%d", len(members)-keep)
		if some := append(joined(members[:keep], g.Type), more); some.width() <= n {
			return some
		}
	}
	return line{sayf(dim, "%d members", len(members))}
}

func joined(members []api.Component, kind redundancy.Type) line {
	var l line
	for i, m := range members {
		if i > 0 {
			l = append(l, span{plain, " "})
		}
		l = append(l, sayMember(m, kind))
	}
	return l
}
