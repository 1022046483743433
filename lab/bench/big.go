package bench

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Host is what the agent's looks took on one host, by the agent's own trace, and what it used.
type Host struct {
	Size   string // for people: what there is of each
	Looks  map[string]Looks
	Took   time.Duration // CPU time while nothing happened
	For    time.Duration
	Memory Memory
}

// Looks are the looks at one source: the first, those while nothing changed, and those that found one change.
type Looks struct {
	First  time.Duration
	Steady Sample
	Change Sample
}

// Change is one thing that was changed, and when, by the guest's clock.
type Change struct {
	Source string
	At     time.Time
}

// LooksOf sorts the looks of a trace: quiet is the time in which nothing changed.
func LooksOf(inputs []Input, from, to time.Time, changes []Change) map[string]Looks {
	all := make(map[string]Looks)
	for _, in := range inputs {
		if in.Look == nil || in.Look.Ended.IsZero() {
			continue
		}
		l, known := all[in.Look.Source]
		took := in.Look.Ended.Sub(in.Look.Began)
		if !known {
			l.First = took
		}
		if in.Look.Same && in.Look.Began.After(from) && in.Look.Ended.Before(to) {
			l.Steady = append(l.Steady, took)
		}
		all[in.Look.Source] = l
	}
	for _, c := range changes {
		i := slices.IndexFunc(inputs, func(in Input) bool {
			return in.Look != nil && in.Look.Source == c.Source && !in.Look.Same && in.Look.Ended.After(c.At)
		})
		if i >= 0 {
			l := all[c.Source]
			l.Change = append(l.Change, inputs[i].Look.Ended.Sub(inputs[i].Look.Began))
			all[c.Source] = l
		}
	}
	return all
}

// BigHost is the section about hosts, small before big.
func (p Page) BigHost() string {
	var out strings.Builder
	if len(p.Hosts) == 0 {
		return ""
	}
	out.WriteString("\n## A big host\n\n" + `In another guest, the same agent before and after much was added: disks of scsi_debug and brd, mirrors of two ram disks each,
bonds of two veth pairs each. Medians of looks, by the agent's trace: the first after its start; those while nothing changed; those
that found one member failed (mdadm --fail), or one cable cut (ip link set down), of all that there are.

`)
	out.WriteString("| |")
	for _, h := range p.Hosts {
		fmt.Fprintf(&out, " %s |", h.Size)
	}
	out.WriteString("\n|---|" + strings.Repeat("---|", len(p.Hosts)) + "\n")
	row := func(what string, cell func(Host) string) {
		fmt.Fprintf(&out, "| %s |", what)
		for _, h := range p.Hosts {
			fmt.Fprintf(&out, " %s |", cell(h))
		}
		out.WriteByte('\n')
	}
	for _, source := range p.sources() {
		row(source+": first look", func(h Host) string { return ms(h.Looks[source].First) })
		row(source+": steady look", func(h Host) string { return ms(h.Looks[source].Steady.Median()) })
		if len(p.Hosts[0].Looks[source].Change) > 0 {
			row(source+": look that finds one change", func(h Host) string { return ms(h.Looks[source].Change.Median()) })
		}
	}
	row("idle CPU", func(h Host) string { return fmt.Sprintf("%.2f %%", 100*ratio(float64(h.Took), float64(h.For))) })
	row("RssAnon", func(h Host) string { return fmt.Sprintf("%d KiB", h.Memory.Anon) })
	return out.String()
}

// sources are those of all hosts, in order.
func (p Page) sources() []string {
	var all []string
	for _, h := range p.Hosts {
		for source := range h.Looks {
			all = append(all, source)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
