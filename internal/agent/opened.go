package agent

import (
	"maps"
	"slices"
	"time"

	"plimsoll/redundancy"
)

// takeOpened takes over what was told before the agent started. What this agent told from memory meanwhile goes into the
// log as it went out; what is judged next is told as the difference to both.
func (st *State) takeOpened(o Opened, now time.Time, fx *Effects) {
	l := &st.Log
	if l.Problem != "" || st.Announced {
		fx.say(redundancy.SeverityInfo, "the log is open")
	}
	l.ID, l.Next, l.Durable, l.Problem = o.LogID, o.Next, max(o.Next, 1)-1, ""
	for _, text := range o.Repaired {
		fx.say(redundancy.SeverityInfo, "the log's tail was repaired", "cause", text)
	}
	for _, text := range o.Corrupt {
		fx.say(redundancy.SeverityWarning, "the log is damaged", "cause", text)
	}
	// What the publisher said so far, it said without knowing the log.
	st.Stream.Cursors, st.Stream.KeepAt = slices.Clone(o.Before.Cursors), time.Time{}
	if !st.Stream.Local {
		st.Stream.Pending = slices.Sorted(slices.Values(o.Pending))
	}
	st.Recent = slices.Concat(o.Recent, st.Recent)
	st.Recent = st.Recent[max(0, len(st.Recent)-RecentEvents):]
	st.resumeWill(o, now)
	st.resumeDeferred(o.Before.Deferred, now)
	st.resume(o, now, fx)
	st.resumeBaseline(o.Before, now, fx)
}

// resume goes on from what the log says, and from what was told from memory after it. Where the log has events that the
// stream may still lack, those come after what was told from memory, and undo it for whoever folds: it is told again.
func (st *State) resume(o Opened, now time.Time, fx *Effects) {
	before := o.Before.Assessment
	known := before
	for _, t := range st.Log.Unlogged {
		known = redundancy.Fold(known, t.Event)
		st.record(RecordVolatile, t, fx)
	}
	st.Log.Unlogged = nil
	st.Assessment = resumed(known, now, st.Wall)
	if len(o.Pending) == 0 {
		return
	}
	st.Assessment.At = now
	again := redundancy.Diff(resumed(before, now, st.Wall), st.Assessment, st.ids())
	st.Assessment = st.Assessment.Cited(again)
	for _, e := range again {
		st.tell(e, now, fx)
	}
}

// resumeBaseline goes on with what was known before, and keeps what was learned and told meanwhile.
func (st *State) resumeBaseline(before Checkpoint, now time.Time, fx *Effects) {
	meanwhile := st.Rules.Baseline.Groups
	st.Rules.Baseline, st.History = before.Baseline, before.History
	for _, id := range slices.Sorted(maps.Keys(meanwhile)) {
		if _, known := before.Baseline.Groups[id]; known {
			continue
		}
		b := BaselineRecord{ID: id, Known: meanwhile[id], At: now.Add(st.Wall)}
		st.Rules.Baseline = b.added(st.Rules.Baseline)
		st.keepBaseline(b, fx)
	}
}

func (b BaselineRecord) added(to redundancy.Baseline) redundancy.Baseline {
	groups := maps.Clone(to.Groups)
	if groups == nil {
		groups = map[redundancy.ID]redundancy.Known{}
	}
	groups[b.ID] = b.Known
	if b.Gone {
		delete(groups, b.ID)
	}
	return redundancy.Baseline{Groups: groups}
}

// renamed is a with the id of an open fault replaced.
func renamed(a redundancy.Assessment, was, is string) redundancy.Assessment {
	for i := range a.Components {
		if a.Components[i].Fault == was {
			a.Components = slices.Clone(a.Components)
			a.Components[i].Fault = is
		}
	}
	groups := a.Groups
	for i, g := range groups {
		for id, fault := range g.Faults {
			if fault != was {
				continue
			}
			if &groups[i] == &a.Groups[i] {
				groups = slices.Clone(a.Groups)
			}
			groups[i].Faults = maps.Clone(groups[i].Faults)
			groups[i].Faults[id] = is
		}
	}
	a.Groups = groups
	for i, s := range a.Sources {
		if s.Fault == was {
			a.Sources = slices.Clone(a.Sources)
			a.Sources[i].Fault = is
		}
	}
	return a
}

// shifted is a with all its times moved by d, but for those of evidence: rooms take them from the wall clock.
func shifted(a redundancy.Assessment, d time.Duration) redundancy.Assessment {
	return retimed(a, func(t time.Time) time.Time { return t.Add(d) })
}

// resumed is what the log says on the steady clock, which the log's times, being those of the wall clock, may be ahead of:
// it was set back, or this host has not learned the time yet. Nothing has happened in the future, though; and what was about
// to settle begins anew.
func resumed(a redundancy.Assessment, now time.Time, wall time.Duration) redundancy.Assessment {
	a = retimed(a, func(t time.Time) time.Time {
		if t = t.Add(-wall); t.After(now) {
			return now
		}
		return t
	})
	for i := range a.Groups {
		a.Groups[i].Pending, a.Groups[i].Carried = nil, true
	}
	for i := range a.Components {
		a.Components[i].Pending, a.Components[i].Carried = nil, true
	}
	a.Awaited = time.Time{}
	for i := range a.Coverage {
		a.Coverage[i].Due = time.Time{}
	}
	return a
}

// retimed is a with every time changed; one that is not known stays so. It shares no slice with a that holds times.
func retimed(a redundancy.Assessment, change func(time.Time) time.Time) redundancy.Assessment {
	move := func(t *time.Time) {
		if !t.IsZero() {
			*t = change(*t)
		}
	}
	move(&a.At)
	move(&a.Awaited)
	a.Groups, a.Sources, a.Coverage = slices.Clone(a.Groups), slices.Clone(a.Sources), slices.Clone(a.Coverage)
	for i := range a.Coverage {
		move(&a.Coverage[i].Since)
		move(&a.Coverage[i].Due)
	}
	all := func(times []time.Time) []time.Time {
		times = slices.Clone(times)
		for i := range times {
			move(&times[i])
		}
		return times
	}
	a.Components = slices.Clone(a.Components)
	for i := range a.Components {
		l := &a.Components[i]
		l.Worsened = all(l.Worsened)
		if l.Pending != nil {
			p := *l.Pending
			move(&p.Since)
			move(&p.Due)
			l.Pending = &p
		}
		move(&l.SeenAt)
		move(&l.Since)
	}
	for i := range a.Groups {
		g := &a.Groups[i]
		g.Worsened = all(g.Worsened)
		if g.Pending != nil {
			p := *g.Pending
			move(&p.Since)
			move(&p.Due)
			g.Pending = &p
		}
		move(&g.SeenAt)
		move(&g.Since)
		for _, t := range []*time.Time{&g.Scrubs.From, &g.Scrubs.Last, &g.Drifted} {
			move(t)
		}
	}
	for i := range a.Sources {
		move(&a.Sources[i].At)
	}
	return a
}
