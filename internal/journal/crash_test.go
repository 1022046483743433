package journal_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"plimsoll/internal/journal"
	"plimsoll/internal/journal/xtest"
)

// storyCalls is how many calls a story makes; some more, since groups differ.
func storyCalls(t *testing.T) int {
	t.Helper()
	calls := 0
	synctest.Test(t, func(t *testing.T) {
		s := newSim()
		s.disk.OnCall(func(xtest.Call) xtest.Fault { return xtest.Fault{} })
		if err := s.story(); err != nil {
			t.Fatal(err)
		}
		calls = s.disk.Calls() + 5
	})
	return calls
}

func TestCrashAtAnyCallKeepsWhatWasAnnounced(t *testing.T) {
	t.Parallel()
	calls := storyCalls(t)
	for k := 1; k <= calls; k++ {
		for _, after := range []bool{false, true} {
			for seed := range uint64(6) {
				synctest.Test(t, func(t *testing.T) {
					if err := crashStory(k, after, seed); err != nil {
						t.Fatalf("call %d, after %v, seed %d: %v", k, after, seed, err)
					}
				})
			}
		}
	}
}

// crashStory dies at call k, by a kill for even seeds, else by power, and goes on.
func crashStory(k int, after bool, seed uint64) error {
	s := newSim()
	s.disk.OnCall(func(c xtest.Call) xtest.Fault {
		return xtest.Fault{DieBefore: c.N == k && !after, DieAfter: c.N == k && after}
	})
	if err := s.story(); err != nil && !s.disk.Dead() {
		return err
	}
	power := rand.New(rand.NewPCG(seed, uint64(k)))
	if seed%2 == 0 {
		s.crash(nil)
		// What is recovered after a kill must survive a power cut.
		if err := s.open(); err != nil {
			return err
		}
	}
	s.crash(power)
	// Twice: what the first recovery writes must not confuse the second.
	for range 2 {
		if err := s.open(); err != nil {
			return err
		}
		if err := errors.Join(s.append("event"), s.append("event"), s.await()); err != nil {
			return err
		}
		s.crash(power)
	}
	return errors.Join(s.open(), s.end())
}

func TestRecordThatAFailedSyncLeftInTheCacheIsNotRecovered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSim()
		if err := errors.Join(s.open(), s.append("event"), s.await()); err != nil {
			t.Fatal(err)
		}
		s.disk.OnCall(func(c xtest.Call) xtest.Fault {
			return xtest.Fault{Err: map[string]error{"sync": syscall.EIO, "create": syscall.EIO}[c.Op]}
		})
		if err := s.append("event"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		s.crash(nil)
		if err := s.open(); err != nil || s.rec.LastSeq != 1 {
			t.Errorf("recovered %d from the cache, %v", s.rec.LastSeq, err)
		}
		s.crash(rand.New(rand.NewPCG(1, 1)))
		if err := errors.Join(s.open(), s.end()); err != nil {
			t.Error(err)
		}
	})
}

func TestErrorAtAnyCallIsOvercomeAndLosesNothing(t *testing.T) {
	t.Parallel()
	calls := storyCalls(t)
	faults := []xtest.Fault{
		{Err: syscall.EIO},
		{Err: syscall.EIO, Apply: true},
		{Err: syscall.ENOSPC, Short: 100},
		{Err: syscall.EROFS},
	}
	for k := 1; k <= calls; k++ {
		for i, fault := range faults {
			for _, lasts := range []int{1, 4, 30} {
				synctest.Test(t, func(t *testing.T) {
					if err := errorStory(k, lasts, fault); err != nil {
						t.Fatalf("call %d, fault %d for %d calls: %v", k, i, lasts, err)
					}
				})
			}
		}
	}
}

func errorStory(k, lasts int, fault xtest.Fault) error {
	s := newSim()
	s.readFaults = true
	s.disk.OnCall(func(c xtest.Call) xtest.Fault {
		// A file that can't be read is another test's matter.
		if c.N >= k && c.N < k+lasts && c.Op != "read" {
			return fault
		}
		return xtest.Fault{}
	})
	if err := s.story(); err != nil {
		return fmt.Errorf("story: %w", err)
	}
	s.readFaults = false
	s.crash(rand.New(rand.NewPCG(1, uint64(k))))
	return errors.Join(s.open(), s.append("event"), s.await(), s.end())
}

func TestHangAtAnyCallBlocksNeitherAppendNorClose(t *testing.T) {
	t.Parallel()
	calls := storyCalls(t)
	for k := 1; k <= calls; k++ {
		synctest.Test(t, func(t *testing.T) {
			if err := hangStory(k); err != nil {
				t.Fatalf("call %d: %v", k, err)
			}
		})
	}
}

func hangStory(k int) error {
	s := newSim()
	hang := make(chan struct{})
	s.disk.OnCall(func(c xtest.Call) xtest.Fault {
		if c.N == k {
			return xtest.Fault{Hang: hang}
		}
		return xtest.Fault{}
	})
	told := make(chan error, 1)
	go func() { told <- s.story() }()
	synctest.Wait()
	j := s.j
	if len(told) == 0 && j != nil {
		began := time.Now()
		_, err := j.Append("event", nil)
		if err != nil && !errors.Is(err, journal.ErrClosed) {
			return err
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		err = j.Close(ctx)
		if _, unsaved := errors.AsType[*journal.UnsavedError](err); err != nil && !unsaved {
			return err
		}
		if took := time.Since(began); took > time.Second {
			return fmt.Errorf("append and close took %s", took)
		}
	}
	close(hang)
	err := <-told
	if err != nil && j == nil {
		return err
	}
	s.crash(nil)
	if j == nil {
		return errors.Join(s.open(), s.end())
	}
	next, rec, err := journal.Open(smallConfig(s.disk)) // with a record that the story does not know
	if err != nil {
		return err
	}
	if rec.LastSeq < s.acked || len(rec.Corrupt) > 0 {
		return fmt.Errorf("recovered %d, %v; %d was announced", rec.LastSeq, rec.Corrupt, s.acked)
	}
	return next.Close(context.Background())
}
