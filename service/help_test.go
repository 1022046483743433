package service

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var errAway = errors.New("the bus is away")

// fakeUnits is a systemd that is what a test says it is.
type fakeUnits struct {
	mu     sync.Mutex
	units  map[string]Raw
	away   bool
	deaf   chan struct{} // closed: those that listen can no longer hear
	listen int           // how often somebody began to
}

func newUnits(units ...Raw) *fakeUnits {
	f := &fakeUnits{units: map[string]Raw{}, deaf: make(chan struct{})}
	for _, u := range units {
		f.set(u)
	}
	return f
}

func (f *fakeUnits) set(r Raw) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.units[r.Unit["Id"].(string)] = r
}

func (f *fakeUnits) setAway(away bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.away = away
}

func (f *fakeUnits) Look(_ context.Context, names ...string) map[string]Raw {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[string]Raw{}
	for _, name := range names {
		r, there := f.units[name]
		switch {
		case f.away:
			r = Raw{Err: errAway}
		case !there:
			r = raw(name, "inactive", "dead", with("LoadState", "not-found"))
		}
		out[name] = r
	}
	return out
}

func (f *fakeUnits) Hear(ctx context.Context, _ []string, heard func()) error {
	f.mu.Lock()
	f.listen++
	away, deaf := f.away, f.deaf
	f.mu.Unlock()
	if away {
		return errAway
	}
	heard()
	select {
	case <-ctx.Done():
		return nil
	case <-deaf:
		return errHungUp
	}
}

// raw is a unit as systemd tells it, up for ten minutes, with systemd's default start limit.
func raw(name, state, sub string, more ...func(r Raw)) Raw {
	const minute = uint64(time.Minute / time.Microsecond)
	r := Raw{
		Now: 2 * time.Hour,
		Unit: map[string]any{
			"Id": name, "LoadState": "loaded", "ActiveState": state, "SubState": sub, "InvocationID": invocation(1),
			"StateChangeTimestampMonotonic": 50 * minute, "ActiveEnterTimestampMonotonic": 50 * minute, "InactiveExitTimestampMonotonic": 50 * minute,
			"StartLimitBurst": uint32(5), "StartLimitIntervalUSec": uint64(10 * time.Second / time.Microsecond),
			"Job": []any{uint32(0), "/"},
		},
		Service: map[string]any{"Type": "simple", "Result": "success", "Restart": "no", "NRestarts": uint32(0), "RemainAfterExit": false},
	}
	for _, m := range more {
		m(r)
	}
	return r
}

func invocation(n byte) []byte { return []byte{15: n} }

// with sets a property, of whichever interface has it.
func with(key string, value any) func(Raw) {
	return func(r Raw) {
		if _, of := r.Service[key]; of {
			r.Service[key] = value
			return
		}
		r.Unit[key] = value
	}
}

// run is with another run of the unit, in its state for so long.
func run(n byte, lasts time.Duration) func(Raw) {
	return func(r Raw) {
		at := uint64((r.Now - lasts) / time.Microsecond)
		r.Unit["InvocationID"], r.Unit["StateChangeTimestampMonotonic"], r.Unit["ActiveEnterTimestampMonotonic"] = invocation(n), at, at
	}
}

func diff(tb testing.TB, what string, want, got any) {
	tb.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		tb.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// asks is an asker that says what a test has it say.
type asks func(ctx context.Context) Answer

func (a asks) ask(ctx context.Context) Answer { return a(ctx) }

// answers says these in turn, and the last of them for ever.
func answers(all ...Health) asks {
	n := 0
	return func(context.Context) Answer {
		h := all[min(n, len(all)-1)]
		n++
		return Answer{Health: h, Text: fmt.Sprintf("answer %d", n)}
	}
}

func testTime() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }
