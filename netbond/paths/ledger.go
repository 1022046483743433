package paths

import (
	"slices"
	"time"
)

// ledger is what is known of the paths of one bond. It is pure: time is an argument.
type ledger struct {
	bond   Bond
	probe  Probing // without targets nobody is asked
	paths  []*path // in the order of the bond's members
	recent []sighting
	random func() float64 // from 0 up to 1
	moved  bool           // there may be something new to find since findings were asked for

	homes   map[Target]MAC       // where targets were last heard
	shouted map[Target]time.Time // when they were last asked for by broadcast
	next    time.Time            // when the next round begins
	closes  time.Time            // when the round under way ends; zero: none is
}

// path is what is known of one member's.
type path struct {
	Member
	problem string // why it cannot be heard; empty: it can

	networks map[string]*network // by the link of the bond that they are on: the bond itself, or a VLAN on top of it
	own      time.Time           // when it last heard a broadcast of the bond's own; zero: never
	used     time.Time           // when it last heard anybody while it was in use; zero: never
	strange  int                 // frames in a row that did not come through the member in use
	from     MAC                 // the sender of the newest of those
	silent   bool                // it was found so when it was last heard

	answers map[Target]*answer
}

// network is what a path has heard of one network that the member in use is in.
type network struct {
	heard  time.Time // when it last heard what came through the member in use; zero: never
	missed int       // frames since then that it did not
}

// sighting is a broadcast of somebody else, and where it was heard so far.
type sighting struct {
	frame arp
	at    time.Time
	on    []string
	link  string // of the bond's, that it came to through the member in use; empty: it did not
}

func newLedger(now time.Time, b Bond, probe Probing, random func() float64) *ledger {
	l := &ledger{probe: probe, next: now, random: random, homes: map[Target]MAC{}, shouted: map[Target]time.Time{}}
	l.look(b)
	return l
}

// look takes over what a look found. A link that was away leads somewhere else for all we know: it has to prove itself anew.
func (l *ledger) look(b Bond) {
	was, active := l.paths, l.bond.Active
	l.bond, l.paths = b, make([]*path, len(b.Members))
	for i, m := range b.Members {
		k := slices.IndexFunc(was, func(p *path) bool { return p.Index == m.Index && p.Name == m.Name && p.Up && m.Up })
		if k < 0 {
			l.paths[i] = &path{Member: m, problem: errNotYet.Error(), networks: map[string]*network{}, answers: map[Target]*answer{}}
			if k = slices.IndexFunc(was, func(p *path) bool { return p.Index == m.Index && p.Name == m.Name }); k >= 0 {
				l.paths[i].problem = was[k].problem
			}
			continue
		}
		was[k].Member = m
		l.paths[i] = was[k]
	}
	if p := l.path(b.Active); p != nil && b.Active != active {
		p.networks, p.strange = map[string]*network{}, 0 // what it missed while it stood by
	}
	l.judge()
}

