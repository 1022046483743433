package actions_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// manner is how a hand does what it is told.
type manner string

const (
	obeys manner = "obeys" // does it, and says so
	lies  manner = "lies"  // does it, and says that it was busy, as the kernel does
	dull  manner = "dull"  // does nothing, and says that it did
	deaf  manner = "deaf"  // does nothing, and says why
	late  manner = "late"  // is asked, gives up waiting, and it is done two seconds later
	hangs manner = "hangs" // it is done after eight seconds, and the call comes back after twelve, past the deadline
)

// trouble is what befalls one call.
type trouble string

const (
	crashBefore trouble = "crash before"
	crashAfter  trouble = "crash after" // it was done, and nobody heard
	fails       trouble = "fails"       // it was not done
	failsAfter  trouble = "fails after" // it was done, and there is an error
	slow        trouble = "slow"        // it takes twenty seconds, twice what an action has
	freeze      trouble = "freeze"      // somebody freezes the host for a minute, just before
	bury        trouble = "bury"        // a person takes the host for dead, just before: its grants are cleared
)

// crash ends the life of the agent.
type crash struct{}

// machine is the hardware: it is what it is, whoever looks.
type machine interface {
	group() redundancy.Group
	do(a actions.Action, now time.Time)
	pass(now time.Time)
	healed() bool
}

// world is a machine with an agent on it, its log, the fleet's ledger and a helper, all of which fail on command. Every call
// to any of them has a number.
type world struct {
	machine
	manner  manner
	fleet   bool
	trouble map[int]trouble
	blind   bool // no look shows what was done
	tail    bool // what was appended before a crash and not yet safe, survives it
	reboot  bool // a crash is one of the host

	now    time.Time
	boot   int
	calls  int
	story  []scene
	wrong  []string
	log    []actions.Record // safe
	fresh  []actions.Record // appended
	ledger map[string]*grant
	frozen time.Time // until when
	froze  int       // before which call
	looked int       // the newest call that was a look
	synced int       // the newest call that made records safe
	later  []event
	ctx    context.Context
	asked  map[string]int // times that the operator was called, by action
	took   map[string][]time.Time
	said   map[string]bool // the operator returned without an error, by action
}

// grant is an entry of the fleet's ledger.
type grant struct {
	token   uint64
	started bool
}

// scene is one call of a story, or, with the number 0, something that happened in between.
type scene struct {
	call    int
	at      time.Duration
	what    string
	befalls trouble
}

func (s scene) String() string {
	line := fmt.Sprintf("%3d %8s %s", s.call, s.at, s.what)
	if s.befalls != "" {
		line += "   ← " + string(s.befalls)
	}
	return line
}

// event is something that happens by itself at a time: in the machine, or to be told to the agent if that lives on.
type event struct {
	at   time.Time
	do   func()
	tell *actions.Input
}

func (w *world) complain(format string, args ...any) {
	w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
}

// call numbers a call to the world and does it, or what befalls it instead. It says whether it failed.
func (w *world) call(what string, do func()) (failed bool) {
	w.calls++
	t := w.trouble[w.calls]
	w.story = append(w.story, scene{w.calls, w.now.Sub(noon), what, t})
	switch t {
	case crashBefore:
		panic(crash{})
	case crashAfter:
		do()
		panic(crash{})
	case fails:
		return true
	case failsAfter:
		do()
		return true
	case slow:
		w.pass(w.now.Add(20 * time.Second))
	case freeze:
		w.frozen, w.froze = w.now.Add(time.Minute), w.calls
	case bury:
		clear(w.ledger)
	}
	do()
	return false
}

// pass lets time go by, and the machine with it.
func (w *world) pass(to time.Time) {
	if to.Before(w.now) {
		return
	}
	for {
		slices.SortStableFunc(w.later, func(a, b event) int { return a.at.Compare(b.at) })
		i := slices.IndexFunc(w.later, func(e event) bool { return e.do != nil && !e.at.After(to) })
		if i < 0 {
			break
		}
		e := w.later[i]
		w.later = slices.Delete(w.later, i, i+1)
		w.now = e.at
		w.machine.pass(w.now)
		e.do()
	}
	w.now = to
	w.machine.pass(to)
}

// heard are the things that the agent is to be told by now.
func (w *world) heard() []actions.Input {
	var out []actions.Input
	w.later = slices.DeleteFunc(w.later, func(e event) bool {
		if e.tell == nil || e.at.After(w.now) {
			return false
		}
		out = append(out, *e.tell)
		return true
	})
	return out
}

// died is what a crash leaves of the world.
func (w *world) died() {
	if w.tail {
		w.log = append(w.log, w.fresh...)
	}
	w.fresh = nil
	w.later = slices.DeleteFunc(w.later, func(e event) bool { return e.tell != nil || w.reboot })
	if w.reboot {
		w.boot++
	}
	w.pass(w.now.Add(time.Second))
}

// apply does a, once, whoever asked for it.
func (w *world) apply(a actions.Action) {
	w.took[a.ID] = append(w.took[a.ID], w.now)
	w.story = append(w.story, scene{0, w.now.Sub(noon), "the machine does " + a.ID, ""})
	if r, ended := w.end(a.ID); ended && !w.blind {
		w.complain("%s is done after it was written down as %s", a.ID, r.Phase)
	}
	w.do(a, w.now)
}

