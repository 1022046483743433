package hwmon_test

import (
	"testing"

	"plimsoll/hwmon"
	"plimsoll/internal/hosttest"
)

func TestWatchPokesWhenItBeginsAndEndsWithItsContext(t *testing.T) {
	t.Parallel()
	hosttest.Watches(t, hwmon.New(hwmon.Config{Sys: hosttest.Root(t, "testdata/no-chips.txtar").Sys()}))
}
