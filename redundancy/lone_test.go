package redundancy_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"plimsoll/redundancy"
)

// The disks that tests of lone components are made of.
func disk(name string) redundancy.Component {
	return redundancy.Component{
		ID: redundancy.ID("disk:wwn:" + name), Kind: redundancy.KindDisk, Name: name, State: redundancy.Enabled, Health: redundancy.OK,
		Evidence: []redundancy.Evidence{{Where: "SMART " + name, Value: "passed"}},
	}
}

func dying(name string) redundancy.Component {
	c := disk(name)
	c.Health, c.Doubts = redundancy.HealthWarning, []redundancy.Doubt{redundancy.DoubtPredicted}
	c.Evidence = []redundancy.Evidence{{Where: "SMART " + name, Value: "failing"}}
	return c
}

func dead(name string) redundancy.Component {
	c := disk(name)
	c.State, c.Health = redundancy.Disabled, redundancy.Critical
	return c
}

// disks is a snapshot of one source "disk" that found these at that time.
func disks(when time.Time, all ...redundancy.Component) redundancy.Snapshot {
	return redundancy.Snapshot{Sources: []redundancy.Source{{
		Name: "disk", Observation: redundancy.Observation{Components: all}, At: when, Since: t0(), StaleAfter: 30 * time.Second,
	}}}
}

// lone is the one lone component that a shows.
func lone(t rapid.TB, a redundancy.Assessment) redundancy.Lone {
	t.Helper()
	if len(a.Components) != 1 {
		t.Fatalf("want one lone component, have %d", len(a.Components))
	}
	return a.Components[0]
}

// watch takes one step to what a look found.
func watch(prev redundancy.Assessment, when time.Time, r redundancy.Rules, all ...redundancy.Component) (redundancy.Assessment, []redundancy.Event) {
	next := redundancy.Assess(prev, disks(when, all...), when, r)
	events := redundancy.Diff(prev, next, numbered)
	return next.Cited(events), events
}

// acquainted are rules whose baseline knows these.
func acquainted(all ...redundancy.Component) redundancy.Rules {
	a, _ := watch(redundancy.Assessment{}, t0(), redundancy.Rules{}, all...)
	b, _ := redundancy.Baseline{}.Learn(a)
	return redundancy.Rules{Baseline: b}
}

func TestALoneComponentIsToldByWhatBecomesOfIt(t *testing.T) {
	t.Parallel()
	silent := disk("a")
	silent.Doubts = []redundancy.Doubt{redundancy.DoubtUnread}
	for _, c := range []struct {
		was, is []redundancy.Component
		want    []string
	}{
		{nil, []redundancy.Component{disk("a")}, []string{redundancy.ComponentAdded}},
		{nil, []redundancy.Component{dying("a")}, []string{redundancy.ComponentPredicted}},
		{nil, []redundancy.Component{dead("a")}, []string{redundancy.ComponentFailed}},
		{[]redundancy.Component{disk("a")}, []redundancy.Component{disk("a")}, nil},
		{[]redundancy.Component{disk("a")}, []redundancy.Component{dying("a")}, []string{redundancy.ComponentPredicted}},
		{[]redundancy.Component{disk("a")}, []redundancy.Component{dead("a")}, []string{redundancy.ComponentFailed}},
		{[]redundancy.Component{dying("a")}, []redundancy.Component{dead("a")}, []string{redundancy.ComponentFailed}},
		{[]redundancy.Component{dying("a")}, []redundancy.Component{disk("a")}, []string{redundancy.ComponentReturned}},
		{[]redundancy.Component{dead("a")}, []redundancy.Component{disk("a")}, []string{redundancy.ComponentReturned}},
		{[]redundancy.Component{disk("a")}, []redundancy.Component{silent}, []string{redundancy.ComponentChanged}},
		{[]redundancy.Component{dead("a")}, nil, []string{redundancy.ComponentRemoved}},
	} {
		before, _ := watch(redundancy.Assessment{}, t0(), redundancy.Rules{}, c.was...)
		_, events := watch(before, at(1), redundancy.Rules{}, c.is...)
		diff(t, "events", c.want, types(events))
		for _, e := range events {
			if e.Group != "" || e.Subject != "disk:wwn:a" || e.Kind != redundancy.KindDisk || e.Member != e.Subject || e.Device != "a" {
				t.Errorf("%s is about %q of group %q, kind %s, member %s, %s", e.Type, e.Subject, e.Group, e.Kind, e.Member, e.Device)
			}
		}
	}
}

