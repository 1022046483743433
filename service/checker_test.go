package service

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// kept runs checkers in a bubble until the test has seen enough; it tells how often each has poked.
func kept(t *testing.T, all ...*checker) (pokes func(i int) int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	var mu sync.Mutex
	counts := make([]int, len(all))
	for i, c := range all {
		running.Go(func() {
			c.keep(ctx, func() {
				mu.Lock()
				defer mu.Unlock()
				counts[i]++
			})
		})
	}
	t.Cleanup(func() { cancel(); running.Wait() })
	return func(i int) int {
		mu.Lock()
		defer mu.Unlock()
		return counts[i]
	}
}

func every(d time.Duration) Check {
	return Check{TCP: "h:1", Timeout: time.Second, Interval: d, Rise: 2, Fall: 3}
}

// pass lets time pass in a bubble.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // the time of a bubble
	synctest.Wait()
}

func TestOneSlowCheckDelaysNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		asked := 0
		stuck := newChecker(every(10*time.Second), asks(func(context.Context) Answer {
			asked++
			<-hold
			return Answer{Health: Well}
		}))
		fast := newChecker(every(10*time.Second), answers(Well))
		pokes := kept(t, stuck, fast)
		pass(time.Second)
		diff(t, "fast", Well, fast.found().streak.Health)
		diff(t, "pokes of it", 1, pokes(1))
		pass(time.Hour)
		diff(t, "stuck", Unknown, stuck.found().streak.Health)
		diff(t, "what it says", "the question has not come back", stuck.found().last.Text)
		diff(t, "questions that are out", 1, asked)
		close(hold)
		pass(30 * time.Second)
		diff(t, "no longer stuck", Well, stuck.found().streak.Health)
	})
}

func TestAnotherRunOfAUnitIsNeitherWellNorSickYet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		back := make(chan Answer)
		c := newChecker(every(10*time.Second), asks(func(context.Context) Answer { return <-back }))
		kept(t, c)
		c.of("first")
		for range 4 {
			back <- Answer{Health: Sick}
			pass(10 * time.Second)
		}
		diff(t, "the first run", Sick, c.found().streak.Health)
		c.of("second")
		back <- Answer{Health: Sick} // was asked before
		synctest.Wait()
		diff(t, "the second", Streak{}, c.found().streak)
		back <- Answer{Health: Sick}
		synctest.Wait()
		diff(t, "an answer of it", 1, c.found().streak.In)
		close(back)
	})
}

func TestWhatIsWellIsSoonKnownToBe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		units := newUnits(raw("a.service", "active", "running"), raw("b.service", "active", "running"))
		c := New(Config{Units: units, Groups: []Spec{{Name: "web", Needed: 1, Members: []MemberSpec{
			{Name: "a", Unit: "a.service", Check: &Check{Unit: "b.service", Timeout: time.Second, Interval: time.Hour, Rise: 3, Fall: 3}},
			{Name: "b", Check: &Check{Unit: "b.service", Timeout: time.Second, Interval: time.Hour, Rise: 3, Fall: 3}},
		}}}})
		watched(t, c, func() {})
		pass(time.Second) // the first look may come late
		began := time.Now()
		diff(t, "the first look", "FullyRedundant 1 of 1, a Enabled OK, b Enabled OK", told(t, c))
		if took := time.Since(began); took > firstAnswers {
			t.Errorf("it took %v", took)
		}
		units.set(raw("a.service", "active", "running", run(2, time.Second)))
		diff(t, "another run", "Unknown 0 to 1 of 1, a Enabled Unknown, b Enabled OK", told(t, c))
		pass(time.Second)
		diff(t, "a second later", "FullyRedundant 1 of 1, a Enabled OK, b Enabled OK", told(t, c))
	})
}
