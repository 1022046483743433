package actions

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"plimsoll/redundancy"
)

// Work is one action under way.
type Work struct {
	Action Action `json:"action"`
	Stage  stage  `json:"stage"`
	Seq    uint64 `json:"seq,omitempty"` // the number of its newest record; 0: that is not on its way
	Token  uint64 `json:"token,omitempty"`

	After  time.Time     `json:"after,omitzero"`   // a look that began before tells nothing
	LookAt time.Time     `json:"look_at,omitzero"` // when to ask for a look, or to give leave back
	Pause  time.Duration `json:"pause,omitempty"`  // to the time after that

	Returned bool   `json:"returned,omitempty"` // nobody of ours is at it any more
	Said     string `json:"said,omitempty"`     // what the operator returned
	InDoubt  bool   `json:"in_doubt,omitempty"` // to be said
	Stuck    bool   `json:"stuck,omitempty"`    // has been said
	Owing    bool   `json:"owing,omitempty"`    // has been said

	Refused []string `json:"refused,omitempty"` // the keys of what the fleet said against it

	Outcome Phase                 `json:"outcome,omitempty"` // once it is known
	Why     string                `json:"why,omitempty"`
	Proof   []redundancy.Evidence `json:"proof,omitempty"`
}

// stage is what a work waits for.
type stage string

const (
	stageIntending stage = "intending" // for its first record to be safe
	stageAsking    stage = "asking"    // for leave
	stageGranting  stage = "granting"  // for the record of that
	stageLooking   stage = "looking"   // for a look that is newer than all that
	stageStarting  stage = "starting"  // for the record of its start
	stageDoing     stage = "doing"     // for the operator to return
	stageProving   stage = "proving"   // for a look that shows what became of it
	stageEnding    stage = "ending"    // for the record of its end
	stageFreeing   stage = "freeing"   // for the leave to be given back
	stageOver      stage = "over"
)

// Looks follow one another slower and slower while they show nothing: a switch takes milliseconds, a service seconds, and a
// source that hangs is not helped by asking.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 5 * time.Second
)

// end notes how w came out. Its record follows.
func (w *Work) end(p Phase, why string, proof []redundancy.Evidence) {
	w.Stage, w.Seq, w.Outcome, w.Why, w.Proof = stageEnding, 0, p, why, proof
}

// look has w wait for a look that begins now or later.
func (w *Work) look(now time.Time) {
	w.Stage, w.After, w.LookAt, w.Pause = stageLooking, now, now, 0
}

func (w *Work) prove(now time.Time) {
	w.look(now)
	w.Stage = stageProving
}

// overdue says whether it is too late to begin w.
func (w *Work) overdue(now time.Time) bool { return !now.Before(w.Action.Deadline) }

// move takes w on from where it waits, if it need not wait any more, and says whether it did.
func (s *step) move(w *Work) bool {
	safe := w.Seq != 0 && w.Seq <= s.Durable
	switch w.Stage {
	case stageIntending, stageGranting:
		if !safe {
			return s.expire(w, "the log took too long")
		}
		s.proceed(w)
		return true
	case stageAsking:
		return s.expire(w, "nobody answered in time")
	case stageLooking:
		if s.expire(w, "no fresh look came in time") {
			return true
		}
		s.ask(w)
	case stageStarting:
		if !safe {
			return s.expire(w, "the log took too long")
		}
		s.begin(w)
		return true
	case stageDoing:
		if !w.overdue(s.now) {
			s.wake(w.Action.Deadline)
			return false
		}
		w.prove(s.now)
		return true
	case stageProving:
		s.doubt(w)
		if s.unseen(w) {
			return s.settle(w)
		}
		s.ask(w)
	case stageEnding:
		return s.finish(w, safe)
	case stageFreeing:
		s.free(w)
	case stageOver:
	}
	return false
}

// proceed takes w on from a record before its start: what reaches others is asked for, all else is looked at.
func (s *step) proceed(w *Work) {
	if w.Stage == stageGranting {
		s.tell(w, string(Granted), "")
		s.tell(w, string(Intended), "")
		w.look(s.now)
		return
	}
	w.look(s.now)
	if w.Action.Reach != ReachHost {
		w.Stage = stageAsking
		s.fx.Ask = append(s.fx.Ask, w.Action)
		return
	}
	s.tell(w, string(Intended), "")
}

// expire gives w up if its deadline has passed, which nothing of it has been begun before.
func (s *step) expire(w *Work, why string) bool {
	if !w.overdue(s.now) {
		s.wake(w.Action.Deadline)
		return false
	}
	w.end(Abandoned, why, nil)
	return true
}

// ask asks for a look when it is time, again and again: one may be lost.
func (s *step) ask(w *Work) {
	if s.again(w) {
		s.fx.Look = append(s.fx.Look, w.Action.Group)
	}
}

// again says whether it is time to try once more, and sets the time for the next.
func (s *step) again(w *Work) bool {
	due := !s.now.Before(w.LookAt)
	if due {
		w.Pause = min(max(2*w.Pause, firstPause), lastPause)
		w.LookAt = s.now.Add(w.Pause)
	}
	s.wake(w.LookAt)
	return due
}

// before judges the look that comes between the leave and the start: whether what was decided is still what the group needs.
func (s *step) before(w *Work, seen Seen) {
	if seen.Err != "" || w.overdue(s.now) {
		return // another look is on its way; the deadline ends it
	}
	if why := s.against(w, seen.Group); why != "" {
		w.end(Abandoned, why, nil)
		return
	}
	w.Stage = stageStarting
	s.record(w, Started)
}

