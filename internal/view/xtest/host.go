package xtest

import (
	"fmt"
	"time"

	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// At is the moment of all views here.
func At() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// Version is the agent's version in all views here.
const Version = "0.1.0"

// Quiet is a host without anything redundant, whose sources say why.
func Quiet() *view.View {
	v := base()
	v.Assessment.Sources = []redundancy.SourceState{
		{Name: "bond", At: At().Add(-3 * time.Second), Notes: []string{"this kernel has no bonds"}},
		{Name: "raid", At: At().Add(-800 * time.Millisecond), Notes: []string{"this kernel has no md driver"}},
	}
	return finish(v)
}

// Faulty is a host in trouble: md0 has lost a disk and rebuilds onto its spare, md1 is whole, bond0 stands on one leg and a
// change is pending, md2 can't be read. Of its disks in no group sdz is predicted to fail, and sdy can't be read.
func Faulty() *view.View {
	v := base()
	v.Assessment.Sources = []redundancy.SourceState{
		{Name: "bond", At: At().Add(-3 * time.Second)},
		{Name: "disk", At: At().Add(-12 * time.Second)},
		{Name: "raid", At: At().Add(-800 * time.Millisecond), Notes: []string{"md127 is a container: see its member arrays"}},
	}
	md0 := Mirror("md0", "a0b1c2d3:00000000:00000000:00000000", "sda1", "sdb1", "sdc1")
	md0.Members[1].State, md0.Members[1].Health = redundancy.Recovering, redundancy.OK
	md0.Members[1].Name, md0.Members[1].Device = "sdc1", "wwn:0x5000c500000000cc"
	md0.Members[2] = redundancy.Component{
		ID: md0.ID + "/dev/wwn:0x5000c500000000bb", Name: "sdb1", Device: "wwn:0x5000c500000000bb",
		State: redundancy.Disabled, Health: redundancy.Critical,
		Evidence: []redundancy.Evidence{{Where: "block/md0/md/dev-sdb1/state", Value: "faulty"}},
	}
	md0.Activity = &redundancy.Activity{Kind: "recover", Done: 470, Total: 1000, Speed: 512 * 0.75}
	md0.Warnings = []redundancy.Warning{
		{Key: "failed-member-attached", Member: md0.Members[2].ID, Text: "sdb1 has failed and is still attached to md0"},
		{Key: redundancy.WarnSpareMissing, Text: "md0 has 0 of 1 spares: the next failure finds no replacement"},
	}
	md0.Fates = []redundancy.Fate{{
		ID: "pci:0000:03:00.0", Domain: "controller", Name: "0000:03:00.0", Members: []redundancy.ID{md0.Members[0].ID, md0.Members[1].ID},
		Margin: -1, Accepted: true,
	}}
	md1 := Mirror("md1", "a0b1c2d3:00000000:00000000:00000001", "sda2", "sdc2", "")
	md2 := Mirror("md2", "a0b1c2d3:00000000:00000000:00000002", "sdd", "sde", "")
	md2.Serving = redundancy.Unread
	for i := range md2.Members {
		md2.Members[i].Doubts = []redundancy.Doubt{redundancy.DoubtUnread}
	}
	md2.Evidence = []redundancy.Evidence{{Where: "block/md2/md/array_state", Err: "permission denied"}}
	bond := Bond("bond0", "eth0", "eth1")
	bond.Members[1].State, bond.Members[1].Health = redundancy.Disabled, redundancy.Critical
	bond.Members[1].Evidence[0].Value = "down"
	v.Assessment.Groups = []redundancy.Assessed{
		assessed(bond, "bond", 90*time.Minute, -3*time.Second),
		assessed(md0, "raid", 10*time.Minute, -800*time.Millisecond),
		assessed(md1, "raid", 72*time.Hour, -800*time.Millisecond),
		assessed(md2, "raid", 45*time.Second, -800*time.Millisecond),
	}
	v.Assessment.Components = lone()
	v.Assessment.Coverage = coverage(md1.ID)
	v.Assessment.Groups[0].Pending = &redundancy.Pending{
		Since: At().Add(-time.Second), Due: At().Add(time.Second), Verdict: redundancy.Judge(Bond("bond0", "eth0", "eth1")),
	}
	v.Assessment.Groups[1].Faults = map[redundancy.ID]string{md0.ID: "h1/l1/18", md0.ID + "/slot1": "h1/l1/17"}
	v.Recent = []redundancy.Event{
		{
			ID: "h1/l1/17", Type: redundancy.ComponentFailed, Time: At().Add(-10 * time.Minute), Subject: md0.ID + "/slot1",
			Kind: redundancy.KindRAID, Group: md0.ID, Name: "md0", Member: md0.ID + "/slot1", Device: "sdb1",
			Severity: redundancy.SeverityWarning, Text: "sdb1 in slot 1 of md0 has failed",
		},
		{
			ID: "h1/l1/18", Type: redundancy.RedundancyLost, Time: At().Add(-10 * time.Minute), Subject: md0.ID,
			Kind: redundancy.KindRAID, Group: md0.ID, Name: "md0", Severity: redundancy.SeverityCritical, Cause: "h1/l1/17",
			Text: "md0 has lost its redundancy: the next failure is an outage",
		},
	}
	v.Events = map[string]uint64{redundancy.ComponentFailed: 1, redundancy.RedundancyLost: 1}
	return finish(v)
}

// lone are the disks of Faulty.
func lone() []redundancy.Lone {
	var all []redundancy.Lone
	for _, name := range []string{"sdv", "sdw", "sdx", "sdy", "sdz"} {
		c := redundancy.Component{
			ID: disk(name), Kind: redundancy.KindDisk, Name: name, State: redundancy.Enabled, Health: redundancy.OK,
			StandsOn: []redundancy.ID{"pci:0000:03:00.0"},
			Evidence: []redundancy.Evidence{{Where: name + " SMART status", Value: "passed"}},
		}
		l := redundancy.Lone{Component: c, Source: "disk", SeenAt: At().Add(-12 * time.Second), Since: At().Add(-26 * time.Hour)}
		switch is := &l.Component; name {
		case "sdy":
			is.Health, is.Doubts = redundancy.HealthUnknown, []redundancy.Doubt{redundancy.DoubtUnread}
			is.Evidence = []redundancy.Evidence{{Where: "sdy SMART status", Err: "input/output error"}}
			l.Since = At().Add(-40 * time.Minute)
		case "sdz":
			is.Health, is.Doubts = redundancy.HealthWarning, []redundancy.Doubt{redundancy.DoubtPredicted}
			is.Evidence = []redundancy.Evidence{{Where: "sdz SMART status", Value: "failing"}}
			is.Warnings = []redundancy.Warning{{
				Key: "slow-link", Text: "sdz runs at 1.5 Gbit/s of 6", Evidence: []redundancy.Evidence{{Where: "ata1 sata_spd", Value: "1.5 Gbps"}},
			}}
			l.Since, l.Fault = At().Add(-2*time.Hour), "h1/l1/12"
		}
		all = append(all, l)
	}
	return all
}

// coverage is what covers for the uses of Faulty: root holds /.
func coverage(root redundancy.ID) []redundancy.Coverage {
	return []redundancy.Coverage{
		{Use: "fs:/", What: "/", Kind: "filesystem", Cover: redundancy.Covered, By: []redundancy.ID{root}, Since: At().Add(-72 * time.Hour)},
		{
			Use: "fs:/pool", What: "/pool", Kind: "filesystem", Cover: redundancy.NotUnderstood, Why: "btrfs over 2 devices",
			Since: At().Add(-72 * time.Hour),
		},
		{
			Use: "fs:/scratch", What: "/scratch", Kind: "filesystem", Cover: redundancy.Unprotected,
			Why: "nothing covers for disk sdz", Since: At().Add(-72 * time.Hour),
		},
		{Use: "fs:/tmp/build", What: "/tmp/build", Kind: "filesystem", Since: At(), Due: At().Add(10 * time.Second)},
	}
}

// Healthy is a host with this many whole mirrors of two and bonds of two.
func Healthy(arrays, bonds int) *view.View {
	v := base()
	v.Assessment.Sources = []redundancy.SourceState{{Name: "bond", At: At()}, {Name: "raid", At: At()}}
	for i := range bonds {
		g := Bond(fmt.Sprintf("bond%03d", i), fmt.Sprintf("eth%d", 2*i), fmt.Sprintf("eth%d", 2*i+1))
		v.Assessment.Groups = append(v.Assessment.Groups, assessed(g, "bond", time.Hour, 0))
	}
	for i := range arrays {
		g := Mirror(fmt.Sprintf("md%03d", i), fmt.Sprintf("a0b1c2d3:00000000:00000000:%08x", i), "sda", "sdb", "")
		v.Assessment.Groups = append(v.Assessment.Groups, assessed(g, "raid", time.Hour, 0))
	}
	return finish(v)
}

// Mirror is a whole raid1 of two with, unless its name is empty, a spare.
func Mirror(name, uuid, first, second, spare string) redundancy.Group {
	id := redundancy.ID("raid:" + uuid)
	g := redundancy.Group{
		ID: id, Name: name, Kind: redundancy.KindRAID, Type: redundancy.NPlusM, Serving: redundancy.Yes,
		Settings: map[string]string{"level": "raid1"},
		Evidence: []redundancy.Evidence{{Where: "block/" + name + "/md/array_state", Value: "clean"}},
	}
	for i, dev := range []string{first, second} {
		g.Members = append(g.Members, redundancy.Component{
			ID: redundancy.ID(fmt.Sprintf("%s/slot%d", id, i)), Name: dev, Device: wwn(dev),
			State: redundancy.Enabled, Health: redundancy.OK,
			Evidence: []redundancy.Evidence{{Where: "block/" + name + "/md/dev-" + dev + "/state", Value: "in_sync"}},
		})
	}
	g.Needs = redundancy.Needs{AllOf: []redundancy.Need{{
		Members: []redundancy.ID{g.Members[0].ID, g.Members[1].ID}, Needed: redundancy.Exactly(1),
	}}}
	if spare != "" {
		g.Members = append(g.Members, redundancy.Component{
			ID: id + "/dev/" + wwn(spare), Name: spare, Device: wwn(spare), State: redundancy.Spare, Health: redundancy.OK,
		})
	}
	return g
}

// wwn makes up the identity of the disk that a device or a partition of it is on: sda1 and sda2 share one.
func wwn(dev string) redundancy.ID {
	letter := dev[2]
	return redundancy.ID(fmt.Sprintf("wwn:0x5000c500000000%c%c", letter, letter))
}

// Bond is a whole active-backup bond of two.
func Bond(name, active, backup string) redundancy.Group {
	g := redundancy.Group{
		ID: redundancy.ID("bond:" + name), Name: name, Kind: redundancy.KindBond, Type: redundancy.Failover, Serving: redundancy.Yes,
		Settings: map[string]string{"mode": "active-backup"},
		Evidence: []redundancy.Evidence{{Where: "link " + name + " operstate", Value: "up"}},
	}
	need := redundancy.Need{Needed: redundancy.Exactly(1)}
	for i, dev := range []string{active, backup} {
		state := redundancy.Enabled
		if i > 0 {
			state = redundancy.Standby
		}
		mac := fmt.Sprintf("52:54:00:00:00:%02x", i)
		c := redundancy.Component{
			ID: g.ID + redundancy.ID("/"+mac), Name: dev, Device: redundancy.ID("mac:" + mac), State: state, Health: redundancy.OK,
			Evidence: []redundancy.Evidence{{Where: "link " + dev + " IFLA_BOND_SLAVE_MII_STATUS", Value: "up"}},
		}
		g.Members = append(g.Members, c)
		need.Members = append(need.Members, c.ID)
	}
	g.Needs = redundancy.Needs{AllOf: []redundancy.Need{need}}
	return g
}

func base() *view.View {
	return &view.View{
		At: At(), Started: At().Add(-26 * time.Hour), Mode: "observe", Version: Version,
		Host: view.Host{
			ID: "h1", Name: "db1", BootID: "b1", Fleet: "default", Labels: map[string]string{"rack": "r12"},
			Facts: view.Facts{Platform: "debian 12.9", Kernel: "6.1.0-30-amd64", Arch: "x86_64", Virtual: "kvm"},
		},
		Assessment: redundancy.Assessment{At: At()},
		Looks: []view.Looks{
			{Source: "bond", OK: 18720, Duration: 400 * time.Microsecond},
			{Source: "raid", OK: 9360, Failed: 2, Overdue: 1, Duration: 1500 * time.Microsecond},
		},
		Outbox: view.Outbox{Durable: true},
		Log:    view.Log{ID: "l1", Records: 18},
		NATS:   view.NATS{Configured: true, Connected: true, URL: "tls://n1:4222"},
	}
}

func assessed(g redundancy.Group, source string, lasts, seen time.Duration) redundancy.Assessed {
	return redundancy.Assessed{
		Group: g, Verdict: redundancy.Judge(g), Source: source, SeenAt: At().Add(seen), Since: At().Add(-lasts),
	}
}

// finish makes the snapshot that the assessment would have come from.
func finish(v *view.View) *view.View {
	for _, s := range v.Assessment.Sources {
		src := redundancy.Source{Name: s.Name, At: s.At, Since: v.Started, StaleAfter: 30 * time.Second}
		src.Observation.Notes = s.Notes
		for _, g := range v.Assessment.Groups {
			if g.Source == s.Name {
				src.Observation.Groups = append(src.Observation.Groups, g.Group)
			}
		}
		for _, l := range v.Assessment.Components {
			if l.Source == s.Name {
				src.Observation.Components = append(src.Observation.Components, l.Component)
			}
		}
		v.Snapshot.Sources = append(v.Snapshot.Sources, src)
	}
	return v
}
