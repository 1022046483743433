package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/api"
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

// bounds writes "1" or "0…1".
func bounds(least, most int) string {
	if least == most {
		return fmt.Sprint(least)
	}
	return fmt.Sprintf("%d…%d", least, most)
}

// margin writes "1 of 1" or "0…1 of 1".
func margin(m redundancy.Margin) string {
	return fmt.Sprintf("%s of %d", bounds(m.Least, m.Most), m.Full)
}

// several writes "1 event" or "2 events".
func several[N int | uint64](n N, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// survives says in words what a margin means.
func survives(m api.Bounds) string {
	failures := "failures"
	if m.Most == 1 {
		failures = "failure"
	}
	switch {
	case m.Most < 0:
		return "is not whole enough to work"
	case m.Least < 0:
		return fmt.Sprintf("survives %d more %s at best, and may be down already", m.Most, failures)
	default:
		return fmt.Sprintf("survives %s more %s", bounds(m.Least, m.Most), failures)
	}
}

// lasting writes a duration as people say it: two units at the most.
func lasting(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < 0:
		return "0s"
	case d < 10*time.Second:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", d.Seconds()), ".0") + "s"
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < day && d%time.Hour < time.Minute:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d < day:
		return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
	default:
		return fmt.Sprintf("%dd", d/day)
	}
}

func secondsOf(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// ago writes how old something is.
func ago(ageS *float64) string {
	if ageS == nil {
		return "never"
	}
	return lasting(secondsOf(*ageS)) + " ago"
}

// seen writes when something was last seen.
func seen(ageS *float64) string {
	if ageS == nil {
		return "never seen"
	}
	return "last seen " + ago(ageS)
}

// rate writes bytes per second.
func rate(b float64) string {
	for _, unit := range []string{"B/s", "kB/s", "MB/s"} {
		if b < 1000 {
			return fmt.Sprintf("%.0f %s", b, unit)
		}
		b /= 1000
	}
	return fmt.Sprintf("%.1f GB/s", b)
}

// concern is how much a member wants attention, the most first.
type concern uint8

const (
	broken concern = iota
	doubtful
	working // on itself
	spare
	fine
)

func concernOf(m api.Component) concern {
	switch m.State {
	case redundancy.Disabled, redundancy.Absent:
		return broken
	case redundancy.Recovering:
		return working
	case redundancy.StateUnknown:
		return doubtful
	case redundancy.Spare:
		if m.Health == redundancy.Critical {
			return broken
		}
		return spare
	case redundancy.Enabled, redundancy.Standby:
		switch {
		case m.Health == redundancy.Critical:
			return broken
		case len(m.Doubts) > 0:
			return doubtful
		}
	}
	return fine
}

// memberName is the name of a member for people; an empty slot has only its place.
func memberName(m api.Component) string {
	if m.Name != "" {
		return m.Name
	}
	return place(m)
}

// place is the last part of a member's id: slot1.
func place(m api.Component) string { return string(m.ID[strings.LastIndexByte(string(m.ID), '/')+1:]) }

// sayMember is a member in short: its name with a mark of what is the matter.
func sayMember(m api.Component, kind redundancy.Type) span {
	name := memberName(m)
	switch concernOf(m) {
	case broken:
		return say(red, "✗"+name)
	case doubtful:
		return say(magenta, "?"+name)
	case working:
		return say(yellow, "↻"+name)
	case spare:
		return say(dim, name+"(S)")
	case fine:
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
	members := slices.DeleteFunc(slices.Clone(g.Members), func(m api.Component) bool { return shownBySlot(g, m) })
	all := joined(members, g.Type)
	if all.width() <= n {
		return all
	}
	slices.SortStableFunc(members, func(a, b api.Component) int { return int(concernOf(a)) - int(concernOf(b)) })
	for keep := len(members) - 1; keep > 0; keep-- {
		more := sayf(dim, " +%d", len(members)-keep)
		if some := append(joined(members[:keep], g.Type), more); some.width() <= n {
			return some
		}
	}
	return line{sayf(dim, "%d members", len(members))}
}

// shownBySlot says whether m is a failed device whose slot, still empty, bears its name and its mark already.
func shownBySlot(g api.Group, m api.Component) bool {
	return !m.Needed && concernOf(m) == broken && slices.ContainsFunc(g.Members, func(c api.Component) bool {
		return c.Needed && c.Name == m.Name && concernOf(c) == broken
	})
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
