package redundancy_test

import (
	"testing"
	"time"

	"plimsoll/redundancy"
)

// asAfterARestart is a as an agent that has just started takes it from its log.
func asAfterARestart(a redundancy.Assessment) redundancy.Assessment {
	return redundancy.Assess(a, unseen(""), a.At, redundancy.Rules{})
}

func TestAGroupOfTheBaselineThatIsNotThereHasFailed(t *testing.T) {
	t.Parallel()
	r := redundancy.Rules{Baseline: taught(whole())}
	before := asAfterARestart(assess(redundancy.Assessment{}, t0(), r, whole()))
	after := assess(before, at(1), r)
	g := shown(t, after)
	diff(t, "status", redundancy.Failed, g.Verdict.Status)
	diff(t, "margin", redundancy.Margin{Least: -1, Most: -1, Full: 1}, g.Verdict.Margin)
	diff(t, "type", redundancy.NPlusM, g.Group.Type)
	diff(t, "evidence", []redundancy.Evidence{
		{Where: "baseline raid:g", Value: "2 members and 0 spares"}, {Where: "md", Value: "does not list raid:g"},
	}, g.Group.Evidence)
	for _, c := range g.Group.Members {
		if c.State != redundancy.Absent || c.Health != redundancy.Critical || c.Name == "" || len(c.Evidence) != 2 {
			t.Errorf("member %+v", c)
		}
	}
	events := redundancy.Diff(before, after, numbered)
	diff(t, "events", []string{
		redundancy.ComponentMissing, redundancy.ComponentMissing, redundancy.RedundancyFailed,
	}, types(events))
	diff(t, "cause", events[0].ID, events[2].Cause)
	host, _ := after.Host()
	diff(t, "host", redundancy.Failed, host.Status)
	if again := assess(after, at(2), r); len(redundancy.Diff(after, again, numbered)) > 0 {
		t.Error("it is told twice")
	}
	diff(t, "events when it is back", []string{
		redundancy.ComponentReturned, redundancy.ComponentReturned, redundancy.RedundancyRegained,
	}, types(redundancy.Diff(after, assess(after, at(2), r, whole()), numbered)))
}

func TestAGroupThatGoesAwayBrokenHasFailed(t *testing.T) {
	t.Parallel()
	r := redundancy.Rules{Baseline: taught(whole())}
	before := assess(redundancy.Assessment{}, t0(), r, halved())
	diff(t, "status", redundancy.Failed, shown(t, assess(before, at(1), r)).Verdict.Status)
}

func TestAGroupThatGoesAwayWholeWasStopped(t *testing.T) {
	t.Parallel()
	r := redundancy.Rules{Baseline: taught(whole())}
	before := assess(redundancy.Assessment{}, t0(), r, whole())
	after := assess(before, at(1), r)
	wantStopped := func(when string, a redundancy.Assessment) {
		t.Helper()
		g := shown(t, a)
		diff(t, "status "+when, redundancy.NotRedundant, g.Verdict.Status)
		diff(t, "serving "+when, redundancy.Unread, g.Verdict.Serving)
		diff(t, "member "+when, redundancy.Disabled, g.Group.Members[0].State)
		if w := g.Group.Warnings; len(w) != 1 || w[0].Key != redundancy.WarnStopped || len(w[0].Evidence) != 2 {
			t.Errorf("warnings %s: %+v", when, w)
		}
		if _, any := a.Host(); any {
			t.Errorf("%s the host is judged by it", when)
		}
	}
	wantStopped("at first", after)
	diff(t, "events", []string{
		redundancy.RedundancyChanged, redundancy.ComponentChanged, redundancy.ComponentChanged, redundancy.WarningRaised,
	}, types(redundancy.Diff(before, after, numbered)))
	folded := foldAll(before, redundancy.Diff(before, after, numbered))
	wantStopped("after a restart", assess(asAfterARestart(folded), at(2), r))
	silent := seen(t0())
	wantStopped("while its source is blind", redundancy.Assess(after, silent, at(time.Minute), r))
	back := assess(after, at(3), r, whole())
	diff(t, "events when it is back", []string{
		redundancy.ComponentReturned, redundancy.ComponentReturned, redundancy.RedundancyRegained, redundancy.WarningCleared,
	}, types(redundancy.Diff(after, back, numbered)))
	b, _, _ := r.Baseline.Accept(after, seen(at(1)), "raid:g")
	accepted := assess(after, at(2), redundancy.Rules{Baseline: b})
	diff(t, "events when that is accepted", []string{redundancy.GroupRemoved}, types(redundancy.Diff(after, accepted, numbered)))
}

