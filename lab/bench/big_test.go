package bench

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLooksAreSortedByWhatTheyFound(t *testing.T) {
	t.Parallel()
	at := func(ms int) time.Time { return time.UnixMilli(int64(ms)) }
	look := func(source string, began, ended int, same bool) Input {
		var in Input
		in.At = at(ended)
		in.Look = &Look{Source: source, Began: at(began), Ended: at(ended), Same: same}
		return in
	}
	got := LooksOf([]Input{
		look("raid", 0, 90, false), // the first
		look("bond", 10, 30, false),
		look("raid", 200, 220, true),
		look("raid", 300, 340, true),
		look("raid", 900, 901, true),  // after the quiet
		look("bond", 950, 953, false), // the change
		look("bond", 960, 980, false), // the look at all that follows
		{},
	}, at(100), at(800), []Change{{"bond", at(940)}})
	want := map[string]Looks{
		"raid": {First: 90 * time.Millisecond, Steady: Sample{20 * time.Millisecond, 40 * time.Millisecond}},
		"bond": {First: 20 * time.Millisecond, Change: Sample{3 * time.Millisecond}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("looks (-want +got):\n%s", d)
	}
}
