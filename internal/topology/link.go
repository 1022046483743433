package topology

import "plimsoll/redundancy"

// Link is one network link of this network namespace.
type Link struct {
	Name    string
	Index   int
	Sort    Sort
	Address string // the permanent one, where it is known
	Place   Place
	Lower   []string // names of the links below: a VLAN's parent, a bridge's ports
	Far     bool     // the kernel says that it is tied to a link which is not here
}

// Sort is what a link is.
type Sort uint8

// The sorts of link. Virtual ones are told apart by what is below them.
const (
	Virtual  Sort = iota
	Physical      // it has a device of its own
	Bond
	Bridge
)

// id is the link's name as a part: a bond is its group.
func (l Link) id() redundancy.ID {
	switch {
	case l.Sort == Bond:
		return redundancy.ID("bond:" + l.Name)
	case l.Sort == Physical && l.Address != "":
		return redundancy.ID("nic:" + l.Address)
	default:
		return redundancy.ID("link:" + l.Name)
	}
}

// Route is a default route.
type Route struct {
	Family string // inet or inet6
	Metric uint32
	Links  []int // indexes of the links that it leaves by, sorted, each once; none: it can't be said
}
