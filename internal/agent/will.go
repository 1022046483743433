package agent

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"plimsoll/actions"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// RecordAction and RecordMaintenance are the records of the log that acting needs: how far an action has come, and the whole
// list of maintenance whenever that changes.
const (
	RecordAction      = "action"
	RecordMaintenance = "maintenance"
)

// Will is what the step knows of acting.
type Will struct {
	Policy      actions.Policy        `json:"policy"`
	Observe     bool                  `json:"observe"`
	History     actions.History       `json:"history"`
	Engine      actions.Engine        `json:"engine"`
	Plan        actions.Plan          `json:"plan"`
	Frozen      []string              `json:"frozen,omitempty"`
	Pools       map[string]string     `json:"pools,omitempty"`       // as in actions.Circumstances
	Leaving     bool                  `json:"leaving,omitempty"`     // the host is going down
	Maintenance []actions.Maintenance `json:"maintenance,omitempty"` // by the steady clock, but in records
	Said        map[string]string     `json:"said,omitempty"`        // what was told of what is held or offered, while it is so
	Ended       []actions.Record      `json:"ended,omitempty"`
	Refused     map[string]string     `json:"refused,omitempty"` // by action: what the fleet was told to have against it
	Counts      map[string]uint64     `json:"counts,omitempty"`  // actions, by verb and how far they came

	heard []actions.Input // by the present step, for the engine
	order *actions.Order  // of the present step
}

// equip gives a state the ways of this program's rooms, which are no data.
func (st *State) equip(ways []actions.Way) { st.Will.Policy.Ways, st.Will.Engine.Ways = ways, ways }

// endedKept is how many actions that have ended are kept to be shown.
const endedKept = 20

// takeLooked has the engine see what a look found of the groups that it works at. A room's source is called as its kind of
// group, which is what the group's id begins with.
func (st *State) takeLooked(l Look) {
	for _, work := range st.Will.Engine.Works {
		id := work.Action.Group
		if kind, _, _ := strings.Cut(string(id), ":"); kind != l.Source {
			continue
		}
		seen := actions.Seen{ID: id, Began: l.Began, Err: l.Err}
		if l.Overdue {
			seen.Err = "the look has not come back"
		}
		st.Will.heard = append(st.Will.heard, actions.Input{Seen: &seen})
	}
}

// found puts into what the engine is to see what was judged of it. What a look did not read anew has not been seen.
func (st *State) found(heard []actions.Input) []actions.Input {
	return slices.DeleteFunc(heard, func(in actions.Input) bool {
		if in.Seen == nil || in.Seen.Err != "" {
			return false
		}
		kind, _, _ := strings.Cut(string(in.Seen.ID), ":")
		for i := range st.Snapshot.Sources {
			src := &st.Snapshot.Sources[i]
			if src.Name == kind && slices.Contains(src.Observation.Kept, in.Seen.ID) {
				return true
			}
		}
		if g, there := st.assessor.Found(in.Seen.ID); there {
			in.Seen.Group = &g
		}
		return false
	})
}

// circumstances are what is so of the host as a whole.
func (st *State) circumstances() actions.Circumstances {
	c := actions.Circumstances{
		Observe: st.Will.Observe, Booting: st.Rules.Booted, Stopping: st.Stopping || st.Will.Leaving,
		Frozen: st.Will.Frozen, Maintenance: st.Will.Maintenance, Pools: st.Will.Pools,
		Correlated: st.correlated(),
	}
	if !st.durable() || st.silent() {
		c.Unlogged = cmp.Or(st.logProblem(), "the log is not open yet")
	}
	return c
}

// act has the engine go on with what it works at, decides on what is judged now, and has it begin what is to be done.
func (st *State) act(now time.Time, fx *Effects) {
	w := &st.Will
	heard := st.found(w.heard)
	w.Maintenance = slices.DeleteFunc(w.Maintenance, func(m actions.Maintenance) bool { return !now.Before(m.Until) })
	if len(heard) > 0 || len(w.Engine.Works) > 0 {
		st.carry(now, fx, heard...)
	}
	if w.order != nil {
		st.obey(*w.order, now, fx)
		w.order = nil
	}
	w.Plan = actions.Decide(now, st.Assessment, &w.History, w.Policy, st.circumstances())
	if len(w.Plan.Do) > 0 && !w.Observe {
		intents := make([]actions.Input, len(w.Plan.Do))
		for i := range w.Plan.Do {
			intents[i].Intend = &w.Plan.Do[i]
		}
		st.carry(now, fx, intents...)
	}
	st.tellHeld(now, fx)
	if !w.Plan.Next.IsZero() {
		fx.wake(w.Plan.Next)
	}
	for _, m := range w.Maintenance {
		fx.wake(m.Until)
	}
}

