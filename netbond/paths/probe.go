package paths

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// answer is how one target answers through one member.
type answer struct {
	asked  bool      // in the round under way
	here   bool      // it has answered since the last one ended
	last   time.Time // when it last answered; zero: never
	silent int       // rounds since then without an answer
}

// ever says whether the target has answered through this member before.
func (a *answer) ever() bool { return a != nil && !a.last.IsZero() }

// reached says whether it answered in the last round.
func (a *answer) reached() bool { return a.ever() && a.silent == 0 }

// lost says whether it answered before and has been silent long enough to say so.
func (a *answer) lost() bool { return a.ever() && a.silent >= often }

// send is a question to be sent through a member.
type send struct {
	member string
	target Target
	frame  []byte
}

func (p *path) answer(t Target) *answer {
	a := p.answers[t]
	if a == nil {
		a = &answer{}
		p.answers[t] = a
	}
	return a
}

// wait is how long an answer may take.
func (p Probing) wait() time.Duration { return min(p.Every/pace, slowest) }

// begin begins a round: every target is asked through every member that can be heard. Where none can, it is put off.
func (l *ledger) begin(now time.Time) []send {
	if !slices.ContainsFunc(l.paths, (*path).listens) {
		l.next = now.Add(l.probe.wait())
		return nil
	}
	var out []send
	for _, t := range l.probe.Targets {
		home, known := l.homes[t]
		if !known {
			if now.Sub(l.shouted[t]) < shouting {
				home = MAC{}
			} else {
				home, l.shouted[t] = broadcast(), now
			}
		}
		for _, p := range l.paths {
			a := p.answer(t)
			if a.asked = p.listens() && home != (MAC{}); a.asked {
				out = append(out, send{p.Name, t, question(probeAddress(p.Permanent), home, t)})
			}
		}
	}
	l.closes = now.Add(l.probe.wait())
	l.next = now.Add(time.Duration(float64(l.probe.Every) * (1 + jitter*(2*l.random()-1))))
	return out
}

// unsent notes that a question could not be sent: that it is not answered says nothing.
func (l *ledger) unsent(q send) {
	if p := l.path(q.member); p != nil {
		p.answer(q.target).asked = false
	}
}

// answered takes in a reply to a probe. One that comes after its round counts in the next.
func (l *ledger) answered(now time.Time, p *path, f arp) {
	for _, t := range l.probe.Targets {
		if t.Address != netip.AddrFrom4(f.senderIP) { // in which VLAN nobody knows: the kernel has taken the tag off
			continue
		}
		a := p.answer(t)
		a.here, a.last = true, now
		l.homes[t] = f.sender
	}
}

// close ends a round. While a path is suspected, that is silent where another one answers, the next round follows at once:
// so that it is asked as often as it takes to be sure, and that within one interval.
func (l *ledger) close(now time.Time) {
	l.closes = time.Time{}
	suspected := false
	for _, t := range l.probe.Targets {
		reached, asked := false, false
		for _, p := range l.paths {
			a := p.answer(t)
			switch {
			case !a.asked:
			case a.here:
				a.silent, reached, asked = 0, true, true
			default:
				a.silent++
				asked = true
			}
			a.here = false
		}
		if asked && !reached {
			delete(l.homes, t) // it may be at another address now
		}
		suspected = suspected || reached && slices.ContainsFunc(l.paths, func(p *path) bool {
			a := p.answer(t)
			return a.asked && a.ever() && a.silent > 0 && a.silent < often
		})
	}
	if suspected {
		l.next = now
	}
	l.judge()
}

// escapes is how many targets are lost through the path in use and answer through p.
func (l *ledger) escapes(active, p *path) int {
	n := 0
	for _, t := range l.probe.Targets {
		if active.answers[t].lost() && p.answers[t].reached() {
			n++
		}
	}
	return n
}

// dead says whether the path in use is silent: enough targets are lost through it that one standby reaches.
func (l *ledger) dead(active *path) bool {
	return len(l.probe.Targets) > 0 && slices.ContainsFunc(l.paths, func(p *path) bool {
		return p != active && p.listens() && l.escapes(active, p) >= l.probe.Enough
	})
}

// cutOff says whether a target is lost through the standby p that the path in use reaches.
func (l *ledger) cutOff(active, p *path) bool {
	return slices.ContainsFunc(l.probe.Targets, func(t Target) bool {
		return p.answers[t].lost() && active != nil && active.answers[t].reached()
	})
}

// proven says whether enough targets answer through p. One that nobody reaches any more leaves proven what was: it is the
// target that is gone. While the path in use is dead, only those count that p has to reach in its place.
func (l *ledger) proven(active, p *path) bool {
	if active != nil && active != p && l.dead(active) {
		return l.escapes(active, p) >= l.probe.Enough
	}
	n := 0
	for _, t := range l.probe.Targets {
		if a := p.answers[t]; a.reached() || a.ever() && !l.reaches(t) {
			n++
		}
	}
	return n >= l.probe.Enough
}

// reaches says whether t answered in the last round, through any member.
func (l *ledger) reaches(t Target) bool {
	return slices.ContainsFunc(l.paths, func(p *path) bool { return p.answers[t].reached() })
}

// String is the target as the configuration writes it.
func (t Target) String() string {
	if t.VLAN == 0 {
		return t.Address.String()
	}
	return fmt.Sprintf("%s vlan %d", t.Address, t.VLAN)
}
