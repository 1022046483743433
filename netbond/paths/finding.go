package paths

import (
	"maps"
	"slices"
	"time"

	"plimsoll/redundancy"
)

// findings are what is known of each member's path.
func (l *ledger) findings() map[string]Finding {
	active := l.inUse()
	out := make(map[string]Finding, len(l.paths))
	for _, p := range l.paths {
		if p.Name == l.bond.Active {
			out[p.Name] = l.used(p)
		} else {
			out[p.Name] = l.waiting(active, p)
		}
	}
	return out
}

// judge says anew which paths are silent, of those that can be heard. That one can't be heard makes it no better.
func (l *ledger) judge() {
	l.moved = true
	active := l.inUse()
	for _, p := range l.paths {
		answers := slices.ContainsFunc(l.probe.Targets, func(t Target) bool { return p.answers[t].ever() })
		switch {
		case !p.listens():
		case p == active:
			p.silent = l.dead(p)
		case active != nil:
			p.silent = l.cutOff(active, p) || !answers && p.fellSilent()
		}
	}
}

// used is the finding on the member in use. Only probes tell of it: that nobody broadcasts is no silence.
func (l *ledger) used(p *path) Finding {
	f := Finding{Problem: p.problem, Silent: p.silent}
	if f.Problem != "" {
		f.Evidence = []redundancy.Evidence{{Where: p.socket(), Err: f.Problem}}
	}
	f.Evidence = append(f.Evidence, l.asked(p)...)
	return f
}

// waiting is the finding on a standby. Where targets are asked, they prove it, since they prove both ways.
func (l *ledger) waiting(active, p *path) Finding {
	f := Finding{Problem: p.problem, Silent: p.silent}
	if f.Problem != "" {
		f.Evidence = []redundancy.Evidence{{Where: p.socket(), Err: f.Problem}}
		return f
	}
	probed := len(l.probe.Targets) > 0
	f.WrongVLAN = p.astray()
	switch {
	case probed && active == nil: // nothing to compare with: it proves nothing that it answers
	case probed && l.proven(active, p), !probed && p.heard():
		f.Proven = redundancy.Yes
	default:
		f.Proven = redundancy.No
	}
	f.Evidence = append(p.listened(l.bond.Active), l.asked(p)...)
	return f
}

func (p *path) socket() string { return "packet socket " + p.Name }

// listened is what has come through a standby.
func (p *path) listened(active string) []redundancy.Evidence {
	var out []redundancy.Evidence
	say := func(at time.Time, text string) {
		out = append(out, redundancy.Evidence{Where: p.socket(), Value: text, At: at})
	}
	if !p.own.IsZero() {
		say(p.own, "a broadcast of the bond's own, flooded back")
	}
	for _, name := range slices.Sorted(maps.Keys(p.networks)) {
		if n := p.networks[name]; !n.heard.IsZero() {
			say(n.heard, "the same broadcasts as come in through "+active+" for "+name)
		}
	}
	if !p.used.IsZero() {
		say(p.used, "broadcasts, while it was in use")
	}
	if len(out) == 0 {
		say(time.Time{}, "nothing of the bond's network yet")
	}
	for _, name := range p.missing() {
		say(time.Time{}, "none of the last broadcasts that came in through "+active+" for "+name)
	}
	if p.strange >= often {
		say(time.Time{}, "broadcasts that did not come in through "+active+", the newest from "+p.from.String())
	}
	return out
}

// asked is how the targets answer through p.
func (l *ledger) asked(p *path) []redundancy.Evidence {
	var out []redundancy.Evidence
	for _, t := range l.probe.Targets {
		e := redundancy.Evidence{Where: "probe " + p.Name + " from " + probeAddress(p.Permanent).String() + " to " + t.String()}
		switch a := p.answers[t]; {
		case !a.ever():
			e.Value = "has not answered yet"
		case a.reached():
			e.Value = "answers"
		case a.lost():
			e.Value, e.At = "silent since", a.last
		default:
			e.Value = "answers, not always"
		}
		out = append(out, e)
	}
	return out
}

// news says whether f says anything else than g, beside its evidence.
func (f Finding) news(g Finding) bool {
	return f.Proven != g.Proven || f.Silent != g.Silent || f.WrongVLAN != g.WrongVLAN || f.Problem != g.Problem
}