// carry runs the engine, appends its records, and tells what it has to say.
func (st *State) carry(now time.Time, fx *Effects, in ...actions.Input) {
	w := &st.Will
	next := st.Log.Next
	e := w.Engine.Step(now, next, st.circumstances(), &w.History, in...)
	for _, r := range e.Append {
		st.record(RecordAction, r.Retimed(st.toWall), fx)
	}
	if len(e.Append) > 0 && st.silent() { // the log takes nothing: it took none of them
		st.carry(now, fx, actions.Input{Refused: max(next, 1)})
	}
	fx.Look, fx.Do = append(fx.Look, e.Look...), append(fx.Do, e.Do...)
	fx.Ask, fx.Release = append(fx.Ask, e.Ask...), append(fx.Release, e.Release...)
	if !e.Wake.IsZero() {
		fx.wake(e.Wake)
	}
	for _, n := range e.Tell {
		st.tellAction(n, now, fx)
	}
}

func (st *State) toWall(t time.Time) time.Time { return t.Add(st.Wall) }

func (st *State) tellAction(n actions.Notice, now time.Time, fx *Effects) {
	w := &st.Will
	if w.Counts == nil {
		w.Counts = map[string]uint64{}
	}
	w.Counts[string(n.Action.Verb)+" "+n.What]++
	if phase := actions.Phase(n.What); phase.Ends() {
		r := actions.Record{Phase: phase, At: now, Action: n.Action, Why: n.Why, Evidence: n.Proof}
		fx.Ended = append(fx.Ended, r)
		w.Ended = append(w.Ended, r)
		w.Ended = w.Ended[max(0, len(w.Ended)-endedKept):]
	}
	if n.What == string(actions.Started) {
		fx.say(redundancy.SeverityInfo, "action begins", "verb", string(n.Action.Verb), "group", string(n.Action.Group), "id", n.Action.ID)
	}
	if e, told := n.Event(st.group(n.Action.Group)); told && w.news(n) {
		st.tell(e, now, fx)
	}
}

// news says whether n says something new. The fleet refuses leave again and again while the pool is busy, which is told once,
// and again when something else speaks against it, until leave is given or the agent begins anew.
func (w *Will) news(n actions.Notice) bool {
	key := fmt.Sprintf("%s %s %s", n.Action.Verb, n.Action.Group, n.Action.Hook)
	switch n.What {
	case string(actions.Granted):
		delete(w.Refused, key)
	case actions.Refused:
		said := n.Action.Cause + " " + strings.Join(n.Keys, " ")
		if w.Refused[key] == said {
			return false
		}
		if w.Refused == nil {
			w.Refused = map[string]string{}
		}
		w.Refused[key] = said
	}
	return true
}

func (st *State) group(id redundancy.ID) *redundancy.Group {
	g, shown := st.Assessment.Group(id)
	if !shown {
		return nil
	}
	return &g.Group
}

// tellHeld tells what is called for and not done, and what is offered, once each while it is so.
func (st *State) tellHeld(now time.Time, fx *Effects) {
	w := &st.Will
	was := w.Said
	w.Said = map[string]string{}
	say := func(key, said string, e redundancy.Event) {
		w.Said[key] = said
		if was[key] != said {
			st.tell(e, now, fx)
		}
	}
	for _, h := range w.Plan.Held {
		key, said := h.Said()
		before, told := was[key]
		switch {
		case h.Unseen() && told:
			w.Said[key] = before
		case h.Unseen():
		case len(h.Keys()) > 0:
			say(key, said, h.Event(st.group(h.Action.Group)))
		}
	}
	for _, o := range w.Plan.Offer {
		key, said := o.Said()
		say(key, said, o.Event(st.group(o.Action.Group)))
	}
}

// obey does what a person asks for, or says in fx.Refused why not. What can't be made durable is refused.
func (st *State) obey(o actions.Order, now time.Time, fx *Effects) {
	w := &st.Will
	c := st.circumstances()
	if c.Unlogged != "" {
		fx.refuse(actions.Unlogged(c.Unlogged))
		return
	}
	switch {
	case o.Act != nil:
		a, why := actions.Asked(now, &st.Assessment, &w.History, &w.Policy, &c, *o.Act, o.By)
		if len(why) > 0 {
			fx.refuse(why...)
			return
		}
		st.carry(now, fx, actions.Input{Intend: &a})
		if open, taken := w.History.Open[a.Group]; taken {
			fx.Acting = open.Action.ID
		}
	case o.Maintain != nil:
		m := *o.Maintain
		m.By, m.Until = o.By, m.Until.Add(-st.Wall)
		w.Maintenance = append(without(w.Maintenance, m.Group), m)
		st.recordMaintenance(fx)
	case o.Resume != nil:
		left := without(w.Maintenance, *o.Resume)
		if len(left) == len(w.Maintenance) {
			fx.refuse(actions.NoMaintenance())
			return
		}
		w.Maintenance = left
		st.recordMaintenance(fx)
	case o.Drill != nil:
		st.drill(*o.Drill, o.By, now, fx)
	case o.Release:
		r := actions.Record{Phase: actions.Released, At: now, Action: actions.Action{By: o.By, Decided: now, Deadline: now}}
		w.History.Took(r)
		st.record(RecordAction, r.Retimed(st.toWall), fx)
	}
}

