package actions

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"plimsoll/redundancy"
)

// told is how an outcome becomes an event.
type told struct {
	kind     string
	severity redundancy.Severity
	text     string // the action's words stand in for %s
}

// outcomes are the events of notices: of an action as such, and where a verb has words of its own, those.
var outcomes = map[string]told{
	string(Intended):  {redundancy.ActionIntended, redundancy.SeverityInfo, "%s is about to be done"},
	string(Done):      {redundancy.ActionDone, redundancy.SeverityWarning, "%s is done"},
	string(Failed):    {redundancy.ActionFailed, redundancy.SeverityWarning, "%s came to nothing"},
	string(Abandoned): {redundancy.ActionFailed, redundancy.SeverityWarning, "%s was not begun"},
	InDoubt:           {redundancy.ActionInDoubt, redundancy.SeverityWarning, "%s is in doubt"},
	Stuck:             {redundancy.ActionStuck, redundancy.SeverityCritical, "%s is stuck"},
	string(Granted):   {redundancy.GrantMade, redundancy.SeverityInfo, "leave is given for %s"},
	Refused:           {redundancy.GrantRefused, redundancy.SeverityInfo, "leave is refused for %s"},
	Owing:             {redundancy.GrantStuck, redundancy.SeverityWarning, "leave is still out for %s"},
	held:              {redundancy.ActionHeld, redundancy.SeverityInfo, "%s is called for and held"},
	offered:           {redundancy.FailbackOffered, redundancy.SeverityInfo, "%s may be asked for"},
}

// What an event can say of an action beside what a notice can.
const (
	held    = "held"
	offered = "offered"
)

// ofMoves are the events of verbs that move a group, and can be undone, and of those that undo.
func ofMoves(v Verb, outcome string, t told) told {
	there := backOf(v) != ""
	if tr, known := traitOf(v); !known || !there && tr.back != v {
		return t
	}
	switch {
	case there && outcome == string(Done):
		t.kind = redundancy.FailoverDone
	case there && (outcome == string(Failed) || outcome == string(Abandoned)):
		t.kind, t.severity = redundancy.FailoverFailed, redundancy.SeverityCritical
	case !there && outcome == string(Done):
		t.kind, t.severity = redundancy.FailbackDone, redundancy.SeverityInfo
	}
	return t
}

// Event tells of n, and false where people need not know: of a step on the way. g is the group as it is known; nil: it is gone.
func (n Notice) Event(g *redundancy.Group) (redundancy.Event, bool) {
	t, known := outcomes[n.What]
	if !known {
		return redundancy.Event{}, false
	}
	var reasons []string
	if n.Why != "" {
		reasons = []string{n.Why}
	}
	return n.Action.event(ofMoves(n.Action.Verb, n.What, t), n.What, g, reasons, n.Keys, n.Proof), true
}

// Event tells of h: what it would take is in the reasons.
func (h Holding) Event(g *redundancy.Group) redundancy.Event {
	t := outcomes[held]
	if backOf(h.Action.Verb) != "" && slices.ContainsFunc(h.Why, func(r Reason) bool { return r.Key == whyRefused }) {
		t = told{redundancy.FailoverRefused, redundancy.SeverityWarning, "%s is called for and refused"}
	}
	var reasons []string
	for _, r := range h.Why {
		reasons = append(reasons, r.String())
	}
	return h.Action.event(t, held, g, reasons, h.Keys(), nil)
}

// Event tells of o.
func (o Offer) Event(g *redundancy.Group) redundancy.Event {
	return o.Action.event(outcomes[offered], offered, g, nil, nil, nil)
}

// Unseen says whether nobody knows how h's group is now: its source has not been looked at, or is blind.
func (h Holding) Unseen() bool {
	return slices.ContainsFunc(h.Why, func(r Reason) bool { return r.Key == whySource })
}

// Keys are the keys of what speaks against h for longer than a moment, sorted, each once, without what time does away with.
// What waits for another action on the group has none, since that is about to change what speaks against it; nor what looks
// find over already, though that has not lasted; nor a return that has to wait, which is as it should be.
func (h Holding) Keys() []string {
	if tr, known := traitOf(h.Action.Verb); known && tr.back == h.Action.Verb {
		return nil
	}
	var keys []string
	for _, r := range h.Why {
		if r.Key == whyBusy || r.Key == whySettles {
			return nil
		}
		if r.Until.IsZero() {
			keys = append(keys, r.Key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func (a Action) event(t told, outcome string, g *redundancy.Group, reasons, keys []string, proof []redundancy.Evidence) redundancy.Event {
	e := redundancy.Event{
		Type: t.kind, Subject: a.Group, Group: a.Group, Name: a.Name, Severity: t.severity, Notify: redundancy.NotifyNow,
		Cause: a.Cause, Evidence: proof, Text: fmt.Sprintf(t.text, a.words(g)),
		Is: &redundancy.Face{ActionFace: &redundancy.ActionFace{
			Action: a.ID, Verb: string(a.Verb), Hook: a.Hook, Outcome: outcome, Rule: a.Rule, From: a.From, To: a.To, AskedBy: a.By,
			HeldBy: append([]string{}, keys...), Reasons: append([]string{}, reasons...),
		}},
	}
	if tr, known := traitOf(a.Verb); known {
		e.Kind = tr.kind
	}
	if g != nil {
		e.Kind, e.GroupType = g.Kind, g.Type
	}
	if len(reasons) > 0 {
		e.Text += ": " + strings.Join(reasons, "; ")
	}
	return e
}

// words are a in words: "netbond.failover of bond0 from eth0 to eth1", "service.restart of web (web@1.service)", "hook page of bond0".
func (a Action) words(g *redundancy.Group) string {
	name := func(id redundancy.ID) string {
		if g != nil {
			if m, listed := g.Member(id); listed {
				return cmp.Or(m.Name, string(id))
			}
		}
		return string(id)
	}
	text := string(a.Verb)
	if a.Hook != "" {
		text += " " + a.Hook
	}
	text += " of " + a.Name
	if a.From == a.To && a.To != "" {
		return text + " (" + name(a.To) + ")"
	}
	if a.From != "" {
		text += " from " + name(a.From)
	}
	if a.To != "" {
		text += " to " + name(a.To)
	}
	return text
}

// Said tells apart what has been said of an action that is called for and not done, or offered: said once each, for as
// long as it is so. It can be read back from the event that tells it, which is how it survives a restart.
func (h Holding) Said() (key, said string) {
	return saidKey(h.Action), h.Action.Cause + " " + strings.Join(h.Keys(), " ")
}

// Said is the same of an offer.
func (o Offer) Said() (key, said string) {
	return saidKey(o.Action), offered + " " + string(o.Action.To)
}

func saidKey(a Action) string {
	key := string(a.Verb) + " " + string(a.Group)
	if a.Hook != "" {
		key += " " + a.Hook
	}
	return key
}

// Said is what e has said, and false where it is no event of that sort.
func Said(e redundancy.Event) (key, said string, ok bool) {
	if e.Is == nil || e.Is.ActionFace == nil {
		return "", "", false
	}
	is := e.Is.ActionFace
	a := Action{Verb: Verb(is.Verb), Hook: is.Hook, Group: e.Group, To: is.To, Cause: e.Cause}
	switch is.Outcome {
	case held:
		return saidKey(a), a.Cause + " " + strings.Join(is.HeldBy, " "), true
	case offered:
		return saidKey(a), offered + " " + string(is.To), true
	default:
		return saidKey(a), "", true
	}
}
