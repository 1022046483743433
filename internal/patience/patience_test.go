package patience_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/patience"
)

const wait = 3 * time.Second

func hear(t *testing.T, a *patience.Asker[string]) (map[string]string, map[string]time.Time) {
	t.Helper()
	answers, silent, err := a.Hear(t.Context(), wait)
	if err != nil {
		t.Fatal(err)
	}
	return answers, silent
}

func TestTheSilentKeepNobodyFromTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stuck, start := make(chan struct{}), time.Now()
		a := patience.New[string]()
		a.Ask("stuck", func() string { <-stuck; return "late" })
		a.Ask("slow", func() string { <-time.After(time.Second); return "slow" })
		a.Ask("quick", func() string { return "quick" })
		answers, silent := hear(t, a)
		if diff := cmp.Diff(map[string]string{"slow": "slow", "quick": "quick"}, answers); diff != "" {
			t.Errorf("answers (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]time.Time{"stuck": start}, silent); diff != "" {
			t.Errorf("silent (-want +got):\n%s", diff)
		}
		if took := time.Since(start); took != wait {
			t.Errorf("waited %v, want %v", took, wait)
		}
		close(stuck)
	})
}

func TestWhoIsSilentIsNotAskedAgainBeforeItHasAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stuck, asked := make(chan struct{}), 0
		a := patience.New[string]()
		for range 3 {
			a.Ask("stuck", func() string { asked++; <-stuck; return "late" })
			hear(t, a)
		}
		close(stuck)
		synctest.Wait()
		if asked != 1 {
			t.Errorf("asked %d times, want once", asked)
		}
		a.Ask("stuck", func() string { return "fresh" })
		answers, _ := hear(t, a)
		if diff := cmp.Diff(map[string]string{"stuck": "fresh"}, answers); diff != "" {
			t.Errorf("the late answer was taken for a fresh one (-want +got):\n%s", diff)
		}
	})
}

func TestHearingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	stuck := make(chan struct{})
	defer close(stuck)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a := patience.New[string]()
	a.Ask("stuck", func() string { <-stuck; return "" })
	if _, _, err := a.Hear(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}
