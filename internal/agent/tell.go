package agent

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// ids names the events of the next Diff: the place in the log that each will have. Records of other kinds come after the
// events of one step, so the numbers run on.
func (st *State) ids() func(int) string {
	next, log := st.Log.Next, st.Log.ID
	if st.silent() {
		next, log = st.Log.Sent+1, st.Log.Volatile
	}
	return func(i int) string { return st.eventID(log, next+uint64(i)) }
}

func (st *State) eventID(log string, seq uint64) string {
	return fmt.Sprintf("%s/%s/%d", st.Host.ID, log, seq)
}

func (st *State) nextVolatile() string {
	st.Log.Sent++
	return st.eventID(st.Log.Volatile, st.Log.Sent)
}

// silent says that nothing can be appended: there is no log yet, or it takes no more.
func (st *State) silent() bool { return st.Log.ID == "" || st.Log.Silent }

// tell makes an event known: counted, followed, said, and on its way into the log; the stream gets it once it is durable.
func (st *State) tell(e redundancy.Event, now time.Time, fx *Effects) {
	e, d := st.hush(e, now)
	id := st.tellLoud(e, now, fx)
	if d != nil {
		e.ID, d.Event = id, e
		st.Deferred = append(st.Deferred, *d)
		fx.wake(d.Due)
	}
}

// tellLoud tells e as it is, and gives the id that it got.
func (st *State) tellLoud(e redundancy.Event, now time.Time, fx *Effects) string {
	if e.Time.IsZero() {
		e.Time = now
	}
	steady := e.Time
	e.Time = e.Time.Add(st.Wall)
	w := Waiting{Since: now}
	if st.silent() {
		e.ID = st.nextVolatile()
		w.Told = st.told(e, now)
	} else {
		w.Seq = st.Log.Next
		e.ID = st.eventID(st.Log.ID, w.Seq)
		w.Told = st.told(e, now)
		if !st.Stream.Local {
			st.Stream.Pending = append(st.Stream.Pending, w.Seq)
		}
		st.record(RecordEvent, w.Told, fx)
	}
	st.Log.Waiting = append(st.Log.Waiting, w)
	heard := e
	heard.Time = steady
	st.Will.History.Hear(heard)
	st.Counts[e.Type]++
	st.remember(e)
	if e.Type != redundancy.ActivityProgressed {
		fx.say(e.Severity, e.Text, "event", e.Type, "group", string(e.Group), "component", string(e.Member), "id", e.ID)
	}
	return e.ID
}

// remember keeps e among the recent events. Views share them: nothing that a view can see is changed, new ones go behind it.
func (st *State) remember(e redundancy.Event) {
	st.Recent = append(st.Recent, e)
	st.Recent = st.Recent[max(0, len(st.Recent)-RecentEvents):]
}

func (st *State) told(e redundancy.Event, now time.Time) Told {
	t := Told{Event: e, BootID: st.Host.BootID, Monotonic: st.BootAge + now.Sub(st.Started)}
	if g, known := st.Assessment.Group(e.Group); known {
		t.After = g.Face()
	}
	return t
}

// record appends to the log if it takes anything.
func (st *State) record(kind string, data any, fx *Effects) {
	if st.silent() {
		return
	}
	fx.Append = append(fx.Append, Record{Kind: kind, Data: data})
	st.Log.Next++
}

// takeLog handles what the log says: what has become durable goes to the stream; what the log refused stays in memory.
func (st *State) takeLog(n LogNews, now time.Time, fx *Effects) {
	l := &st.Log
	if n.Refused != 0 {
		st.Will.heard = append(st.Will.heard, actions.Input{Refused: n.Refused})
		st.refused(n, now, fx)
		return
	}
	if n.Problem != l.Problem {
		switch {
		case n.Problem == "":
			fx.say(redundancy.SeverityInfo, "the log can be written again")
		case l.Problem == "":
			fx.say(redundancy.SeverityWarning, "the log cannot be written: events are published from memory", "cause", n.Problem)
		}
		l.Problem = n.Problem
	}
	if n.Durable > l.Durable {
		l.Durable = n.Durable
		st.Will.heard = append(st.Will.heard, actions.Input{Durable: n.Durable})
		st.durableThrough(n.Durable, fx)
		if l.Refusal != "" && !l.Silent {
			l.Refusal = ""
			fx.say(redundancy.SeverityInfo, "the log takes records again")
		}
	}
	if n.Full {
		st.record(RecordCheckpoint, st.checkpoint(), fx)
	}
}

// refused takes back the numbers of records that the log did not take (its bound is reached). Their events are published
// from memory, under names of their own, since the log will give their numbers to others; the checkpoint that follows once
// the log takes records again holds what they said.
func (st *State) refused(n LogNews, now time.Time, fx *Effects) {
	l := &st.Log
	if l.Refusal == "" {
		fx.say(redundancy.SeverityWarning, "the log takes no more records: events are published from memory", "cause", n.Problem)
	}
	l.Silent, l.Next, l.Refusal, l.RetryAt = true, n.Refused, n.Problem, now.Add(RetryLog)
	l.Waiting = slices.DeleteFunc(l.Waiting, func(w Waiting) bool { return w.Seq >= n.Refused && w.As != "" })
	names := map[string]string{}
	for i := range l.Waiting {
		if w := &l.Waiting[i]; w.Seq >= n.Refused {
			was := w.Told.ID
			w.Seq, w.Told.ID = 0, st.nextVolatile()
			names[was] = w.Told.ID
			w.Told.Cause = named(names, w.Told.Cause)
			st.rename(was, w.Told.ID)
		}
	}
	first, _ := slices.BinarySearch(st.Stream.Pending, n.Refused)
	st.Stream.Pending = st.Stream.Pending[:first]
}

