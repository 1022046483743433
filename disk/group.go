package disk

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll/redundancy"
)

// component tells d as a component in no group. keeps is how long what it last said of itself stands.
func (d Drive) component(c course, now time.Time, keeps time.Duration) redundancy.Component {
	out := redundancy.Component{ID: d.ID, Kind: redundancy.KindDisk, Name: d.Name}
	for _, p := range d.Paths {
		out.Evidence = append(out.Evidence, p.State.Evidence())
	}
	for _, p := range d.Paths {
		for _, f := range p.PCIe {
			out.Evidence = append(out.Evidence, f.Evidence())
		}
	}
	if d.empty() {
		out.Evidence = append(out.Evidence, d.Size.Evidence())
	}
	health := c.words()
	health.Where = d.Name + " health"
	out.Evidence = append(append(out.Evidence, health), dated(c)...)
	out.Warnings = d.warnings(c)
	out.State = d.state()
	if d.Hidden != "" && out.State == redundancy.Enabled && c.outcome != answered && c.outcome != asleep && c.outcome != held {
		out.State = redundancy.StateUnknown // that its controller works says nothing of it
	}
	if out.State == redundancy.Disabled {
		out.Health = redundancy.Critical
		return out
	}
	switch current := c.current(now, keeps); {
	case !c.at.IsZero() && c.report.Predicts: // what was said once is not unsaid by silence
		out.Health, out.Doubts = redundancy.HealthWarning, []redundancy.Doubt{redundancy.DoubtPredicted}
	case current && c.report.Speaks:
		out.Health = redundancy.OK
	case current: // it keeps no watch over its health, and the kernel finds nothing wrong
	case c.at.IsZero() && (c.nobody != "" || c.outcome == asleep || c.outcome == unfit): // there is nothing to wait for
	case c.at.IsZero():
		out.Doubts = []redundancy.Doubt{redundancy.DoubtUnread}
	default:
		out.Doubts = []redundancy.Doubt{redundancy.DoubtStale}
	}
	return out
}

// state is what the kernel says of d: dead where every path is, or where nothing of it is left to read.
func (d Drive) state() redundancy.State {
	if d.empty() {
		return redundancy.Disabled
	}
	sum := dead
	for _, p := range d.Paths {
		switch is := conditions[p.State.Value]; {
		case p.State.Err == nil && is == works:
			return redundancy.Enabled
		case p.State.Err != nil || is == unclear:
			sum = unclear
		}
	}
	if sum == dead {
		return redundancy.Disabled
	}
	return redundancy.StateUnknown
}

// empty says whether the disk has no blocks: what the kernel makes of one that is there and cannot be used.
func (d Drive) empty() bool { return d.Size.Said() && d.Size.Value == "0" }

// dated are the readings of the last pages, with their time.
func dated(c course) []redundancy.Evidence {
	out := slices.Clone(c.report.Evidence)
	for i := range out {
		if out[i].At.IsZero() { // what smartctl says has its own
			out[i].At = c.at
		}
	}
	return out
}

// warnings are those of the last pages, and what the kernel shows.
func (d Drive) warnings(c course) []redundancy.Warning {
	out := slices.Clone(c.report.Warnings)
	warn := func(key, text string, because ...redundancy.Evidence) {
		out = append(out, redundancy.Warning{Key: key, Text: d.Name + ": " + text, Evidence: because})
	}
	var down, late []redundancy.Evidence
	for _, p := range d.Paths {
		if conditions[p.State.Value] == dead {
			down = append(down, p.State.Evidence())
		}
		if n, ok := parseCount(p.Timeouts.Value); ok && n > 0 && p.Timeouts.Err == nil {
			late = append(late, p.Timeouts.Evidence())
		}
		if l := p.Link.best(c.report); l.Below() {
			warn(WarnLink, "its link does less than both ends can", l.evidence())
		}
	}
	if len(down) > 0 && len(down) < len(d.Paths) {
		warn(WarnPath, "it is not reached by every path", down...)
	}
	if uncorrected := d.uncorrected(); len(uncorrected) > 0 {
		warn(WarnPCIe, "its PCIe port has reported errors that nothing corrected, since the host booted", uncorrected...)
	}
	if len(late) > 0 {
		warn(WarnTimeouts, "it has not answered commands in time since it was found", late...)
	}
	if c.outcome == silent || c.outcome == failing {
		said := c.words()
		said.Where = d.Name + " health"
		warn(WarnSilent, "it does not answer the question for its health", said)
	}
	slices.SortFunc(out, func(a, b redundancy.Warning) int { return cmp.Compare(a.Key, b.Key) })
	return slices.CompactFunc(out, func(a, b redundancy.Warning) bool { return a.Key == b.Key })
}

// uncorrected are the counts of PCIe errors that nothing corrected and that are not 0. Corrected ones cost time and nothing else,
// and some links have them for ever.
func (d Drive) uncorrected() []redundancy.Evidence {
	var out []redundancy.Evidence
	for _, p := range d.Paths {
		for _, f := range p.PCIe {
			name, number, _ := strings.Cut(f.Value, " ")
			if n, ok := parseCount(number); ok && n > 0 && name != "TOTAL_ERR_COR" {
				out = append(out, f.Evidence())
			}
		}
	}
	return out
}

// best is l with what the disk itself says it can at the best, without which a SATA link says nothing: ports are faster than
// the disks of their time.
func (l Link) best(r Report) Link {
	if l.Wide > 0 {
		return l
	}
	generations := []float64{0, 1.5, 3, 6} // Gbit/s
	can := l.Proven
	if r.Best > 0 && r.Best < len(generations) {
		can = max(can, generations[r.Best])
	}
	l.Best = min(l.Best, can)
	return l
}

func (l Link) evidence() redundancy.Evidence {
	e := redundancy.Evidence{Where: l.Where, Value: fmt.Sprintf("%g of %g Gbit/s", l.Speed, l.Best)}
	if l.Wide > 0 {
		e.Value = fmt.Sprintf("%g of %g GT/s, %d of %d lanes", l.Speed, l.Best, l.Width, l.Wide)
	}
	return e
}
