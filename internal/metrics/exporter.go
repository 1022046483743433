package metrics

import (
	"path"
	"strconv"
	"strings"

	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// nodeExporter puts what v knows under the names that node_exporter 1.5 has for it (collector/{mdadm,bonding,
// powersupplyclass}_linux.go in https://github.com/prometheus/node_exporter). Nothing is read for it: it is in the evidence.
// docs/metrics.md says what is missing or differs, and why.
func (put put) nodeExporter(v *view.View) {
	for i := range v.Assessment.Groups {
		g := &v.Assessment.Groups[i].Group
		put.nodeMD(g)
		put.nodeBond(g)
		for _, c := range g.Members {
			put.nodeSupply(c.Evidence)
		}
	}
	for i := range v.Assessment.Components {
		put.nodeSupply(v.Assessment.Components[i].Component.Evidence)
	}
}

// nodeMDStates are the states of node_md_state by what md does, which stands in sync_action. What is not here node_exporter
// does not take in.
var nodeMDStates = map[string]string{"recover": "recovering", "resync": "resync", "repair": "resync", "check": "check"}

func (put put) nodeMD(g *redundancy.Group) {
	const attribute, inactive = "/md/array_state", "inactive"
	state, known := cited(g.Evidence, attribute)
	if !known || state.Value == "clear" {
		return
	}
	device := path.Base(strings.TrimSuffix(state.Where, attribute))
	does := "active"
	switch a := g.Activity; {
	case state.Value == inactive:
		does = inactive
	case a == nil || nodeMDStates[a.Kind] == "":
	case a.Phase != "":
		does = "resync" // whatever waits, mdstat calls it so
	default:
		does = nodeMDStates[a.Kind]
	}
	for _, s := range []string{"active", "check", inactive, "recovering", "resync"} {
		put(nodeMDState, truth(s == does), device, s)
	}
	slots, err := strconv.Atoi(g.Settings["raid_disks"])
	down, counted := nodeMDDown(g)
	failed, spare := nodeMDDevices(g)
	switch {
	case does == inactive:
		slots, down = 0, 0 // no personality, no slots
	case err != nil || !counted:
		return // what is not known is absent
	}
	put(nodeMDRequired, float64(slots), device)
	put(nodeMDDisks, float64(slots-down), device, "active")
	put(nodeMDDisks, float64(failed), device, "failed")
	put(nodeMDDisks, float64(spare), device, "spare")
}

// nodeMDDevices counts the devices that mdstat marks (F) and (S). Two members can tell of one device: the slot that has lost it,
// and itself.
func nodeMDDevices(g *redundancy.Group) (failed, spare int) {
	seen := map[string]bool{}
	for _, c := range g.Members {
		state, told := cited(c.Evidence, "/state")
		switch {
		case !told || seen[state.Where]:
		case strings.Contains(state.Value, "faulty"):
			failed++
		case c.State == redundancy.Spare || g.Unstarted:
			spare++
		}
		seen[state.Where] = true
	}
	return failed, spare
}

// nodeMDDown is how many slots have nobody who works in them. An array that is not redundant has none for as long as it is there.
func nodeMDDown(g *redundancy.Group) (int, bool) {
	if g.Type == redundancy.TypeNotRedundant {
		return 0, true
	}
	degraded, known := cited(g.Evidence, "/md/degraded")
	n, err := strconv.Atoi(degraded.Value)
	return n, known && err == nil
}

func (put put) nodeBond(g *redundancy.Group) {
	if _, there := cited(g.Evidence, " IFLA_BOND_MODE"); !there {
		return
	}
	members, up := 0, 0
	for _, c := range g.Members {
		if c.State == redundancy.Absent {
			continue // it is missed, and in the bond no more
		}
		mii, known := cited(c.Evidence, " IFLA_BOND_SLAVE_MII_STATUS")
		if !known {
			return
		}
		members++
		if mii.Value == "up" {
			up++
		}
	}
	put(nodeBondSlaves, float64(members), g.Name)
	put(nodeBondActive, float64(up), g.Name)
}

// nodeSupplyAttributes are the attributes of the class power_supply that are looked at and that have a metric.
var nodeSupplyAttributes = map[string]int{
	"online": nodeSupplyOnline, "present": nodeSupplyPresent, "capacity": nodeSupplyCapacity, "capacity_alert_min": nodeSupplyLow,
}

func (put put) nodeSupply(list []redundancy.Evidence) {
	for _, e := range list {
		dir, attribute := path.Split(e.Where)
		class, supply := path.Split(path.Clean(dir))
		which, listed := nodeSupplyAttributes[attribute]
		if value, err := strconv.ParseFloat(e.Value, 64); listed && err == nil && strings.HasSuffix(class, "/class/power_supply/") {
			put(which, value, supply)
		}
	}
}

// cited is the evidence seen at a place that ends so; false where there is none, or it could not be read.
func cited(list []redundancy.Evidence, ending string) (redundancy.Evidence, bool) {
	for _, e := range list {
		if strings.HasSuffix(e.Where, ending) {
			return e, e.Err == ""
		}
	}
	return redundancy.Evidence{}, false
}
