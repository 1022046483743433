package multipath

import (
	"cmp"
	"slices"

	"plimsoll/redundancy"
)

// What the ids of groups and of the parts that members stand on begin with. internal/topology tells of the parts, and of what
// stands on the groups.
const (
	groupPrefix = "multipath:"
	pathPrefix  = "path:"
)

// Group is the device's paths as a group: one of them is needed.
func (d Device) Group() redundancy.Group {
	g := redundancy.Group{
		ID: redundancy.ID(groupPrefix + d.WWID), Name: d.Name, Kind: redundancy.KindMultipath, Type: redundancy.Failover,
		Evidence: []redundancy.Evidence{d.told(), d.Suspended.Evidence()},
	}
	if len(d.Status.Groups) == 1 {
		g.Type = redundancy.Sharing
	}
	need := redundancy.Need{Needed: redundancy.Exactly(1)}
	for _, p := range d.Paths {
		g.Members = append(g.Members, d.member(p))
	}
	slices.SortFunc(g.Members, func(a, b redundancy.Component) int { return cmp.Compare(a.ID, b.ID) })
	for _, c := range g.Members {
		need.Members = append(need.Members, c.ID)
	}
	g.Needs.AllOf = []redundancy.Need{need}
	g.Serving = d.serving(g.Members)
	return g
}

// told is device-mapper's status as evidence.
func (d Device) told() redundancy.Evidence {
	e := redundancy.Evidence{Where: "device-mapper status of " + d.Name, Value: d.Status.Text}
	if d.StatusErr != nil {
		e.Value, e.Err = "", d.StatusErr.Error()
	}
	return e
}

// member judges one path by SCSI's word and device-mapper's. It takes both to be good.
func (d Device) member(p Path) redundancy.Component {
	c := redundancy.Component{
		ID: redundancy.ID(groupPrefix + d.WWID + "/" + p.Way), Name: p.Name, Evidence: []redundancy.Evidence{p.State.Evidence()},
	}
	if p.Gone {
		c.State, c.Health = redundancy.Absent, redundancy.Critical
		c.Evidence = []redundancy.Evidence{{Where: d.Where, Value: "its table has " + p.Name + ", and the kernel no longer does"}}
		return c
	}
	c.StandsOn = []redundancy.ID{redundancy.ID(pathPrefix + p.Name)}
	said, current, listed := d.Status.path(p.Number)
	if listed {
		word := "active"
		if said.Failed {
			word = "failed"
		}
		c.Evidence = append(c.Evidence, redundancy.Evidence{Where: "device-mapper status of " + d.Name, Value: p.Number + " " + word})
	}
	switch {
	case p.State.Err == nil && slices.Contains(dead(), p.State.Value), said.Failed:
		c.State, c.Health = redundancy.Disabled, redundancy.Critical
	case p.State.Err == nil && p.State.Value != running: // nothing is sent while it is blocked, and nobody knows for how long
		c.State = redundancy.Disabled
	case p.State.Err != nil || !listed:
		c.Doubts = []redundancy.Doubt{redundancy.DoubtUnread}
		if p.State.Err == nil {
			c.State = redundancy.Enabled
		}
	case current:
		c.State, c.Health = redundancy.Enabled, redundancy.OK
	default:
		c.State, c.Health = redundancy.Standby, redundancy.OK
	}
	return c
}

// running is SCSI's word for a device that takes commands.
const running = "running"

// dead are SCSI's words for a device that takes no commands any more (drivers/scsi/scsi_sysfs.c).
func dead() []string { return []string{"offline", "transport-offline", "deleted", "cancel"} }

// serving says whether requests come through: one good path is enough, and without any none does. While the device is suspended
// they wait, which says nothing.
func (d Device) serving(members []redundancy.Component) redundancy.Tristate {
	if d.Suspended.Value != "0" {
		return redundancy.Unread
	}
	sum := redundancy.No
	for _, c := range members {
		switch {
		case c.Works() && len(c.Doubts) == 0:
			return redundancy.Yes
		case !c.Broken():
			sum = redundancy.Unread
		}
	}
	return sum
}
