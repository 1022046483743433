package redundancy

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Settle is how long a change must last to count, apart for worse and for better.
type Settle struct {
	Worse  time.Duration `json:"worse"`
	Better time.Duration `json:"better"`
}

// Flap is when a group that keeps changing is held at its worst: Count turns for the worse within Within hold back every
// turn for the better until it has lasted that long. Count 0 never holds.
type Flap struct {
	Count  int           `json:"count"`
	Within time.Duration `json:"within"`
}

// Rules are what Assess goes by, beside what was seen.
type Rules struct {
	Settle   map[Kind]Settle `json:"settle,omitempty"` // a kind that is not there settles at once
	Flap     Flap            `json:"flap"`
	Baseline Baseline        `json:"baseline"`
	// Coverage is how long a change of what covers for a use must last.
	Coverage time.Duration `json:"coverage"`
	// Booted is until when groups may still be on their way since the host booted: those that a look did not find are not
	// missed unless it ended later. Zero: they all have come.
	Booted time.Time `json:"booted,omitzero"`
	// Scrub is within how long every group is to be verified that can be; 0: nobody waits for that.
	Scrub time.Duration `json:"scrub,omitempty"`
}

// Assessment is the judged state of the host at one moment. It is immutable once published.
type Assessment struct {
	At       time.Time     `json:"at"`
	Groups   []Assessed    `json:"groups"`             // sorted by id
	Sources  []SourceState `json:"sources"`            // sorted by name
	Coverage []Coverage    `json:"coverage,omitempty"` // sorted by use
	// Components are the lone ones, sorted by id.
	Components []Lone `json:"components,omitempty"`
	// Awaited is until when groups that are not there yet are waited for; zero: none is.
	Awaited time.Time `json:"awaited,omitzero"`
}

// Assessed is one group as it is shown: settled, doubts of age added, warnings of the baseline added.
type Assessed struct {
	Group   Group     `json:"group"`
	Verdict Verdict   `json:"verdict"`
	Source  string    `json:"source"`
	SeenAt  time.Time `json:"seen_at,omitzero"` // when the look ended that Group comes from
	Since   time.Time `json:"since"`            // when this status began to be shown
	// Carried says that it is shown as it was before the agent started: nobody has seen it since.
	Carried bool     `json:"carried,omitempty"`
	Pending *Pending `json:"pending,omitempty"`
	// Worsened are the recent times of turns for the worse, shown or swallowed since a turn for the better had not lasted; Held
	// counts those that were swallowed since it was last shown anew.
	Worsened []time.Time `json:"worsened,omitempty"`
	Held     int         `json:"held,omitempty"`
	Scrubs   Scrubs      `json:"scrubs,omitzero"`
	Drifted  time.Time   `json:"drifted,omitzero"` // since when it is set up otherwise than the baseline knows it; zero: it is not
	// Faults are the ids of the events that told of what is wrong now, by member, and by the group's own id.
	Faults map[ID]string `json:"faults,omitempty"`
}

// Pending is a change that has been seen and has not lasted long enough to be shown.
type Pending struct {
	Since   time.Time `json:"since"`
	Due     time.Time `json:"due"` // when it will be shown, if it lasts
	Worse   bool      `json:"worse"`
	Verdict Verdict   `json:"verdict"`
}

// SourceState is how one source fares.
type SourceState struct {
	Name    string    `json:"name"`
	At      time.Time `json:"at,omitzero"` // end of the last look that brought something
	Blind   bool      `json:"blind"`       // nothing for longer than it may take: what it told is doubtful
	Why     string    `json:"why,omitempty"`
	Overdue bool      `json:"overdue"`
	Notes   []string  `json:"notes,omitempty"`
	Fault   string    `json:"fault,omitempty"` // id of the event that called it blind
}

// Group is the assessed group with this id, and false where there is none.
func (a Assessment) Group(id ID) (Assessed, bool) {
	i, found := slices.BinarySearchFunc(a.Groups, id, func(g Assessed, id ID) int { return cmp.Compare(g.Group.ID, id) })
	if !found {
		return Assessed{}, false
	}
	return a.Groups[i], true
}

// Source is the state of the source with this name, and false where there is none.
func (a Assessment) Source(name string) (SourceState, bool) {
	i, found := slices.BinarySearchFunc(a.Sources, name, func(s SourceState, n string) int { return cmp.Compare(s.Name, n) })
	if !found {
		return SourceState{}, false
	}
	return a.Sources[i], true
}

