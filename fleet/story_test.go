package fleet

import (
	"fmt"
	"testing"
	"time"

	"plimsoll/redundancy"
)

// story plays looks at a mirror of three with a spare and tells, as the agent does, every type of event there is.
type story struct {
	tb     testing.TB
	now    time.Time
	was    redundancy.Assessment
	source redundancy.Source
	items  []Item
}

// everyType is at least one real event of every type.
func everyType(tb testing.TB) []Item {
	tb.Helper()
	s := &story{tb: tb, now: base, source: redundancy.Source{Name: "raid", Since: base, StaleAfter: 30 * time.Second}}
	s.agent(redundancy.AgentStarted, "plimsolld watches db1")
	slots := func(a, b, c redundancy.Component) redundancy.Group {
		return mirror(a, b, c, part("dev/wwn:4", redundancy.Spare))
	}
	on, off := redundancy.Enabled, redundancy.Disabled
	s.look(slots(part("slot0", on), part("slot1", on), part("slot2", on)))
	s.tell(redundancy.Event{
		Type: redundancy.BaselineLearned, Subject: "raid:u", Kind: redundancy.KindRAID, Group: "raid:u", Name: "md0",
		GroupType: redundancy.NPlusM, Source: "raid", Severity: redundancy.SeverityInfo, Notify: redundancy.NotifyNow,
		Text: "md0 is known good with 3 members and 1 spare",
	})
	s.tell(redundancy.Event{
		Type: redundancy.BaselineAccepted, Subject: "raid:u", Kind: redundancy.KindRAID, Group: "raid:u", Name: "md0",
		GroupType: redundancy.NPlusM, Source: "raid", Severity: redundancy.SeverityInfo, Notify: redundancy.NotifyNow,
		Text: "md0 is accepted with 3 members and 1 spare (by uid 0)",
	})
	predicted := part("slot0", on)
	predicted.Health, predicted.Doubts = redundancy.HealthWarning, []redundancy.Doubt{redundancy.DoubtPredicted}
	s.look(slots(predicted, part("slot1", on), part("slot2", on)))
	s.look(slots(part("slot0", off), part("slot1", on), part("slot2", on)))
	g := slots(part("slot0", redundancy.Recovering), part("slot1", on), part("slot2", on))
	g.Members = g.Members[1:] // the spare took the slot
	for _, done := range []uint64{10, 500} {
		g.Activity = &redundancy.Activity{Kind: "recover", Done: done, Total: 1000, Speed: 1e8}
		s.look(g)
	}
	warned := slots(part("slot0", on), part("slot1", on), part("slot2", redundancy.Absent))
	warned.Warnings = []redundancy.Warning{{Key: "failed-attached", Member: "raid:u/slot2", Text: "sdc is still attached"}}
	s.look(warned)
	lost := slots(part("slot0", on), part("slot1", on), part("slot2", redundancy.Absent))
	lost.Warnings = []redundancy.Warning{{Key: redundancy.WarnDataLost, Text: "8 sectors of md0 can't be read from any copy"}}
	s.look(lost)
	drifted := lost
	drifted.Warnings = []redundancy.Warning{{Key: redundancy.WarnDrifted, Text: "md0 is not as the baseline knows it: bitmap is none, was +8"}}
	s.look(drifted)
	s.now = s.now.Add(redundancy.DriftSettles)
	s.look(drifted)
	s.look(slots(part("slot0", off), part("slot1", on), part("slot2", redundancy.Absent)))
	dead := slots(part("slot0", off), part("slot1", off), part("slot2", off))
	dead.Serving = redundancy.No
	s.look(dead)
	stopped := slots(part("slot0", on), part("slot1", off), part("slot2", off))
	stopped.Serving = redundancy.No
	s.look(stopped)
	s.look(slots(part("slot0", on), part("slot1", on), part("slot2", on)))
	unsure := slots(part("slot0", on), part("slot1", on), part("slot2", on))
	unsure.Serving = redundancy.Unread
	s.look(unsure)
	s.disk(redundancy.OK, redundancy.Enabled)
	s.disk(redundancy.HealthWarning, redundancy.Enabled, redundancy.DoubtPredicted)
	s.disk(redundancy.Critical, redundancy.Disabled)
	s.disk(redundancy.OK, redundancy.Enabled)
	s.source.Observation.Components = nil
	s.tell(redundancy.Event{
		Type: redundancy.BaselineAccepted, Subject: "disk:wwn:5", Kind: redundancy.KindDisk, Member: "disk:wwn:5", Device: "sde",
		Severity: redundancy.SeverityInfo, Notify: redundancy.NotifyNow, Text: "sde is accepted to be gone (by uid 0)",
	})
	s.blind()
	moved := slots(part("slot0", on), part("slot1", on), part("slot2", on))
	for i := range moved.Members {
		moved.Members[i].StandsOn = nil
	}
	s.look(moved)
	s.look()
	s.actions()
	s.fleet()
	s.drill()
	s.agent(redundancy.AgentStopped, "plimsolld stops")
	return s.items
}

