package redundancy

import (
	"fmt"
	"slices"
	"strings"
)

// String is the margin as people read it: "1 of 1", "0 to 1 of 2".
func (m Margin) String() string {
	if m.Least == m.Most {
		return fmt.Sprintf("%d of %d", m.Least, m.Full)
	}
	return fmt.Sprintf("%d to %d of %d", m.Least, m.Most, m.Full)
}

func (c Component) face() ComponentFace {
	return ComponentFace{State: c.State, Health: c.Health, Doubts: append([]Doubt(nil), c.Doubts...), Device: c.Device}
}

// sameFace says whether events would tell the same of c and d.
func (c *Component) sameFace(d *Component) bool {
	return c.State == d.State && c.Health == d.Health && c.Device == d.Device && slices.Equal(c.Doubts, d.Doubts)
}

func (c Component) facePointer() *Face {
	f := c.face()
	return &Face{ComponentFace: &f}
}

func (c Component) words() string {
	words := c.State.String()
	if c.Health != OK {
		words += ", health " + c.Health.String()
	}
	if len(c.Doubts) > 0 {
		doubts := make([]string, len(c.Doubts))
		for i, d := range c.Doubts {
			doubts[i] = d.String()
		}
		words += " (" + strings.Join(doubts, ", ") + ")"
	}
	return words
}

// label is a member for people: its name, and its slot if it is one's. Addresses and serial numbers are in the event's ids.
func label(c Component) string {
	place := string(c.ID[strings.LastIndexByte(string(c.ID), '/')+1:])
	switch {
	case c.Name == "":
		return place
	case strings.Contains(place, ":") || place == c.Name:
		return c.Name
	default:
		return fmt.Sprintf("%s (%s)", c.Name, place)
	}
}

// occupied says what happened to c, whose place another device has taken within one look.
func occupied(was, c Component) string {
	return fmt.Sprintf("%s is gone from its place, %s is %s there", label(was), c.Name, c.words())
}

// Face is what events tell of g as a whole.
func (g Assessed) Face() *GroupFace {
	v := g.Verdict
	return &GroupFace{Status: v.Status, Worst: v.Worst, Best: v.Best, Margin: v.Margin, Serving: v.Serving}
}

func (g Assessed) face() *Face { return &Face{GroupFace: g.Face()} }

func (a Activity) face() *Face {
	return &Face{ActivityFace: &ActivityFace{Activity: a.Kind, Phase: a.Phase, Done: a.Done, Total: a.Total, Speed: a.Speed}}
}

func (a Activity) words() string {
	words := a.Kind
	if a.Phase != "" {
		words += " " + a.Phase
	}
	if p, known := a.Progress(); known {
		words += fmt.Sprintf(" at %.0f %%", p*100)
	}
	return words
}
