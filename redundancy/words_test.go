package redundancy_test

import (
	"encoding"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"plimsoll/redundancy"
)

type wordy interface {
	~uint8
	fmt.Stringer
	encoding.TextMarshaler
}

// roundTrip writes and reads the first n words of one kind, and shows that an unknown one is refused and kept readable.
func roundTrip[T wordy, P interface {
	*T
	encoding.TextUnmarshaler
}](t *testing.T, n int,
) {
	t.Helper()
	for i := range n {
		v := T(i)
		text, err := v.MarshalText()
		if err != nil {
			t.Fatalf("write %d: %v", i, err)
		}
		var back T
		if err := P(&back).UnmarshalText(text); err != nil || back != v {
			t.Errorf("%q was read as %v, %v", text, back, err)
		}
	}
	var v T
	if P(&v).UnmarshalText([]byte("nonsense")) == nil {
		t.Errorf("nonsense was read as %v", v)
	}
	diff(t, "a value of a later version", "#200", T(200).String())
}

func TestEveryWordIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	roundTrip[redundancy.Tristate](t, 3)
	roundTrip[redundancy.State](t, len(redundancy.States()))
	roundTrip[redundancy.Health](t, len(redundancy.Healths()))
	roundTrip[redundancy.Status](t, len(redundancy.Statuses()))
	roundTrip[redundancy.Type](t, 6)
	roundTrip[redundancy.Doubt](t, 5)
	roundTrip[redundancy.Severity](t, 4)
}

func TestOfTwoVerdictsAtMostOneIsWorse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := redundancy.Judge(drawGroup(t, 0)), redundancy.Judge(drawGroup(t, 0)), redundancy.Judge(drawGroup(t, 0))
		if a.Worse(a) || a.Worse(b) && b.Worse(a) {
			t.Fatalf("%+v and %+v are each worse than the other", a, b)
		}
		if a.Worse(b) && b.Worse(c) && !a.Worse(c) {
			t.Fatalf("%+v is worse than %+v, that is worse than %+v, but the first is not worse than the last", a, b, c)
		}
	})
}

func TestProgressAndTheTimeLeftAreSaidOnlyWhereTheyAreKnown(t *testing.T) {
	t.Parallel()
	a := redundancy.Activity{Done: 25, Total: 100, Speed: 512 * 25}
	p, known := a.Progress()
	diff(t, "progress", 0.25, p)
	left, sure := a.ETA()
	if !known || !sure || left.Seconds() != 3 {
		t.Errorf("known %v, sure %v, left %v; want 3 s", known, sure, left)
	}
	if _, known := (redundancy.Activity{Done: 25}).Progress(); known {
		t.Error("progress of an unknown total is known")
	}
	if _, sure := (redundancy.Activity{Done: 25, Total: 100}).ETA(); sure {
		t.Error("the time left of something that stands still is known")
	}
}