// carried is g of the time before the agent started, while its source has not told of it yet. It keeps its verdict until
// the source has been silent for too long; then nobody knows.
func (g Assessed) carried(blind bool, now time.Time) Assessed {
	g.Carried = true
	if !blind || g.Verdict.Status == StatusUnknown || g.Verdict.Best == Failed {
		return g
	}
	v := g.Verdict
	v.Status, v.Worst, v.Serving = StatusUnknown, Failed, Unread
	v.Margin.Least = min(v.Margin.Least, -1)
	return g.show(g.Group.aged(), v, now)
}

// settle decides whether candidate, which is what the group is now, is shown yet.
func settle(was Assessed, known bool, candidate Group, verdict Verdict, now time.Time, r Rules) Assessed {
	next := was
	next.Worsened = recent(was.Worsened, now, r.Flap)
	if !known {
		next.Group, next.Verdict, next.Since, next.Pending = candidate, verdict, now, nil
		return next
	}
	flapping := r.Flap.Count > 0 && len(next.Worsened) >= r.Flap.Count
	if was.Verdict == verdict && sameMembers(was.Group, candidate) {
		if p := was.Pending; p != nil && !p.Worse { // a turn for the worse that nobody was told of
			next.Held++
			next.Worsened = append(next.Worsened, now)
		}
		next.Group, next.Pending = candidate, nil
		return next
	}
	better := was.Verdict.Worse(verdict)
	wait := r.wait(candidate.Kind, better, flapping)
	if !better && fellSilent(was.Group, candidate) {
		wait = 0
	}
	since, due := now, now.Add(wait)
	if p := was.Pending; p != nil && p.Worse == !better {
		since, due = p.Since, later(p.Due, p.Since.Add(wait)) // a hold that was begun is kept to its end
	}
	if now.Before(due) {
		next.Pending = &Pending{Since: since, Due: due, Worse: !better, Verdict: verdict}
		// These need no settling.
		next.Group.Activity, next.Group.Warnings, next.Group.Fates = candidate.Activity, candidate.Warnings, candidate.Fates
		return next
	}
	return next.show(candidate, verdict, now)
}

// wait is how long a change of one of this kind must last to be shown.
func (r Rules) wait(kind Kind, better, flapping bool) time.Duration {
	switch {
	case !better:
		return r.Settle[kind].Worse
	case flapping:
		return max(r.Settle[kind].Better, r.Flap.Within)
	default:
		return r.Settle[kind].Better
	}
}

// show makes a change visible and remembers a turn for the worse.
func (g Assessed) show(candidate Group, verdict Verdict, now time.Time) Assessed {
	if verdict.Worse(g.Verdict) {
		g.Worsened = append(slices.Clone(g.Worsened), now)
	}
	if verdict.Status != g.Verdict.Status {
		g.Since = now
	}
	g.Group, g.Verdict, g.Pending, g.Held = candidate, verdict, nil, 0
	return g
}

