package collectors_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"plimsoll/collectors"
	"plimsoll/redundancy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestWatchEndsAtOnceWhenNothingIsInFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, &hinting{pokes: make(chan struct{})}, schedule(), middle)
		w.after(3 * sec)
		w.cancel()
		<-w.ended
		diff(t, "ended after", 3*sec, time.Since(w.begun))
	})
}

func TestWatchWaitsForALookThatIsAboutToComeBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &source{look: func(int) (redundancy.Observation, error) {
			time.Sleep(sec)
			return redundancy.Observation{}, nil
		}}
		w := watch(t, s, schedule(), middle)
		w.after(0)
		w.cancel()
		<-w.ended
		diff(t, "ended after", sec, time.Since(w.begun))
		_, inFlight, _ := s.counts()
		diff(t, "in flight", 0, inFlight)
	})
}

func TestWatchLeavesAHungLookBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		w := watch(t, &source{look: func(int) (redundancy.Observation, error) {
			<-free
			return redundancy.Observation{}, nil
		}}, schedule(), middle)
		w.after(10 * sec)
		w.cancel()
		<-w.ended
		diff(t, "ended after", 12*sec, time.Since(w.begun))
		close(free) // it can still come back, and nobody is left that it would block
	})
}

func TestWatchEndsThoughNobodyTakesItsLooks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		collectors.Watch(ctx, &source{}, schedule(), nil, make(chan collectors.Look), middle, slog.New(slog.DiscardHandler))
		diff(t, "ended after", time.Minute, time.Since(began))
	})
}

func TestPokeAfterTheEndDoesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept := make(chan func(), 1)
		s := &scripted{watch: func(ctx context.Context, _ int, poke func()) error {
			kept <- poke
			<-ctx.Done()
			return nil
		}}
		w := watch(t, s, schedule(), middle)
		w.after(sec)
		w.cancel()
		<-w.ended
		before, _, _ := s.counts()
		poke := <-kept
		for range 10 {
			poke()
		}
		synctest.Wait()
		after, _, _ := s.counts()
		diff(t, "looks after the end", before, after)
	})
}