func TestWarningsOnALoneComponentAreRaisedAndCleared(t *testing.T) {
	t.Parallel()
	slow := disk("a")
	slow.Warnings = []redundancy.Warning{{Key: "slow-link", Text: "a runs at half its speed"}}
	before, _ := watch(redundancy.Assessment{}, t0(), redundancy.Rules{}, disk("a"))
	raised, events := watch(before, at(1), redundancy.Rules{}, slow)
	diff(t, "raised", []string{redundancy.WarningRaised}, types(events))
	diff(t, "subject and key", [2]string{"disk:wwn:a", "slow-link"}, [2]string{string(events[0].Subject), events[0].Key})
	same(t, "folded", raised, foldAll(before, events))
	_, events = watch(raised, at(2), redundancy.Rules{}, disk("a"))
	diff(t, "cleared", []string{redundancy.WarningCleared}, types(events))
}

func TestALoneComponentIsShownWhenItsChangeHasLasted(t *testing.T) {
	t.Parallel()
	r := redundancy.Rules{Settle: map[redundancy.Kind]redundancy.Settle{redundancy.KindDisk: {Worse: 5 * time.Second, Better: 20 * time.Second}}}
	a, _ := watch(redundancy.Assessment{}, t0(), r, disk("a"))
	for _, s := range []struct {
		second int
		is     redundancy.Component
		want   []string
	}{
		{1, dying("a"), nil},
		{3, disk("a"), nil}, // it did not last
		{4, dying("a"), nil},
		{9, dying("a"), []string{redundancy.ComponentPredicted}},
		{10, disk("a"), nil},
		{29, disk("a"), nil},
		{30, disk("a"), []string{redundancy.ComponentReturned}},
	} {
		var events []redundancy.Event
		a, events = watch(a, at(time.Duration(s.second)*time.Second), r, s.is)
		diff(t, "events", s.want, types(events))
		if p := lone(t, a).Pending; p != nil {
			due, any := a.Next(redundancy.Snapshot{})
			diff(t, "when it is due", p.Due, due)
			diff(t, "whether it is", true, any)
		}
	}
}

func TestADiskThatTogglesSixtyTimesIsOneIncidentWithACount(t *testing.T) {
	t.Parallel()
	r := redundancy.Rules{ // the defaults
		Settle: map[redundancy.Kind]redundancy.Settle{redundancy.KindDisk: {Worse: 5 * time.Second, Better: 30 * time.Second}},
		Flap:   redundancy.Flap{Count: 5, Within: 10 * time.Minute},
	}
	a, _ := watch(redundancy.Assessment{}, t0(), r, disk("a"))
	var all []redundancy.Event
	see := func(second int, c redundancy.Component) {
		var events []redundancy.Event
		a, events = watch(a, at(time.Duration(second)*time.Second), r, c)
		all = append(all, events...)
	}
	for n := range 60 {
		see(20*n, dying("a"))
		see(20*n+5, dying("a"))
		see(20*n+10, disk("a"))
	}
	diff(t, "while it toggles", []string{redundancy.ComponentPredicted}, types(all))
	see(20*59+10+600, disk("a"))
	diff(t, "when it is quiet", []string{redundancy.ComponentPredicted, redundancy.ComponentReturned}, types(all))
	diff(t, "count", 60, all[1].Count)
	diff(t, "fault", "", lone(t, a).Fault)
}

func TestALoneComponentOfTheBaselineThatALookDoesNotListIsMissing(t *testing.T) {
	t.Parallel()
	r := acquainted(disk("a"))
	before, _ := watch(redundancy.Assessment{}, t0(), r, disk("a"))
	gone, events := watch(before, at(time.Second), r)
	diff(t, "events", []string{redundancy.ComponentMissing}, types(events))
	c := lone(t, gone).Component
	diff(t, "state", redundancy.Absent, c.State)
	diff(t, "name", "a", c.Name)
	diff(t, "evidence", 2, len(c.Evidence))
	_, events = watch(gone, at(2*time.Second), r, disk("a"))
	diff(t, "events when it is back", []string{redundancy.ComponentReturned}, types(events))

	b, changes, awaited := r.Baseline.Accept(gone, disks(at(2*time.Second)), "disk:wwn:a")
	diff(t, "what may yet come", 0, len(awaited))
	diff(t, "accepted", "a is accepted to be gone", changes[0].String())
	accepted, events := watch(gone, at(3*time.Second), redundancy.Rules{Baseline: b})
	diff(t, "events when that is accepted", []string{redundancy.ComponentRemoved}, types(events))
	diff(t, "shown then", 0, len(accepted.Components))
}

