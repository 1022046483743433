package redundancy_test

import (
	"maps"
	"testing"
	"time"

	"plimsoll/redundancy"
)

// configured is g with these settings, key by key.
func configured(g redundancy.Group, settings ...string) redundancy.Group {
	g.Settings = maps.Clone(g.Settings)
	if g.Settings == nil {
		g.Settings = map[string]string{}
	}
	for i := 0; i+1 < len(settings); i += 2 {
		g.Settings[settings[i]] = settings[i+1]
	}
	return g
}

// holds is c with this device in it.
func holds(c redundancy.Component, device string) redundancy.Component {
	c.Device, c.StandsOn = redundancy.ID("wwn:"+device), []redundancy.ID{redundancy.ID("disk:wwn:" + device)}
	return c
}

// places is a mirror whose members are places.
func places(members ...redundancy.Component) redundancy.Group {
	g := mirror(members...)
	g.Slots = true
	return g
}

// drifts are the texts of the warnings of drift after g was seen for so long, the baseline being b.
func drifts(t *testing.T, b redundancy.Baseline, g redundancy.Group, lasts time.Duration) []string {
	t.Helper()
	r := redundancy.Rules{Baseline: b}
	a := assess(redundancy.Assessment{}, t0(), r, g)
	a = assess(a, at(lasts), r, g)
	var texts []string
	for _, w := range shown(t, a).Group.Warnings {
		if w.Key == redundancy.WarnDrifted {
			texts = append(texts, w.Text)
		}
	}
	return texts
}

func TestADriftThatLastsIsToldWithWhatItWas(t *testing.T) {
	t.Parallel()
	b := taught(configured(whole(), "mode", "active-backup", "miimon", "100"))
	rr := configured(whole(), "mode", "balance-rr", "miimon", "100")
	diff(t, "at once", []string(nil), drifts(t, b, rr, time.Second))
	diff(t, "after a minute", []string{"md0 is not as the baseline knows it: mode is balance-rr, was active-backup"},
		drifts(t, b, rr, redundancy.DriftSettles))
	diff(t, "what could not be read", []string(nil), drifts(t, b, configured(whole(), "mode", "active-backup"), time.Hour))
	busy := rr
	busy.Activity = &redundancy.Activity{Kind: "reshape"}
	diff(t, "while it reshapes", []string(nil), drifts(t, b, busy, time.Hour))
}

func TestADriftIsOneEventAndItsEndAnother(t *testing.T) {
	t.Parallel()
	r := redundancy.Rules{Baseline: taught(configured(whole(), "mode", "active-backup"))}
	other := configured(whole(), "mode", "balance-rr")
	a := assess(redundancy.Assessment{}, t0(), r, configured(whole(), "mode", "active-backup"))
	var types []string
	for i, g := range []redundancy.Group{other, other, other, configured(whole(), "mode", "active-backup")} {
		next := assess(a, at(time.Duration(i+1)*redundancy.DriftSettles), r, g)
		for _, e := range redundancy.Diff(a, next, func(int) string { return "e" }) {
			types = append(types, e.Type)
		}
		a = next
	}
	diff(t, "types", []string{redundancy.BaselineDrifted, redundancy.WarningCleared}, types)
}

func TestAReplacedDeviceIsLearnedAndNoDrift(t *testing.T) {
	t.Parallel()
	before, after := places(holds(works("0"), "a"), holds(works("1"), "b")), places(holds(works("0"), "a"), holds(works("1"), "c"))
	b := taught(before)
	diff(t, "known", redundancy.ID("wwn:b"), b.Groups["raid:g"].Holds[1].Device)
	diff(t, "drift", 0, len(b.Drift(redundancy.Assessment{}, seen(t0(), after))))
	diff(t, "known after", redundancy.ID("wwn:c"), taught(before, after).Groups["raid:g"].Holds[1].Device)
}

func TestDriftNamesWhatIsMissingAndAcceptKeepsWhatBelongsThere(t *testing.T) {
	t.Parallel()
	b := taught(places(holds(works("0"), "a"), holds(works("1"), "b")))
	now := seen(t0(), places(holds(works("0"), "a"), absent("1")))
	changes := b.Drift(redundancy.Assessment{}, now)
	diff(t, "changes", 1, len(changes))
	empty := changes[0].Was.Empty(*changes[0].Is)
	diff(t, "empty", redundancy.ID("wwn:b"), empty[0].Device)
	accepted, _, _ := b.Accept(redundancy.Assessment{}, now)
	diff(t, "still known", 2, len(accepted.Groups["raid:g"].Holds))
}

func TestADriftThatWasToldIsNotToldAgainAfterARestart(t *testing.T) {
	t.Parallel()
	r := redundancy.Rules{Baseline: taught(configured(whole(), "mode", "active-backup"))}
	other := configured(whole(), "mode", "balance-rr")
	before := assess(redundancy.Assessment{}, t0(), r, other)
	told := assess(before, at(redundancy.DriftSettles), r, other)
	var folded redundancy.Assessment
	for _, step := range [][2]redundancy.Assessment{{{}, before}, {before, told}} {
		for _, e := range redundancy.Diff(step[0], step[1], numbered) {
			folded = redundancy.Fold(folded, e)
		}
	}
	again := assess(folded, at(2*redundancy.DriftSettles), r, other)
	diff(t, "told again", []string(nil), types(redundancy.Diff(folded, again, numbered)))
}
