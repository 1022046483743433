package hands_test

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"plimsoll/internal/priv"
	"plimsoll/internal/priv/hands"
)

func TestRefusalsOfOneReasonAreLoggedOnceAndThenCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &lines{}
		tally := hands.NewTally(slog.New(slog.NewTextHandler(log, nil)))
		frozen, late := priv.Refuse(priv.ReasonFrozen, "stop"), priv.Refuse(priv.ReasonLate, "too late")
		for range 1000 {
			tally.Refused(frozen)
		}
		tally.Refused(late)
		if log.count() != 2 {
			t.Fatalf("%d lines for two reasons", log.count())
		}
		time.Sleep(hands.Quiet)
		tally.Refused(frozen)
		if log.with("reason=frozen", "more_before=999") != 1 {
			t.Errorf("nobody says how many more there were: %v", log.all)
		}
		tally.Refused(frozen)
		tally.Close()
		if log.with("reason=frozen", "more=1") != 1 || log.count() != 4 {
			t.Errorf("the last are not told: %v", log.all)
		}
	})
}
