package arbiter_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"plimsoll/fleet"
	"plimsoll/fleet/arbiter"
	"plimsoll/fleet/bootstrap"
	"plimsoll/fleet/bootstrap/xtest"
	"plimsoll/fleet/correlate"
	"plimsoll/fleet/member"
	"plimsoll/fleet/wire"
	"plimsoll/redundancy"
)

// quick are the rules of the tests: all is as by default, and passes sooner.
func quick() correlate.Rules {
	return correlate.Rules{Window: time.Second, Silence: 3 * time.Minute, Voters: 5}
}

// looks runs an arbiter with these changes until stop is called, or the test ends.
func looks(t *testing.T, f *xtest.Fleet, name string, change ...func(*arbiter.Config)) (stop func()) {
	t.Helper()
	cfg := arbiter.Config{Fleet: xtest.Name, Name: name, NATS: fleet.DefaultConfig(), Rules: quick()}
	cfg.NATS.URLs, cfg.NATS.Credentials = f.URLs(), f.Credentials(bootstrap.Arbiter, name)
	for _, c := range change {
		c(&cfg)
	}
	a, err := arbiter.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return attends(t, a)
}

func attends(t *testing.T, a *arbiter.Arbiter) (stop func()) {
	t.Helper()
	return runs(t, a.Run, func() bool {
		select {
		case r := <-a.Reports():
			return r.Serving
		default:
			return false
		}
	})
}

// feed is the hosts on one feed.
type feed struct {
	name  string
	hosts []*member.Hello
}

// onFeed registers so many hosts that stand on one feed, and are well.
func onFeed(t *testing.T, f *xtest.Fleet, feedName string, hosts int) *feed {
	t.Helper()
	all := &feed{name: feedName}
	for i := range hosts {
		name := fmt.Sprintf("%s-h%02d", feedName, i)
		h := member.NewHello(xtest.Name, name, wire.Registration{
			ID: "id-" + name, Pools: []string{"db"}, Domains: map[string][]string{"feed": {feedName}},
		}, slog.New(slog.DiscardHandler))
		nc := f.Connect(bootstrap.Host, name)
		all.hosts = append(all.hosts, h)
		runs(t, func(ctx context.Context) error { h.Attend(ctx, nc); return nil }, func() bool { return true })
		standing(t, h, func(s member.Standing) bool { return s.Registered })
	}
	return all
}

// hurt has hosts from, …, to-1 see the feed lost, each for so long.
func (d *feed) hurt(from, to int, age func(i int) time.Duration) {
	for i := from; i < to; i++ {
		d.hosts[i].Is(wire.Alive{Faults: []wire.Fault{{Domain: "feed:" + d.name, Fault: "power.failed", AgeS: age(i).Seconds()}}})
	}
}

func (d *feed) well(from, to int) {
	for i := from; i < to; i++ {
		d.hosts[i].Is(wire.Alive{})
	}
}

func now(int) time.Duration { return 0 }

// admin reaches all of the store.
func admin(t *testing.T, f *xtest.Fleet) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(f.Connect(bootstrap.Admin, "admin"))
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func bulletinOf(t *testing.T, f *xtest.Fleet) jetstream.KeyValue {
	t.Helper()
	bucket, err := admin(t, f).KeyValue(t.Context(), bootstrap.Bulletin)
	if err != nil {
		t.Fatal(err)
	}
	return bucket
}

// told are the events of the fleet that the stream holds, in order.
func told(t *testing.T, f *xtest.Fleet) []fleet.Envelope {
	t.Helper()
	js := admin(t, f)
	stream, err := js.Stream(t.Context(), bootstrap.Stream)
	if err != nil {
		t.Fatal(err)
	}
	var out []fleet.Envelope
	for seq := uint64(1); seq <= stream.CachedInfo().State.LastSeq; seq++ {
		m, err := stream.GetMsg(t.Context(), seq)
		if err != nil {
			t.Fatal(err)
		}
		e, err := fleet.Decode(m.Data)
		if err != nil {
			t.Fatalf("%s: %v", m.Subject, err)
		}
		out = append(out, e)
	}
	return out
}

// kinds are the types and subjects of events.
func kinds(events []fleet.Envelope) []string {
	out := []string{}
	for _, e := range events {
		out = append(out, e.Event().Type+" "+string(e.Subject))
	}
	return out
}

// tells waits until the stream holds these events of the fleet, and no others.
func tells(t *testing.T, f *xtest.Fleet, want ...string) []fleet.Envelope {
	t.Helper()
	var events []fleet.Envelope
	until(t, fmt.Sprint(want), func() bool {
		events = told(t, f)
		return len(events) >= len(want)
	})
	if diff := cmp.Diff(want, kinds(events)); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	return events
}

