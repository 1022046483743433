package agent

import (
	"fmt"
	"slices"
	"time"

	"plimsoll/redundancy"
)

// ids names the events of the next Diff: the place in the log that each will have. Records of other kinds come after the
// events of one step, so the numbers run on.
func (st *State) ids() func(int) string {
	next, log := st.Log.Next, st.Log.ID
	if st.silent() {
		next, log = st.Log.Sent+uint64(len(st.unsent()))+1, st.Log.Volatile
	}
	return func(i int) string { return st.eventID(log, next+uint64(i)) }
}

func (st *State) eventID(log string, seq uint64) string {
	return fmt.Sprintf("%s/%s/%d", st.Host.ID, log, seq)
}

// silent says that nothing can be appended: there is no log yet, or it takes no more.
func (st *State) silent() bool { return st.Log.ID == "" || st.Log.Silent }

func (st *State) unsent() []Waiting {
	return slices.DeleteFunc(slices.Clone(st.Log.Waiting), func(w Waiting) bool { return w.As != "" })
}

// tell makes an event known: counted, followed, said, and on its way into the log; the stream gets it once it is durable.
func (st *State) tell(e redundancy.Event, now time.Time, fx *Effects) {
	if e.Time.IsZero() {
		e.Time = now
	}
	e.Time = e.Time.Add(st.Wall)
	w := Waiting{Since: now}
	if st.silent() {
		e.ID = st.ids()(0)
		w.Told = st.told(e, now)
	} else {
		w.Seq = st.Log.Next
		e.ID = st.eventID(st.Log.ID, w.Seq)
		w.Told = st.told(e, now)
		st.Stream.Pending = append(slices.Clip(st.Stream.Pending), w.Seq)
		st.record(RecordEvent, w.Told, fx)
	}
	st.Log.Waiting = append(slices.Clip(st.Log.Waiting), w)
	st.Counts[e.Type]++
	st.Recent = append(slices.Clip(st.Recent), e)
	if extra := len(st.Recent) - RecentEvents; extra > 0 {
		st.Recent = slices.Clone(st.Recent[extra:])
	}
	if e.Type != redundancy.ActivityProgressed {
		fx.say(e.Severity, e.Text, "event", e.Type, "group", string(e.Group), "component", string(e.Member), "id", e.ID)
	}
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
	if n.Refused == 0 && n.Problem != l.Problem {
		switch {
		case n.Problem == "":
			fx.say(redundancy.SeverityInfo, "the log can be written again")
		case l.Problem == "":
			fx.say(redundancy.SeverityWarning, "the log cannot be written: events are published from memory", "cause", n.Problem)
		}
		l.Problem = n.Problem
	}
	if n.Refused != 0 {
		st.refused(n, now, fx)
		return
	}
	if n.Durable > l.Durable {
		l.Durable = n.Durable
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
// from memory; the checkpoint that follows once the log takes records again holds what they said.
func (st *State) refused(n LogNews, now time.Time, fx *Effects) {
	l := &st.Log
	if l.Refusal == "" {
		fx.say(redundancy.SeverityWarning, "the log takes no more records: events are published from memory", "cause", n.Problem)
	}
	l.Silent, l.Next, l.Refusal, l.RetryAt = true, n.Refused, n.Problem, now.Add(RetryLog)
	waiting := slices.Clone(l.Waiting)
	for i := range waiting {
		if waiting[i].Seq >= n.Refused {
			waiting[i].Seq = 0
		}
	}
	l.Waiting = waiting
	st.Stream.Pending = slices.DeleteFunc(slices.Clone(st.Stream.Pending), func(seq uint64) bool { return seq >= n.Refused })
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
	var still []Waiting
	for _, w := range st.Log.Waiting {
		switch {
		case w.Seq == 0 || w.Seq > seq:
			still = append(still, w)
		case w.As != "":
			st.record(RecordSent, Sent{Seq: w.Seq, As: w.As}, fx)
		default:
			fx.Publish = append(fx.Publish, Outgoing{Told: w.Told, LogID: st.Log.ID, Seq: w.Seq})
		}
	}
	st.Log.Waiting = still
	st.notStuck(fx)
}

// notStuck says so once everything that was published from memory is in the log.
func (st *State) notStuck(fx *Effects) {
	stuck := slices.ContainsFunc(st.Log.Waiting, func(w Waiting) bool { return w.As != "" })
	if st.Log.Stuck && !stuck {
		st.Log.Stuck = false
		fx.say(redundancy.SeverityInfo, "the log answers again")
	}
}

// volatile publishes from memory what has waited for the log too long, and, once one event had to, all that come after it
// until the log moves again: the order of the stream is the order in which things were told.
func (st *State) volatile(now time.Time, fx *Effects) {
	stuck := false
	known := map[string]string{} // what an event that was published from memory is called there
	var still []Waiting
	for _, w := range st.Log.Waiting {
		due := w.Since.Add(VolatileAfter)
		if w.Seq == 0 {
			due = now
		}
		switch {
		case w.As != "":
			stuck = true
			known[w.Told.ID] = w.As
			still = append(still, w)
			continue
		case !stuck && now.Before(due):
			fx.wake(due)
			still = append(still, w)
			continue
		}
		stuck = true
		w.As = st.nextVolatile()
		known[w.Told.ID] = w.As
		out := Outgoing{Told: w.Told, LogID: st.Log.ID, Seq: w.Seq, Volatile: w.As}
		if as := known[out.Told.Cause]; as != "" {
			out.Told.Cause = as
		}
		fx.Publish = append(fx.Publish, out)
		if w.Seq != 0 {
			still = append(still, w)
		}
	}
	st.Log.Waiting = still
	hanging := st.Log.Problem == "" && slices.ContainsFunc(still, func(w Waiting) bool { return w.As != "" })
	if hanging && !st.Log.Stuck {
		st.Log.Stuck = true
		fx.say(redundancy.SeverityWarning, "the log does not answer: events are published from memory")
	}
}

func (st *State) nextVolatile() string {
	st.Log.Sent++
	return st.eventID(st.Log.Volatile, st.Log.Sent)
}

// takeOpened takes over what was told before the agent started. If the agent has not begun to judge, that is all. If the
// log opens late, what was told from memory meanwhile is written down as the difference, marked as sent.
func (st *State) takeOpened(o Opened, fx *Effects) {
	l := &st.Log
	l.ID, l.Next, l.Durable, l.Problem = o.LogID, o.Next, o.Next-1, ""
	st.Rules.Baseline = o.Before.Baseline
	st.Stream.Cursors = slices.Clone(o.Before.Cursors)
	st.Stream.Pending = slices.Clone(o.Pending)
	for _, text := range o.Repaired {
		fx.say(redundancy.SeverityInfo, "the log's tail was repaired", "cause", text)
	}
	for _, text := range o.Corrupt {
		fx.say(redundancy.SeverityWarning, "the log is damaged", "cause", text)
	}
	before := o.Before.Assessment
	for i := range before.Groups {
		before.Groups[i].Pending = nil
	}
	if !st.Announced {
		st.Assessment = before
		return
	}
	missed := redundancy.Diff(before, st.Assessment, st.ids())
	for _, e := range missed {
		e.Time = e.Time.Add(st.Wall)
		w := Waiting{Told: st.told(e, st.Assessment.At), Seq: l.Next, Since: st.Assessment.At, As: st.nextVolatile()}
		st.Log.Waiting = append(slices.Clip(st.Log.Waiting), w)
		st.record(RecordEvent, w.Told, fx)
	}
	st.Assessment = st.Assessment.Cited(missed)
}

// durable says whether events reach the log before the stream.
func (st *State) durable() bool {
	return st.Log.ID != "" && st.Log.Problem == "" && !st.Log.Stuck && !st.Log.Silent
}

// logProblem is why not, for people.
func (st *State) logProblem() string {
	switch {
	case st.Log.Problem != "":
		return st.Log.Problem
	case st.Log.ID == "" && st.Announced:
		return "the state directory has not answered since the start"
	case st.Log.Stuck:
		return "the state directory does not answer"
	case st.Log.Refusal != "":
		return st.Log.Refusal
	default:
		return ""
	}
}
