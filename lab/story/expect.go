package story

import (
	"cmp"
	"slices"

	"plimsoll/redundancy"
)

// Told is e as a story names it.
func Told(e redundancy.Event) Event {
	return Event{Type: e.Type, About: cmp.Or(e.Name, e.Source), Part: cmp.Or(e.Device, e.Key)}
}

// Expectation is what an act still wants.
type Expectation struct{ left []Event }

// Expect is what a wants, nothing of it having come yet.
func (a Act) Expect() *Expectation { return &Expectation{left: slices.Clone(a.Want)} }

// Take strikes e off, and is false where e is not wanted, or not again.
func (x *Expectation) Take(e Event) bool {
	i := slices.Index(x.left, e)
	if i < 0 {
		return false
	}
	x.left = slices.Delete(x.left, i, i+1)
	return true
}

// Left is what has not come yet.
func (x *Expectation) Left() []Event { return slices.Clone(x.left) }
