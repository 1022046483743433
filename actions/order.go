package actions

import (
	"time"

	"plimsoll/redundancy"
)

// Order is what a person asks of this host. Exactly one of the fields beside By is set.
type Order struct {
	By       string       `json:"by"` // who, as the socket knows them: "uid 0"
	Act      *Act         `json:"act,omitempty"`
	Maintain *Maintenance `json:"maintain,omitempty"` // begins, or takes the place of one for the same pattern; its By is the order's
	Resume   *string      `json:"resume,omitempty"`   // the pattern whose maintenance ends; empty: the host's
	Release  bool         `json:"release,omitempty"`  // the host may act again after its daily cap
	Drill    *Drill       `json:"drill,omitempty"`    // a fault is rehearsed
}

// Act is one action that a person asks for. What speaks against it speaks against it all the same, but for what stands for a
// person's judgement: maintenance, the time after a boot, and a rule's own numbers.
type Act struct {
	Verb  Verb          `json:"verb"`
	Group redundancy.ID `json:"group"`
	To    redundancy.ID `json:"to,omitempty"` // the member to take; empty: the one that the room would take
}

// Outcome is what became of an order. Of an act it is the action's end; all else is durable when there is an outcome.
type Outcome struct {
	At     time.Time `json:"at"`
	Action *Record   `json:"action,omitempty"`
	// Rehearsal is what came of a drill that is none of a real one's parts. Its times are the wall clock's.
	Rehearsal *Rehearsal `json:"rehearsal,omitempty"`
}

// ByHand is the name of the rule that a person's actions go by.
const ByHand = "by hand"

// asked is what the verb of act would do to g, and what speaks against it.
func (p *Policy) asked(g *redundancy.Group, act Act) (Aim, bool) {
	w := p.way(act.Verb)
	if w == nil {
		return Aim{}, false
	}
	return w.Aim(*g, Wish{To: act.To, ByHand: true}), true
}

// Asked is the action that a person asks for, to be intended, or why there is none. It is pure.
func Asked(now time.Time, a *redundancy.Assessment, h *History, p *Policy, c *Circumstances, act Act, by string) (Action, []Reason) {
	action := Action{Rule: ByHand, Verb: act.Verb, Group: act.Group, Name: string(act.Group), By: by, Reach: ReachHost, Decided: now, Deadline: now}
	refuse := func(key, text string) (Action, []Reason) { return action, []Reason{{Key: key, Text: text}} }
	g, there := a.Group(act.Group)
	if !there {
		return refuse(whyUnknown, "there is no such group")
	}
	action.Name = g.Group.Name
	if t, known := traitOf(act.Verb); !known || t.kind != g.Group.Kind {
		return refuse(whyRefused, string(act.Verb)+" is nothing that can be done to a "+string(g.Group.Kind))
	} else if action.Reach = t.reach; t.reach == ReachFleet {
		return refuse(whyReach, "it reaches others, and is done by policy alone")
	}
	if move, moved := h.Moves[act.Group]; moved && backOf(move.Verb) == act.Verb && act.To == "" {
		act.To = move.Home
	}
	aim, able := p.asked(&g.Group, act)
	if !able {
		return refuse(whyNoWay, "this version has no way to do "+string(act.Verb))
	}
	action.From, action.To, action.Device = aim.From, aim.To, aim.Device
	action.Deadline = now.Add(p.way(act.Verb).Within)
	open, busy := h.Open[act.Group]
	var why []Reason
	if !aim.Wanted && !busy { // what is under way may be what gives it something to do
		why = append(why, Reason{Key: whyRefused, Text: "there is nothing to do"})
	}
	for _, text := range aim.Against {
		why = append(why, Reason{Key: whyRefused, Text: text, Until: aim.Until})
	}
	why = append(why, c.hold(now, &g.Group, true)...)
	if busy {
		why = append(why, busyWith(open))
	}
	return action, why
}