func TestAFeedThatMostHostsLoseIsOneEventForTwoArbitersAndRecurs(t *testing.T) {
	t.Parallel()
	f := xtest.One(t)
	stop := looks(t, f, "arb1")
	looks(t, f, "arb2")
	d := onFeed(t, f, "r12-a", 12)
	const found, cleared = "correlation.found feed:r12-a", "correlation.cleared feed:r12-a"
	d.hurt(0, 1, now) // one of twelve
	d.hurt(1, 6, now) // six are no more than half
	d.hurt(6, 10, now)
	first := tells(t, f, found)[0].Event()
	stop()
	looks(t, f, "arb1") // which has heard nobody, and clears nothing
	d.well(0, 12)
	tells(t, f, found, cleared)
	d.hurt(2, 12, now)
	events := tells(t, f, found, cleared, found)
	again := events[2].Event()
	if first.ID == again.ID || first.Is.Incident != 1 || again.Is.Incident != 2 || first.Is.Registered != 12 || first.Is.Hurt < 7 {
		t.Errorf("the incidents are %s %+v and %s %+v", first.ID, first.Is.CaseFace, again.ID, again.Is.CaseFace)
	}
	if first.Severity != redundancy.SeverityCritical || first.Kind != redundancy.KindFleet || !slices.IsSorted(first.Is.Hosts) {
		t.Errorf("found: %+v", first)
	}
}

// TestWhatIsNoFaultOfAFeedIsNotTold has stories that must not be told come before one that must: when that is told, and
// nothing else is, all have been heard.
func TestWhatIsNoFaultOfAFeedIsNotTold(t *testing.T) {
	t.Parallel()
	f := xtest.One(t)
	looks(t, f, "arb1")
	speak := 0
	for name, story := range map[string]struct {
		hosts, silent, hurt int
		age                 func(i int) time.Duration
	}{
		"one-of-twelve":       {12, 0, 1, now},
		"six-of-twelve":       {12, 0, 6, now},
		"four-of-four":        {4, 8, 4, now}, // and eight are silent
		"two-of-two":          {2, 0, 2, now},
		"old-faults-at-once":  {12, 0, 12, func(i int) time.Duration { return time.Duration(i+1) * 10 * time.Minute }}, // a long outage is over
		"five-of-six-in-time": {6, 0, 5, func(i int) time.Duration { return time.Duration(i) * time.Minute }},          // each has its own
	} {
		d := onFeed(t, f, name, story.hosts)
		for i := range story.silent {
			register(t, f, fmt.Sprintf("%s-s%02d", name, i), name)
		}
		d.hurt(0, story.hurt, story.age)
		speak += story.hurt
	}
	alice := f.Connect(bootstrap.Person, "alice")
	until(t, "all are heard", func() bool {
		heard := 0
		for _, r := range order[wire.Hosts](t, alice, wire.OrderStatus, wire.HostsQuery{}).Hosts {
			if r.Alive != nil && len(r.Alive.Faults) > 0 {
				heard++
			}
		}
		return heard == speak
	})
	undetermined := []wire.CaseRow{
		{Domain: "feed:four-of-four", Fault: "power.failed", State: wire.CaseUndetermined, Hurt: 4, Silent: 8, Registered: 12},
	}
	if diff := cmp.Diff(undetermined, order[wire.Hosts](t, alice, wire.OrderStatus, wire.HostsQuery{}).Cases); diff != "" {
		t.Errorf("people are told of cases (-want +got):\n%s", diff)
	}
	onFeed(t, f, "b", 5).hurt(0, 5, now)
	tells(t, f, "correlation.found feed:b")
}

