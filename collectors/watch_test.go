package collectors_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/collectors"
	"plimsoll/redundancy"
)

// source is a fake collector. Everything it does is done within the bubble of one test.
type source struct {
	name string
	look func(n int) (redundancy.Observation, error) // n counts looks from 1; nil: nothing found, at once

	mu                sync.Mutex
	n, inFlight, most int
}

func (s *source) Name() string { return s.name }

func (s *source) Collect(context.Context) (redundancy.Observation, error) {
	n := s.enter()
	defer s.leave()
	if s.look == nil {
		return redundancy.Observation{}, nil
	}
	return s.look(n)
}

func (s *source) enter() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	s.inFlight++
	s.most = max(s.most, s.inFlight)
	return s.n
}

func (s *source) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
}

// counts are how many looks were started, how many are out, and the most that were out at the same time.
func (s *source) counts() (started, inFlight, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n, s.inFlight, s.most
}

// hinting is a source that can be poked by the test.
type hinting struct {
	source
	pokes chan struct{}
}

func (h *hinting) Watch(ctx context.Context, poke func()) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-h.pokes:
			poke()
		}
	}
}

// schedule is easy to calculate with.
func schedule() collectors.Schedule {
	return collectors.Schedule{Every: 10 * time.Second, Deadline: 5 * time.Second, Coalesce: 250 * time.Millisecond}
}

func middle() float64 { return 0.5 }

// watched is a watch that runs in the background, and what it has sent so far.
type watched struct {
	mu     sync.Mutex
	sent   []collectors.Look
	begun  time.Time
	ended  chan struct{}
	cancel context.CancelFunc
}

// watch runs one, and ends it with the test.
func watch(t *testing.T, c collectors.Collector, s collectors.Schedule, random func() float64) *watched {
	t.Helper()
	return watchAsked(t, c, s, nil, random)
}

// watchAsked is watch for a source that others ask.
func watchAsked(t *testing.T, c collectors.Collector, s collectors.Schedule, asks <-chan redundancy.ID, random func() float64) *watched {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := &watched{begun: time.Now(), ended: make(chan struct{}), cancel: cancel}
	out := make(chan collectors.Look)
	go func() {
		defer close(w.ended)
		collectors.Watch(ctx, c, s, asks, out, random, slog.New(slog.DiscardHandler))
	}()
	go func() {
		for {
			select {
			case l := <-out:
				w.keep(l)
			case <-w.ended:
				return
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-w.ended
	})
	return w
}

func (w *watched) keep(l collectors.Look) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = append(w.sent, l)
}

func (w *watched) looks() []collectors.Look {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.sent)
}

// after lets time pass until d after the watch began, and what is due then happen.
func (w *watched) after(d time.Duration) {
	time.Sleep(time.Until(w.begun.Add(d))) // the bubble's clock
	synctest.Wait()
}

// starts are the times at which looks that came back had begun, since the watch began.
func (w *watched) starts() []time.Duration {
	var all []time.Duration
	for _, l := range w.looks() {
		if !l.Overdue {
			all = append(all, l.Started.Sub(w.begun))
		}
	}
	return all
}

func (w *watched) overdue() int {
	n := 0
	for _, l := range w.looks() {
		if l.Overdue {
			n++
		}
	}
	return n
}

func diff(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

const (
	sec = time.Second
	ms  = time.Millisecond
)

func TestQuietSourceIsLookedAtAtOnceAndThenEverySoOften(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		found := redundancy.Observation{Notes: []string{"nothing here"}}
		s := &source{name: "md", look: func(int) (redundancy.Observation, error) {
			time.Sleep(sec)
			return found, nil
		}}
		w := watch(t, s, schedule(), middle)
		w.after(30 * sec)
		diff(t, "starts, ten seconds of rest after each look of one second", []time.Duration{0, 11 * sec, 22 * sec}, w.starts())
		diff(t, "first look", collectors.Look{
			Source: "md", Started: w.begun, Ended: w.begun.Add(sec), Observation: found,
		}, w.looks()[0])
	})
}

func TestFailedLookIsReportedWithItsErrorAndTheNextComesInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gone := errors.New("read /sys/block: input/output error")
		s := &source{name: "md", look: func(n int) (redundancy.Observation, error) {
			if n == 1 {
				return redundancy.Observation{}, gone
			}
			return redundancy.Observation{}, nil
		}}
		w := watch(t, s, schedule(), middle)
		w.after(15 * sec)
		if l := w.looks(); len(l) != 2 || !errors.Is(l[0].Err, gone) || l[1].Err != nil {
			t.Errorf("looks = %+v, want the error first and then none", l)
		}
	})
}

func TestOverdueLookIsReportedOnceAndNoSecondIsStartedBesideIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &hinting{pokes: make(chan struct{})}
		s.look = func(n int) (redundancy.Observation, error) {
			if n == 1 {
				time.Sleep(time.Hour)
			}
			return redundancy.Observation{Notes: []string{"back"}}, nil
		}
		w := watch(t, s, schedule(), middle)
		w.after(5*sec - 1)
		diff(t, "overdue before the deadline", 0, w.overdue())
		w.after(5 * sec)
		diff(t, "overdue at the deadline", []collectors.Look{{Started: w.begun, Overdue: true}}, w.looks())
		for i := range 100 {
			w.after(time.Duration(i+1) * 30 * sec)
			s.pokes <- struct{}{}
		}
		diff(t, "overdue during the outage", 1, w.overdue())
		started, _, _ := s.counts()
		diff(t, "looks started during the outage", 1, started)
		w.after(time.Hour)
		diff(t, "late look, with its true times", collectors.Look{
			Started: w.begun, Ended: w.begun.Add(time.Hour), Observation: redundancy.Observation{Notes: []string{"back"}},
		}, w.looks()[1])
		w.after(time.Hour + sec)
		_, _, most := s.counts()
		diff(t, "most in flight", 1, most)
	})
}

