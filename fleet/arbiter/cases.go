package arbiter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll/fleet/correlate"
	"plimsoll/fleet/wire"
	"plimsoll/redundancy"
)

// judged is a case with what it is now.
type judged struct {
	about   correlate.Case
	was     Posted
	verdict correlate.Verdict
}

// same says whether j says of a case what o says.
func (j judged) same(o judged) bool {
	return j.about == o.about && j.was.Turn == o.was.Turn && j.verdict.State == o.verdict.State && j.verdict.Silent == o.verdict.Silent &&
		j.verdict.Registered == o.verdict.Registered && slices.Equal(j.verdict.Hurt, o.verdict.Hurt)
}

// correlate finds and clears what most of a failure domain sees.
func (l *lookout) correlate(ctx context.Context) error {
	var failed error
	for _, j := range l.judge() {
		l.say(j)
		if j.verdict.Next == nil {
			continue
		}
		key := caseKey(j.about)
		is, err := l.bulletin.Turn(ctx, key, j.was, about{fault: &j.about}, func(incident uint64) redundancy.Event { return caseEvent(j, incident) })
		failed = errors.Join(failed, l.took(ctx, key, is, err))
	}
	return failed
}

// judge is what every case is that somebody sees or that is open.
func (l *lookout) judge() []judged {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	registered := l.domains()
	cases := l.watch.Cases()
	for _, n := range l.notes {
		if n.Case != nil && n.Open() && !slices.Contains(cases, *n.Case) {
			cases = append(cases, *n.Case)
		}
	}
	out := make([]judged, 0, len(cases))
	for _, c := range cases {
		was := l.notes[caseKey(c)]
		out = append(out, judged{c, was, l.watch.Judge(now, c, registered[c.Domain], was.record(), l.rules)})
	}
	if !slices.EqualFunc(l.cases, out, judged.same) {
		l.changed.ring()
	}
	l.cases = out
	return out
}

// say says once that nobody can tell whether a fault is shared.
func (l *lookout) say(j judged) {
	v := j.verdict
	if was := l.said[j.about]; was != v.State && v.State == correlate.Undetermined {
		l.log.Warn("whether most of a failure domain sees a fault is undetermined: too many hosts are silent",
			"domain", j.about.Domain, "fault", j.about.Fault, "hurt", len(v.Hurt), "silent", v.Silent, "registered", v.Registered)
	}
	if l.said[j.about] = v.State; v.State == correlate.Quiet {
		delete(l.said, j.about)
	}
}

// caseEvent tells that a case is found, or cleared.
func caseEvent(j judged, incident uint64) redundancy.Event {
	v := j.verdict
	face := redundancy.CaseFace{
		Fault: j.about.Fault, Incident: incident, Hurt: len(v.Hurt), Registered: v.Registered, Silent: v.Silent, Hosts: []string{},
	}
	for _, host := range v.Hurt {
		face.Hosts = append(face.Hosts, wire.HostName(host))
	}
	e := redundancy.Event{
		Type: redundancy.CorrelationFound, Subject: redundancy.ID(j.about.Domain), Key: j.about.Fault, Severity: redundancy.SeverityCritical,
		Is:   &redundancy.Face{CaseFace: &face},
		Text: fmt.Sprintf("%s: %d of %d hosts see %s", readable(j.about.Domain), len(v.Hurt), v.Registered, j.about.Fault),
	}
	if v.State == correlate.Cleared {
		e.Type, e.Severity = redundancy.CorrelationCleared, redundancy.SeverityInfo
		e.Text = fmt.Sprintf("%s: %d of %d hosts still see %s", readable(j.about.Domain), len(v.Hurt), v.Registered, j.about.Fault)
	}
	return e
}

// readable is a domain for people: "feed r12-a".
func readable(domain string) string { return strings.Replace(domain, ":", " ", 1) }

// took notes what the store has of a note, as far as is known: what this arbiter did not write, it reads.
func (l *lookout) took(ctx context.Context, key string, is Posted, err error) error {
	if errors.Is(err, ErrConflict) {
		if is, err = l.bulletin.Read(ctx, key); err == nil {
			err = ErrConflict
		}
	}
	if is.revision > 0 {
		l.keep(key, is)
	}
	return err
}

// keep keeps a note, if it is newer than what is kept, and tells hosts of a case that has turned.
func (l *lookout) keep(key string, is Posted) {
	l.mu.Lock()
	was := l.notes[key]
	if is.revision <= was.revision {
		l.mu.Unlock()
		return
	}
	if is.untold = was.untold; !is.Told && is.untold.IsZero() {
		is.untold = l.now()
	}
	if is.Told {
		is.untold = time.Time{}
	}
	l.notes[key] = is
	l.changed.ring()
	var hosts []string
	if is.Case != nil && is.Turn != was.Turn {
		hosts = l.domains()[is.Case.Domain]
	}
	l.mu.Unlock()
	if len(hosts) > 0 {
		l.tell(wire.News{Cases: []wire.CaseNews{caseNews(is.Note)}}, hosts...)
	}
}

// helpAfter is how long an arbiter leaves a note to the one that wrote it, which tells of it at once.
const helpAfter = 3 * time.Second

// finish tells what other arbiters have written and not told.
func (l *lookout) finish(ctx context.Context) error {
	now, late := l.now(), map[string]Posted{}
	l.mu.Lock()
	for key, n := range l.notes {
		if !n.Told && now.Sub(n.untold) >= helpAfter {
			late[key] = n
		}
	}
	l.mu.Unlock()
	var failed error
	for key, n := range late {
		is, err := l.bulletin.Tell(ctx, key, n)
		failed = errors.Join(failed, l.took(ctx, key, is, err))
	}
	return failed
}
