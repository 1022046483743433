package redundancy_test

import (
	"slices"
	"testing"
	"time"

	"plimsoll/redundancy"
)

// told are the events of the step from one group to another.
func told(was, is redundancy.Group) []redundancy.Event {
	a := assess(redundancy.Assessment{}, t0(), redundancy.Rules{}, was)
	return redundancy.Diff(a, assess(a, at(time.Second), redundancy.Rules{}, is), numbered)
}

func TestFaultIsOneEventOfItsMemberAndOneOfTheGroupThatCitesIt(t *testing.T) {
	t.Parallel()
	events := told(whole(), halved())
	diff(t, "types", []string{redundancy.ComponentFailed, redundancy.RedundancyLost}, types(events))
	diff(t, "cause of the first", "", events[0].Cause)
	diff(t, "cause of the second", events[0].ID, events[1].Cause)
	diff(t, "time", at(time.Second), events[1].Time)
	diff(t, "severities", []redundancy.Severity{redundancy.SeverityWarning, redundancy.SeverityCritical},
		[]redundancy.Severity{events[0].Severity, events[1].Severity})
}

func TestSecondFaultIsCitedAndNotTheFirst(t *testing.T) {
	t.Parallel()
	var r redundancy.Rules
	a := assess(redundancy.Assessment{}, t0(), r, mirror(works("0"), works("1"), works("2")))
	b := assess(a, at(1), r, mirror(failed("0"), works("1"), works("2")))
	b = b.Cited(redundancy.Diff(a, b, func(int) string { return "first" }))
	c := assess(b, at(2), r, mirror(failed("0"), failed("1"), works("2")))
	events := redundancy.Diff(b, c, numbered)
	diff(t, "types", []string{redundancy.ComponentFailed, redundancy.RedundancyLost}, types(events))
	diff(t, "cause", events[0].ID, events[1].Cause)
}

func TestFaultToldEarlierIsCitedWhenItsVerdictComesLater(t *testing.T) {
	t.Parallel()
	var r redundancy.Rules
	g := mirror(works("0"), works("1"), works("2"))
	a := assess(redundancy.Assessment{}, t0(), r, g)
	weak := g
	weak.Members = slices.Clone(g.Members)
	weak.Members[0] = doubted("0", redundancy.DoubtPredicted)
	b := assess(a, at(1), r, weak)
	b = b.Cited(redundancy.Diff(a, b, func(int) string { return "prediction" }))
	weak.Serving = redundancy.No
	events := redundancy.Diff(b, assess(b, at(2), r, weak), numbered)
	diff(t, "types", []string{redundancy.RedundancyFailed}, types(events))
	diff(t, "cause", "prediction", events[0].Cause)
}

func TestMemberChangesAreNamedByWhatTheyMean(t *testing.T) {
	t.Parallel()
	recovering := redundancy.Component{ID: member("1"), Name: "1", State: redundancy.Recovering, Health: redundancy.OK}
	standby := redundancy.Component{ID: member("1"), Name: "1", State: redundancy.Standby, Health: redundancy.OK}
	replaced := works("1")
	replaced.Device = "wwn:2"
	predicted := doubted("1", redundancy.DoubtPredicted)
	for name, c := range map[string]struct {
		was, is redundancy.Component
		want    string
	}{
		"it fails":                      {works("1"), failed("1"), redundancy.ComponentFailed},
		"it vanishes":                   {works("1"), absent("1"), redundancy.ComponentMissing},
		"it fails, then vanishes":       {failed("1"), absent("1"), redundancy.ComponentChanged},
		"a spare fails":                 {spare("1"), failed("1"), redundancy.ComponentFailed},
		"a spare vanishes":              {spare("1"), absent("1"), redundancy.ComponentMissing},
		"it fails while it recovers":    {recovering, failed("1"), redundancy.ComponentFailed},
		"it vanishes while it recovers": {recovering, absent("1"), redundancy.ComponentMissing},
		"another takes its slot":        {works("1"), recovering, redundancy.ComponentFailed},
		"it begins to recover":          {failed("1"), recovering, redundancy.ComponentChanged},
		"it has recovered":              {recovering, works("1"), redundancy.ComponentReturned},
		"it is back":                    {absent("1"), works("1"), redundancy.ComponentReturned},
		"it is predicted to fail":       {works("1"), predicted, redundancy.ComponentPredicted},
		"the prediction is withdrawn":   {predicted, works("1"), redundancy.ComponentReturned},
		"the prediction comes true":     {predicted, failed("1"), redundancy.ComponentFailed},
		"it can't be read":              {works("1"), unread("1"), redundancy.ComponentChanged},
		"the standby becomes active":    {standby, works("1"), redundancy.ComponentChanged},
		"a new device takes the slot":   {works("1"), replaced, redundancy.ComponentChanged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var found []string
			for _, e := range told(mirror(works("0"), c.was), mirror(works("0"), c.is)) {
				if e.Member == member("1") {
					found = append(found, e.Type)
				}
			}
			diff(t, "types", []string{c.want}, found)
		})
	}
}

