package redundancy

import (
	"cmp"
	"slices"
)

// Fold applies one event to what is known, the inverse of Diff: an agent that restarts folds its log and knows what it has
// said; a subscriber folds the stream and knows the host. What events do not carry (needs, evidence, settings) is empty.
// An event about a group that is not known, or of an unknown type, changes nothing.
func Fold(a Assessment, e Event) Assessment {
	a.Groups, a.Sources, a.Components = slices.Clone(a.Groups), slices.Clone(a.Sources), slices.Clone(a.Components)
	if e.Time.After(a.At) {
		a.At = e.Time
	}
	switch e.Type {
	case CollectorBlind, CollectorSighted:
		a.foldSource(e)
	case CoverageChanged:
		a.Coverage = withCoverage(a.Coverage, e)
	case GroupAdded:
		a.foldGroup(e)
	case GroupRemoved:
		a.Groups = slices.DeleteFunc(a.Groups, func(g Assessed) bool { return g.Group.ID == e.Group })
	default:
		i := slices.IndexFunc(a.Groups, func(g Assessed) bool { return g.Group.ID == e.Group })
		switch {
		case e.lone():
			a.foldLone(e)
		case i >= 0:
			a.Groups[i] = a.Groups[i].fold(e)
		default:
			return a
		}
	}
	a.cite(e)
	return a
}

func (a *Assessment) foldSource(e Event) {
	i, found := slices.BinarySearchFunc(a.Sources, e.Source, func(s SourceState, n string) int { return cmp.Compare(s.Name, n) })
	if !found {
		a.Sources = slices.Insert(a.Sources, i, SourceState{Name: e.Source})
	}
	a.Sources[i].Blind = e.Type == CollectorBlind
	a.Sources[i].Why = ""
	if a.Sources[i].Blind && e.Is != nil && e.Is.TextFace != nil {
		a.Sources[i].Why = e.Is.Text
	}
}

func (a *Assessment) foldGroup(e Event) {
	g := Assessed{
		Group:  Group{ID: e.Group, Name: e.Name, Kind: e.Kind, Type: e.GroupType},
		Source: e.Source,
		Since:  e.Time,
		Scrubs: Scrubs{From: e.Time},
	}
	for _, m := range e.Members {
		g.Group.Members = append(g.Group.Members, m.component())
	}
	g = g.withVerdict(e)
	g.Worsened = nil
	i, found := slices.BinarySearchFunc(a.Groups, e.Group, func(g Assessed, id ID) int { return cmp.Compare(g.Group.ID, id) })
	if found {
		a.Groups[i] = g
		return
	}
	a.Groups = slices.Insert(a.Groups, i, g)
}

func (m MemberFace) component() Component {
	return Component{ID: m.ID, Name: m.Name, Device: m.Device, State: m.State, Health: m.Health, Doubts: m.Doubts}
}

func (g Assessed) fold(e Event) Assessed {
	switch e.Type {
	case ComponentAdded, ComponentFailed, ComponentMissing, ComponentPredicted, ComponentReturned, ComponentChanged:
		g.Group.Members = withMember(g.Group.Members, e)
	case ComponentRemoved:
		g.Group.Members = slices.DeleteFunc(slices.Clone(g.Group.Members), func(c Component) bool { return c.ID == e.Member })
	case WarningRaised, DataLost, BaselineDrifted, WarningCleared:
		g.Group.Warnings = withWarning(g.Group.Warnings, e)
	case FateShared, FateCleared:
		g.Group.Fates = withFate(g.Group.Fates, e)
	case ActivityStarted, ActivityProgressed:
		if e.Is != nil && e.Is.ActivityFace != nil {
			f := e.Is.ActivityFace
			g.Group.Activity = &Activity{Kind: f.Activity, Phase: f.Phase, Done: f.Done, Total: f.Total, Speed: f.Speed}
		}
	case ActivityFinished:
		if e.Is != nil && e.Is.ActivityFace != nil && e.Is.Phase == PhaseCompleted {
			g.Scrubs = Scrubs{From: e.Time, Last: e.Time}
		}
		g.Group.Activity = nil
	case RedundancyDegraded, RedundancyLost, RedundancyFailed, RedundancyRegained, RedundancyUnknown, RedundancyChanged:
		g = g.withVerdict(e)
	}
	return g
}

