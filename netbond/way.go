package netbond

import (
	"fmt"
	"slices"
	"time"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// moveWithin is how long after the decision a bond may still be moved. The record, the look before it and the write take
// milliseconds; what takes a hundred times that has to be decided anew. The helper takes no deadline further ahead than a
// minute.
const moveWithin = 10 * time.Second

// Ways are what this room can do with a bond. A bond fails over when the path in use is silent though its link is up, to a
// standby that is proven. It is never moved because a link has failed: the kernel does that by itself, before anybody else
// has looked.
func Ways() []actions.Way {
	return []actions.Way{
		{Verb: actions.BondFailover, Within: moveWithin, Aim: failover, Done: inUse},
		{Verb: actions.BondFailback, Within: moveWithin, Aim: failback, Done: inUse},
	}
}

// failover moves a bond off a path that is silent, or off any if a person asks. In modes that share the work a silent port is
// left out by the bond itself: nothing is called for.
func failover(g redundancy.Group, w actions.Wish) actions.Aim {
	from, found := activeOf(g)
	mode, read := g.Settings["mode"]
	shares := read && mode != ActiveBackup.String()
	if !found || w.To == from.ID || !w.ByHand && (shares || !isSilent(from)) {
		return actions.Aim{}
	}
	aim := actions.Aim{Wanted: true, From: from.ID, To: w.To, Against: unmovable(g)}
	if aim.To == "" {
		aim.To = standby(g)
	}
	switch {
	case aim.To != "":
		aim.Against = append(aim.Against, unready(g, aim.To)...)
	case len(g.Members) == 1:
		aim.Against = append(aim.Against, g.Name+" has no standby")
	default:
		for _, m := range g.Members {
			if m.ID != from.ID {
				aim.Against = append(aim.Against, unready(g, m.ID)...)
			}
		}
	}
	return aim
}

// failback moves a bond back to w.To.
func failback(g redundancy.Group, w actions.Wish) actions.Aim {
	from, found := activeOf(g)
	if !found || from.ID == w.To {
		return actions.Aim{}
	}
	return actions.Aim{Wanted: true, From: from.ID, To: w.To, Against: append(unmovable(g), unready(g, w.To)...)}
}

// inUse says whether the bond uses the member that a chose.
func inUse(g redundancy.Group, a actions.Action) redundancy.Tristate {
	switch now, found := activeOf(g); {
	case !found:
		return redundancy.Unread
	case now.ID == a.To:
		return redundancy.Yes
	default:
		return redundancy.No
	}
}

// activeOf is the member in use, and false where none is known. In modes that share the work it is one of them, a silent one
// if there is any.
func activeOf(g redundancy.Group) (redundancy.Component, bool) {
	enabled := func(m redundancy.Component) bool { return m.State == redundancy.Enabled }
	i := slices.IndexFunc(g.Members, func(m redundancy.Component) bool { return enabled(m) && isSilent(m) })
	if i < 0 {
		i = slices.IndexFunc(g.Members, enabled)
	}
	if i < 0 {
		return redundancy.Component{}, false
	}
	return g.Members[i], true
}

func isSilent(m redundancy.Component) bool { return slices.Contains(m.Doubts, redundancy.DoubtSilent) }

// standby is the first member that is ready to be used; empty: none is. The bond's primary comes before the others.
func standby(g redundancy.Group) redundancy.ID {
	var first redundancy.ID
	for _, m := range g.Members {
		if m.State != redundancy.Standby || len(unready(g, m.ID)) > 0 {
			continue
		}
		if m.Name == g.Settings["primary"] {
			return m.ID
		}
		if first == "" {
			first = m.ID
		}
	}
	return first
}

// unmovable is why the active member of g is not for us to choose.
func unmovable(g redundancy.Group) []string {
	var out []string
	switch mode, read := g.Settings["mode"]; {
	case !read:
		out = append(out, "the mode of "+g.Name+" is not known")
	case mode != ActiveBackup.String():
		out = append(out, fmt.Sprintf("%s is %s: only active-backup has one member in use that can be chosen", g.Name, mode))
	}
	switch interval, read := g.Settings["arp_interval"]; {
	case !read:
		out = append(out, "whether "+g.Name+" is monitored by ARP is not known")
	case interval != "0":
		out = append(out, fmt.Sprintf("%s is monitored by ARP (arp_interval %s): the kernel looks after its paths", g.Name, interval))
	}
	return out
}

// unready is why work must not be put on the member with this id.
func unready(g redundancy.Group, id redundancy.ID) []string {
	m, listed := g.Member(id)
	if !listed {
		return []string{fmt.Sprintf("%s is no member of %s", id, g.Name)}
	}
	var out []string
	switch {
	case m.Broken():
		out = append(out, fmt.Sprintf("%s is %s: it carries nothing", m.Name, m.State))
	case isSilent(m):
		out = append(out, m.Name+" is silent as well")
	case !m.Works():
		out = append(out, "whether "+m.Name+" works is not known")
	case m.Proven == redundancy.No:
		out = append(out, m.Name+" is unproven: its path has not been seen to carry yet")
	case m.Proven != redundancy.Yes:
		out = append(out, m.Name+" is unproven: nobody listens on it (helper.packet_socket)")
	}
	return append(out, taken(g, m.Name)...)
}

// taken is why the kernel would not leave the work on the member with this name.
func taken(g redundancy.Group, name string) []string {
	primary, read := g.Settings["primary"]
	switch {
	case !read:
		return []string{"the primary of " + g.Name + " is not known"}
	case primary == "none", primary == name:
		return nil
	}
	switch reselect, read := g.Settings["primary_reselect"]; {
	case !read:
		return []string{"when " + g.Name + " returns to " + primary + " is not known (primary_reselect)"}
	case reselect == word(reselectWords, reselectAlways):
		return []string{fmt.Sprintf("primary_reselect is always and %s is primary: the kernel would move %s back", primary, g.Name)}
	}
	return nil
}

// reselectAlways is the number of primary_reselect that has the kernel return to the primary as soon as that has a link.
const reselectAlways = uint8(0)
