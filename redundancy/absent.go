package redundancy

import (
	"maps"
	"slices"
	"time"
)

// WarnStopped is the key of the warning that a group went away whole while it was watched: a person stopped it, or a program
// for them, since nothing that fails takes a group away in one piece.
const WarnStopped = "stopped"

// stopped says whether g is shown as one that was stopped.
func (g Group) stopped() bool {
	_, raised := findWarning(g.Warnings, Warning{Key: WarnStopped})
	return raised
}

// roll is what a source's last look says of the groups that are expected of it: those that it lists, and those that only the
// baseline knows.
type roll struct {
	prev  Assessment
	now   time.Time
	src   Source
	blind bool
	early bool // the host has just booted: what is not there may be on its way
}

// call adds to found the groups that are judged, be they listed or missed. Those that are waited for are shown as they were.
func (r roll) call(found []*candidate, is recalled) (judged []*candidate, awaited []Assessed) {
	for _, c := range is.found {
		if !r.early || !c.told.Unstarted {
			found = append(found, c)
			continue
		}
		switch was, shown := r.prev.Group(c.told.ID); {
		case shown && !was.Carried:
			found = append(found, c)
		case shown:
			awaited = append(awaited, was.carried(r.blind, r.now))
		}
	}
	for _, id := range is.unlisted {
		known := is.baseline.Groups[id]
		was, shown := r.prev.Group(id)
		switch silent := r.early || r.blind; {
		case !silent || shown && !was.Carried:
			g := known.missed(id, r.src.Name, was)
			if r.blind {
				g = g.aged()
			}
			found = append(found, &candidate{source: r.src.Name, seenAt: r.src.At, told: g, group: g, verdict: Judge(g)})
		case shown:
			awaited = append(awaited, was.carried(r.blind, r.now))
		}
	}
	return found, awaited
}

func lists(groups []Group, id ID) bool {
	_, found := slices.BinarySearchFunc(groups, id, compareGroup)
	return found
}

// missed is the group that k tells of and that its source does not list; was is how it was shown before.
func (k Known) missed(id ID, source string, was Assessed) Group {
	g := Group{ID: id, Name: k.Name, Kind: k.Kind, Type: k.Type, Settings: k.Settings}
	unlisted := Evidence{Where: source, Value: "does not list " + string(id)}
	g.Evidence = []Evidence{g.baselineSays("%s", k), unlisted}
	c := Component{State: Absent, Health: Critical}
	if was.Group.stopped() || !was.Carried && was.whole() {
		// Nobody asks it to serve: it has no needs, and so nothing to lose and nothing that it fails to do.
		c.State, c.Health = Disabled, HealthUnknown
		g.Warnings = []Warning{{
			Key: WarnStopped, Text: k.Name + " was stopped while it was whole: accept that it is gone, or start it again",
			Evidence: g.Evidence,
		}}
	} else {
		g.Needs, g.Serving = k.Needs, No
	}
	for _, c.ID = range k.Members {
		c.Name, c.Evidence = k.Names[c.ID], []Evidence{g.baselineSays("member %s", c.ID), unlisted}
		g.Members = append(g.Members, c)
	}
	return g
}

// whole says whether g surely has all that it needs, and nothing seen since speaks against that.
func (g Assessed) whole() bool {
	v := g.Verdict
	return (v.Status == FullyRedundant || v.Status == NotRedundant) && v.Worst == v.Best && g.Pending == nil
}

// names are those of the members that needs count, for people. A place has none of its own: what it holds may be another
// thing tomorrow, and then that has the name.
func (g Group) names() map[ID]string {
	if g.Slots {
		return nil
	}
	names := map[ID]string{}
	for id := range maps.Keys(g.needed()) {
		if c := g.find(id); c != nil && c.Name != "" {
			names[id] = c.Name
		}
	}
	return names
}
