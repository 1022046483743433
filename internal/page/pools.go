package page

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"plimsoll/fleet/wire"
	"plimsoll/internal/phrase"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// neighbour is a host of the fleet.
type neighbour struct {
	wire.HostRow

	Name   string
	Status redundancy.Status
	Single bool // it has nothing redundant
	Margin *redundancy.Margin
	Scale  *loadLine
	Gone   string    // why what it said last may not be so; empty: it is heard
	Heard  time.Time // when it said that; zero: never
	Faults []string  // what it sees under failure domains that it shares
}

func newNeighbour(row wire.HostRow, now time.Time) neighbour {
	h := neighbour{HostRow: row, Name: wire.HostName(row.Host), Gone: presence(row.Seen)}
	if row.Alive == nil {
		return h
	}
	a := row.Alive
	if row.AgeS != nil {
		h.Heard = now.Add(-phrase.Seconds(*row.AgeS)).Round(time.Second)
	}
	if h.Single = a.Status == ""; h.Single {
		h.Status = redundancy.NotRedundant
	} else {
		h.Status = statusOf(a.Status)
	}
	if m := a.Margin; m != nil {
		h.Margin = &redundancy.Margin{Least: m.Least, Most: m.Most, Full: m.Full}
	}
	for _, f := range a.Faults {
		h.Faults = append(h.Faults, f.Fault+" under "+strings.Replace(f.Domain, ":", " ", 1))
	}
	switch {
	case h.Gone != "": // what it is now, nobody knows
		h.Status = redundancy.StatusUnknown
	case h.Margin != nil:
		scale := newLoadLine(h.Status, *h.Margin)
		h.Scale = &scale
	}
	return h
}

// Class is the name in the style sheet.
func (h neighbour) Class() string { return statusClass(h.Status) }

// Glyph is a shape for how it is.
func (h neighbour) Glyph() string { return glyph(h.Status) }

// Word is how it is: what its redundancy comes to, unless nobody knows that.
func (h neighbour) Word() string {
	switch {
	case h.Gone != "":
		return h.Gone
	case h.Single:
		return "nothing redundant"
	}
	return h.Status.String()
}

// Well says whether there is nothing to be said of it.
func (h neighbour) Well() bool {
	return h.Gone == "" && len(h.Faults) == 0 && (h.Status == redundancy.FullyRedundant || h.Status == redundancy.NotRedundant)
}

// Fails says whether it does not do what a pool is about.
func (h neighbour) Fails(pool string) bool {
	return h.Alive != nil && slices.Contains(h.Alive.Failing, pool)
}

func (h neighbour) least() int {
	if h.Margin == nil {
		return 0
	}
	return h.Margin.Least
}

// leastFirst has hosts with the least margin first.
func leastFirst(a, b neighbour) int {
	return cmp.Or(cmp.Compare(concern(a), concern(b)), cmp.Compare(a.least(), b.least()), cmp.Compare(a.Host, b.Host))
}

func concern(h neighbour) int {
	r := 2 * statusRank(h.Status)
	if h.Status == redundancy.FullyRedundant && !h.Well() {
		r-- // before those of which there is nothing to be said
	}
	return r
}

// pool is the hosts of a pool, rack by rack.
type pool struct {
	frame

	Name, Block, Class string
	Hosts, Silent      int
	Counts             []count
	Racks              []rack
}

// rack is the hosts of one rack: those that are ill, and those of which there is nothing to be said.
type rack struct {
	Name      string
	Ill, Well []fellow
	MoreIll   int
	MoreWell  int
}

// fellow is a host within a pool.
type fellow struct {
	neighbour

	Failing bool // it does not do what the pool is about
}

// The bounds of what is named of one pool. plimsoll fleet status names all.
const (
	maxIll  = 200
	maxWell = 600
)

// pools are the hosts by pool, those pools first that have the host with the least margin; hosts must be sorted so.
func pools(hosts []neighbour, ledgers []view.Pool, now, at time.Time) []pool {
	of := map[string][]neighbour{}
	var order []string
	add := func(name string) {
		if _, known := of[name]; !known {
			order = append(order, name)
			of[name] = nil
		}
	}
	for _, h := range hosts {
		in := h.Pools
		if len(in) == 0 {
			in = []string{""}
		}
		for _, name := range in {
			add(name)
			of[name] = append(of[name], h)
		}
	}
	for _, p := range ledgers {
		add(p.Ledger.Pool)
	}
	out := make([]pool, 0, len(order))
	for _, name := range order {
		p := newPool(name, of[name])
		p.frame = frame{Now: now, At: at}
		out = append(out, p)
	}
	return out
}

func newPool(name string, hosts []neighbour) pool {
	p := pool{Name: name, Block: "pool-" + name, Class: "whole", Hosts: len(hosts)}
	if len(hosts) > 0 {
		p.Class = hosts[0].Class()
	}
	named := map[string]int{}
	ill, well := 0, 0
	for _, h := range hosts {
		where := strings.Join(h.Domains["rack"], ", ")
		i, known := named[where]
		if !known {
			i = len(p.Racks)
			named[where] = i
			p.Racks = append(p.Racks, rack{Name: where})
		}
		r, is := &p.Racks[i], fellow{h, h.Fails(name)}
		switch fine := h.Well() && !is.Failing; {
		case fine && well < maxWell:
			r.Well = append(r.Well, is)
			well++
		case fine:
			r.MoreWell++
		case ill < maxIll:
			r.Ill = append(r.Ill, is)
			ill++
		default:
			r.MoreIll++
		}
		if h.Gone != "" {
			p.Silent++
		}
		if n := len(p.Counts); n > 0 && p.Counts[n-1].Status == h.Status {
			p.Counts[n-1].N++
		} else {
			p.Counts = append(p.Counts, count{h.Status, 1})
		}
	}
	return p
}