// register has a host registered that then says nothing.
func register(t *testing.T, f *xtest.Fleet, name, feedName string) {
	t.Helper()
	nc := f.Connect(bootstrap.Host, name)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := fleet.Ask[wire.Registered](ctx, nc, wire.Subject(xtest.Name, name, wire.Register), wire.Registration{
		ID: "id-" + name, Domains: map[string][]string{"feed": {feedName}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestAnEventThatItsArbiterDidNotTellIsToldByAnotherOnce has an arbiter end between its write and the event.
func TestAnEventThatItsArbiterDidNotTellIsToldByAnotherOnce(t *testing.T) {
	t.Parallel()
	f := xtest.One(t)
	stop := looks(t, f, "arb1")
	d := onFeed(t, f, "r12-a", 5)
	d.hurt(0, 5, now)
	tells(t, f, "correlation.found feed:r12-a")
	stop()
	bulletin := bulletinOf(t, f)
	all, err := bulletin.Keys(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	note, err := bulletin.Get(t.Context(), all[0])
	if err != nil {
		t.Fatal(err)
	}
	var n arbiter.Note
	if err := json.Unmarshal(note.Value(), &n); err != nil || !n.Told {
		t.Fatalf("%s: %v", note.Value(), err)
	}
	untold := func(after uint64) {
		n.Told, n.After = false, after
		text, err := json.Marshal(n)
		if err == nil {
			_, err = bulletin.Put(t.Context(), all[0], text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	isTold := func() bool {
		var now arbiter.Note
		e, err := bulletin.Get(t.Context(), all[0])
		return err == nil && json.Unmarshal(e.Value(), &now) == nil && now.Told
	}
	untold(0) // it ended behind the event
	looks(t, f, "arb1")
	looks(t, f, "arb2")
	until(t, "it is noted", isTold)
	tells(t, f, "correlation.found feed:r12-a")
	n.Name = "beforetheevent" // it ended before the event
	untold(1)
	until(t, "it is told", isTold)
	tells(t, f, "correlation.found feed:r12-a", "correlation.found feed:r12-a")
}

func TestAPoolOfWhichTooManyFailIsFrozenUntilItHasCalmedDown(t *testing.T) {
	t.Parallel()
	f := xtest.One(t)
	calm := func(c *arbiter.Config) { c.Calm.Share, c.Calm.Least, c.Calm.Cool = 1.0/3, 3, 3*time.Second }
	looks(t, f, "arb1", calm)
	looks(t, f, "arb2", calm)
	alice := pool(t, f, 1, 1)
	d := onFeed(t, f, "r12-a", 6)
	until(t, "all are members", func() bool {
		pools := order[wire.Pools](t, alice, wire.OrderPools, wire.PoolsQuery{}).Pools
		return len(pools) == 1 && pools[0].Members == 6
	})
	for i := range 3 {
		d.hosts[i].Is(wire.Alive{Failing: []string{"db"}})
	}
	events := tells(t, f, "fleet.frozen pool:db")
	if e := events[0].Event(); e.Key != "storm" || e.Severity != redundancy.SeverityWarning {
		t.Errorf("frozen: %+v", e)
	}
	events = tells(t, f, "fleet.frozen pool:db", "fleet.thawed pool:db") // though they still fail
	if e := events[1].Event(); e.Key != "storm" {
		t.Errorf("thawed: %+v", e)
	}
	if d := order[wire.Done](t, alice, wire.OrderFreeze, wire.Command{Why: "new switches"}); len(d.Did) != 1 {
		t.Fatalf("frozen: %+v", d)
	}
	events = tells(t, f, "fleet.frozen pool:db", "fleet.thawed pool:db", "fleet.frozen pool:db")
	if e := events[2].Event(); e.Key != "hand" || e.Text != "pool db is frozen by hand: new switches, by alice" {
		t.Errorf("frozen by hand: %+v", e)
	}
}

// TestLeaveWhoseHostHasFallenSilentIsToldToBeStuck lets time fly by for the arbiter alone.
func TestLeaveWhoseHostHasFallenSilentIsToldToBeStuck(t *testing.T) {
	t.Parallel()
	f := xtest.One(t)
	cfg := arbiter.Config{Fleet: xtest.Name, Name: "arb1", NATS: fleet.DefaultConfig()}
	cfg.NATS.URLs, cfg.NATS.Credentials = f.URLs(), f.Credentials(bootstrap.Arbiter, "arb1")
	a, err := arbiter.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	var ahead atomic.Int64
	a.Clock(func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
	attends(t, a)
	alice := pool(t, f, 1, 0)
	p := join(t, f, "a")
	p.start(t, p.get(t, 0))
	if events := told(t, f); len(events) > 0 {
		t.Errorf("told at once: %v", kinds(events))
	}
	var events []fleet.Envelope
	until(t, "it is told", func() bool {
		ahead.Add(int64(time.Minute))
		events = told(t, f)
		return len(events) > 0
	})
	if e := events[0].Event(); len(events) != 1 || e.Type != redundancy.GrantStuck || e.Subject != "pool:db" || !slices.Equal(e.Is.HeldBy, []string{"silent"}) {
		t.Errorf("told %v: %+v", kinds(events), e)
	}
	if d := order[wire.Done](t, alice, wire.OrderClear, wire.Command{Pool: "db", Host: "a"}); len(d.Did) != 1 {
		t.Fatalf("cleared: %+v", d)
	}
	bulletin := bulletinOf(t, f)
	until(t, "its note is gone", func() bool {
		_, err := bulletin.Keys(t.Context())
		return errors.Is(err, jetstream.ErrNoKeysFound)
	})
}
