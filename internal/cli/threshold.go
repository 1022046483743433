package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"plimsoll/redundancy"
)

// threshold is a range of the Monitoring Plugins, which alerts on what is outside of it, or, with a leading @, on what is inside
// (https://www.monitoring-plugins.org/doc/guidelines.html, threshold and ranges).
type threshold struct {
	low, high float64
	inside    bool
	text      string
}

// parseThreshold reads [@][START:][END]: START is 0 where it is left out and ~ for no lower bound, END is infinity where it is
// left out after a colon.
func parseThreshold(text string) (threshold, error) {
	t := threshold{high: math.Inf(1), text: text}
	rest, inside := strings.CutPrefix(text, "@")
	t.inside = inside
	low, high, two := strings.Cut(rest, ":")
	if !two {
		low, high = "", rest
	}
	var err error
	switch low {
	case "":
	case "~":
		t.low = math.Inf(-1)
	default:
		t.low, err = strconv.ParseFloat(low, 64)
	}
	if err == nil && (high != "" || !two) {
		t.high, err = strconv.ParseFloat(high, 64)
	}
	if err != nil || math.IsNaN(t.low) || math.IsNaN(t.high) || t.low > t.high {
		return threshold{}, fmt.Errorf("%q is no range: want [@][START:][END], START not above END, as in 1: or ~:2 or @0:1", text)
	}
	return t, nil
}

// below alerts on less than n.
func below(n int) threshold {
	return threshold{low: float64(n), high: math.Inf(1), text: strconv.Itoa(n) + ":"}
}

func (t threshold) alerts(n int) bool {
	within := float64(n) >= t.low && float64(n) <= t.high
	return within == t.inside
}

// surely says whether it alerts on every margin that there may be, perhaps whether it does on any.
func (t threshold) surely(m redundancy.Margin) bool {
	for n := m.Least; n <= m.Most; n++ {
		if !t.alerts(n) {
			return false
		}
	}
	return true
}

func (t threshold) perhaps(m redundancy.Margin) bool {
	t.inside = !t.inside
	return !t.surely(m)
}

// limits are what is compared with a group's margin: nil is what each group has by itself, which is to warn below its full margin
// and to be critical below 1.
type limits struct{ warning, critical *threshold }

// parseLimits reads the flags, of which an empty one is not given.
func parseLimits(warning, critical string) (limits, error) {
	var l limits
	for _, flag := range []struct {
		name, text string
		to         **threshold
	}{{"--warning", warning, &l.warning}, {"--critical", critical, &l.critical}} {
		if flag.text == "" {
			continue
		}
		t, err := parseThreshold(flag.text)
		if err != nil {
			return l, fmt.Errorf("%s: %w", flag.name, err)
		}
		*flag.to = &t
	}
	return l, nil
}

// of are the two for a group of this margin.
func (l limits) of(m redundancy.Margin) (warning, critical threshold) {
	warning, critical = below(m.Full), below(1)
	if l.warning != nil {
		warning = *l.warning
	}
	if l.critical != nil {
		critical = *l.critical
	}
	return warning, critical
}
