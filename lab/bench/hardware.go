package bench

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Against is how long the agent takes to look at one thing, and how long a program does that people use for it.
type Against struct {
	What, Peer   string
	Ours, Theirs Sample
	Goal         float64 // the agent should take no more than one of so many parts
	// Floor is how long the hardware takes by itself, asked for the same by a program that does nothing else; empty: not measured.
	Floor Sample
	Bare  string // what that program asks
	Asked Sample // how long the same takes through the privileged helper, without a look around it
}

// ratio is how many times as long the peer takes, by the medians.
func (a Against) ratio() float64 {
	return ratio(float64(a.Theirs.Median()), float64(a.Ours.Median()))
}

// ParseNanos reads one duration a line, in nanoseconds.
func ParseNanos(text string) (Sample, error) {
	var s Sample
	for word := range strings.FieldsSeq(text) {
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("parse times: %w", err)
		}
		s = append(s, time.Duration(n))
	}
	return s, nil
}

// hardwareGoals are lines of the first table.
func (p Page) hardwareGoals(out *strings.Builder) {
	for _, a := range p.Hardware {
		goal(out, a.What+", median", fmt.Sprintf("at most 1/%.0f of `%s`", a.Goal, a.Peer), fmt.Sprintf("1/%.1f", a.ratio()), a.ratio() >= a.Goal)
	}
}

// hardware is the section about supplies and disks.
func (p Page) hardware(out *strings.Builder) {
	if len(p.Hardware) == 0 {
		return
	}
	out.WriteString("\n## Supplies and disks\n\n" + `In a guest with a simulated BMC that has three supplies, an NVMe device and a SATA disk. The agent's looks at the supplies, while
nothing changes, are timed by its own trace; those at disks by a program that asks the privileged helper and reads the answer as
the agent does. The floor sends the BMC's driver the same commands one after the other and does nothing with what comes. Whoever asks
the BMC rests for a second between two times, as the agent does. The
others are programs, started anew each time, as they are used; starting date(1) to time them is in their times.

| | median | p90 | p99 | max |
|---|---|---|---|---|
`)
	for _, a := range p.Hardware {
		fmt.Fprintf(out, "| plimsolld: %s | %s |\n", a.What, a.Ours.quantiles())
		if len(a.Floor) > 0 {
			fmt.Fprintf(out, "| the floor: %s | %s |\n", a.Bare, a.Floor.quantiles())
			fmt.Fprintf(out, "| the same through the helper | %s |\n", a.Asked.quantiles())
		}
		fmt.Fprintf(out, "| %s | %s |\n", a.Peer, a.Theirs.quantiles())
	}
}
