package metrics

import (
	"runtime"
	"time"

	"plimsoll/actions"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// put takes one sample: which metric, its value, and the values of its labels in the catalogue's order.
type put func(which int, value float64, labels ...string)

// samples puts all that v tells, but for ages. With ages it is the only place that knows what a view means in numbers.
func samples(v *view.View, with Options, put put) {
	put.agent(v)
	put.will(v)
	put.sources(v)
	if host, some := v.Assessment.Host(); some {
		for _, status := range redundancy.Statuses() {
			put(hostStatus, truth(status == host.Status), status.String())
		}
		put(hostMargin, float64(host.Margin.Least), "least")
		put(hostMargin, float64(host.Margin.Most), "most")
	}
	for _, g := range v.Assessment.Groups {
		put.group(g)
	}
	for i := range v.Assessment.Components {
		put.lone(&v.Assessment.Components[i].Component)
	}
	for _, c := range v.Assessment.Coverage {
		put.use(c)
	}
	if with.NodeExporter {
		put.nodeExporter(v)
	}
}

func (put put) use(c redundancy.Coverage) {
	switch c.Cover {
	case redundancy.CoverUnknown:
		return // it has not lasted long enough to count
	case redundancy.Covered, redundancy.Unprotected:
		put(unprotected, truth(c.Cover == redundancy.Unprotected), c.Kind, string(c.Use), c.What)
	case redundancy.NotUnderstood:
	}
	put(coverage, 1, c.Cover.String(), c.Kind, string(c.Use), c.What)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// states are the words of calledFor.
const (
	stateHeld     = "held"
	stateOffered  = "offered"
	stateUnderWay = "under way"
	stateStuck    = "stuck"
)

// phases are those of actionsTotal, all of them counted from zero.
var phases = []string{
	string(actions.Intended), string(actions.Granted), string(actions.Started), string(actions.Done), string(actions.Failed), string(actions.Abandoned),
	actions.InDoubt, actions.Stuck,
}

// will tells of acting.
func (put put) will(v *view.View) {
	w := &v.Will
	put(enforcing, truth(v.Mode == modeEnforce))
	put(frozen, truth(len(w.Frozen) > 0))
	put(capReached, truth(!w.Latched.IsZero()))
	for _, m := range w.Maintenance {
		put(maintenanceEnd, unix(m.Until), m.Group)
	}
	stuck := 0
	for i := range w.Works {
		if w.Works[i].Stuck {
			stuck++
		}
	}
	put(calledFor, float64(len(w.Plan.Held)), stateHeld)
	put(calledFor, float64(len(w.Plan.Offer)), stateOffered)
	put(calledFor, float64(len(w.Works)-stuck), stateUnderWay)
	put(calledFor, float64(stuck), stateStuck)
	if v.Mode != modeEnforce {
		return
	}
	for _, verb := range actions.Doable() {
		for _, phase := range phases {
			put(actionsTotal, float64(counted(w.Counts, verb, phase)), phase, string(verb))
		}
	}
}

// modeEnforce is the mode in which something is done, as the view names it.
const modeEnforce = "enforce"

func counted(counts []view.Count, verb actions.Verb, phase string) uint64 {
	for _, c := range counts {
		if c.Verb == verb && c.Phase == phase {
			return c.N
		}
	}
	return 0
}

func (put put) agent(v *view.View) {
	put(buildInfo, 1, runtime.Version(), v.Version)
	put(startTime, unix(v.Started))
	put(outboxEvents, float64(v.Outbox.Pending))
	put(outboxDropped, float64(v.Outbox.Dropped))
	put(logDurable, truth(v.Outbox.Durable))
	put(logLinesLost, float64(v.Log.Lost))
	if v.NATS.Configured || v.NATS.Embedded {
		put(natsConnected, truth(v.NATS.Connected))
	}
	for _, t := range redundancy.EventTypes() {
		if !redundancy.OfFleet(t) {
			put(events, float64(v.Events[t]), t) // 0 too, so that the first one shows in a rate
		}
	}
}

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// ages puts what changes with time alone, all of it samples of lookAge and scrubAge.
func ages(v *view.View, now time.Time, put put) {
	for _, src := range v.Assessment.Sources {
		if !src.At.IsZero() {
			put(lookAge, max(0, now.Sub(src.At)).Seconds(), src.Name)
		}
	}
	for _, g := range v.Assessment.Groups {
		if !g.Scrubs.Last.IsZero() {
			put(scrubAge, max(0, now.Sub(g.Scrubs.Last)).Seconds(), string(g.Group.ID), string(g.Group.Kind), g.Group.Name)
		}
	}
}

func (put put) sources(v *view.View) {
	for _, src := range v.Assessment.Sources {
		put(sourceBlind, truth(src.Blind), src.Name)
	}
	for _, l := range v.Looks {
		put(looks, float64(l.OK), "ok", l.Source)
		put(looks, float64(l.Failed), "failed", l.Source)
		put(looks, float64(l.Overdue), "overdue", l.Source)
		if l.OK+l.Failed > 0 {
			put(lookDuration, l.Duration.Seconds(), l.Source)
		}
	}
}

func (put put) group(g redundancy.Assessed) {
	id, name, kind := string(g.Group.ID), g.Group.Name, string(g.Group.Kind)
	for _, status := range redundancy.Statuses() {
		put(groupStatus, truth(status == g.Verdict.Status), id, kind, name, status.String())
	}
	put(groupMargin, float64(g.Verdict.Margin.Least), "least", id, kind, name)
	put(groupMargin, float64(g.Verdict.Margin.Most), "most", id, kind, name)
	put(groupFullMargin, float64(g.Verdict.Margin.Full), id, kind, name)
	put(groupSince, unix(g.Since), id, kind, name)
	put(unreadable, float64(unread(g.Group)), id, kind, name)
	switch g.Verdict.Serving {
	case redundancy.Yes, redundancy.No:
		put(groupServing, truth(g.Verdict.Serving == redundancy.Yes), id, kind, name)
	case redundancy.Unread:
	}
	for _, f := range g.Group.Fates {
		put(groupFateMargin, float64(f.Margin), f.Domain, id, f.Name, string(f.ID))
	}
	if a := g.Group.Activity; a != nil {
		if p, known := a.Progress(); known {
			put(activityProgress, p, a.Kind, id, kind, name)
		}
	}
	for rest := g.Group.Warnings; len(rest) > 0; { // sorted by key
		same := 1
		for same < len(rest) && rest[same].Key == rest[0].Key {
			same++
		}
		put(warnings, float64(same), id, rest[0].Key, kind, name)
		rest = rest[same:]
	}
	for _, c := range g.Group.Members {
		put.component(id, c)
	}
}

// component tells the state and the health it has, not those it has not: a host with 500 disks would have 5,500 series of
// zeros and ones.
func (put put) component(group string, c redundancy.Component) {
	put(componentState, 1, string(c.ID), group, c.Name, c.State.String())
	put(componentHealth, 1, string(c.ID), group, c.Health.String(), c.Name)
}

// lone tells of a component in no group.
func (put put) lone(c *redundancy.Component) {
	put.component("", *c)
	for _, w := range c.Warnings {
		put(componentWarnings, 1, string(c.ID), w.Key, string(c.Kind), c.Name)
	}
}

// unread counts the places that the last look at g could not read.
func unread(g redundancy.Group) int {
	n := failures(g.Evidence)
	for _, c := range g.Members {
		n += failures(c.Evidence)
	}
	for _, w := range g.Warnings {
		n += failures(w.Evidence)
	}
	return n
}

func failures(list []redundancy.Evidence) int {
	n := 0
	for _, e := range list {
		if e.Err != "" {
			n++
		}
	}
	return n
}
