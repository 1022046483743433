package redundancy_test

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"plimsoll/redundancy"
)

// Random hosts: up to four groups of up to four members each, up to four lone components, and parts and uses, in two sources.
// Groups and lone components have fixed ids and sources, as real ones have; everything else changes freely.

func drawDoubts(t *rapid.T) []redundancy.Doubt {
	var all []redundancy.Doubt
	for _, d := range []redundancy.Doubt{redundancy.DoubtUnread, redundancy.DoubtPredicted, redundancy.DoubtSilent} {
		if rapid.IntRange(0, 4).Draw(t, "doubt") == 0 {
			all = append(all, d)
		}
	}
	return all
}

func drawComponent(t *rapid.T, id redundancy.ID) redundancy.Component {
	return redundancy.Component{
		ID: id, Name: string(id),
		Device: rapid.SampledFrom([]redundancy.ID{"", "wwn:1", "wwn:2"}).Draw(t, "device"),
		State: rapid.SampledFrom([]redundancy.State{ // working ones more often, so that groups are not all broken
			redundancy.Enabled, redundancy.Enabled, redundancy.Enabled, redundancy.Standby, redundancy.StateUnknown,
			redundancy.Spare, redundancy.Recovering, redundancy.Disabled, redundancy.Absent,
		}).Draw(t, "state"),
		Health: rapid.SampledFrom([]redundancy.Health{
			redundancy.OK, redundancy.OK, redundancy.HealthUnknown, redundancy.HealthWarning, redundancy.Critical,
		}).Draw(t, "health"),
		Doubts: drawDoubts(t),
	}
}

// drawBelow are things that a member of the group with this number may stand on: members of groups with a lower number, and
// those groups.
func drawBelow(t *rapid.T, group int) []redundancy.ID {
	var all []redundancy.ID
	for g := range group {
		if rapid.IntRange(0, 3).Draw(t, "stands on") == 0 {
			all = append(all, groupID(g))
		}
		if rapid.IntRange(0, 3).Draw(t, "stands on a member") == 0 {
			all = append(all, memberID(g, rapid.IntRange(0, 3).Draw(t, "which")))
		}
	}
	if rapid.IntRange(0, 2).Draw(t, "stands on a part") == 0 {
		all = append(all, partID(rapid.IntRange(0, 4).Draw(t, "which")))
	}
	if rapid.IntRange(0, 2).Draw(t, "stands on a disk") == 0 {
		all = append(all, diskID(rapid.IntRange(0, 3).Draw(t, "which disk")))
	}
	return all
}

// drawParts are parts that stand on one another in any way, circles too, and on the first two groups; some are told of twice.
func drawParts(t *rapid.T, name string) []redundancy.Part {
	var all []redundancy.Part
	for p := range 5 {
		if rapid.IntRange(0, 2).Draw(t, "part of "+name) == 0 {
			continue
		}
		part := redundancy.Part{
			ID: partID(p), Name: name, Domain: rapid.SampledFrom([]string{"", "disk", "controller", "card"}).Draw(t, "domain"),
			Opaque: rapid.SampledFrom([]string{"", "", "", "btrfs over 2 devices"}).Draw(t, "opaque"),
		}
		if p > 0 || rapid.IntRange(0, 9).Draw(t, "circle") == 0 {
			part.StandsOn = []redundancy.ID{partID(rapid.IntRange(0, 4).Draw(t, "on"))}
		}
		if rapid.IntRange(0, 3).Draw(t, "on a group") == 0 {
			part.StandsOn = append(part.StandsOn, groupID(rapid.IntRange(0, 1).Draw(t, "which group")))
		}
		if rapid.IntRange(0, 2).Draw(t, "on a disk") == 0 {
			part.StandsOn = append(part.StandsOn, diskID(rapid.IntRange(0, 3).Draw(t, "which disk")))
		}
		all = append(all, part)
	}
	return all
}

