package page

import (
	"fmt"

	"plimsoll/redundancy"
)

// The drawing's measures, in the units of its own box: the disc stands at zero, with room for what is below it.
const (
	wide   = 150.0
	zero   = 30.0
	end    = 144.0
	under  = 8.0 // where what is below zero ends
	middle = 12.0
	// maxTicks is how many ticks are told apart at this size; a longer scale has its end alone.
	maxTicks = 12
)

// loadLine is a margin as it is drawn. Everything that it shows stands in words beside it.
type loadLine struct {
	Status string
	Box    string
	Zero   float64
	Middle float64
	End    float64 // of the scale; equal to Zero where there was never a margin
	Ticks  []float64
	Sure   *bar // the failures that are surely survived
	Maybe  *bar // those that may be
	Under  bool // surely below zero
}

type bar struct{ X, Width float64 }

func between(from, to float64) *bar {
	if to <= from {
		return nil
	}
	return &bar{from, to - from}
}

// newLoadLine draws m.
func newLoadLine(status redundancy.Status, m redundancy.Margin) loadLine {
	l := loadLine{
		Status: statusClass(status), Box: fmt.Sprintf("0 0 %g %g", wide, 2*middle), Zero: zero, Middle: middle, End: zero, Under: m.Most < 0,
	}
	if m.Full > 0 {
		l.End = end
	}
	step := (end - zero) / float64(max(m.Full, 1))
	at := func(failures int) float64 {
		if failures < 0 {
			return under
		}
		return zero + step*float64(min(failures, max(m.Full, 1)))
	}
	first := 1
	if m.Full > maxTicks {
		first = m.Full
	}
	for i := first; i <= m.Full; i++ {
		l.Ticks = append(l.Ticks, at(i))
	}
	l.Sure = between(zero, at(m.Least))
	if m.Most > m.Least {
		l.Maybe = between(at(m.Least), at(m.Most))
	}
	return l
}