// retryLog offers the log a checkpoint from time to time after it refused records; if it takes that, all is as before.
func (st *State) retryLog(now time.Time, fx *Effects) {
	switch {
	case !st.Log.Silent:
	case now.Before(st.Log.RetryAt):
		fx.wake(st.Log.RetryAt)
	default:
		st.Log.Silent = false
		st.record(RecordCheckpoint, st.checkpoint(), fx)
	}
}

// durableThrough publishes what the log now holds, in order. An event that went out from memory is not sent again; the log
// notes under which id it went.
func (st *State) durableThrough(seq uint64, fx *Effects) {
	for len(st.Log.Waiting) > 0 {
		w := st.Log.Waiting[0]
		if w.Seq == 0 || w.Seq > seq {
			break
		}
		st.Log.Waiting = st.Log.Waiting[1:]
		if w.As != "" {
			st.record(RecordSent, Sent{Seq: w.Seq, ID: w.Told.ID, As: w.As}, fx)
		}
		fx.Publish = append(fx.Publish, Outgoing{Told: w.Told, LogID: st.Log.ID, Seq: w.Seq, Known: w.As != ""})
	}
	if len(st.Log.Waiting) == 0 {
		st.Log.Waiting = nil // let go of the events
	}
	if st.Log.Stuck && !st.stuck() {
		st.Log.Stuck = false
		fx.say(redundancy.SeverityInfo, "the log answers again")
	}
}

// stuck says that something was published from memory and is not in the log yet. Such events come first: what follows one
// waits no longer.
func (st *State) stuck() bool { return len(st.Log.Waiting) > 0 && st.Log.Waiting[0].As != "" }

// volatile publishes from memory what has waited for the log too long, and, once one event had to, all that come after it
// until the log moves again: the order of the stream is the order in which things were told.
func (st *State) volatile(now time.Time, fx *Effects) {
	all := st.Log.Waiting
	next, _ := slices.BinarySearchFunc(all, true, func(w Waiting, unsent bool) int {
		if (w.As == "") == unsent {
			return 0
		}
		return -1
	})
	st.Log.Waiting = all[:next]
	names := map[string]string{}
	for i := next; i < len(all); i++ {
		w := all[i]
		if due := w.Since.Add(VolatileAfter); !st.stuck() && w.Seq != 0 && now.Before(due) {
			fx.wake(due)
			st.Log.Waiting = append(st.Log.Waiting, all[i:]...) // those behind it wait with it
			break
		}
		w.Told.Cause = named(names, w.Told.Cause)
		was := w.Told.ID
		if w = st.publishVolatile(w, fx); w.Seq != 0 {
			names[was] = w.As
			st.Log.Waiting = append(st.Log.Waiting, w)
		}
	}
	if !st.Log.Stuck && st.Log.Problem == "" && st.stuck() {
		st.Log.Stuck = true
		fx.say(redundancy.SeverityWarning, "the log does not answer: events are published from memory")
	}
}

// named is what an event is called in the stream.
func named(names map[string]string, id string) string {
	if as, renamed := names[id]; renamed {
		return as
	}
	return id
}

// maxUnlogged is how many events are kept for a log that is not open yet: a storm at the start, in a few megabytes. Past it
// the oldest are given up; the log then gets what they said as events of the time when it opened.
const maxUnlogged = 4096

// publishVolatile publishes w from memory.
func (st *State) publishVolatile(w Waiting, fx *Effects) Waiting {
	w.As = w.Told.ID
	if w.Seq != 0 {
		w.As = st.nextVolatile()
		st.rename(w.Told.ID, w.As)
	}
	fx.Publish = append(fx.Publish, Outgoing{Told: w.Told, LogID: st.Log.ID, Seq: w.Seq, Volatile: w.As})
	if st.Log.ID == "" {
		st.Log.Unlogged = append(st.Log.Unlogged, w.Told)
		st.Log.Unlogged = st.Log.Unlogged[max(0, len(st.Log.Unlogged)-maxUnlogged):]
	}
	return w
}

// rename has later events, and people, call an event by the name that the stream knows.
func (st *State) rename(was, is string) {
	st.Recent = slices.Clone(st.Recent) // views share it
	recalled(st.Recent, was, is)
	st.Assessment = renamed(st.Assessment, was, is)
	st.Will.rename(was, is)
	for i := range st.Deferred {
		if e := &st.Deferred[i].Event; e.ID == was {
			e.ID = is
		}
	}
}

// recalled renames an event among events, and where they cite it.
func recalled(events []redundancy.Event, was, is string) {
	for i := range events {
		if e := &events[i]; e.ID == was {
			e.ID = is
		} else if e.Cause == was {
			e.Cause = is
		}
	}
}

// durable says whether events reach the log before the stream.
func (st *State) durable() bool {
	return st.Log.ID != "" && st.Log.Problem == "" && !st.Log.Stuck && st.Log.Refusal == ""
}

// logProblem is why not, for people.
func (st *State) logProblem() string {
	unopened := ""
	if st.Log.ID == "" && st.Announced {
		unopened = "the state directory has not answered since the start"
	}
	stuck := ""
	if st.Log.Stuck {
		stuck = "the state directory does not answer"
	}
	return cmp.Or(st.Log.Problem, unopened, st.Log.Refusal, stuck)
}
