package correlate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/fleet/correlate"
)

// feed is a fleet on one feed: its hosts, what an arbiter hears of them, and the store's record.
type feed struct {
	watch  correlate.Watch
	hosts  []string
	record correlate.Record
	now    time.Time
}

func lost() correlate.Case { return correlate.Case{Domain: "feed:r12-a", Fault: "power.input_lost"} }

// newFeed has so many hosts, of which all are heard but the last silent ones.
func newFeed(hosts, silent int) *feed {
	f := &feed{now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	for i := range hosts {
		f.hosts = append(f.hosts, fmt.Sprintf("h%02d", i))
	}
	f.beat(silent)
	return f
}

// beat has all be heard but the last silent ones.
func (f *feed) beat(silent int) {
	for _, h := range f.hosts[:len(f.hosts)-silent] {
		f.watch.Hear(f.now, h)
	}
}

// hurt has hosts from, …, to-1 say that they have lost the feed so long ago.
func (f *feed) hurt(from, to int, age time.Duration) {
	for _, h := range f.hosts[from:to] {
		f.watch.Take(f.now, h, correlate.Report{Case: lost(), Stands: true, Age: age}, correlate.DefaultRules())
	}
}

func (f *feed) well(from, to int) {
	for _, h := range f.hosts[from:to] {
		f.watch.Take(f.now, h, correlate.Report{Case: lost()}, correlate.DefaultRules())
	}
}

// judge is what an arbiter finds and writes.
func (f *feed) judge() correlate.Verdict {
	v := f.watch.Judge(f.now, lost(), f.hosts, f.record, correlate.DefaultRules())
	if v.Next != nil {
		f.record = *v.Next
	}
	return v
}

func TestMostOfADomainIsOneFaultAndOneHostIsNot(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name                   string
		hosts, silent, hurting int
		want                   correlate.State
	}{
		{"10 of 12", 12, 0, 10, correlate.Found},
		{"7 of 12", 12, 0, 7, correlate.Found},
		{"6 of 12", 12, 0, 6, correlate.Quiet},
		{"1 of 12", 12, 0, 1, correlate.Quiet},
		{"4 of 4 with 8 silent", 12, 8, 4, correlate.Undetermined},
		{"1 of 4 with 8 silent", 12, 8, 1, correlate.Quiet},
		{"7 of 8 with 4 silent", 12, 4, 7, correlate.Found},
		{"6 of 8 with 4 silent", 12, 4, 6, correlate.Undetermined},
		{"2 of 2", 2, 0, 2, correlate.TooFew},
		{"1 of 2", 2, 0, 1, correlate.TooFew},
		{"3 of 4 that are heard of 5", 5, 1, 3, correlate.Undetermined},
		{"3 of 5", 5, 0, 3, correlate.Found},
		{"nobody, all silent", 12, 12, 0, correlate.Quiet},
		{"0 of 0", 0, 0, 0, correlate.TooFew},
	} {
		f := newFeed(tt.hosts, tt.silent)
		f.hurt(0, tt.hurting, 0)
		if v := f.judge(); v.State != tt.want || len(v.Hurt) != tt.hurting || v.Silent != tt.silent || f.record.Open != (tt.want == correlate.Found) {
			t.Errorf("%s: %+v", tt.name, v)
		}
	}
}

func TestFaultsThatBeganFarApartAreNotOneThoughTheyAreToldAtOnce(t *testing.T) {
	t.Parallel()
	f := newFeed(12, 0)
	for i := range 10 { // after a long outage, each tells of its own fault
		f.hurt(i, i+1, time.Duration(i)*10*time.Minute)
	}
	if v := f.judge(); v.State != correlate.Quiet {
		t.Errorf("%+v", v)
	}
	f = newFeed(12, 0)
	for i := range 10 { // all of one fault, told one after another as connections come back
		f.now = f.now.Add(20 * time.Second)
		f.beat(0)
		f.hurt(i, i+1, 2*time.Hour+time.Duration(i)*20*time.Second)
	}
	v := f.judge()
	if v.State != correlate.Found || !v.Began.Equal(f.now.Add(-2*time.Hour-180*time.Second)) {
		t.Errorf("%+v", v)
	}
}

