package agent

import (
	"fmt"
	"time"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// drill rehearses a fault, and tells of it by events that nobody can take for real ones: of a type, a kind and a subject of
// their own, about no group and no member, with what they rehearse in a field that no other event has. So nothing that is judged,
// shown, counted or remembered changes by it.
func (st *State) drill(d actions.Drill, by string, now time.Time, fx *Effects) {
	g, shown := st.Assessment.Group(d.Group)
	if !shown {
		fx.refuse(actions.NoGroup())
		return
	}
	begun := "" // the id of the event that said so
	about := redundancy.Drill{Group: d.Group, Member: d.Member, Fault: string(d.Fault)}
	if d.Real != actions.DrillEnds {
		text := fmt.Sprintf("a drill begins: %s of %s is taken to be %s (by %s)", d.Member, g.Group.Name, d.Fault, by)
		if d.Real != "" {
			text = fmt.Sprintf("a drill begins: %s is moved to its standby and back (by %s)", g.Group.Name, by)
		}
		st.tellDrill(redundancy.DrillStarted, text, "", about, now, fx)
	}
	if d.Real == "" {
		begun = st.Recent[len(st.Recent)-1].ID
		r := actions.Rehearse(now, st.Assessment, st.Snapshot, st.Rules, &st.Will.History, st.Will.Policy, st.circumstances(), d)
		for _, e := range r.Events {
			as := about
			as.Rehearses, as.Severity, as.Group, as.Member = e.Type, e.Severity.String(), e.Group, e.Member
			st.tellDrill(redundancy.DrillRehearsed, fmt.Sprintf("in a drill, after %s: %s", e.Time.Sub(now), e.Text), begun, as, now, fx)
		}
		fx.Rehearsal = r.Retimed(st.toWall)
		about.Actions = doings(r)
	}
	if d.Real != actions.DrillBegins {
		st.tellDrill(redundancy.DrillFinished, fmt.Sprintf("a drill on %s has ended (by %s)", g.Group.Name, by), begun, about, now, fx)
	}
}

func (st *State) tellDrill(kind, text, cause string, d redundancy.Drill, now time.Time, fx *Effects) {
	st.tell(redundancy.Event{
		Type: kind, Subject: "drill", Kind: redundancy.KindDrill, Severity: redundancy.SeverityInfo, Notify: redundancy.NotifyCaused,
		Text: text, Cause: cause, Drill: &d,
	}, now, fx)
}

// doings are what a rehearsal would have begun, and what it found held, in words.
func doings(r actions.Rehearsal) []string {
	var all []string
	for _, a := range r.Do {
		all = append(all, fmt.Sprintf("rule %s: %s %s would begin", a.Rule, a.Verb, a.Hook))
	}
	for _, h := range r.Held {
		for _, why := range h.Why {
			all = append(all, fmt.Sprintf("rule %s: %s %s would be held: %s", h.Action.Rule, h.Action.Verb, h.Action.Hook, why))
		}
	}
	return all
}
