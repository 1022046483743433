package phrase

import (
	"fmt"
	"strings"
	"time"

	"plimsoll/internal/api"
	"plimsoll/redundancy"
)

// Bounds writes "1" or "0…1".
func Bounds(least, most int) string {
	if least == most {
		return fmt.Sprint(least)
	}
	return fmt.Sprintf("%d…%d", least, most)
}

// Margin writes "1 of 1" or "0…1 of 1".
func Margin(m redundancy.Margin) string {
	return fmt.Sprintf("%s of %d", Bounds(m.Least, m.Most), m.Full)
}

// Several writes "1 event" or "2 events".
func Several[N int | uint64](n N, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// Survives says in words what a margin means.
func Survives(m api.Bounds) string {
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
		return fmt.Sprintf("survives %s more %s", Bounds(m.Least, m.Most), failures)
	}
}

// Lasting writes a duration as people say it: two units at the most.
func Lasting(d time.Duration) string {
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

// Seconds is a document's number of seconds.
func Seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// Ago writes how old something is.
func Ago(ageS *float64) string {
	if ageS == nil {
		return "never"
	}
	return Lasting(Seconds(*ageS)) + " ago"
}

// Seen writes when something was last seen.
func Seen(ageS *float64) string {
	if ageS == nil {
		return "never seen"
	}
	return "last seen " + Ago(ageS)
}

// Rate writes bytes per second.
func Rate(b float64) string {
	for _, unit := range []string{"B/s", "kB/s", "MB/s"} {
		if b < 1000 {
			return fmt.Sprintf("%.0f %s", b, unit)
		}
		b /= 1000
	}
	return fmt.Sprintf("%.1f GB/s", b)
}