// TestAHostsWallClockPlaysNoPart tells the faults of hosts whose clocks are an hour off: nothing that they say has a date.
func TestAHostsWallClockPlaysNoPart(t *testing.T) {
	t.Parallel()
	f := newFeed(12, 0)
	for i, off := range []time.Duration{0, time.Hour, -time.Hour, 0, time.Hour, -time.Hour, time.Hour} {
		here := f.now.Add(off) // what the host's wall clock shows
		f.hurt(i, i+1, here.Sub(here.Add(-5*time.Second)))
	}
	if v := f.judge(); v.State != correlate.Found || !v.Began.Equal(f.now.Add(-5*time.Second)) {
		t.Errorf("%+v", v)
	}
}

func TestWhatWasFoundIsClearedBelowAQuarterForAWindow(t *testing.T) {
	t.Parallel()
	f := newFeed(12, 0)
	f.hurt(0, 10, 0)
	f.judge()
	step := func(d time.Duration, well int, want correlate.State) {
		t.Helper()
		f.now = f.now.Add(d)
		f.beat(0)
		f.hurt(well, 10, time.Hour)
		f.well(0, well)
		if v := f.judge(); v.State != want {
			t.Errorf("%d well: %+v, want %s", well, v, want)
		}
	}
	step(time.Minute, 0, correlate.Found) // once is enough
	step(time.Minute, 7, correlate.Found) // three of twelve are a quarter
	step(time.Minute, 8, correlate.Calming)
	step(2*time.Minute, 7, correlate.Found)
	step(time.Minute, 8, correlate.Calming)
	step(3*time.Minute, 10, correlate.Cleared)
	if diff := cmp.Diff(correlate.Record{Incident: 1, Registered: 12}, f.record); diff != "" {
		t.Error(diff)
	}
	step(time.Minute, 10, correlate.Quiet)
}

func TestItsRecurrenceIsAnotherIncident(t *testing.T) {
	t.Parallel()
	f := newFeed(12, 0)
	for incident := uint64(1); incident <= 3; incident++ {
		f.beat(0)
		f.hurt(0, 12, 0)
		if v := f.judge(); v.Next == nil || v.Next.Incident != incident || !v.Next.Open {
			t.Fatalf("incident %d: %+v", incident, v)
		}
		f.well(0, 12)
		f.judge()
		f.now = f.now.Add(correlate.DefaultRules().Window)
		f.beat(0)
		if v := f.judge(); v.State != correlate.Cleared {
			t.Fatalf("incident %d: %+v", incident, v)
		}
	}
}

func TestSilenceClearsNothing(t *testing.T) {
	t.Parallel()
	f := newFeed(12, 0)
	f.hurt(0, 10, 0)
	f.judge()
	for range 10 {
		f.now = f.now.Add(time.Minute)
		if v := f.judge(); v.Next != nil {
			t.Fatalf("%+v", v)
		}
	}
	f.beat(4)
	f.well(0, 8)
	if v := f.judge(); v.State != correlate.Undetermined {
		t.Errorf("eight are well, four are silent: %+v", v)
	}
}

func TestAnArbiterThatHasHeardNothingYetClearsNothing(t *testing.T) {
	t.Parallel()
	f := newFeed(12, 0)
	f.watch = correlate.Watch{}
	f.record = correlate.Record{Incident: 4, Open: true, Hurt: 10, Registered: 12}
	if v := f.judge(); v.State != correlate.Undetermined {
		t.Errorf("%+v", v)
	}
	f.beat(0)
	f.hurt(0, 10, time.Hour)
	if v := f.judge(); v.State != correlate.Found || v.Next != nil {
		t.Errorf("%+v", v)
	}
}

func TestARetiredHostIsForgotten(t *testing.T) {
	t.Parallel()
	f := newFeed(12, 0)
	f.hurt(0, 1, 0)
	f.watch.Forget("h00")
	if cases := f.watch.Cases(); len(cases) != 0 {
		t.Errorf("left: %v", cases)
	}
}

// TestAThousandHostsAreOneFinding is a feed of a thousand hosts: one record, at the report that decides.
func TestAThousandHostsAreOneFinding(t *testing.T) {
	t.Parallel()
	f := newFeed(1000, 0)
	for i := range 1000 {
		f.hurt(i, i+1, time.Second)
		v := f.judge()
		if found := v.Next != nil; found != (i == 500) {
			t.Fatalf("at report %d: %+v", i+1, v.Next)
		}
	}
}
