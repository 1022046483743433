package phrase

import (
	"slices"
	"strings"

	"plimsoll/internal/api"
	"plimsoll/redundancy"
)

// Concern is how much a member wants attention, the most first.
type Concern uint8

// The concerns. Working is at work on itself.
const (
	Broken Concern = iota
	Doubtful
	Working
	Spare
	Fine
)

// ConcernOf is how much m wants attention.
func ConcernOf(m api.Component) Concern {
	switch m.State {
	case redundancy.Disabled, redundancy.Absent:
		return Broken
	case redundancy.Recovering:
		return Working
	case redundancy.StateUnknown:
		return Doubtful
	case redundancy.Spare:
		if m.Health == redundancy.Critical {
			return Broken
		}
		return Spare
	case redundancy.Enabled, redundancy.Standby:
		switch {
		case m.Health == redundancy.Critical:
			return Broken
		case len(m.Doubts) > 0:
			return Doubtful
		}
	}
	return Fine
}

// Member is the name of a member for people; an empty slot has only its place.
func Member(m api.Component) string {
	if m.Name != "" {
		return m.Name
	}
	return Place(m)
}

// Place is the last part of a member's id: slot1.
func Place(m api.Component) string { return string(m.ID[strings.LastIndexByte(string(m.ID), '/')+1:]) }

// Listed are the members to show: a failed device whose slot, still empty, bears its name and its mark already is left out.
func Listed(g api.Group) []api.Component {
	return slices.DeleteFunc(slices.Clone(g.Members), func(m api.Component) bool {
		return !m.Needed && ConcernOf(m) == Broken && slices.ContainsFunc(g.Members, func(c api.Component) bool {
			return c.Needed && c.Name == m.Name && ConcernOf(c) == Broken
		})
	})
}

// Members are members of a group for people.
func Members(g api.Group, ids []redundancy.ID) string {
	var words []string
	for _, m := range g.Members {
		if slices.Contains(ids, m.ID) {
			words = append(words, Member(m))
		}
	}
	if last := len(words) - 1; last > 0 {
		return strings.Join(words[:last], ", ") + " and " + words[last]
	}
	return strings.Join(words, "")
}
