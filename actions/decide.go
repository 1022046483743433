package actions

import (
	"cmp"
	"slices"
	"time"

	"plimsoll/redundancy"
)

// Plan is what is to be done now, and what is not and why. Its actions have no ID yet.
type Plan struct {
	Do    []Action  `json:"do,omitempty"`    // at most one for a group, the worst group first
	Offer []Offer   `json:"offer,omitempty"` // for a person to decide
	Held  []Holding `json:"held,omitempty"`  // sorted by group, then verb
	Next  time.Time `json:"next,omitzero"`   // when time alone may change this; zero: never
}

// Holding is an action that is called for, and every reason why it is not done.
type Holding struct {
	Action Action   `json:"action"`
	Why    []Reason `json:"why"`
}

// Offer is an action that a person may ask for.
type Offer struct {
	Action Action    `json:"action"`
	Since  time.Time `json:"since"` // when it could first be done
}

// Decide says what to do at now. It is pure, and changes none of what it is given.
//
// For each group and verb, and of hooks for each, the first rule that matches counts, those of [Builtin] coming last; one
// that says [None] forbids every verb that no rule before it has named. What a rule calls for is held while anything speaks
// against it; all that does is told, not the first of it.
func Decide(now time.Time, a redundancy.Assessment, h *History, p Policy, c Circumstances) Plan {
	d := decision{now: now, a: &a, h: h, p: &p, c: &c, rules: p.inForce()}
	for i := range a.Groups {
		d.group(&a.Groups[i])
	}
	return d.plan()
}

// inForce are the rules for hosts with these labels.
func (p *Policy) inForce() []ruleInForce {
	out := make([]ruleInForce, 0, len(p.Rules))
	for i := range p.Rules {
		if r := &p.Rules[i]; r.When.onHost(p.Labels) {
			t, _ := traitOf(r.Do)
			out = append(out, ruleInForce{Rule: r, kind: t.kind})
		}
	}
	return out
}

// ruleInForce is a rule, and the kind of group that its verb can be done to; empty: any.
type ruleInForce struct {
	*Rule
	kind redundancy.Kind
}

func (r ruleInForce) matches(g *redundancy.Assessed) bool {
	return (r.kind == "" || r.kind == g.Group.Kind) && r.When.matches(g)
}

func (p *Policy) way(v Verb) *Way {
	for i := range p.Ways {
		if p.Ways[i].Verb == v {
			return &p.Ways[i]
		}
	}
	return nil
}

// decision is one Decide under way.
type decision struct {
	now   time.Time
	a     *redundancy.Assessment
	h     *History
	p     *Policy
	c     *Circumstances
	rules []ruleInForce
	found []candidate

	capped Reason // what the daily cap says, once it says something
}

// candidate is an action that a rule calls for.
type candidate struct {
	g      *redundancy.Assessed
	rule   *Rule
	action Action
	why    []Reason
	offer  time.Time // since when a person could be offered it; zero: it is not for a person
}

// deed is what the first rule that matches decides on: a verb, of hooks each for itself.
type deed struct {
	verb Verb
	hook string
}

// group finds what is called for in g.
func (d *decision) group(g *redundancy.Assessed) {
	var space [8]deed // those for which a rule has matched; there are seldom more
	seen := space[:0]
	if move, moved := d.h.Moves[g.Group.ID]; moved && !d.forbidden(g, move.Verb) && d.failback(g, move) {
		seen = append(seen, deed{verb: move.Verb})
	}
	for _, r := range d.rules {
		it := deed{r.Do, r.Hook}
		if slices.Contains(seen, it) || !r.matches(g) {
			continue
		}
		if r.Do == None {
			return
		}
		seen = append(seen, it)
		d.consider(g, r.Rule)
	}
}

// forbidden says whether a rule forbids v in g before another one names it.
func (d *decision) forbidden(g *redundancy.Assessed, v Verb) bool {
	for _, r := range d.rules {
		if (r.Do == v || r.Do == None) && r.matches(g) {
			return r.Do == None
		}
	}
	return false
}