// drawLone are lone components of the source that has disks from first on.
func drawLone(t *rapid.T, first int) []redundancy.Component {
	var all []redundancy.Component
	for n := first; n < first+2; n++ {
		if rapid.IntRange(0, 3).Draw(t, "disk there") == 0 {
			continue
		}
		c := drawComponent(t, diskID(n))
		c.Kind = redundancy.KindDisk
		if rapid.IntRange(0, 3).Draw(t, "on a part") == 0 {
			c.StandsOn = []redundancy.ID{partID(rapid.IntRange(0, 4).Draw(t, "which"))}
		}
		if rapid.IntRange(0, 3).Draw(t, "warned") == 0 {
			c.Warnings = []redundancy.Warning{{Key: "a", Text: rapid.SampledFrom([]string{"this", "that"}).Draw(t, "text")}}
		}
		c.Evidence = []redundancy.Evidence{{Where: "there", Value: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "value")}}
		all = append(all, c)
	}
	return all
}

func diskID(n int) redundancy.ID { return redundancy.ID(fmt.Sprintf("disk:%d", n)) }

func drawUses(t *rapid.T) []redundancy.Use {
	var all []redundancy.Use
	for u := range 3 {
		use := redundancy.Use{ID: redundancy.ID(fmt.Sprintf("fs:/%d", u)), What: fmt.Sprintf("/%d", u), Kind: "filesystem"}
		switch rapid.IntRange(0, 4).Draw(t, "use") {
		case 0:
			continue
		case 1:
			use.StandsOn = []redundancy.ID{groupID(rapid.IntRange(0, 3).Draw(t, "group"))}
		case 2:
			use.StandsOn = []redundancy.ID{partID(rapid.IntRange(0, 4).Draw(t, "part"))}
		case 3:
			use.StandsOn = []redundancy.ID{groupID(u), partID(u)}
		}
		all = append(all, use)
	}
	return all
}

func partID(p int) redundancy.ID { return redundancy.ID(fmt.Sprintf("part:%d", p)) }

func groupID(g int) redundancy.ID { return redundancy.ID(fmt.Sprintf("raid:%d", g)) }

func memberID(g, m int) redundancy.ID { return redundancy.ID(fmt.Sprintf("raid:%d/%d", g, m)) }

func drawGroup(t *rapid.T, n int) redundancy.Group {
	g := redundancy.Group{
		ID: groupID(n), Name: fmt.Sprintf("md%d", n), Kind: redundancy.KindRAID, Type: redundancy.NPlusM,
		Serving:   rapid.SampledFrom([]redundancy.Tristate{redundancy.Unread, redundancy.Yes, redundancy.No}).Draw(t, "serving"),
		Unstarted: rapid.IntRange(0, 4).Draw(t, "unstarted") == 0,
	}
	for m := range 4 {
		if rapid.IntRange(0, 3).Draw(t, "listed") > 0 {
			c := drawComponent(t, memberID(n, m))
			c.StandsOn = drawBelow(t, n)
			g.Members = append(g.Members, c)
		}
	}
	g.Needs = drawNeeds(t, n)
	for _, key := range []string{"a", redundancy.WarnDataLost} {
		for _, about := range []redundancy.ID{"", memberID(n, 0)} {
			if rapid.IntRange(0, 3).Draw(t, "warned") == 0 {
				text := rapid.SampledFrom([]string{"this", "that"}).Draw(t, "text")
				g.Warnings = append(g.Warnings, redundancy.Warning{Key: key, Member: about, Text: text})
			}
		}
	}
	if rapid.Bool().Draw(t, "active") {
		g.Activity = &redundancy.Activity{
			Kind:  rapid.SampledFrom([]string{"recover", "check"}).Draw(t, "activity"),
			Phase: rapid.SampledFrom([]string{"", "delayed"}).Draw(t, "phase"),
			Done:  rapid.Uint64Range(0, 100).Draw(t, "done"), Total: rapid.Uint64Range(0, 1).Draw(t, "known") * 100,
		}
	}
	return g
}