// actions tells of an action in every way.
func (s *story) actions() {
	for _, of := range []struct {
		kind, outcome string
		severity      redundancy.Severity
	}{
		{redundancy.ActionIntended, "intended", redundancy.SeverityInfo},
		{redundancy.ActionDone, "done", redundancy.SeverityWarning},
		{redundancy.ActionFailed, "abandoned", redundancy.SeverityWarning},
		{redundancy.ActionInDoubt, "in doubt", redundancy.SeverityWarning},
		{redundancy.ActionStuck, "stuck", redundancy.SeverityCritical},
		{redundancy.GrantMade, "granted", redundancy.SeverityInfo},
		{redundancy.GrantRefused, "refused", redundancy.SeverityInfo},
		{redundancy.GrantStuck, "owing", redundancy.SeverityWarning},
		{redundancy.FailoverDone, "done", redundancy.SeverityWarning},
		{redundancy.FailoverFailed, "failed", redundancy.SeverityCritical},
		{redundancy.FailbackDone, "done", redundancy.SeverityInfo},
		{redundancy.FailoverRefused, "held", redundancy.SeverityWarning},
		{redundancy.ActionHeld, "held", redundancy.SeverityInfo},
		{redundancy.FailbackOffered, "offered", redundancy.SeverityInfo},
	} {
		face := redundancy.ActionFace{
			Action: "h/l/7", Verb: "netbond.failover", Outcome: of.outcome, Rule: "path", From: "bond:b/eth0", To: "bond:b/eth1",
			HeldBy: []string{}, Reasons: []string{},
		}
		if of.outcome == "held" {
			face.Action, face.HeldBy, face.Reasons = "", []string{"refused"}, []string{"refused: no standby is proven"}
		}
		s.tell(redundancy.Event{
			Type: of.kind, Subject: "bond:b", Kind: redundancy.KindBond, Group: "bond:b", Name: "bond0", GroupType: redundancy.Failover,
			Severity: of.severity, Notify: redundancy.NotifyNow, Text: "netbond.failover of bond0", Is: &redundancy.Face{ActionFace: &face},
		})
	}
}

// fleet tells what arbiters tell.
func (s *story) fleet() {
	for _, kind := range []string{redundancy.CorrelationFound, redundancy.CorrelationCleared} {
		s.tell(redundancy.Event{
			Type: kind, Subject: "feed:r12-a", Kind: redundancy.KindFleet, Key: "power.failed", Severity: redundancy.SeverityCritical,
			Notify: redundancy.NotifyNow, Text: "feed r12-a: 2 of 3 hosts see power.failed",
			Is: &redundancy.Face{CaseFace: &redundancy.CaseFace{
				Fault: "power.failed", Incident: 1, Hurt: 2, Registered: 3, Hosts: []string{"db1", "db2"},
			}},
		})
	}
	for _, kind := range []string{redundancy.FleetFrozen, redundancy.FleetThawed} {
		s.tell(redundancy.Event{
			Type: kind, Subject: "pool:db", Kind: redundancy.KindFleet, Name: "db", Key: "hand", Severity: redundancy.SeverityWarning,
			Notify: redundancy.NotifyNow, Text: "pool db is frozen", Is: &redundancy.Face{TextFace: &redundancy.TextFace{Text: "pool db is frozen"}},
		})
	}
}

// drill is a drill, from its begin to its end.
func (s *story) drill() {
	d := redundancy.Drill{Group: "raid:u", Member: "raid:u/slot0", Fault: "failed"}
	for _, kind := range []string{redundancy.DrillStarted, redundancy.DrillRehearsed, redundancy.DrillFinished} {
		is := d
		switch kind {
		case redundancy.DrillRehearsed:
			is.Rehearses, is.Severity = redundancy.RedundancyLost, redundancy.SeverityCritical.String()
		case redundancy.DrillFinished:
			is.Actions = []string{"rule predicted: raid.replace would be held: mode: in mode observe it is only said"}
		}
		s.tell(redundancy.Event{
			Type: kind, Subject: "drill", Kind: redundancy.KindDrill, Severity: redundancy.SeverityInfo, Notify: redundancy.NotifyCaused,
			Text: kind, Drill: &is,
		})
	}
}

