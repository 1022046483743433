package actions_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// restart is d after its agent ended and another one began, on the same boot or on another.
func (d *drive) restart(boot string) *drive {
	d.tb.Helper()
	next := newDrive(d.tb)
	next.engine.Boot, next.now, next.next, next.h = boot, d.now, d.next, d.h
	next.engine.Resume(next.now, &next.h)
	return next
}

func TestStartedActionIsInDoubtAfterARestartAndALookSettlesIt(t *testing.T) {
	t.Parallel()
	before, _ := started(t)
	d := before.restart("b")
	if fx := d.step(); len(fx.Look) != 1 || len(fx.Do) > 0 {
		t.Errorf("want a look and nothing else: %+v", fx)
	}
	d.want(d.see(movedBond()), "done")
	d.safe()
	if diff := cmp.Diff([]string{"in doubt: the agent ended while it was done", "done"}, d.told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

func TestWhatWasNotDoneBeforeARestartIsSettledByTheDeadlineOrByAReboot(t *testing.T) {
	t.Parallel()
	before, a := started(t)
	d := before.restart("b")
	d.want(d.see(silentBond()), "") // the helper has outlived the agent
	d.now = a.Deadline
	d.want(d.see(silentBond()), "failed: a look finds it not done")

	before, _ = started(t)
	d = before.restart("another")
	d.want(d.see(silentBond()), "failed: a look finds it not done")

	before, _ = started(t)
	before.now = noon.Add(-time.Hour) // the clock was set back
	d = before.restart("b")
	d.want(d.see(silentBond()), "")
	d.now = noon.Add(-time.Hour).Add(10 * time.Second)
	d.want(d.see(silentBond()), "failed: a look finds it not done")
}

func TestWhatWasNotStartedIsGivenUpAfterARestart(t *testing.T) {
	t.Parallel()
	before := newDrive(t)
	before.intend(actions.ReachHost)
	before.safe()
	d := before.restart("b")
	d.want(d.step(), "abandoned: the agent ended before it was started")
	d.safe()
	if len(d.engine.Works) > 0 || len(d.h.Open) > 0 {
		t.Errorf("left over: %+v", d.h.Open)
	}
}

func TestWhatHasBeenRenewedMeanwhileIsLeftAlone(t *testing.T) {
	t.Parallel()
	way := actions.Way{Verb: actions.ServiceRestart, Within: time.Minute, Aim: func(g redundancy.Group, _ actions.Wish) actions.Aim {
		return actions.Aim{Wanted: true, From: g.Members[0].ID, To: g.Members[0].ID, Device: g.Members[0].Device}
	}}
	g := redundancy.Group{
		ID: "service:web", Name: "web", Kind: redundancy.KindService,
		Members: []redundancy.Component{{ID: "service:web/a", Device: "invocation:1", State: redundancy.Disabled, Health: redundancy.Critical}},
	}
	d := newDrive(t)
	d.engine.Ways = []actions.Way{way}
	d.step(actions.Input{Intend: &actions.Action{
		Rule: "r", Verb: way.Verb, Group: g.ID, Name: g.Name, From: "service:web/a", To: "service:web/a", Device: "invocation:1",
		Reach: actions.ReachHost, Decided: d.now, Deadline: d.now.Add(time.Minute),
	}})
	d.safe()
	g.Members[0].Device = "invocation:2"
	d.want(d.see(g), "abandoned: a fresh look finds another in the place of invocation:1")
}