func (l *ledger) path(name string) *path {
	i := slices.IndexFunc(l.paths, func(p *path) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return l.paths[i]
}

// inUse is the path in use, if it can be heard; else nil.
func (l *ledger) inUse() *path {
	if p := l.path(l.bond.Active); p != nil && p.listens() {
		return p
	}
	return nil
}

// listens says whether what comes through p would be heard.
func (p *path) listens() bool { return p.Up && p.problem == "" }

// hear takes in a frame that came through a member to a link: the member itself or, if it is in use, one of the bond's.
func (l *ledger) hear(now time.Time, member, link string, f arp) {
	p := l.path(member)
	switch {
	case p == nil || !p.Up:
	case f.op == opReply && f.to == probeAddress(p.Permanent):
		l.answered(now, p, f)
	case l.ours(f.from) || !f.broadcasts:
	case f.from != l.bond.Address:
		l.overhear(now, member, link, f)
	case member != l.bond.Active:
		stamp(&p.own, now)
		p.strange, l.moved = 0, true
	}
}

// listen notes that a member is listened to from now on, or, with a problem, that it is not.
func (l *ledger) listen(p *path, problem string) { p.problem, l.moved = problem, true }

// ours says whether probes are sent from this address.
func (l *ledger) ours(a MAC) bool {
	return slices.ContainsFunc(l.paths, func(p *path) bool { return probeAddress(p.Permanent) == a })
}

// stamp sets t to now, coarsely.
func stamp(t *time.Time, now time.Time) {
	if now.Sub(*t) >= coarse {
		*t = now
	}
}

// overhear notes where somebody else's broadcast was heard.
func (l *ledger) overhear(now time.Time, member, link string, f arp) {
	i := slices.IndexFunc(l.recent, func(s sighting) bool { return s.frame == f })
	if i < 0 {
		if len(l.recent) >= crowd {
			return
		}
		i = len(l.recent)
		l.recent = append(l.recent, sighting{frame: f, at: now})
	}
	s := &l.recent[i]
	if !slices.Contains(s.on, member) {
		s.on = append(s.on, member)
	}
	if member == l.bond.Active {
		s.link = link
	}
}

// step does what is due, and says what is to be sent.
func (l *ledger) step(now time.Time) []send {
	for len(l.recent) > 0 && !now.Before(l.recent[0].at.Add(flood)) {
		l.compare(now, l.recent[0])
		l.judge()
		l.recent = l.recent[1:]
	}
	if len(l.recent) == 0 {
		l.recent = nil // let go of what was heard
	}
	if !l.closes.IsZero() && !now.Before(l.closes) {
		l.close(now)
	}
	if len(l.probe.Targets) > 0 && l.closes.IsZero() && !now.Before(l.next) {
		return l.begin(now)
	}
	return nil
}

// due is when step has something to do; zero: never.
func (l *ledger) due() time.Time {
	var first time.Time
	sooner := func(t time.Time) {
		if first.IsZero() || t.Before(first) {
			first = t
		}
	}
	if len(l.recent) > 0 {
		sooner(l.recent[0].at.Add(flood))
	}
	switch {
	case len(l.probe.Targets) == 0:
	case l.closes.IsZero():
		sooner(l.next)
	default:
		sooner(l.closes)
	}
	return first
}

// compare makes something of a broadcast that has come out wherever it will. What came through the member in use is of a
// network that the bond is in: a standby that heard it too is in that network, and one that did not has missed it. What did
// not come through the member in use is of some other network, or that path is dead: it takes something missed as well before
// a standby is called astray.
func (l *ledger) compare(now time.Time, s sighting) {
	active := l.inUse()
	if active == nil {
		return
	}
	if s.link != "" {
		stamp(&active.used, now)
	}
	for _, p := range l.paths {
		if p == active || !p.listens() {
			continue
		}
		heard := slices.Contains(s.on, p.Name)
		if s.link == "" {
			if heard {
				p.strange, p.from = p.strange+1, s.frame.from
			}
			continue
		}
		n := p.networks[s.link]
		if n == nil {
			n = &network{}
			p.networks[s.link] = n
		}
		if !heard {
			n.missed++
			continue
		}
		stamp(&n.heard, now)
		n.missed, p.strange = 0, 0
	}
}

// missing are the networks of the bond of which a standby has heard nothing for long enough to say so, sorted.
func (p *path) missing() []string {
	var out []string
	for name, n := range p.networks {
		if n.missed >= often {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// heard says whether a standby has heard anything that is the bond's, and no network of which it has heard nothing at all
// though there was enough to hear.
func (p *path) heard() bool {
	heard := !p.own.IsZero() || !p.used.IsZero()
	for _, n := range p.networks {
		if n.heard.IsZero() && n.missed >= often {
			return false
		}
		heard = heard || !n.heard.IsZero()
	}
	return heard
}

// fellSilent says whether a standby that heard a network hears nothing of it any more.
func (p *path) fellSilent() bool {
	before := !p.own.IsZero() || !p.used.IsZero()
	return slices.ContainsFunc(p.missing(), func(name string) bool { return before || !p.networks[name].heard.IsZero() })
}

// astray says whether a standby is in other networks than the member in use: it misses one, and hears another, or strangers.
func (p *path) astray() bool {
	missing := p.missing()
	return len(missing) > 0 && (p.strange >= often || len(missing) < len(p.networks))
}
