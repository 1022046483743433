package service

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"plimsoll/redundancy"
)

// told is what one look tells of its first group: the verdict, and each member with its warnings' keys.
func told(t *testing.T, c *Collector) string {
	t.Helper()
	o, err := c.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	g := o.Groups[0]
	v := redundancy.Judge(g)
	out := []string{fmt.Sprint(v.Status, " ", v.Margin)}
	for _, m := range g.Members {
		out = append(out, fmt.Sprint(m.Name, " ", m.State, " ", m.Health))
	}
	for _, w := range g.Warnings {
		out = append(out, w.Key)
	}
	return strings.Join(append(out, o.Notes...), ", ")
}

// pair are two units of which one is needed; the second has a check.
func pair(units Units, second asker) *Collector {
	c := New(Config{Units: units, Groups: []Spec{{Name: "web", Needed: 1, Members: []MemberSpec{
		{Name: "a", Unit: "a.service"}, {Name: "b", Unit: "b.service", Check: &Check{TCP: "h:1", Timeout: time.Second, Interval: 10 * time.Second, Rise: 1, Fall: 2}},
	}}}})
	c.checkers["service:web/b.service"].asker = second
	return c
}

// watched runs a collector's Watch in a bubble.
func watched(t *testing.T, c *Collector, poke func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Watch(ctx, poke) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestAHungUnitIsSickByItsCheckAndWellAgainAsAnotherRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		units := newUnits(raw("a.service", "active", "running"), raw("b.service", "active", "running"))
		var health atomic.Uint32
		health.Store(uint32(Well))
		c := pair(units, asks(func(context.Context) Answer { return Answer{Health: Health(health.Load())} }))
		watched(t, c, func() {})
		told(t, c) // tells the check which run it asks
		pass(11 * time.Second)
		diff(t, "well", "FullyRedundant 1 of 1, a Enabled OK, b Enabled OK", told(t, c))
		health.Store(uint32(Sick))
		pass(30 * time.Second)
		diff(t, "hung", "Lost 0 of 1, a Enabled OK, b Enabled Critical", told(t, c))
		units.set(raw("b.service", "active", "running", run(2, time.Second)))
		diff(t, "restarted", "Unknown 0 to 1 of 1, a Enabled OK, b Enabled Unknown", told(t, c))
		health.Store(uint32(Well))
		pass(11 * time.Second)
		diff(t, "well again", "FullyRedundant 1 of 1, a Enabled OK, b Enabled OK", told(t, c))
	})
}

func TestABusThatIsAwayLeavesUnitsUnreadAndChecksGoOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		units := newUnits(raw("a.service", "active", "running"), raw("b.service", "active", "running"))
		c := pair(units, answers(Well))
		var pokes atomic.Int32
		watched(t, c, func() { pokes.Add(1) })
		told(t, c)
		pass(11 * time.Second)
		units.setAway(true)
		close(units.deaf)
		pass(time.Second / 2)
		before := pokes.Load()
		diff(t, "away", "Unknown 0 to 1 of 1, a Unknown Unknown, b Enabled OK, units are polled only: the message bus has hung up", told(t, c))
		o, err := c.Collect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		diff(t, "why", []redundancy.Evidence{{Where: "systemd a.service", Err: errAway.Error()}}, o.Groups[0].Members[0].Evidence)
		units.mu.Lock()
		units.away, units.deaf = false, make(chan struct{})
		units.mu.Unlock()
		pass(longestPause)
		diff(t, "back", "FullyRedundant 1 of 1, a Enabled OK, b Enabled OK", told(t, c))
		if pokes.Load() == before {
			t.Error("nobody was poked")
		}
	})
}

func TestAUnitThatIsRestartedInVainIsGivenUpVisibly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		units := newUnits(raw("a.service", "active", "running"), raw("b.service", "active", "running"))
		c := pair(units, answers(Unknown))
		for n := range byte(inVain) {
			units.set(raw("a.service", "active", "running", run(n+1, time.Second)))
			told(t, c)
			units.set(raw("a.service", "failed", "failed", run(n+1, time.Hour)))
			got := told(t, c)
			if given := strings.Contains(got, WarnGivenUp); given != (n+1 == inVain) {
				t.Errorf("after %d bad runs: %s", n+1, got)
			}
		}
		units.set(raw("a.service", "active", "running", run(9, time.Second)))
		told(t, c)
		pass(proven)
		told(t, c)
		diff(t, "well for long enough", false, strings.Contains(told(t, c), WarnGivenUp))
	})
}

func TestWarningsOfUnits(t *testing.T) {
	t.Parallel()
	units := newUnits(
		raw("a.service", "failed", "failed", with("Result", "start-limit-hit")),
		raw("b.service", "active", "running", with("LoadState", "masked")),
	)
	diff(t, "told", "Unknown -1 to 0 of 1, a Disabled Critical, b Enabled Unknown, start-limit-hit, unit-not-loaded", told(t, pair(units, answers(Unknown))))
}