func TestLateLookIsFollowedAtOnceByAFreshOneThoughNobodyPoked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &source{look: func(n int) (redundancy.Observation, error) {
			if n == 1 {
				time.Sleep(sec * 60)
			}
			return redundancy.Observation{}, nil
		}}
		w := watch(t, s, schedule(), middle)
		w.after(71 * sec)
		diff(t, "starts", []time.Duration{0, 60 * sec, 70 * sec}, w.starts())
	})
}

func TestSourceThatIsAlwaysSlowGetsItsRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &source{look: func(int) (redundancy.Observation, error) {
			time.Sleep(8 * sec)
			return redundancy.Observation{}, nil
		}}
		w := watch(t, s, schedule(), middle)
		w.after(60 * sec)
		diff(t, "starts", []time.Duration{0, 8 * sec, 26 * sec, 44 * sec}, w.starts())
		diff(t, "overdue, once for each", 4, w.overdue())
	})
}

func TestFirstPokeLooksAtOnceAndOnceMoreAfterTheWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &hinting{pokes: make(chan struct{})}
		w := watch(t, s, schedule(), middle)
		w.after(5 * sec)
		s.pokes <- struct{}{}
		w.after(14 * sec)
		diff(t, "starts: begin and its second look, poke and its second look",
			[]time.Duration{0, 250 * ms, 5 * sec, 5*sec + 250*ms}, w.starts())
		w.after(16 * sec)
		diff(t, "the next look by itself counts from the last", 15*sec+250*ms, w.starts()[4])
	})
}

func TestPokesThatFollowOneAnotherAreOneLookPerWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &hinting{pokes: make(chan struct{})}
		w := watch(t, s, schedule(), middle)
		for i := range 100 { // 5 s, 5.01 s, … 5.99 s
			w.after(5*sec + time.Duration(i)*10*ms)
			s.pokes <- struct{}{}
		}
		w.after(9 * sec)
		// The last poke, at 5.99 s, is within the window that ends at 6 s; one more look follows that window.
		want := []time.Duration{5 * sec, 5250 * ms, 5500 * ms, 5750 * ms, 6000 * ms, 6250 * ms}
		diff(t, "starts", want, w.starts()[2:])
	})
}

func TestPokeDuringALookIsAnsweredByALookThatBeganAfterIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &hinting{pokes: make(chan struct{})}
		s.look = func(int) (redundancy.Observation, error) {
			time.Sleep(2 * sec)
			return redundancy.Observation{}, nil
		}
		w := watch(t, s, schedule(), middle)
		w.after(14*sec + 500*ms) // 0 to 2, 2 to 4 (the window's look), 14 to 16
		s.pokes <- struct{}{}
		w.after(20 * sec)
		diff(t, "starts", []time.Duration{0, 2 * sec, 14 * sec, 16 * sec}, w.starts())
		_, _, most := s.counts()
		diff(t, "most in flight", 1, most)
	})
}

// asked is a source whose looks leave something out, and what it was asked for.
type asked struct {
	hinting
	groups []redundancy.ID // in the order of the asking; before looks, not beside them
}

func (a *asked) Ask(group redundancy.ID) { a.groups = append(a.groups, group) }

func TestWhoAsksGetsALookOfItsOwnThatBeginsAfterwards(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &asked{hinting: hinting{source: source{name: "bond", look: func(int) (redundancy.Observation, error) {
			time.Sleep(40 * ms)
			return redundancy.Observation{}, nil
		}}, pokes: make(chan struct{})}}
		asks := make(chan redundancy.ID)
		w := watchAsked(t, a, schedule(), asks, middle)
		w.after(sec)
		a.pokes <- struct{}{}
		time.Sleep(100 * ms) // within the window after the poke, whose own look is over
		asks <- "bond:bond0"
		time.Sleep(10 * ms) // while that is in flight
		asks <- "bond:bond1"
		w.after(1200 * ms)
		diff(t, "starts", []time.Duration{0, 250 * ms, sec, 1100 * ms, 1140 * ms}, w.starts())
		diff(t, "asked for", []redundancy.ID{"bond:bond0", "bond:bond1"}, a.groups)
	})
}

func TestHungSourceDelaysNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		hung := watch(t, &source{look: func(int) (redundancy.Observation, error) {
			<-free
			return redundancy.Observation{}, nil
		}}, schedule(), middle)
		well := watch(t, &source{}, schedule(), middle)
		well.after(25 * sec)
		diff(t, "starts of the other", []time.Duration{0, 10 * sec, 20 * sec}, well.starts())
		diff(t, "overdue", 1, hung.overdue())
		close(free)
	})
}

func TestRestStaysWithinTheJitter(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		random float64
		want   time.Duration
	}{
		"lowest":  {0, 8 * sec},
		"middle":  {0.5, 10 * sec},
		"highest": {0.999999999, 12*sec - 4*time.Nanosecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := collectors.DefaultSchedule(10 * sec)
				w := watch(t, &source{}, s, func() float64 { return c.random })
				w.after(13 * sec)
				diff(t, "starts", []time.Duration{0, c.want}, w.starts())
			})
		})
	}
}

func TestDefaultDeadlineIsTheIntervalButNeverLongerThanAHungCommand(t *testing.T) {
	t.Parallel()
	diff(t, "fast source", 5*sec, collectors.DefaultSchedule(5*sec).Deadline)
	diff(t, "slow source", 30*sec, collectors.DefaultSchedule(time.Hour).Deadline)
}