// drawNeeds draws one or two needs on the first four members of group n, or two alternatives.
func drawNeeds(t *rapid.T, n int) redundancy.Needs {
	all := []redundancy.ID{memberID(n, 0), memberID(n, 1), memberID(n, 2), memberID(n, 3)}
	need := func(of []redundancy.ID) redundancy.Need {
		low := rapid.IntRange(0, len(of)).Draw(t, "low")
		high := rapid.IntRange(low, len(of)+1).Draw(t, "high")
		return redundancy.Need{Members: of, Needed: redundancy.Interval{Low: low, High: high}}
	}
	switch rapid.IntRange(0, 3).Draw(t, "needs") {
	case 0:
		return redundancy.Needs{AllOf: []redundancy.Need{need(all)}}
	case 1:
		return redundancy.Needs{AllOf: []redundancy.Need{need(all[:2]), need(all[1:])}}
	case 2:
		return redundancy.Needs{AnyOf: []redundancy.Need{need(all[:2]), need(all[2:])}}
	default:
		return redundancy.Needs{}
	}
}

// drawSnapshot is what is known of a random host at a moment; sources may have failed, hung or not looked yet.
func drawSnapshot(t *rapid.T, now time.Time) redundancy.Snapshot {
	var s redundancy.Snapshot
	for i, name := range []string{"a", "b"} {
		if rapid.IntRange(0, 9).Draw(t, "watched") == 0 {
			continue
		}
		src := redundancy.Source{Name: name, Since: t0(), StaleAfter: 30 * time.Second}
		if rapid.IntRange(0, 4).Draw(t, "looked") > 0 {
			src.At = now.Add(-time.Duration(rapid.IntRange(0, 45).Draw(t, "age")) * time.Second)
			for n := 2 * i; n < 2*i+2; n++ {
				if rapid.IntRange(0, 4).Draw(t, "there") > 0 {
					src.Observation.Groups = append(src.Observation.Groups, drawGroup(t, n))
				}
			}
			src.Observation.Components = drawLone(t, 2*i)
			src.Observation.Parts = drawParts(t, name)
			if name == "b" {
				src.Observation.Uses = drawUses(t)
			}
		}
		src.Failing = rapid.SampledFrom([]string{"", "", "", "input/output error"}).Draw(t, "failing")
		s.Sources = append(s.Sources, src)
	}
	return s
}

func drawRules(t *rapid.T) redundancy.Rules {
	seconds := func(what string) time.Duration {
		return time.Duration(rapid.SampledFrom([]int{0, 0, 3, 20}).Draw(t, what)) * time.Second
	}
	r := settling(seconds("worse"), seconds("better"))
	r.Settle[redundancy.KindDisk] = redundancy.Settle{Worse: seconds("worse"), Better: seconds("better")}
	r.Flap = redundancy.Flap{Count: rapid.IntRange(0, 3).Draw(t, "flaps"), Within: time.Minute}
	if rapid.Bool().Draw(t, "baseline") {
		r.Baseline.Groups = map[redundancy.ID]redundancy.Known{
			groupID(0): {Kind: redundancy.KindRAID, Spares: 1, Source: "a", Members: []redundancy.ID{memberID(0, 0), memberID(0, 1)}, Needs: drawNeeds(t, 0)},
			groupID(3): {Kind: redundancy.KindRAID, Spares: 2, Source: "b", Members: []redundancy.ID{memberID(3, 2)}},
			diskID(1):  {Kind: redundancy.KindDisk, Lone: true, Source: "a", Name: "sdb"},
			diskID(2):  {Kind: redundancy.KindDisk, Lone: true, Source: "b", Name: "sdc"},
		}
	}
	if rapid.Bool().Draw(t, "booting") {
		r.Booted = at(seconds("grace"))
	}
	return r
}

// drawHistory is a random sequence of assessments, each of the one before, with its events noted as the agent does.
func drawHistory(t *rapid.T, steps int, each func(old, new redundancy.Assessment, events []redundancy.Event)) {
	r := drawRules(t)
	now, told := t0(), 0
	var old redundancy.Assessment
	for range steps {
		now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "passed")) * time.Second)
		next := redundancy.Assess(old, drawSnapshot(t, now), now, r)
		events := redundancy.Diff(old, next, func(i int) string { return fmt.Sprintf("e%d", told+i) })
		told += len(events)
		each(old, next, events)
		old = next.Cited(events)
	}
}

// lose is g without the member at i.
func lose(g redundancy.Group, i int) redundancy.Group {
	g.Members = slices.Clone(g.Members)
	c := g.Members[i]
	c.State, c.Health, c.Doubts = redundancy.Absent, redundancy.Critical, nil
	g.Members[i] = c
	return g
}
