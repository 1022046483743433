package redundancy

import (
	"maps"
	"slices"
	"strings"
)

// Labelled is o with what people know of this host and no look can find. A label of the form <domain>.<member's name>, as in
// "feed.psu1" or "switch.eth0", makes a part of its value ("feed:r12-a") that is this failure domain, and every component of
// that name stands on it. Other labels ("rack") are the whole host's, and no fate within it. It is pure; o is not changed.
func (o Observation) Labelled(labels map[string]string) Observation {
	if len(labels) == 0 {
		return o
	}
	parts := map[ID]Part{}
	under := func(all []Component) []Component {
		out := all
		for i, c := range all {
			below := domains(labels, c.Name)
			if len(below) == 0 {
				continue
			}
			if sameSlice(out, all) {
				out = slices.Clone(all)
			}
			for _, p := range below {
				parts[p.ID] = p
				out[i].StandsOn = union(out[i].StandsOn, []ID{p.ID})
			}
		}
		return out
	}
	groups := o.Groups
	for i, g := range o.Groups {
		members := under(g.Members)
		if sameSlice(members, g.Members) {
			continue
		}
		if sameSlice(groups, o.Groups) {
			groups = slices.Clone(o.Groups)
		}
		groups[i].Members = members
	}
	o.Groups, o.Components = groups, under(o.Components)
	if len(parts) > 0 {
		o.Parts = slices.Clone(o.Parts)
		for _, id := range slices.Sorted(maps.Keys(parts)) {
			o.Parts = append(o.Parts, parts[id])
		}
		slices.SortStableFunc(o.Parts, func(a, b Part) int { return strings.Compare(string(a.ID), string(b.ID)) })
	}
	return o
}

// domains are the parts that labels put below the component of this name, sorted.
func domains(labels map[string]string, name string) []Part {
	var all []Part
	for label, value := range labels {
		domain, member, ok := strings.Cut(label, ".")
		if ok && member == name && domain != "" && value != "" {
			all = append(all, Part{ID: ID(domain + ":" + value), Name: value, Domain: domain})
		}
	}
	slices.SortFunc(all, func(a, b Part) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return all
}
