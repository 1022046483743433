package xtest

import (
	"time"

	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// Grounded is a healthy host of which it is known what stands on what: md0 holds / on partitions of sda and sdb, which hang on
// a controller each; swap is on another partition of sda, /scratch on sdz, which shares sda's controller, and /pool on btrfs
// over sdx and sdy.
func Grounded() *view.View {
	v := base()
	seen := At().Add(-time.Second)
	v.Assessment.Sources = []redundancy.SourceState{{Name: "raid", At: seen}, {Name: "topology", At: seen}}
	md0 := Mirror("md0", "a0b1c2d3:00000000:00000000:00000000", "sda1", "sdb1", "")
	for i := range md0.Members {
		md0.Members[i].StandsOn = []redundancy.ID{"disk:" + md0.Members[i].Device + "-part1"}
	}
	v.Assessment.Groups = []redundancy.Assessed{assessed(md0, "raid", 72*time.Hour, -time.Second)}
	v = finish(v)
	const one, two = "controller:0000:03:00.0", "controller:0000:04:00.0"
	v.Snapshot.Sources[1].Observation = redundancy.Observation{
		Parts: []redundancy.Part{
			{ID: "btrfs:p", Name: "btrfs pool", StandsOn: []redundancy.ID{disk("sdx"), disk("sdy")}, Opaque: "btrfs over 2 devices"},
			{ID: one, Name: "0000:03:00.0", Domain: "controller"},
			{ID: two, Name: "0000:04:00.0", Domain: "controller"},
			drive("sda", one, "3"),
			{ID: disk("sda") + "-part1", Name: "sda1", StandsOn: []redundancy.ID{disk("sda")}},
			{ID: disk("sda") + "-part2", Name: "sda2", StandsOn: []redundancy.ID{disk("sda")}},
			drive("sdb", two, "4"),
			{ID: disk("sdb") + "-part1", Name: "sdb1", StandsOn: []redundancy.ID{disk("sdb")}},
			drive("sdx", two, ""), drive("sdy", two, ""), drive("sdz", one, "5"),
		},
		Uses: []redundancy.Use{
			{ID: "fs:/", What: "/", Kind: "filesystem", StandsOn: []redundancy.ID{md0.ID}},
			{ID: "fs:/pool", What: "/pool", Kind: "filesystem", StandsOn: []redundancy.ID{"btrfs:p"}},
			{ID: "fs:/scratch", What: "/scratch", Kind: "filesystem", StandsOn: []redundancy.ID{disk("sdz")}},
			{ID: "swap:sda2", What: "swap on sda2", Kind: "swap", StandsOn: []redundancy.ID{disk("sda") + "-part2"}},
		},
	}
	return v
}

func disk(name string) redundancy.ID { return "disk:" + wwn(name) }

func drive(name string, controller redundancy.ID, slot string) redundancy.Part {
	p := redundancy.Part{
		ID: disk(name), Name: name, Domain: redundancy.DomainDisk, StandsOn: []redundancy.ID{controller},
		Labels: map[string]string{"serial": "SERIAL-" + name, "wwn": string(wwn(name))[len("wwn:"):]},
	}
	if slot != "" {
		p.Labels["slot"], p.Labels["enclosure"] = slot, "2:0:8:0"
	}
	return p
}

// Dying is Grounded with sda predicted to fail, judged as the agent does.
func Dying() *view.View {
	v := Grounded()
	for i := range v.Snapshot.Sources {
		v.Snapshot.Sources[i].StaleAfter = time.Minute
	}
	seen := At().Add(-time.Second)
	sources := []redundancy.Source{{Name: "disk", At: seen, Since: v.Started, StaleAfter: time.Minute}}
	for _, name := range []string{"sda", "sdb"} {
		sources[0].Observation.Components = append(sources[0].Observation.Components, redundancy.Component{
			ID: disk(name), Kind: redundancy.KindDisk, Name: name, State: redundancy.Enabled, Health: redundancy.OK,
			Evidence: []redundancy.Evidence{{Where: name + " SMART status", Value: "passed"}},
		})
	}
	sda := &sources[0].Observation.Components[0]
	sda.Health, sda.Doubts = redundancy.HealthWarning, []redundancy.Doubt{redundancy.DoubtPredicted}
	sda.Evidence[0].Value = "failing"
	v.Snapshot.Sources = append(sources, v.Snapshot.Sources...)
	before := v.Assessment
	v.Assessment = redundancy.Assess(before, v.Snapshot, At(), redundancy.Rules{})
	v.Recent = redundancy.Diff(before, v.Assessment, func(i int) string { return "h1/l1/" + string(rune('1'+i)) })
	v.Assessment = v.Assessment.Cited(v.Recent)
	return v
}
