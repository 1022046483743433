package arbiter_test

import (
	"testing"
	"time"

	"plimsoll/fleet/arbiter"
	"plimsoll/fleet/wire"
)

func TestSilenceMeansNothingUntilAnArbiterHasListenedForLongEnough(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(d time.Duration) time.Time { return start.Add(d) }
	r := arbiter.NewRoll(start)
	want := func(d time.Duration, host string, seen wire.Seen) {
		t.Helper()
		if got := r.Of(at(d), host).Seen; got != seen {
			t.Errorf("%s after %s: %s, want %s", host, d, got, seen)
		}
	}
	r.Hear(at(time.Second), "db1", wire.Alive{ID: "a"})
	want(time.Minute, "db1", wire.SeenPresent)
	want(time.Minute, "db2", wire.SeenUnheard)
	want(wire.Absent-time.Second, "db2", wire.SeenUnheard)
	want(wire.Absent, "db2", wire.SeenAbsent)
	want(wire.Absent, "db1", wire.SeenPresent)
	want(wire.Absent+time.Second, "db1", wire.SeenAbsent)

	// After an hour without the server nobody has been heard, which is the arbiter's own fault.
	r.Begin(at(time.Hour))
	want(time.Hour+time.Second, "db1", wire.SeenUnheard)
	want(time.Hour+time.Second, "db2", wire.SeenUnheard)
	r.Hear(at(time.Hour+2*time.Second), "db2", wire.Alive{ID: "b"})
	want(time.Hour+wire.Absent, "db1", wire.SeenAbsent)
	want(time.Hour+wire.Absent, "db2", wire.SeenPresent)

	r.Hear(at(2*time.Hour), "db2", wire.Alive{ID: "b", Leaving: true})
	want(3*time.Hour, "db2", wire.SeenLeft)
}
