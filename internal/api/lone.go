package api

import (
	"slices"
	"strings"
	"time"

	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// Above is a group with members on a lone component.
type Above struct {
	ID      redundancy.ID     `json:"id"`
	Name    string            `json:"name"`
	Kind    redundancy.Kind   `json:"kind"`
	Status  redundancy.Status `json:"status"`
	Margin  redundancy.Margin `json:"margin"`
	Members []redundancy.ID   `json:"members"` // those on it
}

// FindLone is the lone component that word means, and false where it means none: by id, by name (sda, disk:sda), or by what is
// written on it (serial number, WWN). A name that several bear is a *NameError.
func FindLone(v *view.View, word string) (redundancy.Lone, bool, error) {
	word = strings.TrimPrefix(word, "/dev/")
	if l, found := v.Assessment.Component(redundancy.ID(word)); found {
		return l, true, nil
	}
	var matches []redundancy.Lone
	for _, l := range v.Assessment.Components {
		if c := l.Component; c.Name == word || string(c.Kind)+":"+c.Name == word {
			matches = append(matches, l)
		}
	}
	switch len(matches) {
	case 0:
	case 1:
		return matches[0], true, nil
	default:
		ids := each(matches, func(l redundancy.Lone) redundancy.ID { return l.Component.ID })
		return redundancy.Lone{}, false, &NameError{Word: word, Matches: ids}
	}
	if parts := partsNamed(v.Snapshot.Parts(), nil, word); len(parts) == 1 {
		if l, found := v.Assessment.Component(parts[0]); found {
			return l, true, nil
		}
	}
	return redundancy.Lone{}, false, nil
}

// NewWhyLone is the document on l, which is a lone component of v.
func NewWhyLone(v *view.View, l redundancy.Lone, now time.Time) Why {
	shown := newLone(l, now)
	doc := Why{
		Schema: SchemaWhy, At: v.At.UTC(), Lone: &shown, Above: above(v, l.Component.ID), AllOf: []Need{}, AnyOf: []Need{},
		Causes: []Cause{}, Held: []Holding{}, Offer: []Offer{},
	}
	doc.source(v, l.Source, now)
	if l.Fault != "" {
		doc.Causes = append(doc.Causes, newCause(v.Recent, l.Component.ID, l.Fault))
	}
	return doc
}

// above are the groups with members that stand on the thing with this id.
func above(v *view.View, id redundancy.ID) []Above {
	ground := newGround(v.Assessment, v.Snapshot.Parts())
	out := []Above{}
	for _, g := range v.Assessment.Groups {
		var on []redundancy.ID
		for _, c := range g.Group.Members {
			if ground.stands(c.ID, id) || slices.Contains(c.Undermined, id) {
				on = append(on, c.ID)
			}
		}
		if len(on) > 0 {
			out = append(out, Above{
				ID: g.Group.ID, Name: g.Group.Name, Kind: g.Group.Kind, Status: g.Verdict.Status, Margin: g.Verdict.Margin, Members: on,
			})
		}
	}
	return out
}
