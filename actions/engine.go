package actions

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"plimsoll/redundancy"
)

// Engine carries actions out, each once: written down, granted where that is due, looked at, begun, and looked at again. It is
// a machine without hands: what comes in are inputs, what it wants done are effects, and between the two it decides alone by
// what it was given. One goroutine owns it.
type Engine struct {
	Name  string `json:"name"` // what the ids of actions begin with: this host and its log
	Boot  string `json:"boot"` // id of the present boot
	Works []Work `json:"works,omitempty"`
	Ways  []Way  `json:"-"`
	// Durable is the number of the newest record that is safe. Written are those after it, in order: what they say counts as
	// history once they are safe.
	Durable uint64    `json:"durable"`
	Written []Written `json:"written,omitempty"`
}

// Written is a record on its way into the log.
type Written struct {
	Seq    uint64 `json:"seq"`
	Record Record `json:"record"`
}

// Input is one thing that came in. At most one field is set; none is a tick.
type Input struct {
	Intend   *Action   `json:"intend,omitempty"`  // of a plan; not taken while its group has another
	Durable  uint64    `json:"durable,omitempty"` // records through this one are safe
	Refused  uint64    `json:"refused,omitempty"` // the log took neither this record nor later ones
	Answer   *Answer   `json:"answer,omitempty"`
	Seen     *Seen     `json:"seen,omitempty"`
	Returned *Returned `json:"returned,omitempty"`
	Freed    string    `json:"freed,omitempty"` // the action whose leave has been given back
}

// Answer is what became of the question for leave.
type Answer struct {
	ID      string `json:"id"`
	Granted bool   `json:"granted"`
	Token   uint64 `json:"token,omitempty"`
	Why     string `json:"why,omitempty"` // why not
	// Keys are those of what speaks against it, where the fleet has answered; none: it has not.
	Keys []string `json:"keys,omitempty"`
}

// Seen is what a look found of one group. A look that could not read it has Err, one that did not find it has neither.
type Seen struct {
	ID    redundancy.ID     `json:"id"`
	Began time.Time         `json:"began"`
	Group *redundancy.Group `json:"group,omitempty"`
	Err   string            `json:"err,omitempty"`
}

// Returned is the end of a call to an operator. What it says of success is not believed. NotBegun is: whoever returned it was
// asked and has not touched anything, nor will.
type Returned struct {
	ID       string `json:"id"`
	NotBegun bool   `json:"not_begun,omitempty"`
	Why      string `json:"why,omitempty"`
}

// Effects are what is to be done after a step. Records come first, and get the numbers that follow one another from the one
// that Step was given; that they are safe comes back as an input, as does the end of everything else.
type Effects struct {
	Append  []Record        `json:"append,omitempty"`
	Ask     []Action        `json:"ask,omitempty"`
	Look    []redundancy.ID `json:"look,omitempty"` // soon, by a look that begins after now
	Do      []Action        `json:"do,omitempty"`
	Release []Release       `json:"release,omitempty"`
	Tell    []Notice        `json:"tell,omitempty"`
	Wake    time.Time       `json:"wake,omitzero"` // when to step again if nothing comes in; zero: never
}

// Release gives back the leave for an action that has ended, whether or not it was ever given: an answer may have been lost.
type Release struct {
	Action Action `json:"action"`
	Token  uint64 `json:"token,omitempty"` // 0: not known
	// Outcome is how it ended. Leave for what was surely not begun can be given back at once; for all else its host has to be
	// healthy.
	Outcome Phase `json:"outcome"`
}

// Notice is something that people should know of an action, said once.
type Notice struct {
	What   string                `json:"what"` // a Phase, or one of InDoubt, Stuck, Refused and Owing
	Action Action                `json:"action"`
	Why    string                `json:"why,omitempty"`
	Keys   []string              `json:"keys,omitempty"` // of Why, where it has some
	Proof  []redundancy.Evidence `json:"proof,omitempty"`
}

// What a notice can be of, beside a phase. InDoubt: the agent ended between its start and its end. Stuck: its outcome is not
// known long after its deadline; looks go on. Refused: the fleet gave no leave, and it was not begun. Owing: leave could not be
// given back for long after the end, and nobody else gets it meanwhile.
const (
	InDoubt = "in doubt"
	Stuck   = "stuck"
	Refused = "refused"
	Owing   = "owing"
)

// OwingAfter is how long after its end leave is said to be stuck: a service that was restarted is well again in a fraction.
const OwingAfter = 10 * time.Minute

// StuckAfter is how long after its deadline an action without an outcome is said to be stuck: several looks of the slowest
// source that has verbs.
const StuckAfter = time.Minute

// Step takes in what came, in order, and says what is to be done. next is the number that the next record gets. h follows.
func (e *Engine) Step(now time.Time, next uint64, c Circumstances, h *History, inputs ...Input) Effects {
	s := step{Engine: e, now: now, next: next, c: c, h: h}
	for _, in := range inputs {
		s.take(in)
	}
	for i := range e.Works {
		for s.move(&e.Works[i]) { // until it waits for something
		}
	}
	e.Works = slices.DeleteFunc(e.Works, func(w Work) bool { return w.Stage == stageOver })
	return s.fx
}

