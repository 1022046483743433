package redundancy

import (
	"maps"
	"slices"
)

// citing resolves the cause: an event of the same step before one that told of the fault earlier.
func (dr draft) citing(told, open map[ID]string) Event {
	e := dr.Event
	for _, known := range []map[ID]string{told, open} {
		for _, subject := range dr.because {
			if id := known[subject]; id != "" {
				e.Cause = id
				return e
			}
		}
	}
	if e.Notify == NotifyCaused { // nothing to point at: say it ourselves
		e.Notify = NotifyNow
	}
	return e
}

func opensOrClosesFault(t string) bool {
	switch t {
	case CollectorBlind, CollectorSighted, ComponentFailed, ComponentMissing, ComponentPredicted, ComponentReturned,
		ComponentRemoved, RedundancyFailed:
		return true
	default:
		return false
	}
}

// heights are, for groups whose events cite another group's, how many such groups lie below; all others have height 0.
func (d *differ) heights() map[ID]int {
	teller := map[ID]ID{} // the group whose event can be cited for a subject; empty: it is a lone component, below all groups
	groups := map[ID]bool{}
	for _, dr := range d.drafts {
		groups[dr.Group] = true
		if (dr.Group != "" || dr.lone()) && opensOrClosesFault(dr.Type) {
			teller[dr.Subject] = dr.Group
		}
	}
	heights := map[ID]int{}
	for range groups { // as many rounds as there can be heights, also where groups stand on one another in a circle
		settled := true
		for _, dr := range d.drafts {
			for _, subject := range dr.because {
				below, tells := teller[subject]
				if tells && below != dr.Group && heights[dr.Group] <= heights[below] {
					heights[dr.Group], settled = heights[below]+1, false
				}
			}
		}
		if settled {
			break
		}
	}
	return heights
}

func (d *differ) openFaults() map[ID]string {
	open := map[ID]string{}
	for _, g := range d.new.Groups {
		maps.Copy(open, g.Faults)
	}
	for _, l := range d.new.Components {
		if l.Fault != "" {
			open[l.Component.ID] = l.Fault
		}
	}
	for _, s := range d.new.Sources {
		if s.Fault != "" {
			open[SourceID(s.Name)] = s.Fault
		}
	}
	return open
}

// below are the things that c stands on and that have a fault of their own.
func (d *differ) below(c Component) []ID {
	if len(c.StandsOn) == 0 {
		return nil
	}
	if d.faulty == nil {
		d.faulty = d.new.faulty()
	}
	var below []ID
	for _, id := range c.StandsOn {
		if d.faulty[id] {
			below = append(below, id)
		}
	}
	return below
}

// reasons are the subjects whose events explain the verdict on g: its source if that is blind; the members that do not
// work, or that do again.
func (d *differ) reasons(g Assessed) ([]ID, Notify) {
	if src, _ := d.new.Source(g.Source); src.Blind {
		return []ID{SourceID(g.Source)}, NotifyCaused
	}
	var because []ID
	notify := NotifyNow
	for _, c := range g.Group.Members {
		if !c.Works() {
			because = append(append(because, c.Undermined...), c.ID)
		}
		if slices.ContainsFunc(d.below(c), func(id ID) bool { _, group := d.new.Group(id); return group }) {
			notify = NotifyCaused
		}
	}
	was, _ := d.old.Group(g.Group.ID)
	for i := range was.Group.Members {
		because = append(because, was.Group.Members[i].Undermined...)
	}
	for _, c := range g.Group.Members {
		if c.Works() {
			because = append(because, c.ID)
		}
	}
	for _, c := range was.Group.Members {
		because = append(because, c.ID)
	}
	return because, notify
}
