package actions

import (
	"maps"
	"slices"
	"time"

	"plimsoll/redundancy"
)

// What is decided counts time by a steady clock; the log and people by the wall clock, which may be set meanwhile.

// Retimed is h with every time changed: those of the log are the wall clock's, those of a decision a steady clock's. It shares
// nothing with h.
func (h History) Retimed(change func(time.Time) time.Time) History {
	move := func(t *time.Time) {
		if !t.IsZero() {
			*t = change(*t)
		}
	}
	h.Faults, h.Open, h.Owed, h.Moves = maps.Clone(h.Faults), maps.Clone(h.Open), maps.Clone(h.Owed), maps.Clone(h.Moves)
	h.Vain, h.Lapsed = maps.Clone(h.Vain), maps.Clone(h.Lapsed)
	for id, faults := range h.Faults {
		faults = slices.Clone(faults)
		for i := range faults {
			move(&faults[i].Began)
			move(&faults[i].Ended)
		}
		h.Faults[id] = faults
	}
	for _, records := range []map[redundancy.ID]Record{h.Open, h.Vain, h.Lapsed} {
		for id, r := range records {
			records[id] = r.Retimed(change)
		}
	}
	for id, r := range h.Owed {
		h.Owed[id] = r.Retimed(change)
	}
	for id, m := range h.Moves {
		move(&m.At)
		h.Moves[id] = m
	}
	h.Starts = slices.Clone(h.Starts)
	for i := range h.Starts {
		move(&h.Starts[i].At)
	}
	move(&h.Latched)
	move(&h.Released)
	return h
}

// Retimed is p with every time changed. It shares nothing with p that holds times.
func (p Plan) Retimed(change func(time.Time) time.Time) Plan {
	p.Do, p.Offer, p.Held = slices.Clone(p.Do), slices.Clone(p.Offer), slices.Clone(p.Held)
	for i := range p.Do {
		p.Do[i] = p.Do[i].Retimed(change)
	}
	for i, o := range p.Offer {
		p.Offer[i] = Offer{Action: o.Action.Retimed(change), Since: change(o.Since)}
	}
	for i, held := range p.Held {
		why := slices.Clone(held.Why)
		for k := range why {
			if !why[k].Until.IsZero() {
				why[k].Until = change(why[k].Until)
			}
		}
		p.Held[i] = Holding{Action: held.Action.Retimed(change), Why: why}
	}
	if !p.Next.IsZero() {
		p.Next = change(p.Next)
	}
	return p
}

// Retimed is r with every time changed.
func (r Record) Retimed(change func(time.Time) time.Time) Record {
	r.At, r.Action = change(r.At), r.Action.Retimed(change)
	return r
}

// Retimed is a with every time changed. The deadline, which lies ahead, stays as far from the decision as it was.
func (a Action) Retimed(change func(time.Time) time.Time) Action {
	within := a.Deadline.Sub(a.Decided)
	a.Decided = change(a.Decided)
	a.Deadline = a.Decided.Add(within)
	return a
}