// consider looks whether the verb of r is called for in g, and collects what speaks against it.
func (d *decision) consider(g *redundancy.Assessed, r *Rule) {
	if r.Do.unseen() && !troubled(&g.Group, g.Verdict.Status) {
		return // most groups of most hosts, and judging each of them again takes its time
	}
	w := d.p.way(r.Do)
	var aim Aim
	if w != nil {
		aim = w.Aim(g.Group, Wish{})
		if !aim.Wanted {
			return
		}
	} else if !ailing(g) {
		return // nobody can tell whether it is called for; where all is well it is not
	}
	f := d.h.failures(d.now, g, r, aim.From)
	if r.Do.unseen() && d.h.ran(r, g.Group.ID, f.since) {
		return // once for each failure: what a hook does, no look shows
	}
	c := d.candidate(g, r, r.Do, w, aim)
	c.action.Cause = f.event
	c.hold(d.c.hold(d.now, &g.Group, false)...)
	c.hold(d.doubt(g, r)...)
	c.hold(d.h.limits(d.now, r, g.Group.ID, f)...)
	d.found = append(d.found, c)
}

// ailing says whether anything is wrong with g.
func ailing(g *redundancy.Assessed) bool {
	return g.Verdict.Status != redundancy.FullyRedundant && g.Verdict.Status != redundancy.NotRedundant
}

func (d *decision) candidate(g *redundancy.Assessed, r *Rule, v Verb, w *Way, aim Aim) candidate {
	c := candidate{g: g, rule: r, action: Action{
		Rule: r.Name, Verb: v, Hook: r.Hook, Group: g.Group.ID, Name: g.Group.Name, From: aim.From, To: aim.To, Device: aim.Device,
		Reach: r.reach(), Pool: r.Pool, Decided: d.now, Deadline: d.now,
	}}
	if w == nil {
		c.hold(Reason{Key: whyNoWay, Text: "this version has no way to do " + string(v)})
		return c
	}
	c.action.Deadline = d.now.Add(w.Within)
	for _, why := range aim.Against {
		c.hold(Reason{Key: whyRefused, Text: why, Until: aim.Until})
	}
	return c
}

func (c *candidate) hold(why ...Reason) { c.why = append(c.why, why...) }

// reach is the rule's, or the verb's where that reaches further.
func (r *Rule) reach() Reach {
	t, _ := traitOf(r.Do)
	return max(r.Reach, t.reach)
}

// plan gives the candidates what there is to give: one action for a group, and what the daily cap leaves; the worst group
// comes first.
func (d *decision) plan() Plan {
	var p Plan
	if len(d.found) == 0 {
		return p
	}
	left := d.h.left(d.now)
	d.capped = d.h.capped()
	taken := map[redundancy.ID]Verb{}
	for _, i := range d.worstFirst() {
		c := &d.found[i]
		if why, held := d.turn(c, taken, left); held {
			c.hold(why)
		}
		switch {
		case len(c.why) > 0:
			p.Held = append(p.Held, Holding{Action: c.action, Why: c.why})
		case !c.offer.IsZero():
			p.Offer = append(p.Offer, Offer{Action: c.action, Since: c.offer})
		default:
			p.Do = append(p.Do, c.action)
			taken[c.action.Group] = c.action.Verb
			left--
		}
		p.wake(d.now, c.why)
	}
	slices.SortStableFunc(p.Held, func(a, b Holding) int {
		return cmp.Or(cmp.Compare(a.Action.Group, b.Action.Group), cmp.Compare(a.Action.Verb, b.Action.Verb))
	})
	return p
}

// worstFirst is the order in which the candidates get their turn, as places in found; those of one group keep theirs.
func (d *decision) worstFirst() []int {
	order := make([]int, len(d.found))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		va, vb := &d.found[a].g.Verdict, &d.found[b].g.Verdict
		switch {
		case va.Worse(*vb):
			return -1
		case vb.Worse(*va):
			return 1
		default:
			return a - b // found in the order of groups, which is that of their ids
		}
	})
	return order
}

// wake notes when the last of these reasons passes, if time alone does away with all of them.
func (p *Plan) wake(now time.Time, why []Reason) {
	var last time.Time
	for _, r := range why {
		if !r.Until.After(now) {
			return
		}
		if r.Until.After(last) {
			last = r.Until
		}
	}
	if !last.IsZero() && (p.Next.IsZero() || last.Before(p.Next)) {
		p.Next = last
	}
}