func part(name string, state redundancy.State) redundancy.Component {
	health := redundancy.OK
	if state == redundancy.Disabled {
		health = redundancy.Critical
	}
	return redundancy.Component{
		StandsOn: []redundancy.ID{"pci:0000:03:00.0"}, ID: redundancy.ID("raid:u/" + name), Name: "sd" + name[len(name)-1:], Device: "wwn:5000c500", State: state, Health: health,
		Evidence: []redundancy.Evidence{
			{Where: "/sys/block/md0/md/dev-sda/state", Value: "in_sync", At: base.Add(-1500 * time.Millisecond)},
			{Where: "/sys/block/md0/md/dev-sda/errors", Err: "input/output error"},
		},
	}
}

func mirror(a, b, c, spare redundancy.Component) redundancy.Group {
	return redundancy.Group{
		ID: "raid:u", Name: "md0", Kind: redundancy.KindRAID, Type: redundancy.NPlusM, Serving: redundancy.Yes,
		Members: []redundancy.Component{spare, a, b, c},
		Needs: redundancy.Needs{AllOf: []redundancy.Need{{
			Members: []redundancy.ID{a.ID, b.ID, c.ID}, Needed: redundancy.Exactly(1),
		}}},
	}
}

func (s *story) look(groups ...redundancy.Group) {
	s.now = s.now.Add(time.Second)
	s.source.At, s.source.Observation = s.now, redundancy.Observation{
		Groups: groups,
		Parts:  []redundancy.Part{{ID: "pci:0000:03:00.0", Name: "0000:03:00.0", Domain: "controller"}},
	}
	if len(groups) > 0 {
		s.source.Observation.Uses = []redundancy.Use{
			{ID: "fs:/", What: "/", Kind: "filesystem", StandsOn: []redundancy.ID{"raid:u"}},
			{ID: "fs:/srv", What: "/srv", Kind: "filesystem", StandsOn: []redundancy.ID{"pci:0000:03:00.0"}},
		}
	}
	s.judge()
}

// disk is a look that found a disk in no group, beside what was there before.
func (s *story) disk(health redundancy.Health, state redundancy.State, doubts ...redundancy.Doubt) {
	s.now = s.now.Add(time.Second)
	s.source.At = s.now
	c := redundancy.Component{
		ID: "disk:wwn:5", Kind: redundancy.KindDisk, Name: "sde", State: state, Health: health, Doubts: doubts,
		Evidence: []redundancy.Evidence{{Where: "SMART sde", Value: health.String()}},
	}
	if health == redundancy.Critical {
		c.Warnings = []redundancy.Warning{{Key: "quarantined", Text: "sde does not answer and is left alone"}}
	}
	s.source.Observation.Components = []redundancy.Component{c}
	s.judge()
}

func (s *story) blind() {
	s.now = s.now.Add(time.Hour)
	s.source.Failing = "permission denied"
	s.judge()
	s.source.Failing = ""
}

func (s *story) judge() {
	s.tb.Helper()
	next := redundancy.Assess(s.was, redundancy.Snapshot{Sources: []redundancy.Source{s.source}}, s.now, redundancy.Rules{})
	from := len(s.items)
	events := redundancy.Diff(s.was, next, func(i int) string { return s.id(from + i) })
	s.was = next.Cited(events)
	for _, e := range events {
		it := Item{
			Event: e, LogID: "log1", Seq: uint64(len(s.items) + 1), BootID: "4b2c", Monotonic: s.now.Sub(base) + time.Minute,
		}
		if g, known := s.was.Group(e.Group); known {
			v := g.Verdict
			it.Group = &redundancy.GroupFace{Status: v.Status, Worst: v.Worst, Best: v.Best, Margin: v.Margin, Serving: v.Serving}
		}
		s.items = append(s.items, it)
	}
}

func (s *story) id(i int) string { return fmt.Sprintf("%s/log1/%d", hostID, i+1) }

func (s *story) agent(kind, text string) {
	s.tell(redundancy.Event{
		Type: kind, Subject: "agent", Kind: redundancy.KindAgent, Severity: redundancy.SeverityInfo,
		Notify: redundancy.NotifyNow, Text: text,
	})
}

func (s *story) tell(e redundancy.Event) {
	e.ID, e.Time = s.id(len(s.items)), s.now
	s.items = append(s.items, Item{Event: e, LogID: "log1", Seq: uint64(len(s.items) + 1), BootID: "4b2c", Monotonic: time.Minute})
}