// Do is the operator: the helper.
func (w *world) Do(_ context.Context, a actions.Action) error {
	var err error
	if w.call("do "+a.ID, func() { err = w.obey(a) }) {
		return errors.New("input/output error")
	}
	w.said[a.ID] = err == nil
	return err
}

func (w *world) obey(a actions.Action) error {
	if !w.now.Before(a.Deadline) {
		return fmt.Errorf("the helper: it is past the deadline: %w", actions.ErrNotBegun)
	}
	w.asked[a.ID]++
	w.mayDo(a)
	switch w.manner {
	case obeys:
		w.apply(a)
	case lies:
		w.apply(a)
		return errors.New("device or resource busy")
	case dull:
	case deaf:
		return errors.New("input/output error")
	case late:
		w.later = append(w.later, event{at: w.now.Add(2 * time.Second), do: func() { w.apply(a) }})
		return errors.New("the helper did not answer")
	case hangs:
		w.later = append(w.later, event{at: w.now.Add(8 * time.Second), do: func() { w.apply(a) }})
	}
	return nil
}

// mayDo is what has to be so whenever an operator is called.
func (w *world) mayDo(a actions.Action) {
	if w.asked[a.ID] > 1 {
		w.complain("%s is begun %d times", a.ID, w.asked[a.ID])
	}
	if _, ended := w.end(a.ID); ended {
		w.complain("%s is begun after its end", a.ID)
	}
	if !slices.ContainsFunc(w.log, func(r actions.Record) bool { return r.Phase == actions.Started && r.Action.ID == a.ID }) {
		w.complain("%s is begun and its start is not safe in the log", a.ID)
	}
	if g := w.ledger[a.ID]; w.fleet && (g == nil || !g.started) && !w.buried() {
		w.complain("%s is begun without a grant that is committed as started", a.ID)
	}
	if w.now.Before(w.frozen) && w.froze < w.calls { // the brake is the call before; what comes after it comes too late
		w.complain("%s is begun while the host is frozen", a.ID)
	}
}

// buried says whether a grant may have been cleared after it was committed as started: by one of the two calls between that
// and the deed. What a person says of a host that is not down is theirs to answer for.
func (w *world) buried() bool { return w.trouble[w.calls] == bury || w.trouble[w.calls-1] == bury }

// Frozen is the brake.
func (w *world) Frozen(context.Context) (string, error) {
	why := ""
	if w.call("brake", func() {
		if w.now.Before(w.frozen) {
			why = "anna"
		}
	}) {
		return "", errors.New("input/output error")
	}
	return why, nil
}

// Ask is the granter.
func (w *world) Ask(_ context.Context, a actions.Action) (uint64, error) {
	var token uint64
	if w.call("ask "+a.ID, func() {
		if w.ledger[a.ID] == nil {
			w.ledger[a.ID] = &grant{token: uint64(len(w.story))}
		}
		token = w.ledger[a.ID].token
	}) {
		return 0, errors.New("no answer")
	}
	return token, nil
}

// Begin commits a grant as started.
func (w *world) Begin(_ context.Context, a actions.Action) error {
	there := false
	if w.call("begin "+a.ID, func() {
		if g := w.ledger[a.ID]; g != nil {
			g.started, there = true, true
		}
	}) {
		return errors.New("no answer")
	}
	if !there {
		return errors.New("no such grant")
	}
	return nil
}

// Release gives a grant back.
func (w *world) Release(_ context.Context, r actions.Release) error {
	if w.call("release "+r.Action.ID, func() { delete(w.ledger, r.Action.ID) }) {
		return errors.New("no answer")
	}
	return nil
}

// Look is the watch.
func (w *world) Look() (g redundancy.Group, err error) {
	if w.call("look", func() { g, w.looked = w.group(), w.calls }) {
		return redundancy.Group{}, errors.New("input/output error")
	}
	return g, nil
}

// append hands records to the log, and sync makes them safe.
func (w *world) append(records []actions.Record) (refused bool) {
	var phases []string
	for _, r := range records {
		phases = append(phases, string(r.Phase)+" "+r.Action.ID)
		if r.Phase == actions.Started && w.looked < w.synced {
			w.complain("%s is to be started, and nobody has looked since the record before was safe", r.Action.ID)
		}
	}
	return w.call("append "+strings.Join(phases, ", "), func() {
		for _, r := range records {
			w.fresh = append(w.fresh, written(r))
		}
	})
}

func (w *world) sync() {
	w.call("sync", func() { w.log, w.fresh = append(w.log, w.fresh...), nil })
	w.synced = w.calls
}

// written is r as the log gives it back.
func written(r actions.Record) (back actions.Record) {
	line, err := json.Marshal(r)
	if err == nil {
		err = json.Unmarshal(line, &back)
	}
	if err != nil {
		panic(err)
	}
	return back
}

// end is how an action ended, by the log.
func (w *world) end(id string) (actions.Record, bool) {
	for _, r := range w.log {
		if r.Action.ID == id && r.Phase.Ends() {
			return r, true
		}
	}
	return actions.Record{}, false
}
