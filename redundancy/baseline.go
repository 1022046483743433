package redundancy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// Baseline is the last known good of every group: learned while it is healthy, kept across restarts.
type Baseline struct {
	Groups map[ID]Known `json:"groups,omitempty"`
}

// Known is what the baseline keeps of one group.
type Known struct {
	Name     string            `json:"name"`
	Kind     Kind              `json:"kind"`
	Type     Type              `json:"type,omitzero"`
	Source   string            `json:"source,omitempty"` // who told of it; a group that this one no longer lists is missed
	Members  []ID              `json:"members"`          // those that needs count
	Names    map[ID]string     `json:"names,omitempty"`  // for people, of members that have a name for good
	Needs    Needs             `json:"needs,omitzero"`
	Spares   int               `json:"spares"`
	Settings map[string]string `json:"settings,omitempty"`
	Fates    []Accepted        `json:"fates,omitempty"` // what a person has accepted that members share
}

// Accepted is a failure domain of which a person has accepted that these members share it.
type Accepted struct {
	Part    ID   `json:"part"`
	Members []ID `json:"members"`
}

// WarnSpareMissing is the key of the warning that a group has fewer spares than it had when it was healthy.
const WarnSpareMissing = "spare-missing"

// Learn takes over what healthy groups show: a group seen for the first time, and more members or spares than were known.
// Fewer are never learned, nor is anything of a group that is not whole or at work on itself. It says which groups taught
// something.
func (b Baseline) Learn(a Assessment) (Baseline, []ID) {
	var taught []ID
	for _, g := range a.Groups {
		if !g.healthy() {
			continue
		}
		was, known := b.Groups[g.Group.ID]
		if known && g.Group.spares() <= was.Spares && len(g.Group.needed()) <= len(was.Members) {
			continue
		}
		is := g.Group.known(g.Source)
		if known {
			is.Spares, is.Fates = max(is.Spares, was.Spares), was.Fates
			if len(is.Members) < len(was.Members) {
				is.Members, is.Names, is.Needs = was.Members, was.Names, was.Needs
			}
		}
		if len(taught) == 0 {
			b.Groups = maps.Clone(b.Groups)
			if b.Groups == nil {
				b.Groups = map[ID]Known{}
			}
		}
		b.Groups[g.Group.ID] = is
		taught = append(taught, g.Group.ID)
	}
	return b, taught
}

func (g Assessed) healthy() bool {
	return g.whole() && g.Group.Activity == nil && !g.Carried
}

func (g Group) known(source string) Known {
	return Known{
		Name: g.Name, Kind: g.Kind, Type: g.Type, Source: source, Spares: g.spares(), Settings: g.Settings,
		Members: slices.Sorted(maps.Keys(g.needed())), Names: g.names(), Needs: g.Needs,
	}
}

func (g Group) spares() int {
	n := 0
	for _, c := range g.Members {
		if c.State == Spare {
			n++
		}
	}
	return n
}

// remind adds what only the baseline knows of: members that are no longer listed, and spares that are missing.
func (b Baseline) remind(g Group) Group {
	known, ok := b.Groups[g.ID]
	if !ok {
		return g
	}
	g = known.withMissing(g)
	if g.spares() >= known.Spares {
		return g
	}
	g.Warnings = append(slices.Clone(g.Warnings), Warning{
		Key:      WarnSpareMissing,
		Text:     fmt.Sprintf("%s has %d of %s: the next failure finds no replacement", g.Name, g.spares(), counted(known.Spares, "spare")),
		Evidence: []Evidence{g.baselineSays("spares %d", known.Spares)},
	})
	slices.SortFunc(g.Warnings, compareWarnings)
	return g
}

// withMissing is g with the members that it had when it was healthy and that are not listed any more: a card that was
// pulled takes its link out of the bond. Where the members are slots, one that is gone was taken away on purpose; and with
// several needs that all must be met nobody can say which of them it was for. Among alternatives it does not matter: their
// margins add up.
func (k Known) withMissing(g Group) Group {
	needs := slices.Clone(g.Needs.AllOf)
	if len(needs) == 0 {
		needs = slices.Clone(g.Needs.AnyOf)
	}
	if g.Slots || len(needs) == 0 || len(g.Needs.AllOf) > 1 || len(g.Needs.AllOf) == 1 && len(g.Needs.AnyOf) > 0 {
		return g
	}
	var gone []Component
	for _, id := range k.Members {
		if _, listed := g.Member(id); !listed {
			gone = append(gone, Component{
				ID: id, Name: k.Names[id], State: Absent, Health: Critical, Evidence: []Evidence{g.baselineSays("member %s", id)},
			})
		}
	}
	if len(gone) == 0 {
		return g
	}
	g.Members = append(slices.Clone(g.Members), gone...)
	slices.SortFunc(g.Members, func(x, y Component) int { return cmp.Compare(x.ID, y.ID) })
	needs[0].Members = slices.Clone(needs[0].Members)
	for _, c := range gone {
		needs[0].Members = append(needs[0].Members, c.ID)
	}
	if len(g.Needs.AllOf) > 0 {
		g.Needs.AllOf = needs
	} else {
		g.Needs.AnyOf = needs
	}
	return g
}

func (g Group) baselineSays(format string, what any) Evidence {
	return Evidence{Where: "baseline " + string(g.ID), Value: fmt.Sprintf(format, what)}
}
