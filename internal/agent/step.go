package agent

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// The kinds of record in the log.
const (
	RecordEvent      = "event"
	RecordBaseline   = "baseline"
	RecordCursor     = "cursor"
	RecordSent       = "sent"     // an event of the log was published from memory before it was durable
	RecordVolatile   = "volatile" // an event that was published from memory before there was a log; never sent again
	RecordCheckpoint = "checkpoint"
)

// Sent is the record of an event that reached the stream under another id, before the log held it.
type Sent struct {
	Seq uint64 `json:"seq"`
	ID  string `json:"id"` // in the log
	As  string `json:"as"` // in the stream
}

// Record is something to append to the log. Its sequence number is that of its place.
type Record struct {
	Kind string
	Data any
}

// Told is an event with what was so when it happened and is not so for ever. It is what the log keeps.
type Told struct {
	redundancy.Event
	BootID    string                `json:"boot_id,omitempty"`
	Monotonic time.Duration         `json:"monotonic"`       // the age of the boot's clock
	After     *redundancy.GroupFace `json:"after,omitempty"` // the group after it
}

// Outgoing is an event to publish: durable in the log at Seq, or from memory under the id Volatile. One that went out from
// memory is handed over once more, as Known, when it is durable: the publisher, which knows what the stream holds, then sees
// that nothing is missing up to there.
type Outgoing struct {
	Told     Told
	LogID    string
	Seq      uint64
	Volatile string
	Known    bool
}

// named is the event under the id that the stream knows it by.
func (o Outgoing) named() redundancy.Event {
	e := o.Told.Event
	if o.Volatile != "" {
		e.ID = o.Volatile
	}
	return e
}

// Line is something to say to the operator, once.
type Line struct {
	Severity redundancy.Severity
	Text     string
	Attrs    []string // key, value, key, value
}

// Effects is what the loop has to do after a step, in this order.
type Effects struct {
	Append  []Record
	Publish []Outgoing
	Say     []Line
	Wake    time.Time // when to step again if nothing comes in; zero: never

	Accepted []redundancy.Acceptance // what an acceptance changed
	Refused  string                  // why an acceptance or an order changed nothing; empty: it was taken
	Against  []actions.Reason        // the reasons behind Refused, of an order
	Acting   string                  // the action that an order became

	Rehearsal *actions.Rehearsal // what came of a drill

	Look    []redundancy.ID   // groups that need a look that begins now
	Ask     []actions.Action  // leave for these
	Do      []actions.Action  // these, now
	Release []actions.Release // leave to give back
	Ended   []actions.Record
}

// Step takes what came in, in order, and says what is to be done. It is deterministic: the same state and inputs give the
// same effects, which is what a replay stands on.
func (st *State) Step(inputs ...Input) Effects {
	var fx Effects
	stopping := st.Stopping
	if len(inputs) > 0 {
		st.rise(inputs[0].At)
	}
	for _, in := range inputs {
		st.take(in, &fx)
	}
	if len(inputs) > 0 {
		st.think(inputs[len(inputs)-1].At, st.Stopping && !stopping, &fx)
		st.Will.heard = nil
		if st.Will.order != nil { // nothing was judged
			st.Will.order, fx.Refused = nil, "the log is not open yet"
		}
		st.Due = fx.Wake
	}
	return fx
}

// rise sees to it that the agent does not take its own sleep (it was stopped, or the guest it runs in was paused) for the
// sources' silence: they get the time anew in which a look has to come back. One that was silent before gets none, nor does
// one that got it already and has not been heard of since, or an agent that is always late would never call it blind.
func (st *State) rise(now time.Time) {
	if st.Due.IsZero() || now.Sub(st.Due) < AsleepAfter {
		return
	}
	sources := slices.Clone(st.Snapshot.Sources)
	for i := range sources {
		src := &sources[i]
		judged, _ := st.Assessment.Source(src.Name)
		if src.At.After(src.Since) && src.Failing == "" && !judged.Blind {
			src.Since = now
		}
	}
	st.Snapshot.Sources = sources
}