func (g Assessed) withVerdict(e Event) Assessed {
	if e.Is == nil || e.Is.GroupFace == nil {
		return g
	}
	f := e.Is.GroupFace
	v := Verdict{Group: g.Group.ID, Status: f.Status, Worst: f.Worst, Best: f.Best, Margin: f.Margin, Serving: f.Serving}
	if v.Worse(g.Verdict) {
		g.Worsened = append(slices.Clone(g.Worsened), e.Time)
	}
	if v.Status != g.Verdict.Status {
		g.Since = e.Time
	}
	g.Verdict, g.Group.Serving, g.Held = v, v.Serving, 0
	return g
}

func withMember(members []Component, e Event) []Component {
	if e.Is == nil || e.Is.ComponentFace == nil {
		return members
	}
	c := MemberFace{ID: e.Member, Name: e.Device, ComponentFace: *e.Is.ComponentFace}.component()
	members = slices.Clone(members)
	i, found := slices.BinarySearchFunc(members, c.ID, func(m Component, id ID) int { return cmp.Compare(m.ID, id) })
	if found {
		members[i] = c
		return members
	}
	return slices.Insert(members, i, c)
}

func withWarning(warnings []Warning, e Event) []Warning {
	w := Warning{Key: e.Key, Member: e.Member}
	warnings = slices.Clone(warnings)
	i, found := slices.BinarySearchFunc(warnings, w, compareWarnings)
	if e.Type == WarningCleared {
		if found {
			warnings = slices.Delete(warnings, i, i+1)
		}
		if len(warnings) == 0 {
			return nil
		}
		return warnings
	}
	if e.Is != nil && e.Is.TextFace != nil {
		w.Text = e.Is.Text
	}
	if found {
		warnings[i] = w
		return warnings
	}
	return slices.Insert(warnings, i, w)
}

// Public is the part of a that events carry: what Fold and Diff keep equal. Names for people, needs, settings, evidence,
// times, reasons, the margin that a fate leaves and an activity's progress within a step are left out.
func (a Assessment) Public() Assessment {
	var p Assessment
	for _, g := range a.Groups {
		pub := Assessed{Source: g.Source, Verdict: g.Verdict, Group: Group{ID: g.Group.ID, Kind: g.Group.Kind}}
		for _, c := range g.Group.Members {
			f := c.face()
			if len(f.Doubts) == 0 {
				f.Doubts = nil
			}
			pub.Group.Members = append(pub.Group.Members, Component{
				ID: c.ID, Device: f.Device, State: f.State, Health: f.Health, Doubts: f.Doubts,
			})
		}
		for _, w := range g.Group.Warnings {
			pub.Group.Warnings = append(pub.Group.Warnings, Warning{Key: w.Key, Member: w.Member, Text: w.Text})
		}
		for _, f := range g.Group.Fates {
			pub.Group.Fates = append(pub.Group.Fates, Fate{ID: f.ID, Domain: f.Domain, Members: f.Members, Accepted: f.Accepted})
		}
		if act := g.Group.Activity; act != nil {
			pub.Group.Activity = &Activity{Kind: act.Kind, Phase: act.Phase, Done: uint64(act.step()), Total: progressSteps}
		}
		p.Groups = append(p.Groups, pub)
	}
	for _, l := range a.Components {
		p.Components = append(p.Components, l.public())
	}
	for _, c := range a.Coverage {
		if c.Cover != CoverUnknown {
			p.Coverage = append(p.Coverage, Coverage{Use: c.Use, What: c.What, Kind: c.Kind, Cover: c.Cover, By: append([]ID(nil), c.By...)})
		}
	}
	for _, s := range a.Sources {
		if s.Blind {
			p.Sources = append(p.Sources, SourceState{Name: s.Name, Blind: true})
		}
	}
	return p
}
