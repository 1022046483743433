package redundancy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// Baseline is the last known good of every group and lone component: learned while it is healthy, kept across restarts. Groups
// has both, by id.
type Baseline struct {
	Groups map[ID]Known `json:"groups,omitempty"`
}

// Known is what the baseline keeps of one group, or, if it is Lone, of one lone component, which has but a name and a source.
type Known struct {
	Name     string            `json:"name"`
	Kind     Kind              `json:"kind"`
	Type     Type              `json:"type,omitzero"`
	Lone     bool              `json:"lone,omitempty"`
	Source   string            `json:"source,omitempty"` // who told of it; a group that this one no longer lists is missed
	Members  []ID              `json:"members"`          // those that needs count
	Names    map[ID]string     `json:"names,omitempty"`  // for people, of members that have a name for good
	Needs    Needs             `json:"needs,omitzero"`
	Spares   int               `json:"spares"`
	Settings map[string]string `json:"settings,omitempty"`
	Holds    []Held            `json:"holds,omitempty"` // sorted by member
	Fates    []Accepted        `json:"fates,omitempty"` // what a person has accepted that members share
}

// Accepted is a failure domain of which a person has accepted that these members share it.
type Accepted struct {
	Part    ID   `json:"part"`
	Members []ID `json:"members"`
}

// WarnSpareMissing is the key of the warning that a group has fewer spares than it had when it was healthy.
const WarnSpareMissing = "spare-missing"

// Learn takes over what healthy groups show: a group seen for the first time, more members or spares than were known, what is in
// their places, and that it has run on fewer members than it was known to. Fewer are never learned, nor is anything of a group that is not whole, at work on
// itself, or declared. Lone components teach that they are there. It says which groups and lone components taught something.
func (b Baseline) Learn(a Assessment) (Baseline, []ID) {
	var taught []ID
	learn := func(id ID, is Known) {
		if len(taught) == 0 {
			b.Groups = maps.Clone(b.Groups)
			if b.Groups == nil {
				b.Groups = map[ID]Known{}
			}
		}
		b.Groups[id] = is
		taught = append(taught, id)
	}
	for _, g := range a.Groups {
		if !g.healthy() {
			continue
		}
		was, known := b.Groups[g.Group.ID]
		if known && g.Group.spares() <= was.Spares && len(g.Group.needed()) <= len(was.Members) &&
			!g.Group.Needs.narrower(was.Needs) && !was.teaches(&g.Group) {
			continue
		}
		is := g.Group.known(g.Source)
		if known {
			is.Spares, is.Fates, is.Settings = max(is.Spares, was.Spares), was.Fates, was.learned(is.Settings)
			if len(is.Members) < len(was.Members) {
				is.Members, is.Names, is.Needs = was.Members, was.Names, was.Needs
			}
		}
		learn(g.Group.ID, is)
	}
	for i := range a.Components {
		l := &a.Components[i]
		if was, known := b.Groups[l.Component.ID]; l.healthy() && (!known || was.Name != l.Component.Name) {
			learn(l.Component.ID, l.Component.known(l.Source))
		}
	}
	return b, taught
}

func (g Assessed) healthy() bool {
	return (g.whole() || g.intact()) && g.Group.Activity == nil && !g.Carried && !g.Group.Declared
}

// intact says whether nothing is wrong with g, of which nobody knows whether it needs all its members.
func (g Assessed) intact() bool {
	return g.Pending == nil && g.Group.undecided() &&
		!slices.ContainsFunc(g.Group.Members, func(c Component) bool { return !c.Works() })
}

func (g Group) known(source string) Known {
	return Known{
		Name: g.Name, Kind: g.Kind, Type: g.Type, Source: source, Spares: g.spares(), Settings: g.Settings, Holds: g.held(),
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
	g = known.drifted(known.withProof(known.withMissing(g)))
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

// narrower says whether n tells more closely than m how many members are needed, where nobody has told the number itself.
func (n Needs) narrower(m Needs) bool {
	return n.guessed() && m.guessed() && n.AllOf[0].Needed.High < m.AllOf[0].Needed.High
}

// guessed says whether n is one need whose number nobody has told.
func (n Needs) guessed() bool {
	return len(n.AllOf) == 1 && len(n.AllOf[0].Members) > 0 && n.AllOf[0].Untold
}

// withProof is g with what it has been seen to run on: where nobody tells how many members it needs, it needs no more than
// it once ran on.
func (k Known) withProof(g Group) Group {
	if !k.Needs.narrower(g.Needs) {
		return g
	}
	need := g.Needs.AllOf[0]
	need.Needed.High = max(need.Needed.Low, k.Needs.AllOf[0].Needed.High)
	g.Needs.AllOf = []Need{need}
	g.Evidence = append(slices.Clone(g.Evidence), g.baselineSays("needs %d at the most: it has run on as many", need.Needed.High))
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
