package api

import (
	"slices"
	"strings"

	"plimsoll/redundancy"
)

// partsNamed are the parts and uses that a word means: by id; as "domain:name" or "label:value"; by name; by what is written on
// them (serial number, WWN). The first of these ways that finds something is taken.
func partsNamed(parts []redundancy.Part, uses []redundancy.Use, word string) []redundancy.ID {
	key, value, keyed := strings.Cut(word, ":")
	ways := []func(redundancy.Part) bool{
		func(p redundancy.Part) bool { return string(p.ID) == word },
		func(p redundancy.Part) bool { return keyed && p.Domain == key && p.Name == value },
		func(p redundancy.Part) bool { return keyed && value != "" && p.Labels[key] == value },
		func(p redundancy.Part) bool { return p.Name == word },
		func(p redundancy.Part) bool {
			return word != "" && (p.Labels["serial"] == word || p.Labels["wwn"] == word)
		},
	}
	for _, way := range ways {
		var found []redundancy.ID
		for _, p := range parts {
			if way(p) {
				found = append(found, p.ID)
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	for _, u := range uses {
		if string(u.ID) == word || u.What == word {
			return []redundancy.ID{u.ID}
		}
	}
	return nil
}

// ground is what stands on what, for those who look things up in it.
type ground struct {
	parts   map[redundancy.ID]redundancy.Part
	members map[redundancy.ID]redundancy.Component
}

func newGround(a redundancy.Assessment, parts []redundancy.Part) ground {
	g := ground{parts: make(map[redundancy.ID]redundancy.Part, len(parts)), members: map[redundancy.ID]redundancy.Component{}}
	for _, p := range parts {
		g.parts[p.ID] = p
	}
	for _, group := range a.Groups {
		for _, c := range group.Group.Members {
			g.members[c.ID] = c
		}
	}
	return g
}

func (g ground) below(id redundancy.ID) []redundancy.ID {
	if p, known := g.parts[id]; known {
		return p.StandsOn
	}
	return g.members[id].StandsOn
}

// stands says whether one thing stands on another, or is it.
func (g ground) stands(up, down redundancy.ID) bool {
	return g.climbs(up, down, map[redundancy.ID]bool{})
}

func (g ground) climbs(up, down redundancy.ID, seen map[redundancy.ID]bool) bool {
	if up == down {
		return true
	}
	if seen[up] {
		return false
	}
	seen[up] = true
	return slices.ContainsFunc(g.below(up), func(id redundancy.ID) bool { return g.climbs(id, down, seen) })
}

// disks are the disks that fail with any of these: those that are among them or stand on one, and, of a member or a partition,
// those it stands on. Sorted by id.
func (g ground) disks(lost []redundancy.ID) []redundancy.Part {
	var found []redundancy.Part
	for _, p := range g.parts {
		if p.Domain != redundancy.DomainDisk {
			continue
		}
		if slices.ContainsFunc(lost, func(id redundancy.ID) bool { return g.stands(p.ID, id) || g.stands(id, p.ID) }) {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b redundancy.Part) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return found
}