// recent are the newest of these times that can still make a group one that flaps.
func recent(times []time.Time, now time.Time, f Flap) []time.Time {
	var out []time.Time
	for _, t := range times[max(0, len(times)-f.Count):] {
		if now.Sub(t) < f.Within {
			out = append(out, t)
		}
	}
	return out
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// sameMembers compares what is told of members; evidence and names for people may differ.
func sameMembers(a, b Group) bool {
	if len(a.Members) != len(b.Members) {
		return false
	}
	if sameSlice(a.Members, b.Members) {
		return true
	}
	for i := range a.Members {
		if a.Members[i].ID != b.Members[i].ID || !a.Members[i].sameFace(&b.Members[i]) {
			return false
		}
	}
	return true
}

// fellSilent says whether all that a and b differ in is that members have fallen silent. Who calls a path silent has asked it
// several times and waited for an answer each time: that has lasted.
func fellSilent(a, b Group) bool {
	if len(a.Members) != len(b.Members) {
		return false
	}
	fell := false
	for i := range b.Members {
		was, is := &a.Members[i], b.Members[i]
		if was.ID != is.ID || was.sameFace(&is) {
			continue
		}
		is.Doubts = slices.DeleteFunc(slices.Clone(is.Doubts), func(d Doubt) bool { return d == DoubtSilent })
		if !was.sameFace(&is) {
			return false
		}
		fell = true
	}
	return fell
}

// aged is g as an old look told it: every member that seemed to work is doubtful, and the proof of serving is void.
func (g Group) aged() Group {
	g.Serving = Unread
	g.Members = slices.Clone(g.Members)
	for i, c := range g.Members {
		g.Members[i] = c.aged()
	}
	return g
}

// freshest is the moment from which the age of what src says is counted.
func (src Source) freshest() time.Time {
	if src.At.After(src.Since) {
		return src.At
	}
	return src.Since
}

func (src Source) state(was SourceState, now time.Time) SourceState {
	st := SourceState{
		Name: src.Name, At: src.At, Overdue: src.Overdue, Why: src.Failing,
		Notes: src.Observation.Notes, Fault: was.Fault,
	}
	if src.StaleAfter > 0 && now.Sub(src.freshest()) > src.StaleAfter {
		st.Blind = true
		if st.Why == "" {
			st.Why = "no look has come back in time"
		}
	}
	if src.At.IsZero() && was.Blind && !st.Blind {
		st.Blind = true // a restart alone gives no sight, nor does a look that fails
		st.Why = cmp.Or(src.Failing, was.Why)
	}
	return st
}

// Next is the next moment at which time alone changes the assessment (a change settles, a source turns stale), and false
// where there is none.
func (a Assessment) Next(s Snapshot) (time.Time, bool) {
	var next time.Time
	sooner := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	if !a.Awaited.IsZero() {
		sooner(a.Awaited)
	}
	for _, g := range a.Groups {
		if g.Pending != nil {
			sooner(g.Pending.Due)
		}
		if due, drifts := g.drifts(); drifts {
			sooner(due)
		}
	}
	for i := range a.Components {
		if p := a.Components[i].Pending; p != nil {
			sooner(p.Due)
		}
	}
	for _, c := range a.Coverage {
		if !c.Due.IsZero() {
			sooner(c.Due)
		}
	}
	for _, src := range s.Sources {
		if st, _ := a.Source(src.Name); src.StaleAfter > 0 && !st.Blind {
			sooner(src.freshest().Add(src.StaleAfter + 1))
		}
	}
	return next, !next.IsZero()
}

// Host is the verdict on the host, among groups that have something to lose (full margin of one or more), and false where
// there are none: each bound is the least of any group, so that one group that can't be read does not hide that another
// surely has no margin left. Status is that of the worst group unless both bounds have one word.
func (a Assessment) Host() (Verdict, bool) {
	var host, worst Verdict
	found := false
	for _, g := range a.Groups {
		v := g.Verdict
		if v.Margin.Full < 1 {
			continue
		}
		if !found {
			host, worst, found = v, v, true
		}
		if v.Worse(worst) {
			worst = v
		}
		host.Worst, host.Best = lower(host.Worst, v.Worst), lower(host.Best, v.Best)
		host.Margin.Least, host.Margin.Most = min(host.Margin.Least, v.Margin.Least), min(host.Margin.Most, v.Margin.Most)
	}
	host.Group, host.Serving, host.Margin.Full = "", worst.Serving, worst.Margin.Full
	host.Status = worst.Status
	if host.Worst == host.Best {
		host.Status = host.Worst
	}
	return host, found
}

func lower(s, t Status) Status {
	if t.rank() < s.rank() {
		return t
	}
	return s
}

// Cited is a with the ids of open faults noted, so that later events can name their cause.
func (a Assessment) Cited(events []Event) Assessment {
	a.Groups, a.Sources, a.Components = slices.Clone(a.Groups), slices.Clone(a.Sources), slices.Clone(a.Components)
	for _, e := range events {
		a.cite(e)
	}
	return a
}

func (a *Assessment) cite(e Event) {
	if i := slices.IndexFunc(a.Sources, func(s SourceState) bool { return e.Kind == KindAgent && s.Name == e.Source }); i >= 0 {
		switch e.Type {
		case CollectorBlind:
			a.Sources[i].Fault = e.ID
		case CollectorSighted:
			a.Sources[i].Fault = ""
		}
	}
	if e.lone() {
		a.citeLone(e)
		return
	}
	i := slices.IndexFunc(a.Groups, func(g Assessed) bool { return g.Group.ID == e.Group })
	if i < 0 {
		return
	}
	faults := maps.Clone(a.Groups[i].Faults)
	if faults == nil {
		faults = map[ID]string{}
	}
	switch e.Type {
	case ComponentFailed, ComponentMissing, ComponentPredicted, RedundancyDegraded, RedundancyLost, RedundancyFailed, RedundancyUnknown:
		faults[e.Subject] = e.ID
	case ComponentReturned, ComponentRemoved, RedundancyRegained:
		delete(faults, e.Subject)
	}
	if len(faults) == 0 {
		faults = nil
	}
	a.Groups[i].Faults = faults
}