// Resume takes up what h has open: the agent ended in between. What had not been started surely has not been done. What had
// is in doubt, and a look settles it; it is never done again.
func (e *Engine) Resume(now time.Time, h *History) {
	e.Works = nil
	for _, group := range slices.Sorted(maps.Keys(h.Open)) {
		r := h.Open[group]
		w := Work{Action: r.Action, Token: r.Token}
		if r.Phase != Started {
			w.end(Abandoned, "the agent ended before it was started", nil)
		} else {
			w.Stage, w.InDoubt, w.Returned, w.After, w.LookAt = stageProving, true, true, now, now
			w.Action.Deadline = e.latest(now, r)
		}
		e.Works = append(e.Works, w)
	}
	for _, id := range slices.Sorted(maps.Keys(h.Owed)) {
		r := h.Owed[id]
		e.Works = append(e.Works, Work{Action: r.Action, Token: r.Token, Outcome: r.Phase, Stage: stageFreeing, After: now, LookAt: now})
	}
}

// latest is until when r's action may still be begun by somebody who was asked before this agent began: not at all, if that
// was on another boot; else until its deadline, which a clock that was set back since then does not put off.
func (e *Engine) latest(now time.Time, r Record) time.Time {
	if r.Boot != e.Boot {
		return now
	}
	deadline := r.Action.Deadline
	if w := e.way(r.Action.Verb); w != nil && deadline.After(now.Add(w.Within)) {
		deadline = now.Add(w.Within)
	}
	return deadline
}

func (e *Engine) way(v Verb) *Way {
	i := slices.IndexFunc(e.Ways, func(w Way) bool { return w.Verb == v })
	if i < 0 {
		return nil
	}
	return &e.Ways[i]
}

func (e *Engine) work(id string) *Work {
	i := slices.IndexFunc(e.Works, func(w Work) bool { return w.Action.ID == id })
	if i < 0 {
		return nil
	}
	return &e.Works[i]
}

// step is one Step under way.
type step struct {
	*Engine
	now  time.Time
	next uint64
	c    Circumstances
	h    *History
	fx   Effects
}

func (s *step) take(in Input) {
	switch {
	case in.Intend != nil:
		s.intend(*in.Intend)
	case in.Durable != 0:
		s.durable(in.Durable)
	case in.Refused != 0:
		s.refused(in.Refused)
	case in.Answer != nil:
		s.answer(*in.Answer)
	case in.Seen != nil:
		s.seen(*in.Seen)
	case in.Returned != nil:
		s.returned(*in.Returned)
	case in.Freed != "":
		s.freed(in.Freed)
	}
}

func (s *step) intend(a Action) {
	if _, busy := s.h.Open[a.Group]; busy {
		return
	}
	a.ID = fmt.Sprintf("%s/%d", s.Name, s.next)
	w := Work{Action: a, Stage: stageIntending}
	s.record(&w, Intended)
	s.h.open(s.Written[len(s.Written)-1].Record) // its group is taken from now on
	s.Works = append(s.Works, w)
}

// record puts the next record of w on its way into the log.
func (s *step) record(w *Work, p Phase) {
	r := Record{Phase: p, At: s.now, Action: w.Action, Boot: s.Boot, Token: w.Token}
	if p.Ends() {
		r.Why, r.Evidence = w.Why, w.Proof
	}
	w.Seq = s.next
	s.Written = append(s.Written, Written{Seq: s.next, Record: r})
	s.fx.Append = append(s.fx.Append, r)
	s.next++
}

func (s *step) durable(through uint64) {
	s.Durable = max(s.Durable, through)
	for len(s.Written) > 0 && s.Written[0].Seq <= s.Durable {
		s.h.Took(s.Written[0].Record)
		s.Written = s.Written[1:]
	}
	if len(s.Written) == 0 {
		s.Written = nil // let go of the records
	}
}

// refused takes back the numbers of records that the log did not take. An intention that is not written down is none; what
// has gone further is given up, or its end written down once the log takes it.
func (s *step) refused(from uint64) {
	s.Written = slices.DeleteFunc(s.Written, func(w Written) bool { return w.Seq >= from })
	for i := range s.Works {
		w := &s.Works[i]
		switch {
		case w.Seq < from:
		case w.Stage == stageIntending:
			w.Stage = stageOver
			delete(s.h.Open, w.Action.Group)
		case w.Stage == stageEnding, w.Stage == stageFreeing:
			w.Seq = 0
		default:
			w.end(Abandoned, "the log did not take it", nil)
		}
	}
}

func (s *step) answer(a Answer) {
	w := s.work(a.ID)
	switch {
	case w == nil || w.Stage != stageAsking: // too late; the end of the action gives back what there is
	case a.Granted:
		w.Token, w.Stage = a.Token, stageGranting
		s.record(w, Granted)
	default:
		w.end(Abandoned, "not granted: "+a.Why, nil)
		w.Refused = a.Keys
	}
}

func (s *step) returned(r Returned) {
	w := s.work(r.ID)
	switch {
	case w == nil || w.Stage != stageDoing && w.Stage != stageProving:
	case r.NotBegun:
		w.end(Abandoned, r.Why, nil)
	case s.unseen(w):
		w.heard(r.Why)
	default:
		w.Returned, w.Said = true, r.Why
		w.prove(s.now)
	}
}

func (s *step) seen(seen Seen) {
	for i := range s.Works {
		w := &s.Works[i]
		if w.Action.Group != seen.ID || seen.Began.Before(w.After) {
			continue
		}
		switch w.Stage {
		case stageLooking:
			s.before(w, seen)
		case stageProving:
			s.after(w, seen)
		case stageFreeing:
			if seen.Group != nil && seen.Group.Rebuilding() {
				w.After = s.now // leave is kept until it is whole, which may take days: nothing is stuck
			}
		case stageIntending, stageAsking, stageGranting, stageStarting, stageDoing, stageEnding, stageOver:
		}
	}
}

func (s *step) wake(t time.Time) {
	if s.fx.Wake.IsZero() || t.Before(s.fx.Wake) {
		s.fx.Wake = t
	}
}
