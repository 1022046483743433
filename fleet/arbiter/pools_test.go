package arbiter

import (
	"testing"
	"time"

	"plimsoll/fleet/ledger"
)

// TestWhatIsOverIsNotToldByAnArbiterThatHasYetToSeeIt: two buckets are followed, and the note of a thaw may be there before the
// page that was thawed.
func TestWhatIsOverIsNotToldByAnArbiterThatHasYetToSeeIt(t *testing.T) {
	t.Parallel()
	created := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	first, why := ledger.New("db", 1, 1)
	if len(why) > 0 {
		t.Fatal(why)
	}
	frozen, why := first.Freeze(ledger.Freeze{Cause: ledger.ByStorm, Why: "3 of 6 hosts fail"})
	if len(why) > 0 {
		t.Fatal(why)
	}
	key := freezeKey("db", string(ledger.ByStorm))
	l := &lookout{
		pages: map[string]Page{"db": {Ledger: frozen, On: frozen.At(created, 7)}},
		notes: map[string]Posted{key: {Note: Note{Turn: 2, Told: true, On: first.At(created, 8)}}}, // thawed
	}
	if err := l.freezes(t.Context()); err != nil { // it would write to a bulletin that is not there
		t.Error(err)
	}
	for name, c := range map[string]struct {
		on     ledger.Mark
		behind bool
	}{
		"the page that it was turned by": {first.At(created, 8), false},
		"a newer page":                   {first.At(created, 9), false},
		"an older one":                   {first.At(created, 7), true},
	} {
		if got := l.behind(key, c.on); got != c.behind {
			t.Errorf("%s: behind %t", name, got)
		}
	}
}
