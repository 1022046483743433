package actions_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// drive runs an engine on a bond by hand: each call is one step, a second after the one before unless it says otherwise.
type drive struct {
	tb     testing.TB
	engine actions.Engine
	h      actions.History
	c      actions.Circumstances
	now    time.Time
	next   uint64
	told   []string
}

func newDrive(tb testing.TB) *drive {
	tb.Helper()
	return &drive{tb: tb, engine: actions.Engine{Name: "h/l", Boot: "b", Ways: ways()}, now: noon, next: 1}
}

// silentBond is bond0 with a silent path in use and a proven standby.
func silentBond() redundancy.Group {
	b := bond{active: "eth0", silent: map[string]bool{"eth0": true, "eth1": false}}
	return b.group()
}

func movedBond() redundancy.Group {
	b := bond{active: "eth1", silent: map[string]bool{"eth0": true, "eth1": false}}
	return b.group()
}

func (d *drive) step(in ...actions.Input) actions.Effects {
	fx := d.engine.Step(d.now, d.next, d.c, &d.h, in...)
	d.next += uint64(len(fx.Append))
	d.now = d.now.Add(time.Second)
	for _, n := range fx.Tell {
		d.told = append(d.told, strings.TrimSuffix(n.What+": "+n.Why, ": "))
	}
	return fx
}

func (d *drive) intend(reach actions.Reach) actions.Effects {
	return d.step(actions.Input{Intend: &actions.Action{
		Rule: "r", Verb: actions.BondFailover, Group: "bond:bond0", Name: "bond0", From: "bond:bond0/eth0", To: "bond:bond0/eth1",
		Reach: reach, Decided: d.now, Deadline: d.now.Add(10 * time.Second),
	}})
}

// safe makes all that was written so far durable.
func (d *drive) safe() actions.Effects { return d.step(actions.Input{Durable: d.next - 1}) }

func (d *drive) see(g redundancy.Group) actions.Effects { return d.seeFrom(d.now, g) }

func (d *drive) seeFrom(began time.Time, g redundancy.Group) actions.Effects {
	return d.step(actions.Input{Seen: &actions.Seen{ID: g.ID, Began: began, Group: &g}})
}

// unlooked is an action with leave that was given up since no look came.
func unlooked(tb testing.TB) *drive {
	tb.Helper()
	d := newDrive(tb)
	d.intend(actions.ReachFleet)
	d.safe()
	d.step(actions.Input{Answer: &actions.Answer{ID: "h/l/1", Granted: true, Token: 7}})
	d.safe()
	d.now = d.now.Add(time.Minute) // no look comes
	d.step()
	d.safe()
	return d
}

// started is an action that the operator is at.
func started(tb testing.TB) (*drive, actions.Action) {
	tb.Helper()
	d := newDrive(tb)
	d.intend(actions.ReachHost)
	d.safe()
	d.see(silentBond())
	fx := d.safe()
	if len(fx.Do) != 1 {
		tb.Fatalf("nothing is done: %+v", fx)
	}
	return d, fx.Do[0]
}

// phases are what a step appends.
func phases(fx actions.Effects) string {
	var out []string
	for _, r := range fx.Append {
		out = append(out, strings.TrimSuffix(string(r.Phase)+": "+r.Why, ": "))
	}
	return strings.Join(out, ", ")
}

func (d *drive) want(fx actions.Effects, appended string) {
	d.tb.Helper()
	if diff := cmp.Diff(appended, phases(fx)); diff != "" {
		d.tb.Errorf("appended (-want +got):\n%s", diff)
	}
}

