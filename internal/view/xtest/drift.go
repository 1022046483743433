package xtest

import (
	"time"

	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// Drifted is a host that is not as its baseline knows it: md1 has lost its spare and its second member, and bond0 has another mode.
// A web server that the configuration lists has a unit that does not run.
func Drifted() *view.View {
	v := base()
	v.Assessment.Sources = []redundancy.SourceState{{Name: "bond", At: At()}, {Name: "raid", At: At()}, {Name: "service", At: At()}}
	const uuid = "a0b1c2d3-0000-0000-0000-000000000001"
	mirror := Mirror("md1", uuid, "sda2", "sdc2", "sdd2")
	mirror.Slots = true
	mirror.Settings = map[string]string{
		"level": "raid1", "raid_disks": "2", "metadata": "1.2", "bitmap": "+8", "consistency_policy": "bitmap",
	}
	for i := range mirror.Members {
		c := &mirror.Members[i]
		c.StandsOn = []redundancy.ID{"disk:" + c.Device + "-part2"}
	}
	bond := Bond("bond0", "eth0", "eth1")
	v.Assessment.Groups = []redundancy.Assessed{assessed(bond, "bond", time.Hour, 0), assessed(mirror, "raid", time.Hour, 0)}
	v.Baseline, _ = redundancy.Baseline{}.Learn(v.Assessment)
	for i, id := range []redundancy.ID{bond.ID, mirror.ID} {
		known := v.Baseline.Groups[id]
		v.History = append(v.History, view.BaselineChange{At: At().Add(time.Duration(i-26) * time.Hour), By: []string{"uid 0", ""}[i], Group: id, Known: &known})
	}
	v.History = append(v.History, view.BaselineChange{At: At().Add(-time.Hour), By: "uid 0", Group: "raid:old", Gone: true})
	bond.Settings = map[string]string{"mode": "balance-rr"}
	mirror.Members = mirror.Members[:2:2]
	mirror.Members[1].Device, mirror.Members[1].StandsOn = "", nil
	mirror.Members[1].State, mirror.Members[1].Health = redundancy.Absent, redundancy.Critical
	unit := redundancy.Component{ID: "service:web/web@1.service", Name: "web@1.service", State: redundancy.Disabled, Health: redundancy.Critical}
	web := redundancy.Group{
		ID: "service:web", Name: "web", Kind: redundancy.KindService, Type: redundancy.NPlusM, Declared: true, Serving: redundancy.No,
		Members: []redundancy.Component{unit},
		Needs:   redundancy.Needs{AllOf: []redundancy.Need{{Members: []redundancy.ID{unit.ID}, Needed: redundancy.Exactly(1)}}},
	}
	v.Assessment.Groups = []redundancy.Assessed{
		assessed(bond, "bond", time.Hour, 0), assessed(mirror, "raid", time.Hour, 0), assessed(web, "service", time.Hour, 0),
	}
	return finish(v)
}