// against is what a fresh look, or the state of the host now, says against w; empty: nothing.
func (s *step) against(w *Work, g *redundancy.Group) string {
	way := s.way(w.Action.Verb)
	switch {
	case g == nil:
		return w.Action.Name + " is gone"
	case way == nil:
		return "this version has no way to do " + string(w.Action.Verb)
	case redundancy.Judge(*g).Status == redundancy.StatusUnknown:
		return "a fresh look cannot tell how " + w.Action.Name + " is"
	}
	if why := s.c.hold(s.now, g, w.Action.By != ""); len(why) > 0 {
		return why[0].String()
	}
	switch aim := way.Aim(*g, w.Action.wish()); {
	case !aim.Wanted:
		return "a fresh look finds nothing left to do"
	case len(aim.Against) > 0:
		return aim.Against[0]
	case aim.Device != w.Action.Device && aim.From == w.Action.From:
		return "a fresh look finds another in the place of " + string(w.Action.Device)
	case aim.From != w.Action.From || aim.To != w.Action.To:
		return fmt.Sprintf("a fresh look would have it from %s to %s", aim.From, aim.To)
	}
	return ""
}

// begin has w done, now that its start is written down, unless something came in between.
func (s *step) begin(w *Work) {
	switch {
	case w.overdue(s.now):
		w.end(Abandoned, "the log took too long", nil)
		return
	case len(s.c.Frozen) > 0:
		w.end(Abandoned, Reason{Key: whyFreeze, Text: s.c.Frozen[0]}.String(), nil)
		return
	}
	w.Stage = stageDoing
	s.tell(w, string(Started), "")
	s.fx.Do = append(s.fx.Do, w.Action)
}

// after judges a look that began after the operator returned, or after the deadline. That it was done, any such look can
// show. That it was not is final only once nobody can begin it or be at it any more.
func (s *step) after(w *Work, seen Seen) {
	final := w.Returned && !seen.Began.Before(w.Action.Deadline)
	way := s.way(w.Action.Verb)
	switch {
	case way == nil:
		w.end(Failed, "this version has no way to tell whether it was done", nil)
		return
	case way.Done == nil:
		return // its operator says what became of it
	case seen.Err != "":
		return
	case seen.Group == nil:
		if final {
			w.end(Failed, w.Action.Name+" is gone", nil)
		}
		return
	}
	switch way.Done(*seen.Group, w.Action) {
	case redundancy.Yes:
		w.end(Done, "", proof(*seen.Group, w.Action))
	case redundancy.No:
		if final {
			w.end(Failed, cmp.Or(w.Said, "a look finds it not done"), proof(*seen.Group, w.Action))
		}
	case redundancy.Unread:
	}
}

// proof is what the look read of the members concerned.
func proof(g redundancy.Group, a Action) []redundancy.Evidence {
	var out []redundancy.Evidence
	for _, id := range slices.Compact([]redundancy.ID{a.From, a.To}) {
		if m, listed := g.Member(id); listed {
			out = append(out, m.Evidence...)
		}
	}
	return out
}

// doubt says, once each, that nobody knows what became of w.
func (s *step) doubt(w *Work) {
	if w.InDoubt {
		w.InDoubt = false
		s.tell(w, InDoubt, "the agent ended while it was done")
	}
	stuck := w.Action.Deadline.Add(StuckAfter)
	if w.Stuck {
		return
	}
	if s.now.Before(stuck) {
		s.wake(stuck)
		return
	}
	w.Stuck = true
	s.tell(w, Stuck, fmt.Sprintf("no look has shown what became of it for %s", span(StuckAfter)))
}

// finish writes the end of w down, as soon as the log takes it, and lets go of w once that is safe.
func (s *step) finish(w *Work, safe bool) bool {
	switch {
	case safe:
		s.tell(w, w.outcome(), w.Why)
		w.Stage, w.After, w.LookAt, w.Pause = stageFreeing, s.now, s.now, 0
		if w.Action.Reach == ReachHost {
			w.Stage = stageOver
		}
		return true
	case w.Seq == 0 && s.c.Unlogged == "":
		s.record(w, w.Outcome)
	}
	return false
}

// outcome is how w is told to have ended.
func (w *Work) outcome() string {
	if len(w.Refused) > 0 {
		return Refused
	}
	return string(w.Outcome)
}

// free gives back the leave for w, again and again until that is known to have been heard: while it is not, nobody else in
// the pool gets it.
func (s *step) free(w *Work) {
	if w.Outcome == Done && signalOf[w.Action.Verb] != SignalUnknown && s.h.troubled(w.Action.Group) {
		w.After, w.LookAt, w.Pause = s.now, s.now, 0 // it is in force for as long as that is so
		return
	}
	if s.again(w) {
		s.fx.Release = append(s.fx.Release, Release{Action: w.Action, Token: w.Token, Outcome: w.Outcome})
	}
	if owing := w.After.Add(OwingAfter); !w.Owing && !s.now.Before(owing) {
		w.Owing = true
		s.tell(w, Owing, "it could not be given back for "+span(OwingAfter))
	}
}

func (s *step) freed(id string) {
	if w := s.work(id); w != nil && w.Stage == stageFreeing {
		w.Stage = stageOver
		s.record(w, Freed)
	}
}

func (s *step) tell(w *Work, what, why string) {
	s.fx.Tell = append(s.fx.Tell, Notice{What: what, Action: w.Action, Why: why, Keys: w.Refused, Proof: w.Proof})
}
