package redundancy

import (
	"cmp"
	"slices"
	"time"
)

// seat is where a member is: which of the groups, and which of its members.
type seat struct{ group, member int }

// above are the members that stand on the thing with this id, through parts that go with what they stand on, in order: not
// through an opaque part, which may survive, nor through a group, which covers for it or not by its own verdict. It is worked
// out when it is first asked for: most things never fail.
func (g *ground) above(id ID) []seat {
	if seats, known := g.borne[id]; known {
		return seats
	}
	var seats []seat
	start, known := g.footing.places[id]
	reached := map[int]bool{start: true}
	for next := []int{start}; known && len(next) > 0; {
		at := next[len(next)-1]
		next = next[:len(next)-1]
		for k := g.footing.things[at].last; k > 0; k = g.footing.links[k-1].next {
			l := &g.footing.links[k-1]
			switch l.bears {
			case bearsMember:
				seats = append(seats, seat{l.up, l.within})
			case bearsThing:
				up := &g.footing.things[l.up]
				if !reached[l.up] && !up.opaque && !lists(g.groups, up.id) {
					reached[l.up] = true
					next = append(next, l.up)
				}
			case bearsUse:
			}
		}
	}
	slices.SortFunc(seats, func(a, b seat) int { return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(a.member, b.member)) })
	seats = slices.Compact(seats)
	if g.borne == nil {
		g.borne = map[ID][]seat{}
	}
	g.borne[id] = seats
	return seats
}

// burden is why a member is in doubt for what it stands on.
type burden struct {
	member int
	by     Component // the lone component below it; without an id: something was, and not every source has been read since
	seen   time.Time // when that was looked at
}

func (b burden) same(o burden) bool {
	return b.member == o.member && b.by.ID == o.by.ID && b.by.sameFace(&o.by) && sameSlice(b.by.Evidence, o.by.Evidence) &&
		b.seen.Equal(o.seen)
}

// burden lays on the candidates' members the doubts that come from below, and takes away those that no longer do. prev is what
// was shown: as long as not every source has been read, nobody can say that a doubt has gone.
func (a *Assessor) burden(found []*candidate, all []Lone, prev Assessment) {
	var laid map[int][]burden
	for i := range all {
		c := &all[i].Component
		if !c.undermines() {
			continue
		}
		if laid == nil {
			laid = map[int][]burden{}
		}
		for _, at := range a.ground.above(c.ID) {
			laid[at.group] = append(laid[at.group], burden{member: at.member, by: *c, seen: all[i].SeenAt})
		}
	}
	for i, c := range found {
		burdens := laid[i]
		if laid != nil && !a.complete {
			if was, shown := prev.Group(c.told.ID); shown {
				burdens = append(burdens, c.told.stillDoubted(was.Group, burdens)...)
			}
		}
		c.bear(burdens)
	}
}

// stillDoubted are burdens for members of g that were shown as predicted to fail and of which nobody says so now.
func (g Group) stillDoubted(was Group, laid []burden) []burden {
	var out []burden
	for i := range g.Members {
		is := &g.Members[i]
		before := was.find(is.ID)
		if before == nil || !before.Predicted() || is.Predicted() || is.Device != before.Device ||
			slices.ContainsFunc(laid, func(b burden) bool { return b.member == i }) {
			continue
		}
		out = append(out, burden{member: i})
	}
	return out
}

// bear makes c what it is under these burdens.
func (c *candidate) bear(burdens []burden) {
	if slices.EqualFunc(c.burdens, burdens, burden.same) {
		return
	}
	c.burdens, c.whole = burdens, nil
	c.group = c.told.under(burdens)
	c.verdict = Judge(c.group)
}

// under is g with its members in doubt for what they stand on. One that does not work is in no doubt.
func (g Group) under(burdens []burden) Group {
	if len(burdens) == 0 {
		return g
	}
	g.Members = slices.Clone(g.Members)
	for _, b := range burdens {
		c := &g.Members[b.member]
		if b.by.ID != "" {
			c.Undermined = union(c.Undermined, []ID{b.by.ID})
		}
		if c.standing() == bad {
			continue
		}
		if !c.Predicted() {
			c.Doubts = append(slices.Clone(c.Doubts), DoubtPredicted)
			slices.Sort(c.Doubts)
		}
		if c.Health == OK || c.Health == HealthUnknown {
			c.Health = HealthWarning
		}
		c.Evidence = slices.Concat(c.Evidence, b.evidence())
	}
	return g
}

// evidence names what is below, and says what was seen there.
func (b burden) evidence() []Evidence {
	if b.by.ID == "" {
		return []Evidence{{Where: "log", Value: "was predicted to fail, and not every source has been read since"}}
	}
	all := []Evidence{{Where: "stands on " + string(b.by.ID), Value: label(b.by) + " is " + b.by.words()}}
	all = append(all, b.by.Evidence...)
	for i := range all {
		if all[i].At.IsZero() {
			all[i].At = b.seen
		}
	}
	return all
}