// refuse has an order come to nothing.
func (fx *Effects) refuse(why ...actions.Reason) {
	texts := make([]string, len(why))
	for i, r := range why {
		texts[i] = r.String()
	}
	fx.Refused, fx.Against = strings.Join(texts, "; "), why
}

func without(all []actions.Maintenance, group string) []actions.Maintenance {
	return slices.DeleteFunc(slices.Clone(all), func(m actions.Maintenance) bool { return m.Group == group })
}

func (st *State) recordMaintenance(fx *Effects) {
	st.record(RecordMaintenance, movedMaintenance(st.Will.Maintenance, st.Wall), fx)
}

func movedMaintenance(all []actions.Maintenance, d time.Duration) []actions.Maintenance {
	all = slices.Clone(all)
	for i := range all {
		all[i].Until = all[i].Until.Add(d)
	}
	return all
}

// WillRecord is what a checkpoint keeps of acting. Its times are the wall clock's.
type WillRecord struct {
	History     actions.History       `json:"history"`
	Maintenance []actions.Maintenance `json:"maintenance,omitempty"`
	Said        map[string]string     `json:"said,omitempty"`
}

// willRecord is what a checkpoint that is appended now keeps: what is on its way into the log is safe when the checkpoint is.
func (st *State) willRecord() WillRecord {
	h := st.Will.History.Retimed(func(t time.Time) time.Time { return t })
	for _, written := range st.Will.Engine.Written {
		h.Took(written.Record)
	}
	return WillRecord{
		History: h.Retimed(st.toWall), Maintenance: movedMaintenance(st.Will.Maintenance, st.Wall), Said: maps.Clone(st.Will.Said),
	}
}

// hear takes in an event of the log.
func (w *WillRecord) hear(e redundancy.Event) {
	w.History.Hear(e)
	key, said, ok := actions.Said(e)
	if !ok {
		return
	}
	if w.Said == nil {
		w.Said = map[string]string{}
	}
	w.Said[key] = said
}

// resumeWill goes on from what the log says. What was heard before it was open is heard again, behind it.
func (st *State) resumeWill(o Opened, now time.Time) {
	w := &st.Will
	before := o.Before.Will
	for _, t := range st.Log.Unlogged {
		before.hear(t.Event)
	}
	w.History = before.History.Retimed(func(t time.Time) time.Time {
		if t = t.Add(-st.Wall); t.After(now) {
			return now
		}
		return t
	})
	w.Maintenance, w.Said = movedMaintenance(before.Maintenance, -st.Wall), before.Said
	w.Engine.Name, w.Engine.Boot, w.Engine.Durable = st.Host.ID+"/"+o.LogID, st.Host.BootID, max(o.Next, 1)-1
	w.Engine.Resume(now, &w.History)
}

// will is what others may read of it, by the wall clock.
func (st *State) will() view.Will {
	w := &st.Will
	out := view.Will{
		Plan: w.Plan.Retimed(st.toWall), Works: slices.Clone(w.Engine.Works), Frozen: w.Frozen,
		Maintenance: movedMaintenance(w.Maintenance, st.Wall), Moves: maps.Clone(w.History.Moves), Ended: slices.Clone(w.Ended),
	}
	for i := range out.Works {
		out.Works[i].Action = out.Works[i].Action.Retimed(st.toWall)
	}
	for i := range out.Ended {
		out.Ended[i] = out.Ended[i].Retimed(st.toWall)
	}
	if st.Log.ID != "" { // before it is open nobody knows what was told last
		out.Signal = w.History.Signal()
	}
	if !w.History.Latched.IsZero() {
		out.Latched = st.toWall(w.History.Latched)
	}
	for _, what := range slices.Sorted(maps.Keys(w.Counts)) {
		verb, phase, _ := strings.Cut(what, " ")
		out.Counts = append(out.Counts, view.Count{Verb: actions.Verb(verb), Phase: phase, N: w.Counts[what]})
	}
	return out
}

// rename has faults, and what was said of them, go by the name that the stream knows.
func (w *Will) rename(was, is string) {
	w.History.Rename(was, is)
	for key, said := range w.Said {
		if rest, cites := strings.CutPrefix(said, was+" "); cites {
			w.Said[key] = is + " " + rest
		}
	}
}

// takeFrozen notes a freeze or its end, and says so.
func (st *State) takeFrozen(f Frozen, fx *Effects) {
	w := &st.Will
	switch {
	case len(w.Frozen) == 0 && len(f.Why) > 0:
		fx.say(redundancy.SeverityWarning, "frozen: nothing is done on this host", "cause", strings.Join(f.Why, "; "))
	case len(w.Frozen) > 0 && len(f.Why) == 0:
		fx.say(redundancy.SeverityInfo, "thawed: what is called for is done again")
	}
	w.Frozen = f.Why
}