func TestActionGoesFromIntentToProof(t *testing.T) {
	t.Parallel()
	d := newDrive(t)
	fx := d.intend(actions.ReachHost)
	d.want(fx, "intended")
	if len(fx.Look)+len(fx.Do)+len(fx.Ask) > 0 {
		t.Errorf("something happens before it is written down: %+v", fx)
	}
	if fx = d.safe(); len(fx.Look) != 1 {
		t.Errorf("no look is asked for: %+v", fx)
	}
	fx = d.see(silentBond())
	d.want(fx, "started")
	if len(fx.Do) > 0 {
		t.Errorf("it is done before its start is safe")
	}
	fx = d.safe()
	if len(fx.Do) != 1 || fx.Do[0].ID != "h/l/1" {
		t.Errorf("it is not done: %+v", fx)
	}
	if fx = d.step(actions.Input{Returned: &actions.Returned{ID: "h/l/1", Why: "busy"}}); len(fx.Look) != 1 {
		t.Errorf("no look is asked for afterwards: %+v", fx)
	}
	d.want(d.see(movedBond()), "done")
	d.safe()
	if diff := cmp.Diff([]string{"intended", "started", "done"}, d.told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if len(d.engine.Works) > 0 || len(d.h.Open) > 0 || len(d.h.Moves) != 1 {
		t.Errorf("left over: %+v, %+v", d.engine.Works, d.h)
	}
}

func TestLookThatBeganBeforeTellsNothing(t *testing.T) {
	t.Parallel()
	d := newDrive(t)
	d.intend(actions.ReachHost)
	asked := d.now
	d.safe()
	d.want(d.seeFrom(asked.Add(-1), silentBond()), "")
	d.want(d.seeFrom(asked, silentBond()), "started")

	d, a := started(t)
	d.want(d.seeFrom(d.now, movedBond()), "") // the operator is at it: what is seen now may be undone by it
	back := d.now
	d.step(actions.Input{Returned: &actions.Returned{ID: a.ID}})
	d.want(d.seeFrom(back.Add(-1), movedBond()), "")
	d.want(d.seeFrom(back, movedBond()), "done")
}

func TestFreshLookOverrulesTheDecision(t *testing.T) {
	t.Parallel()
	other := bond{active: "eth0", silent: map[string]bool{"eth0": true, "eth1": true, "eth2": false}}
	none := bond{active: "eth0", silent: map[string]bool{"eth0": true, "eth1": true}}
	dark := silentBond()
	dark.Serving = redundancy.Unread
	for i := range dark.Members {
		dark.Members[i].Doubts = []redundancy.Doubt{redundancy.DoubtUnread, redundancy.DoubtSilent}
	}
	for _, tt := range []struct {
		name string
		g    redundancy.Group
		want string
	}{
		{"it mended itself", movedBond(), "abandoned: a fresh look finds nothing left to do"},
		{"the standby is gone", none.group(), "abandoned: no standby is proven"},
		{"another standby", other.group(), "abandoned: a fresh look would have it from bond:bond0/eth0 to bond:bond0/eth2"},
		{"nothing can be read", dark, "abandoned: a fresh look cannot tell how bond0 is"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDrive(t)
			d.intend(actions.ReachHost)
			d.safe()
			d.want(d.see(tt.g), tt.want)
		})
	}
}

func TestGroupThatIsGoneIsLeftAlone(t *testing.T) {
	t.Parallel()
	d := newDrive(t)
	d.intend(actions.ReachHost)
	d.safe()
	d.want(d.step(actions.Input{Seen: &actions.Seen{ID: "bond:bond0", Began: d.now}}), "abandoned: bond0 is gone")
}

func TestWhatHoldsAnActionStopsItUntilTheEffect(t *testing.T) {
	t.Parallel()
	frozen := actions.Circumstances{Frozen: []string{"anna"}}
	d := newDrive(t)
	d.intend(actions.ReachHost)
	d.safe()
	d.c = frozen
	d.want(d.see(silentBond()), "abandoned: freeze: anna")

	d = newDrive(t)
	d.intend(actions.ReachHost)
	d.safe()
	d.see(silentBond())
	d.c = frozen
	fx := d.safe()
	d.want(fx, "abandoned: freeze: anna")
	if len(fx.Do) > 0 {
		t.Error("it is done while frozen")
	}
}

func TestWhatIsTooLateIsNotBegun(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		advance func(d *drive)
		want    string
	}{
		{"the log hangs", func(*drive) {}, "abandoned: the log took too long"},
		{"no look comes", func(d *drive) { d.safe() }, "abandoned: no fresh look came in time"},
		{"the log hangs at the start", func(d *drive) { d.safe(); d.see(silentBond()) }, "abandoned: the log took too long"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDrive(t)
			d.intend(actions.ReachHost)
			tt.advance(d)
			d.now = noon.Add(10 * time.Second)
			d.want(d.step(), tt.want)
			if fx := d.safe(); len(fx.Do) > 0 {
				t.Error("it is done all the same")
			}
		})
	}
}

func TestNothingReachesOthersWithoutAGrant(t *testing.T) {
	t.Parallel()
	d := newDrive(t)
	d.intend(actions.ReachFleet)
	fx := d.safe()
	if len(fx.Ask) != 1 || len(fx.Look) > 0 {
		t.Fatalf("nobody is asked: %+v", fx)
	}
	d.want(d.step(actions.Input{Answer: &actions.Answer{ID: "h/l/1", Why: "1 of 1 is out: db2"}}), "abandoned: not granted: 1 of 1 is out: db2")
	if fx = d.safe(); len(fx.Release) != 1 {
		t.Errorf("what may have been granted is not given back: %+v", fx)
	}
	d.want(d.step(actions.Input{Freed: "h/l/1"}), "freed")

	d = newDrive(t)
	d.intend(actions.ReachFleet)
	d.safe()
	d.want(d.step(actions.Input{Answer: &actions.Answer{ID: "h/l/1", Granted: true, Token: 7}}), "granted")
	if fx = d.safe(); len(fx.Look) != 1 {
		t.Errorf("no look after the grant: %+v", fx)
	}
	fx = d.see(silentBond())
	d.want(fx, "started")
	if fx.Append[0].Token != 7 {
		t.Errorf("the token is %d", fx.Append[0].Token)
	}
}