func TestNothingIsMissedWhileTheHostBoots(t *testing.T) {
	t.Parallel()
	r := redundancy.Rules{Baseline: taught(whole()), Booted: at(time.Minute)}
	unstarted := whole()
	unstarted.Unstarted, unstarted.Serving = true, redundancy.No
	named := unstarted
	named.ID = "raid:name/md127"
	before := asAfterARestart(assess(redundancy.Assessment{}, at(-time.Hour), r, whole()))
	for name, groups := range map[string][]redundancy.Group{
		"not there": nil, "not started": {unstarted}, "not started and without its name": {named},
	} {
		early := assess(before, at(2), r, groups...)
		diff(t, "events: "+name, 0, len(redundancy.Diff(before, early, numbered)))
		next, _ := early.Next(redundancy.Snapshot{})
		diff(t, "next: "+name, r.Booted, next)
		diff(t, "status in time: "+name, redundancy.FullyRedundant, shown(t, assess(early, at(3), r, whole())).Verdict.Status)
		late := assess(early, r.Booted, r, groups...)
		diff(t, "status too late: "+name, redundancy.Failed, shown(t, late).Verdict.Status)
		diff(t, "events of one that was never shown: "+name, 0, len(redundancy.Diff(redundancy.Assessment{},
			assess(redundancy.Assessment{}, at(2), r, groups...), numbered)))
	}
	whileWatched := assess(assess(before, at(1), r, whole()), at(2), r, unstarted)
	diff(t, "status of one that ran since the boot", redundancy.Failed, shown(t, whileWatched).Verdict.Status)
}

func TestSilenceMissesNothing(t *testing.T) {
	t.Parallel()
	r := redundancy.Rules{Baseline: taught(whole()), Booted: at(time.Second)}
	before := asAfterARestart(assess(redundancy.Assessment{}, at(-time.Hour), r, whole()))
	early := assess(before, t0(), r)
	silent := redundancy.Assess(early, seen(t0()), at(time.Minute), r)
	diff(t, "status", redundancy.StatusUnknown, shown(t, silent).Verdict.Status)
}

func TestAMemberThatIsNoLongerListedKeepsItsName(t *testing.T) {
	t.Parallel()
	r := redundancy.Rules{Baseline: taught(whole())}
	c, _ := shown(t, assess(redundancy.Assessment{}, t0(), r, mirror(works("0")))).Group.Member(member("1"))
	diff(t, "name", "1", c.Name)
	places := whole()
	places.Slots = true
	if names := taught(places).Groups["raid:g"].Names; names != nil {
		t.Errorf("a place is called by what it holds: %v", names)
	}
}

func TestWhatMayYetComeIsNotAcceptedToBeGone(t *testing.T) {
	t.Parallel()
	awaits := []redundancy.ID{"raid:g"}
	b, changes, awaited := taught(whole()).Accept(redundancy.Assessment{}, unseen(""))
	diff(t, "groups", 1, len(b.Groups))
	diff(t, "changes", 0, len(changes))
	diff(t, "what may come while its source is unread", awaits, awaited)
	r := redundancy.Rules{Baseline: b, Booted: at(time.Minute)}
	booting := assess(asAfterARestart(assess(redundancy.Assessment{}, at(-time.Hour), r, whole())), t0(), r)
	_, changes, awaited = b.Accept(booting, seen(t0()))
	diff(t, "changes while the host boots", 0, len(changes))
	diff(t, "what may come while it boots", awaits, awaited)
}

func TestWhatWasStoppedIsAcceptedToBeGoneWhileTheHostBoots(t *testing.T) {
	t.Parallel()
	r := redundancy.Rules{Baseline: taught(whole()), Booted: at(time.Minute)}
	stopped := assess(assess(redundancy.Assessment{}, t0(), r, whole()), at(1), r)
	restarted := assess(asAfterARestart(stopped), at(2), r)
	diff(t, "carried", true, shown(t, restarted).Carried)
	b, changes, awaited := r.Baseline.Accept(restarted, seen(at(2)))
	diff(t, "changes", 1, len(changes))
	diff(t, "groups", 0, len(b.Groups))
	diff(t, "what may come", 0, len(awaited))
}
