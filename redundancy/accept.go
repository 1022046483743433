package redundancy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Acceptance is what a person's acceptance makes of what the baseline knows of one group.
type Acceptance struct {
	Group ID     `json:"group"`
	Name  string `json:"name"`
	Was   *Known `json:"was"` // null: it knew nothing
	Is    *Known `json:"is"`  // null: the group is not there and is known no longer
}

// Accept takes over these groups and lone components as they are now, or all of them and all that the baseline knows if none is named: fewer
// members and spares than there were, and the fates that members share. What the last look at a group did not list is known
// no longer, but what is still waited for stays as it is: after a boot, and while its source has not been read. One that is
// shown as stopped is not waited for. It says what changes by that and what may yet come, both sorted by group; it is pure.
func (b Baseline) Accept(a Assessment, s Snapshot, groups ...ID) (after Baseline, changes []Acceptance, awaited []ID) {
	seen, unread := s.known(), map[string]bool{}
	for _, src := range s.Sources {
		unread[src.Name] = src.At.IsZero()
	}
	if len(groups) == 0 {
		groups = slices.Concat(slices.Collect(maps.Keys(seen)), slices.Collect(maps.Keys(b.Groups)))
	}
	groups = slices.Compact(slices.Sorted(slices.Values(groups)))
	for _, id := range groups {
		change := Acceptance{Group: id}
		if was, known := b.Groups[id]; known {
			change.Name, change.Was = was.Name, &was
		}
		shown, _ := a.Group(id)
		lone, _ := a.Component(id)
		if is, there := seen[id]; there {
			for _, f := range shown.Group.Fates {
				is.Fates = append(is.Fates, Accepted{Part: f.ID, Members: f.Members})
			}
			if change.Was != nil { // what was in a place that is empty now belongs there still
				is.Holds = append(is.Holds, change.Was.Empty(is)...)
				slices.SortFunc(is.Holds, func(x, y Held) int { return cmp.Compare(x.Member, y.Member) })
			}
			change.Name, change.Is = is.Name, &is
		} else if shown.Carried && !shown.Group.stopped() || lone.Carried || change.Was != nil && unread[change.Was.Source] {
			awaited = append(awaited, id)
			continue
		}
		if !change.nothing() {
			changes = append(changes, change)
		}
	}
	if len(changes) > 0 {
		b.Groups = maps.Clone(b.Groups)
	}
	for _, change := range changes {
		b = b.with(change)
	}
	return b, changes, awaited
}

// with is b with one acceptance taken over; it changes b's map.
func (b Baseline) with(change Acceptance) Baseline {
	if b.Groups == nil {
		b.Groups = map[ID]Known{}
	}
	if change.Is == nil {
		delete(b.Groups, change.Group)
	} else {
		b.Groups[change.Group] = *change.Is
	}
	return b
}

func (c Acceptance) nothing() bool {
	switch {
	case c.Was == nil || c.Is == nil:
		return c.Was == c.Is
	default:
		return c.Was.Spares == c.Is.Spares && c.Was.Source == c.Is.Source && slices.Equal(c.Was.Members, c.Is.Members) &&
			maps.Equal(c.Was.Settings, c.Is.Settings) &&
			slices.EqualFunc(c.Was.Fates, c.Is.Fates, func(x, y Accepted) bool {
				return x.Part == y.Part && slices.Equal(x.Members, y.Members)
			})
	}
}

// String says in words what is accepted.
func (c Acceptance) String() string {
	if c.Is == nil {
		return c.Name + " is accepted to be gone"
	}
	if c.Is.Lone {
		return c.Name + " is accepted"
	}
	text := c.Name + " is accepted with " + c.Is.String()
	if len(c.Is.Fates) > 0 {
		parts := make([]string, len(c.Is.Fates))
		for i, f := range c.Is.Fates {
			parts[i] = string(f.Part)
		}
		text += ", sharing " + strings.Join(parts, ", ")
	}
	return text
}

// String is what is known of a group, for people: "2 members and 1 spare"; of a lone component there is nothing but itself.
func (k Known) String() string {
	if k.Lone {
		return "1 component"
	}
	return counted(len(k.Members), "member") + " and " + counted(k.Spares, "spare")
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