// TestWhatBecameOfLeaveIsTold: that it was given, that it was refused and by what, and that it is out for long.
func TestWhatBecameOfLeaveIsTold(t *testing.T) {
	t.Parallel()
	d := newDrive(t)
	d.intend(actions.ReachFleet)
	d.safe()
	d.step(actions.Input{Answer: &actions.Answer{ID: "h/l/1", Why: "budget: 1 of 1, db2", Keys: []string{"budget"}}})
	d.safe()
	if diff := cmp.Diff([]string{"refused: not granted: budget: 1 of 1, db2"}, d.told); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	d = unlooked(t)
	d.now = d.now.Add(actions.OwingAfter) // and nobody hears that it is given back
	d.step()
	d.step()
	want := []string{"granted", "intended", "abandoned: no fresh look came in time", "owing: it could not be given back for 10m"}
	if diff := cmp.Diff(want, d.told); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLeaveThatIsKeptForARebuildIsNotStuck(t *testing.T) {
	t.Parallel()
	d := unlooked(t)
	told := len(d.told)
	rebuilding := redundancy.Group{ID: "bond:bond0", Kind: redundancy.KindRAID, Members: []redundancy.Component{{ID: "bond:bond0/eth1", State: redundancy.Recovering}}}
	for range 3 {
		d.now = d.now.Add(actions.OwingAfter / 2)
		d.see(rebuilding)
	}
	if len(d.told) != told {
		t.Errorf("told while it is rebuilt: %v", d.told[told:])
	}
	d.now = d.now.Add(actions.OwingAfter)
	crashing := rebuilding
	crashing.Kind = redundancy.KindService
	d.see(crashing)
	if diff := cmp.Diff([]string{"owing: it could not be given back for 10m"}, d.told[told:]); diff != "" {
		t.Errorf("told after that (-want +got):\n%s", diff)
	}
}

func TestGrantThatComesTooLateIsGivenBack(t *testing.T) {
	t.Parallel()
	d := newDrive(t)
	d.intend(actions.ReachFleet)
	d.safe()
	d.now = noon.Add(10 * time.Second)
	d.want(d.step(), "abandoned: nobody answered in time")
	d.want(d.step(actions.Input{Answer: &actions.Answer{ID: "h/l/1", Granted: true, Token: 7}}), "")
	if fx := d.safe(); len(fx.Release) != 1 {
		t.Errorf("it is not given back: %+v", fx)
	}
}

func TestOneActionForAGroup(t *testing.T) {
	t.Parallel()
	d := newDrive(t)
	d.intend(actions.ReachHost)
	d.want(d.intend(actions.ReachHost), "")
	d.safe()
	d.want(d.intend(actions.ReachHost), "")
	if len(d.engine.Works) != 1 {
		t.Errorf("%d actions under way", len(d.engine.Works))
	}
}

func TestIntentionThatTheLogRefusesIsNone(t *testing.T) {
	t.Parallel()
	d := newDrive(t)
	d.intend(actions.ReachHost)
	d.want(d.step(actions.Input{Refused: 1}), "")
	if len(d.engine.Works) > 0 || len(d.h.Open) > 0 {
		t.Errorf("it goes on: %+v, %+v", d.engine.Works, d.h.Open)
	}
}

func TestEndWaitsForALogThatTakesIt(t *testing.T) {
	t.Parallel()
	d, a := started(t)
	d.step(actions.Input{Returned: &actions.Returned{ID: a.ID}})
	d.want(d.see(movedBond()), "done")
	d.c.Unlogged = "no space left on device"
	d.want(d.step(actions.Input{Refused: d.next - 1}), "")
	d.next--
	d.want(d.step(), "")
	d.c.Unlogged = ""
	d.want(d.step(), "done")
}

func TestSilenceIsInDoubtAndSaidToBeStuckOnce(t *testing.T) {
	t.Parallel()
	d, a := started(t)
	d.step(actions.Input{Returned: &actions.Returned{ID: a.ID}})
	d.told = nil
	for range 300 {
		d.want(d.step(actions.Input{Seen: &actions.Seen{ID: a.Group, Began: d.now, Err: "timeout"}}), "")
	}
	if diff := cmp.Diff([]string{"stuck: no look has shown what became of it for 1m"}, d.told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	d.want(d.see(movedBond()), "done")
}

func TestWhatWasNotDoneIsSaidOnlyOnceNobodyCanDoItAnyMore(t *testing.T) {
	t.Parallel()
	d, a := started(t)
	d.step(actions.Input{Returned: &actions.Returned{ID: a.ID, Why: "input/output error"}})
	d.want(d.see(silentBond()), "") // the deadline has not passed: somebody asked may yet begin
	d.now = a.Deadline
	d.want(d.see(silentBond()), "failed: input/output error")

	d, a = started(t)
	d.now = a.Deadline
	d.step()
	d.want(d.see(silentBond()), "") // the call is still out
	d.step(actions.Input{Returned: &actions.Returned{ID: a.ID}})
	d.want(d.see(silentBond()), "failed: a look finds it not done")
}

func TestWhatSurelyWasNotBegunNeedsNoLook(t *testing.T) {
	t.Parallel()
	d, a := started(t)
	d.want(d.step(actions.Input{Returned: &actions.Returned{ID: a.ID, NotBegun: true, Why: "freeze: anna"}}), "abandoned: freeze: anna")
}
