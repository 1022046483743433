package agent

import (
	"testing"

	"plimsoll/actions"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

func TestLeaveForAnArrayIsGivenBackOnceItIsWhole(t *testing.T) {
	t.Parallel()
	spare := redundancy.ID("raid:x/dev/wwn:0x5")
	add := actions.Action{Verb: actions.RaidAddSpare, Group: "raid:x", Name: "md0", To: spare}
	replace := actions.Action{Verb: actions.RaidReplace, Group: "raid:x", Name: "md0", To: "raid:x/slot0"}
	half := func(s redundancy.State) []redundancy.Component {
		return []redundancy.Component{{ID: "raid:x/slot0", State: redundancy.Enabled}, {ID: spare, State: s}}
	}
	for name, c := range map[string]struct {
		a       actions.Action
		members []redundancy.Component
		healthy bool
	}{
		"a spare":                      {add, half(redundancy.Spare), true},
		"a spare that md takes in":     {add, half(redundancy.Recovering), false},
		"a spare that has a place":     {add, half(redundancy.Spare)[:1], true},
		"a replacement that is copied": {replace, half(redundancy.Recovering), false},
		"a replacement in its place":   {replace, half(redundancy.Enabled)[:1], true},
		"a place that is empty":        {replace, []redundancy.Component{{ID: "raid:x/slot0", State: redundancy.Absent}}, false},
	} {
		v := &view.View{Assessment: redundancy.Assessment{Groups: []redundancy.Assessed{{
			Group:   redundancy.Group{ID: "raid:x", Kind: redundancy.KindRAID, Members: c.members},
			Verdict: redundancy.Verdict{Status: redundancy.Lost},
		}}}}
		service := v.Assessment.Groups[0].Group
		service.Kind = redundancy.KindService
		if service.Rebuilding() {
			t.Errorf("%s: a service is rebuilt", name)
		}
		healthy, why := self{newest: func() *view.View { return v }}.Healthy(c.a)
		if healthy != c.healthy {
			t.Errorf("%s: healthy %v (%s)", name, healthy, why)
		}
	}
}