func (st *State) take(in Input, fx *Effects) {
	st.Wall = in.Wall
	switch {
	case in.Look != nil:
		st.takeLook(*in.Look, fx)
	case in.Log != nil:
		st.takeLog(*in.Log, in.At, fx)
	case in.Opened != nil:
		st.takeOpened(*in.Opened, in.At, fx)
	case in.Stream != nil:
		st.takeStream(*in.Stream, in.At, fx)
	case in.Accept != nil:
		st.takeAccept(*in.Accept, in.At, fx)
	case in.Order != nil:
		st.Will.order = in.Order
	case in.Deed != nil:
		st.Will.heard = append(st.Will.heard, *in.Deed)
	case in.Frozen != nil:
		st.takeFrozen(*in.Frozen, fx)
	case in.Pools != nil:
		st.Will.Pools = in.Pools.Asks
	case in.Fleet != nil:
		st.Fleet = *in.Fleet
	case in.Leaving != nil:
		st.Will.Leaving = *in.Leaving
	case in.Settings != nil:
		st.takeSettings(*in.Settings)
	case in.Stopping:
		st.Stopping = true
	}
}

func (st *State) takeLook(l Look, fx *Effects) {
	i := slices.IndexFunc(st.Snapshot.Sources, func(s redundancy.Source) bool { return s.Name == l.Source })
	if i < 0 {
		return
	}
	sources := slices.Clone(st.Snapshot.Sources)
	src, n := &sources[i], &st.Looks[i]
	switch {
	case l.Overdue:
		n.Overdue++
		src.Overdue = true
		src.Failing = "a look has not come back since " + l.Began.UTC().Format(time.RFC3339)
		fx.say(redundancy.SeverityWarning, "look overdue", "source", l.Source)
	case l.Err != "":
		n.Failed++
		if src.Failing != l.Err {
			fx.say(redundancy.SeverityWarning, "look brought nothing", "source", l.Source, "cause", l.Err)
		}
		src.Overdue, src.Failing = false, l.Err
	default:
		n.OK++
		n.Duration = l.Ended.Sub(l.Began)
		if src.Failing != "" {
			fx.say(redundancy.SeverityInfo, "look came back", "source", l.Source)
		}
		src.Overdue, src.Failing, src.At = false, "", l.Ended
		if !l.Same && l.Observation != nil {
			src.Observation = *l.Observation
		}
	}
	st.Snapshot.Sources = sources
	st.takeLooked(l)
}

// think judges what is known now and tells what changed. Before the log is open, or given up on, nothing is judged: what
// was told before the restart is not known yet. An agent that is stopped before then has said nothing and ends so.
func (st *State) think(now time.Time, stops bool, fx *Effects) {
	if st.Log.ID == "" && !st.Announced {
		if st.Stopping {
			return
		}
		if now.Before(st.Log.Deadline) {
			fx.wake(st.Log.Deadline)
			return
		}
	}
	st.announce(now, fx)
	next := st.assessor.Assess(st.Assessment, st.Snapshot, now, st.Rules)
	events := redundancy.Diff(st.Assessment, next, st.ids())
	if st.Assessment = next; len(events) > 0 {
		st.Assessment = next.Cited(events)
	}
	for _, e := range events {
		st.tell(e, now, fx)
	}
	st.undefer(now, fx)
	st.learn(now, fx)
	st.act(now, fx)
	if stops {
		st.tell(st.agentEvent(redundancy.AgentStopped, "plimsolld stops"), now, fx)
	}
	st.retryLog(now, fx)
	st.volatile(now, fx)
	st.keepCursor(now, fx)
	if due, any := st.Assessment.Next(st.Snapshot); any {
		fx.wake(due)
	}
}

