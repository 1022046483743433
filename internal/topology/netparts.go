package topology

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"plimsoll/redundancy"
)

// link adds what there is to tell of a network link: cards, and virtual links that stand on others. A bond is a group.
func (x *frame) link(l *Link) {
	if l.Sort == Bond {
		return
	}
	if p := x.linkPart(l); l.Sort == Physical || len(p.StandsOn) > 0 {
		x.part(p)
	}
}

// linkPart is the link as a part.
func (x *frame) linkPart(l *Link) redundancy.Part {
	p := redundancy.Part{ID: l.id(), Name: l.Name}
	switch l.Sort {
	case Physical:
		p.Domain, p.StandsOn = "port", []redundancy.ID{x.function(l.Place)}
	case Bridge:
		var uplinks []redundancy.ID
		for _, port := range l.Lower {
			if x.leaves(port, nil) {
				uplinks = append(uplinks, x.links[port].id())
			}
		}
		p.StandsOn = uplinks
		if len(uplinks) != 1 {
			p.Opaque = fmt.Sprintf("bridge with %d uplinks", len(uplinks))
		}
	case Virtual:
		for _, name := range l.Lower {
			if below, ok := x.links[name]; ok {
				p.StandsOn = append(p.StandsOn, below.id())
			}
		}
		p.Opaque = x.unclearLink(l)
	case Bond:
	}
	return p
}

// unclearLink is why a virtual link can't be judged by the one below it, and empty if it can.
func (x *frame) unclearLink(l *Link) string {
	_, openvswitch := x.links["ovs-system"] // Open vSwitch's own link, there as long as it has a switch
	switch {
	case len(l.Lower) > 1:
		return fmt.Sprintf("%d links below %s, as in a team", len(l.Lower), l.Name)
	case len(l.Lower) == 1:
		return ""
	case l.Far:
		return "what is below " + l.Name + " is in another network namespace"
	case openvswitch:
		return "Open vSwitch"
	default:
		return "virtual link " + l.Name
	}
}

// leaves says whether the link leads out of the host: a card, a bond, or what is on one. passed are the links on the way
// here; the kernel allows no circle of them, but what is read while it changes may look like one.
func (x *frame) leaves(name string, passed []string) bool {
	l, ok := x.links[name]
	if !ok || slices.Contains(passed, name) {
		return false
	}
	if l.Sort == Physical || l.Sort == Bond {
		return true
	}
	passed = append(passed, name)
	return slices.ContainsFunc(l.Lower, func(below string) bool { return x.leaves(below, passed) })
}

// routes adds the default route of each family: the one with the lowest metric, which may leave by several links.
func (x *frame) routes() {
	what := map[string]string{"inet": "default route", "inet6": "IPv6 default route"}
	for _, family := range []string{"inet", "inet6"} {
		var best []Route
		for _, r := range x.Routes {
			if r.Family == family && (len(best) == 0 || r.Metric <= best[0].Metric) {
				if len(best) > 0 && r.Metric < best[0].Metric {
					best = best[:0]
				}
				best = append(best, r)
			}
		}
		if len(best) > 0 {
			x.route(family, what[family], best)
		}
	}
}

// route adds a default route; best are all that share the lowest metric.
func (x *frame) route(family, what string, best []Route) {
	var names []string
	var below []redundancy.ID
	for _, r := range best {
		for _, index := range r.Links {
			i := slices.IndexFunc(x.Links, func(l Link) bool { return l.Index == index })
			if i < 0 {
				names, below = append(names, fmt.Sprint("link ", index)), append(below, redundancy.ID(fmt.Sprint("link:#", index)))
				continue
			}
			l := &x.Links[i]
			names, below = append(names, l.Name), append(below, l.id())
			if _, there := x.parts[l.id()]; !there && l.Sort != Bond {
				x.part(x.linkPart(l))
			}
		}
	}
	slices.Sort(names)
	names, below = slices.Compact(names), ids(below)
	if len(below) != 1 {
		id := redundancy.ID("route:" + family)
		opaque := fmt.Sprintf("route over %d links", len(below))
		if len(below) == 0 {
			opaque = "route whose links are not told"
		}
		x.part(redundancy.Part{ID: id, Name: what, StandsOn: below, Opaque: opaque})
		below = []redundancy.ID{id}
	}
	id := redundancy.ID("use:route/" + family)
	x.uses[id] = redundancy.Use{
		ID: id, What: what, Kind: "route", StandsOn: below,
		Evidence: []redundancy.Evidence{{
			Where: "rtnetlink RTM_GETROUTE", Value: fmt.Sprintf("default by %s metric %d", cmp.Or(strings.Join(names, ", "), "?"), best[0].Metric),
		}},
	}
}