func TestNewGroupTellsOfItselfAndOfItsFaults(t *testing.T) {
	t.Parallel()
	diff(t, "whole", []string{redundancy.GroupAdded},
		types(redundancy.Diff(redundancy.Assessment{}, assess(redundancy.Assessment{}, t0(), redundancy.Rules{}, whole()), numbered)))
	events := redundancy.Diff(redundancy.Assessment{}, assess(redundancy.Assessment{}, t0(), redundancy.Rules{}, halved()), numbered)
	diff(t, "halved", []string{redundancy.GroupAdded, redundancy.ComponentFailed, redundancy.RedundancyLost}, types(events))
	diff(t, "cause", events[1].ID, events[2].Cause)
}

func TestGroupOnABlindSourceIsUnknownBecauseOfIt(t *testing.T) {
	t.Parallel()
	a := assess(redundancy.Assessment{}, t0(), redundancy.Rules{}, whole())
	blind := redundancy.Assess(a, seen(t0(), whole()), at(time.Hour), redundancy.Rules{})
	events := redundancy.Diff(a, blind, numbered)
	diff(t, "types", []string{
		redundancy.CollectorBlind, redundancy.RedundancyUnknown, redundancy.ComponentChanged, redundancy.ComponentChanged,
	}, types(events))
	for i, e := range events {
		want, notify := events[0].ID, redundancy.NotifyCaused
		if i == 0 {
			want, notify = "", redundancy.NotifyNow
		}
		diff(t, "cause of "+e.Type, want, e.Cause)
		diff(t, "notify of "+e.Type, notify, e.Notify)
	}
}

func TestGroupOnAFailedGroupCitesItAndWakesNobodyByItself(t *testing.T) {
	t.Parallel()
	below := group(redundancy.Exactly(2), works("0"), works("1"))
	above := mirror(works("a"), works("b"))
	above.ID = "raid:h"
	above.Members[0].StandsOn = []redundancy.ID{below.ID}
	a := assess(redundancy.Assessment{}, t0(), redundancy.Rules{}, below, above)
	events := redundancy.Diff(a, assess(a, at(1), redundancy.Rules{}, lose(below, 1), lose(above, 0)), numbered)
	causes := map[redundancy.ID]redundancy.ID{}
	notify := map[redundancy.ID]redundancy.Notify{}
	for _, e := range events {
		notify[e.Subject] = e.Notify
		for _, c := range events {
			if c.ID == e.Cause {
				causes[e.Subject] = c.Subject
			}
		}
	}
	diff(t, "causes", map[redundancy.ID]redundancy.ID{
		"raid:g": member("1"), "raid:h": member("a"), member("a"): "raid:g",
	}, causes)
	diff(t, "notify", map[redundancy.ID]redundancy.Notify{
		"raid:g": redundancy.NotifyNow, member("1"): redundancy.NotifyNow,
		"raid:h": redundancy.NotifyCaused, member("a"): redundancy.NotifyCaused,
	}, notify)
}

func TestActivityIsToldAtItsBeginningEveryFifthAndAtItsEnd(t *testing.T) {
	t.Parallel()
	busy := func(kind string, done uint64) redundancy.Group {
		g := whole()
		g.Activity = &redundancy.Activity{Kind: kind, Done: done, Total: 100}
		return g
	}
	for name, c := range map[string]struct {
		was, is redundancy.Group
		want    []string
	}{
		"it starts":                  {whole(), busy("check", 0), []string{redundancy.ActivityStarted}},
		"it moves a little":          {busy("check", 1), busy("check", 19), nil},
		"it passes a fifth":          {busy("check", 19), busy("check", 20), []string{redundancy.ActivityProgressed}},
		"it ends":                    {busy("check", 99), whole(), []string{redundancy.ActivityFinished}},
		"another follows upon it":    {busy("recover", 99), busy("check", 0), []string{redundancy.ActivityFinished, redundancy.ActivityStarted}},
		"it is the same all the way": {busy("check", 50), busy("check", 50), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diff(t, "types", c.want, types(told(c.was, c.is)))
		})
	}
}

func TestMarginThatMovesWithinOneWordIsAChange(t *testing.T) {
	t.Parallel()
	events := told(mirror(works("0"), works("1"), works("2"), failed("3")), mirror(works("0"), works("1"), failed("2"), failed("3")))
	diff(t, "types", []string{redundancy.ComponentFailed, redundancy.RedundancyChanged}, types(events))
	diff(t, "severity", redundancy.SeverityWarning, events[1].Severity)
}

func TestLostDataIsCriticalAndNoMatterOfMargin(t *testing.T) {
	t.Parallel()
	hurt := whole()
	hurt.Warnings = []redundancy.Warning{{Key: redundancy.WarnDataLost, Text: "8 sectors of md0 can't be read from any copy"}}
	events := told(whole(), hurt)
	diff(t, "raised", []string{redundancy.DataLost}, types(events))
	diff(t, "severity", redundancy.SeverityCritical, events[0].Severity)
	diff(t, "cleared", []string{redundancy.WarningCleared}, types(told(hurt, whole())))
}

func TestStandbyThatIsUnprovenIsNoAlarm(t *testing.T) {
	t.Parallel()
	unproven := whole()
	unproven.Warnings = []redundancy.Warning{{Key: redundancy.WarnUnproven, Text: "nothing has come through 1 yet"}}
	events := told(whole(), unproven)
	diff(t, "raised", []string{redundancy.WarningRaised}, types(events))
	diff(t, "severity", redundancy.SeverityInfo, events[0].Severity)
}