// announce tells once that the agent is here, and why without a log if so.
func (st *State) announce(now time.Time, fx *Effects) {
	if st.Announced {
		return
	}
	st.Announced = true
	st.tell(st.agentEvent(redundancy.AgentStarted, "plimsolld watches "+st.Host.Name), now, fx)
	if st.Log.ID == "" && st.Log.Problem == "" { // a problem has been said
		fx.say(redundancy.SeverityWarning, "the log has not opened yet: events are published from memory")
	}
}

func (st *State) agentEvent(kind, text string) redundancy.Event {
	return redundancy.Event{
		Type: kind, Subject: "agent", Kind: redundancy.KindAgent, Severity: redundancy.SeverityInfo,
		Notify: redundancy.NotifyNow, Text: text,
	}
}

func (st *State) learn(now time.Time, fx *Effects) {
	baseline, taught := st.Rules.Baseline.Learn(st.Assessment)
	if len(taught) == 0 {
		return
	}
	st.Rules.Baseline = baseline
	for _, id := range taught {
		known := baseline.Groups[id]
		g, _ := st.Assessment.Group(id)
		r := BaselineRecord{ID: id, Known: known, At: now.Add(st.Wall)}
		st.keepBaseline(r, fx)
		if known.Lone {
			continue // that it is there has been told, and there is no more to know
		}
		st.tell(redundancy.Event{
			Type: redundancy.BaselineLearned, Subject: id, Kind: known.Kind, Group: id, Name: known.Name, Source: g.Source,
			Severity: redundancy.SeverityInfo, Notify: redundancy.NotifyNow,
			Text: fmt.Sprintf("%s is known good with %s", known.Name, known),
		}, now, fx)
	}
}

// BaselineRecord is what the log keeps when a group or a lone component taught the baseline something, or a person accepted it.
type BaselineRecord struct {
	ID    redundancy.ID    `json:"id"`
	Known redundancy.Known `json:"known"`
	Gone  bool             `json:"gone,omitempty"` // accepted to be there no longer; Known is empty
	At    time.Time        `json:"at,omitzero"`    // by the wall clock
	By    string           `json:"by,omitempty"`   // who accepted it; empty: it was learned
}

// takeAccept takes over what a person accepts. What can't be made durable is not accepted: after a restart nobody would know
// of it.
func (st *State) takeAccept(in Accept, now time.Time, fx *Effects) {
	if !st.durable() || st.silent() {
		fx.Refused = cmp.Or(st.logProblem(), "the log is not open yet")
		return
	}
	baseline, accepted, _ := st.Rules.Baseline.Accept(st.Assessment, st.Snapshot, in.Groups...)
	st.Rules.Baseline, fx.Accepted = baseline, accepted
	for _, change := range accepted {
		e := redundancy.Event{
			Type: redundancy.BaselineAccepted, Subject: change.Group, Group: change.Group, Name: change.Name,
			Severity: redundancy.SeverityInfo, Notify: redundancy.NotifyNow, Text: fmt.Sprintf("%s (by %s)", change, in.By),
		}
		r := BaselineRecord{ID: change.Group, Gone: change.Is == nil, At: now.Add(st.Wall), By: in.By}
		if change.Is != nil {
			r.Known, e.Kind = *change.Is, change.Is.Kind
		} else {
			e.Kind = change.Was.Kind
		}
		if g, shown := st.Assessment.Group(change.Group); shown {
			e.Source, e.GroupType = g.Source, g.Group.Type
		}
		if r.Known.Lone || change.Was != nil && change.Was.Lone {
			e.Group, e.Name, e.Member, e.Device = "", "", change.Group, change.Name
		}
		st.keepBaseline(r, fx)
		st.tell(e, now, fx)
	}
}

func (fx *Effects) say(s redundancy.Severity, text string, attrs ...string) {
	fx.Say = append(fx.Say, Line{Severity: s, Text: text, Attrs: attrs})
}

func (fx *Effects) wake(t time.Time) {
	if fx.Wake.IsZero() || t.Before(fx.Wake) {
		fx.Wake = t
	}
}
