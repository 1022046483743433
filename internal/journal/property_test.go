package journal_test

import (
	"errors"
	"math/rand/v2"
	"syscall"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"plimsoll/internal/journal"
	"plimsoll/internal/journal/xtest"
)

func TestAnyHistoryOfCrashesAndFaultsOpensToWhatWasAnnounced(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.IntRange(0, 9), 1, 60).Draw(rt, "steps")
		seed := rapid.Uint64().Draw(rt, "seed")
		var err error
		synctest.Test(t, func(*testing.T) { err = history(steps, seed) })
		if err != nil {
			rt.Fatal(err)
		}
	})
}

// history plays steps: appends, waits, checkpoints, outages, crashes.
func history(steps []int, seed uint64) error {
	s := newSim()
	r := rand.New(rand.NewPCG(seed, 1))
	if err := s.open(); err != nil {
		return err
	}
	for _, step := range steps {
		if err := s.step(step, r); err != nil {
			_ = s.end()
			return err
		}
	}
	s.disk.OnCall(nil)
	return errors.Join(s.await(), s.end(), s.open(), s.end())
}

func (s *sim) step(step int, r *rand.Rand) error {
	switch step {
	default:
		for range r.IntN(12) {
			if err := s.append("event"); err != nil {
				return err
			}
		}
	case 4:
		return s.await()
	case 5:
		return s.append(journal.KindCheckpoint)
	case 6:
		s.release()
	case 7:
		s.fail(r)
	case 8:
		s.crash(nil)
		return s.open()
	case 9:
		s.crash(r)
		return s.open()
	}
	return nil
}

// fail makes some of the next calls fail, each in its own way; reads excepted.
func (s *sim) fail(r *rand.Rand) {
	fate := rand.New(rand.NewPCG(r.Uint64(), 2))
	s.disk.OnCall(func(c xtest.Call) xtest.Fault {
		if c.N > 20 || c.Op == "read" || c.Op == "open" || fate.IntN(3) > 0 {
			return xtest.Fault{}
		}
		return xtest.Fault{
			Err:   []error{syscall.EIO, syscall.ENOSPC, syscall.EROFS}[fate.IntN(3)],
			Apply: fate.IntN(2) == 0, Short: fate.IntN(400),
		}
	})
}
