package actions_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// startedHook is a hook that the operator is at.
func startedHook(tb testing.TB) (*drive, actions.Action) {
	tb.Helper()
	d := newDrive(tb)
	d.step(actions.Input{Intend: &actions.Action{
		Rule: "r", Verb: actions.Hook, Hook: "page", Group: "bond:bond0", Name: "bond0", Reach: actions.ReachHost,
		Decided: d.now, Deadline: d.now.Add(10 * time.Second),
	}})
	d.safe()
	d.see(silentBond())
	fx := d.safe()
	if len(fx.Do) != 1 {
		tb.Fatalf("nothing is done: %+v", fx)
	}
	return d, fx.Do[0]
}

func TestWhatAHookReturnsIsItsOutcome(t *testing.T) {
	t.Parallel()
	d, a := startedHook(t)
	fx := d.step(actions.Input{Returned: &actions.Returned{ID: a.ID}})
	d.want(fx, "done")
	want := []redundancy.Evidence{{Where: "hook page", Value: "it came back without an error"}}
	if diff := cmp.Diff(want, fx.Append[0].Evidence); diff != "" {
		t.Errorf("evidence (-want +got):\n%s", diff)
	}

	d, a = startedHook(t)
	d.want(d.see(movedBond()), "") // no look says anything of it
	d.want(d.step(actions.Input{Returned: &actions.Returned{ID: a.ID, Why: "it ended with code 3"}}), "failed: it ended with code 3")
	d.safe()
	if len(d.engine.Works) > 0 || len(d.h.Open) > 0 || len(d.h.Moves) > 0 {
		t.Errorf("left over: %+v, %+v", d.engine.Works, d.h)
	}
}

func TestHookOfAnAgentThatEndedIsNotKnownAndNotRepeated(t *testing.T) {
	t.Parallel()
	d, _ := startedHook(t)
	d.engine.Resume(d.now, &d.h)
	d.told = nil
	fx := d.step()
	d.want(fx, "failed: what became of it is not known: the agent ended while it was done")
	if len(fx.Do)+len(fx.Look) > 0 {
		t.Errorf("it is gone on with: %+v", fx)
	}
	d.safe()
	if diff := cmp.Diff([]string{
		"in doubt: the agent ended while it was done",
		"failed: what became of it is not known: the agent ended while it was done",
	}, d.told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

func TestHookThatNeverComesBackHoldsItsGroupNoLongerThanAMinuteMore(t *testing.T) {
	t.Parallel()
	d, a := startedHook(t)
	d.now = a.Deadline
	fx := d.step()
	d.want(fx, "")
	if at := a.Deadline.Add(actions.StuckAfter); !fx.Wake.Equal(at) {
		t.Errorf("wakes at %s, want %s", fx.Wake, at)
	}
	d.now = a.Deadline.Add(actions.StuckAfter)
	d.want(d.step(), "failed: what became of it is not known: it has not come back")
	d.safe()
	d.want(d.step(actions.Input{Returned: &actions.Returned{ID: a.ID}}), "") // nobody listens any more
}

func TestHookThatCameToNothingHoldsUpNothingThatMends(t *testing.T) {
	t.Parallel()
	d, a := startedHook(t)
	d.step(actions.Input{Returned: &actions.Returned{ID: a.ID, Why: "it answered 503"}})
	d.safe()
	g := silentBond()
	assessed := redundancy.Assessment{
		Groups:  []redundancy.Assessed{{Group: g, Verdict: redundancy.Judge(g), Source: "bond", Since: noon}},
		Sources: []redundancy.SourceState{{Name: "bond", At: noon}},
	}
	plan := actions.Decide(d.now, assessed, &d.h, actions.Policy{Rules: actions.Builtin(), Ways: ways()}, actions.Circumstances{})
	if len(plan.Do) != 1 || plan.Do[0].Verb != actions.BondFailover {
		t.Errorf("the plan is %+v", plan)
	}
}

func TestHookIsForWhatIsWrong(t *testing.T) {
	t.Parallel()
	way := actions.HookWay()
	for name, tt := range map[string]struct {
		g    redundancy.Group
		want bool
	}{
		"all is well":          {calm().group(), false},
		"a silent path":        {silentBond(), true},
		"a standby is silent":  {(&bond{active: "eth0", silent: map[string]bool{"eth0": false, "eth1": true}}).group(), true},
		"a disk has a warning": {(&array{now: noon}).group(), true},
	} {
		if got := way.Aim(tt.g, actions.Wish{}).Wanted; got != tt.want {
			t.Errorf("%s: wanted %v, want %v", name, got, tt.want)
		}
	}
}
