package collectors_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// scripted is a source whose watcher does what the test says; n counts its starts from 1.
type scripted struct {
	source
	watch func(ctx context.Context, n int, poke func()) error
	began []time.Time // guarded by mu
}

func (s *scripted) Watch(ctx context.Context, poke func()) error {
	return s.watch(ctx, s.begin(), poke)
}

func (s *scripted) begin() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.began = append(s.began, time.Now())
	return len(s.began)
}

func (s *scripted) startedAfter(w *watched) []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []time.Duration
	for _, at := range s.began {
		all = append(all, at.Sub(w.begun))
	}
	return all
}

var errOverflow = errors.New("receive from netlink: no buffer space available")

func TestWatcherThatKeepsEndingIsStartedEverMoreRarely(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{watch: func(context.Context, int, func()) error { return errOverflow }}
		w := watch(t, s, schedule(), middle)
		w.after(4 * time.Minute)
		diff(t, "starts of the watcher", []time.Duration{
			0, 1 * sec, 3 * sec, 7 * sec, 15 * sec, 31 * sec, 63 * sec, 123 * sec, 183 * sec,
		}, s.startedAfter(w))
	})
}

func TestSourceIsReadAgainWhenItsWatcherEndsAndWhenItListensAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{watch: func(ctx context.Context, n int, _ func()) error {
			if n == 1 {
				time.Sleep(5 * sec)
				return errOverflow
			}
			<-ctx.Done()
			return ctx.Err()
		}}
		w := watch(t, s, schedule(), middle)
		w.after(8 * sec)
		diff(t, "starts of looks", []time.Duration{
			0, 250 * ms, // the beginning
			5 * sec, 5250 * ms, // the end of the watcher
			6 * sec, 6250 * ms, // its new start
		}, w.starts())
	})
}

func TestPollingGoesOnWhileTheWatcherIsDead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{watch: func(ctx context.Context, n int, _ func()) error {
			if n < 7 {
				time.Sleep(sec)
				return errOverflow // the pause after the sixth is 32 s, from 37 s on
			}
			<-ctx.Done()
			return ctx.Err()
		}}
		w := watch(t, s, schedule(), middle)
		w.after(68 * sec)
		looks := w.starts()
		diff(t, "last starts of looks", []time.Duration{47250 * ms, 57250 * ms, 67250 * ms}, looks[len(looks)-3:])
	})
}

func TestWatcherThatHadRecoveredIsStartedAgainSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{watch: func(_ context.Context, n int, _ func()) error {
			if n == 4 {
				time.Sleep(time.Minute)
			}
			return errOverflow
		}}
		w := watch(t, s, schedule(), middle)
		w.after(70 * sec)
		diff(t, "starts of the watcher", []time.Duration{0, 1 * sec, 3 * sec, 7 * sec, 68 * sec, 70 * sec}, s.startedAfter(w))
	})
}

func TestWatcherThatEndsWithoutAReasonIsStartedAgainToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{watch: func(context.Context, int, func()) error { return nil }}
		w := watch(t, s, schedule(), middle)
		w.after(2 * sec)
		diff(t, "starts of the watcher", []time.Duration{0, 1 * sec}, s.startedAfter(w))
	})
}

func TestWatchEndsDuringThePauseOfItsWatcher(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{watch: func(context.Context, int, func()) error { return errOverflow }}
		w := watch(t, s, schedule(), middle)
		w.after(20 * sec)
		w.cancel()
		<-w.ended
		diff(t, "ended after", 20*sec, time.Since(w.begun))
	})
}
