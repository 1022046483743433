package redundancy

// footing is what stands on what on a host, the way a loss travels: from each thing up to those that stand on it.
type footing struct {
	places map[ID]int // of each thing in things
	things []thing
	links  []link
}

// thing is whatever somebody stands on: a part, a group, a member, a device, or something that nobody tells of.
type thing struct {
	id     ID
	last   int  // the newest of its links, one more than its place; 0: nobody stands on it
	opaque bool // it may survive what it stands on
}

// bearer says what a link leads up to.
type bearer uint8

const (
	bearsThing  bearer = iota // the thing at up, a part or a component in no group
	bearsMember               // the member at within of the group at up
	bearsUse                  // the use at up
)

// link leads from a thing to one that stands on it.
type link struct {
	bears      bearer
	up, within int
	next       int // the next link of the same thing, one more than its place; 0: none
}

// newFooting tells it of these groups and uses, and of the parts and lone components of s.
func newFooting(s Snapshot, groups []Group, uses []Use) *footing {
	n := len(uses)
	for _, g := range groups {
		n += len(g.Members)
	}
	for _, src := range s.Sources {
		n += len(src.Observation.Parts) + len(src.Observation.Components)
	}
	f := &footing{places: make(map[ID]int, 2*n), things: make([]thing, 0, 2*n), links: make([]link, 0, 3*n)}
	for _, src := range s.Sources {
		for i := range src.Observation.Parts {
			p := &src.Observation.Parts[i]
			at := f.stand(bearsThing, p.ID, "", p.StandsOn)
			f.things[at].opaque = f.things[at].opaque || p.Opaque != ""
		}
		for i := range src.Observation.Components {
			c := &src.Observation.Components[i]
			f.stand(bearsThing, c.ID, c.Device, c.StandsOn)
		}
	}
	for i := range groups {
		for m := range groups[i].Members {
			c := &groups[i].Members[m]
			to := link{bears: bearsMember, up: i, within: m}
			f.link(c.ID, to)
			if c.Device != "" {
				f.link(c.Device, to)
			}
			for _, id := range c.StandsOn {
				f.link(id, to)
			}
		}
	}
	for i := range uses {
		f.link(uses[i].ID, link{bears: bearsUse, up: i})
		for _, id := range uses[i].StandsOn {
			f.link(id, link{bears: bearsUse, up: i})
		}
	}
	return f
}

// stand makes id a thing that stands on these others, and says where it is.
func (f *footing) stand(b bearer, id, device ID, on []ID) int {
	at := f.place(id)
	if device != "" {
		f.link(device, link{bears: b, up: at})
	}
	for _, below := range on {
		f.link(below, link{bears: b, up: at})
	}
	return at
}

func (f *footing) link(below ID, l link) {
	at := f.place(below)
	l.next = f.things[at].last
	f.links = append(f.links, l)
	f.things[at].last = len(f.links)
}

// place is where id is among the things, a new place if it is not there yet.
func (f *footing) place(id ID) int {
	at, known := f.places[id]
	if !known {
		at = len(f.things)
		f.places[id] = at
		f.things = append(f.things, thing{id: id})
	}
	return at
}