func TestOnlyWhatWorksIsMissed(t *testing.T) {
	t.Parallel()
	unread := disk("a")
	unread.Doubts = []redundancy.Doubt{redundancy.DoubtUnread}
	mute := disk("a")
	mute.Health = redundancy.HealthUnknown
	for _, c := range []struct {
		is     redundancy.Component
		learnt int
	}{{disk("a"), 1}, {mute, 1}, {dying("a"), 0}, {dead("a"), 0}, {unread, 0}} {
		diff(t, "learned of "+c.is.Health.String(), c.learnt, len(acquainted(c.is).Baseline.Groups))
	}
	r := acquainted(disk("a"))
	renamed := disk("a")
	renamed.Name = "sdz"
	a, events := watch(redundancy.Assessment{}, t0(), r, renamed)
	diff(t, "events", []string{redundancy.ComponentAdded}, types(events))
	b, taught := r.Baseline.Learn(a)
	diff(t, "taught", []redundancy.ID{"disk:wwn:a"}, taught)
	diff(t, "name", "sdz", b.Groups["disk:wwn:a"].Name)
}

func TestASourceThatIsBlindMissesNoLoneComponent(t *testing.T) {
	t.Parallel()
	r := acquainted(disk("a"))
	a, _ := watch(redundancy.Assessment{}, t0(), r, disk("a"))
	for name, s := range map[string]redundancy.Snapshot{"blind": disks(t0(), disk("a")), "blind since the start": disks(time.Time{})} {
		blind := redundancy.Assess(a, s, at(time.Hour), r)
		c := lone(t, blind).Component
		diff(t, "state: "+name, redundancy.Enabled, c.State)
		diff(t, "doubts: "+name, []redundancy.Doubt{redundancy.DoubtStale}, c.Doubts)
		events := redundancy.Diff(a, blind, numbered)
		diff(t, "events: "+name, []string{redundancy.CollectorBlind, redundancy.ComponentChanged}, types(events))
		diff(t, "cause: "+name, events[0].ID, events[1].Cause)
		diff(t, "notify: "+name, redundancy.NotifyCaused, events[1].Notify)
	}
}

func TestNoLoneComponentIsMissedWhileTheHostBoots(t *testing.T) {
	t.Parallel()
	r := acquainted(disk("a"))
	r.Booted = at(time.Minute)
	before, _ := watch(redundancy.Assessment{}, at(-time.Hour), r, disk("a"))
	before.Components[0].Carried = true
	early, events := watch(before, at(time.Second), r)
	diff(t, "events", 0, len(events))
	next, _ := early.Next(redundancy.Snapshot{})
	diff(t, "next", r.Booted, next)
	_, _, awaited := r.Baseline.Accept(early, disks(at(time.Second)), "disk:wwn:a")
	diff(t, "what may yet come", []redundancy.ID{"disk:wwn:a"}, awaited)
	_, events = watch(early, at(2*time.Second), r, disk("a"))
	diff(t, "events in time", 0, len(events))
	still := redundancy.Assess(early, disks(r.Booted.Add(-time.Second)), r.Booted, r)
	diff(t, "events when the time is over and nobody has looked since", 0, len(redundancy.Diff(early, still, numbered)))
	_, events = watch(still, r.Booted, r)
	diff(t, "events too late", []string{redundancy.ComponentMissing}, types(events))
}

func TestRestartsAloneRaiseNothingOfLoneComponents(t *testing.T) {
	t.Parallel()
	r := acquainted(disk("a"), disk("b"), disk("c"))
	var log []redundancy.Event
	a, events := watch(redundancy.Assessment{}, t0(), r, dying("a"), disk("b"))
	log = append(log, events...)
	for n := range 5 {
		a = foldAll(redundancy.Assessment{}, log) // nothing else is left
		for i := range a.Components {
			a.Components[i].Carried = true
		}
		for i, s := range []redundancy.Snapshot{disks(time.Time{}), disks(at(time.Duration(n+1)*time.Second), dying("a"), disk("b"))} {
			next := redundancy.Assess(a, s, at(time.Duration(n+1)*time.Second), r)
			events := redundancy.Diff(a, next, numbered)
			if len(events) > 0 {
				t.Errorf("restart %d, step %d tells %v", n, i, types(events))
			}
			a = next
		}
	}
	diff(t, "states", []redundancy.State{redundancy.Enabled, redundancy.Enabled, redundancy.Absent},
		[]redundancy.State{a.Components[0].Component.State, a.Components[1].Component.State, a.Components[2].Component.State})
}
