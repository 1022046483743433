package api

import (
	"slices"
	"time"

	"plimsoll/actions"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// NewStatus is the status document of v as it stands at now.
func NewStatus(v *view.View, now time.Time) Status {
	s := Status{
		Schema: SchemaStatus, At: v.At.UTC(), Version: v.Version, Started: v.Started.UTC(), Mode: v.Mode,
		Host: newHost(v.Host),
		Fleet: Fleet{
			Name: v.Host.Fleet, Configured: v.NATS.Configured, Connected: v.NATS.Connected, Embedded: v.NATS.Embedded,
			URL: known(v.NATS.URL), Problem: known(v.NATS.Problem), Pools: some(v.Fleet.Pools),
			Trusted: v.Fleet.Trusted,
		},
		Groups: []Group{}, Lone: []Lone{}, Sources: []Source{}, Held: each(v.Will.Plan.Held, newHeld),
		Offered: each(v.Will.Plan.Offer, will{v}.offer), Acting: each(v.Will.Works, will{v}.work), Frozen: some(v.Will.Frozen),
		Rests: each(v.Will.Maintenance, newMaintenance), Latched: moment(v.Will.Latched),
		Outbox: Outbox{Pending: v.Outbox.Pending, Dropped: v.Outbox.Dropped, Durable: v.Outbox.Durable},
		Log:    Log{ID: known(v.Log.ID), Problem: known(v.Log.Problem), Records: v.Log.Records, LinesLost: v.Log.Lost},
	}
	if host, some := v.Assessment.Host(); some {
		s.Status, s.Margin = &host.Status, &Bounds{Least: host.Margin.Least, Most: host.Margin.Most}
	}
	for _, g := range v.Assessment.Groups {
		s.Groups = append(s.Groups, newGroup(g, now))
	}
	for _, src := range v.Assessment.Sources {
		s.Sources = append(s.Sources, newSource(src, v.Looks, now))
	}
	for _, l := range v.Assessment.Components {
		s.Lone = append(s.Lone, newLone(l, now))
	}
	for _, c := range v.Assessment.Coverage {
		if c.Cover != redundancy.CoverUnknown {
			s.Coverage = append(s.Coverage, newCovered(c))
		}
	}
	return s
}

func newLone(l redundancy.Lone, now time.Time) Lone {
	out := Lone{
		Component: newComponent(l.Component, false, l.SeenAt, now), Kind: l.Component.Kind, Since: l.Since.UTC(),
		Warnings: newWarnings(l.Component.Warnings, l.SeenAt, now), Source: l.Source, AgeS: age(l.SeenAt, now), Fault: known(l.Fault),
	}
	if p := l.Pending; p != nil {
		out.Pending = &Turn{
			Since: p.Since.UTC(), Due: p.Due.UTC(), Worse: p.Worse, State: p.Is.State, Health: p.Is.Health, Doubts: some(p.Is.Doubts),
		}
	}
	return out
}

func newWarnings(list []redundancy.Warning, seen, now time.Time) []Warning {
	return each(list, func(w redundancy.Warning) Warning {
		return Warning{Key: w.Key, Member: known(w.Member), Text: w.Text, Evidence: newEvidence(w.Evidence, seen, now)}
	})
}

func newHeld(h actions.Holding) Held {
	return Held{
		Rule: h.Action.Rule, Verb: h.Action.Verb, Group: h.Action.Group, Name: h.Action.Name, Why: each(h.Why, actions.Reason.String),
	}
}

func newHost(h view.Host) Host {
	return Host{
		ID: h.ID, Name: h.Name, BootID: h.BootID, Labels: full(h.Labels),
		Platform: h.Facts.Platform, Kernel: h.Facts.Kernel, Arch: h.Facts.Arch, Virtual: h.Facts.Virtual,
	}
}

func newGroup(g redundancy.Assessed, now time.Time) Group {
	is := g.Group
	out := Group{
		ID: is.ID, Name: is.Name, Kind: is.Kind, Type: is.Type,
		Status: g.Verdict.Status, Worst: g.Verdict.Worst, Best: g.Verdict.Best, Serving: g.Verdict.Serving,
		Since: g.Since.UTC(), Margin: g.Verdict.Margin,
		Members: []Component{}, Fates: []Fate{}, Warnings: newWarnings(is.Warnings, g.SeenAt, now),
		Settings: full(is.Settings), Source: g.Source, AgeS: age(g.SeenAt, now),
		Evidence: newEvidence(is.Evidence, g.SeenAt, now), Faults: full(g.Faults),
	}
	for _, c := range is.Members {
		out.Members = append(out.Members, newComponent(c, needs(is.Needs, c.ID), g.SeenAt, now))
	}
	for _, f := range is.Fates {
		out.Fates = append(out.Fates, Fate{
			ID: f.ID, Domain: f.Domain, Name: f.Name, Members: some(f.Members), Margin: f.Margin, Accepted: f.Accepted,
		})
	}
	if a := is.Activity; a != nil {
		out.Activity = newActivity(*a)
	}
	if p := g.Pending; p != nil {
		out.Pending = &Pending{
			Since: p.Since.UTC(), Due: p.Due.UTC(), Worse: p.Worse, Status: p.Verdict.Status, Margin: p.Verdict.Margin,
		}
	}
	return out
}

func newCovered(c redundancy.Coverage) Covered {
	out := Covered{
		ID: c.Use, What: c.What, Kind: c.Kind, Cover: c.Cover, By: c.Cover.String(), Groups: some(c.By),
		Why: known(c.Why), Since: c.Since.UTC(),
	}
	for i, id := range c.By {
		if i == 0 {
			out.By = string(id)
		} else {
			out.By += ", " + string(id)
		}
	}
	return out
}

// needs says whether any need counts the member id.
func needs(n redundancy.Needs, id redundancy.ID) bool {
	for _, need := range slices.Concat(n.AllOf, n.AnyOf) {
		if slices.Contains(need.Members, id) {
			return true
		}
	}
	return false
}

func newComponent(c redundancy.Component, needed bool, seen, now time.Time) Component {
	return Component{
		ID: c.ID, Name: c.Name, Device: known(c.Device), State: c.State, Health: c.Health,
		Doubts: some(c.Doubts), StandsOn: some(c.StandsOn), Needed: needed, Evidence: newEvidence(c.Evidence, seen, now),
	}
}

func newEvidence(list []redundancy.Evidence, seen, now time.Time) []Evidence {
	out := make([]Evidence, len(list))
	for i, e := range list {
		at := e.At
		if at.IsZero() {
			at = seen
		}
		out[i] = Evidence{Where: e.Where, Error: known(e.Err), AgeS: age(at, now)}
		if e.Err == "" {
			out[i].Value = &e.Value
		}
	}
	return out
}

func newActivity(a redundancy.Activity) *Activity {
	out := &Activity{Kind: a.Kind, Phase: known(a.Phase), Speed: known(a.Speed)}
	if p, ok := a.Progress(); ok {
		out.Progress = &p
	}
	if eta, ok := a.ETA(); ok {
		s := seconds(eta)
		out.ETAS = &s
	}
	return out
}

func newSource(src redundancy.SourceState, looks []view.Looks, now time.Time) Source {
	out := Source{
		Name: src.Name, AgeS: age(src.At, now), Overdue: src.Overdue, Blind: src.Blind, Error: known(src.Why), Notes: some(src.Notes),
	}
	i := slices.IndexFunc(looks, func(l view.Looks) bool { return l.Source == src.Name })
	if i >= 0 && looks[i].Duration > 0 {
		d := seconds(looks[i].Duration)
		out.DurationS = &d
	}
	return out
}

// known is a pointer to v, and nil where v says nothing.
func known[T comparable](v T) *T {
	var nothing T
	if v == nothing {
		return nil
	}
	return &v
}

// some is list, and empty instead of null where there is none: nothing there is no lack of knowledge.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// full is m, and empty instead of null.
func full[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return map[K]V{}
	}
	return m
}

// age is how long ago t was in milliseconds' precision, never negative, and nil where there was no such moment.
func age(t, now time.Time) *float64 {
	if t.IsZero() {
		return nil
	}
	s := seconds(max(0, now.Sub(t)).Round(time.Millisecond))
	return &s
}

// seconds keeps microseconds: more would be noise in a document for people.
func seconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1e6 }
