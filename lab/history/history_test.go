package history_test

import (
	"path/filepath"
	"testing"
	"time"

	"plimsoll/fleet/ledger"
	"plimsoll/lab/effector"
	"plimsoll/lab/history"
)

func at(s int) time.Time { return time.Date(2026, 1, 2, 3, 4, s, 0, time.UTC) }

// revision is a ledger of budget 1 with these entries.
func revision(s int, entries ...ledger.Entry) history.Revision {
	return history.Revision{At: at(s), Ledger: ledger.Ledger{Pool: "db", Budget: 1, Entries: entries}}
}

func entry(host string, p ledger.Phase) ledger.Entry {
	return ledger.Entry{Host: host, Nonce: host + "/1", Phase: p}
}

func line(s int, host, what string) effector.Line {
	return effector.Line{At: at(s), Host: host, Nonce: host + "/1", What: what}
}

// TestOnlyWhatTheLedgerAllowsFits tells one story right, and with one thing wrong at a time.
func TestOnlyWhatTheLedgerAllowsFits(t *testing.T) {
	t.Parallel()
	began, settled := effector.Began, effector.Settled
	ledgers := []history.Revision{
		revision(0), revision(1, entry("a", ledger.Granted)), revision(2, entry("a", ledger.Started)), revision(10),
		revision(11, entry("b", ledger.Granted)), revision(12, entry("b", ledger.Started)), revision(20),
	}
	for name, c := range map[string]struct {
		lines []effector.Line
		fits  bool
	}{
		"as it should be":             {[]effector.Line{line(3, "a", began), line(9, "a", settled), line(13, "b", began), line(19, "b", settled)}, true},
		"within the write's own time": {[]effector.Line{line(2, "a", began), line(9, "a", settled)}, true},
		"granted, not started":        {[]effector.Line{line(1, "a", began), line(9, "a", settled)}, false},
		"before any leave":            {[]effector.Line{line(0, "a", began), line(9, "a", settled)}, false},
		"still at it when released":   {[]effector.Line{line(3, "a", began), line(15, "a", settled)}, false},
		"by another":                  {[]effector.Line{line(3, "b", began), line(9, "b", settled)}, false},
		"twice":                       {[]effector.Line{line(3, "a", began), line(4, "a", effector.Twice), line(9, "a", settled)}, false},
		"never settled":               {[]effector.Line{line(3, "a", began)}, false},
		"settled, never begun":        {[]effector.Line{line(9, "a", settled)}, false},
		"refused":                     {[]effector.Line{line(15, "a", effector.Refused)}, true},
	} {
		err := history.Check(ledgers, c.lines, filepath.Join(t.TempDir(), "picture.html"))
		if (err == nil) != c.fits {
			t.Errorf("%s: fits: %v, want %v: %v", name, err == nil, c.fits, err)
		}
	}
}

func TestALedgerAboveItsBudgetDoesNotFit(t *testing.T) {
	t.Parallel()
	ledgers := []history.Revision{revision(0), revision(1, entry("a", ledger.Started), entry("b", ledger.Granted))}
	if err := history.Check(ledgers, nil, filepath.Join(t.TempDir(), "picture.html")); err == nil {
		t.Error("two entries of a budget of one fit")
	}
}

func TestDeedsAreCountedAndThoseOpenAtOnce(t *testing.T) {
	t.Parallel()
	lines := []effector.Line{
		line(1, "a", effector.Began), line(2, "b", effector.Began), line(3, "a", effector.Settled), line(4, "c", effector.Refused),
		line(5, "b", effector.Settled), line(6, "d", effector.Began),
	}
	if deeds, most := history.Count(lines); deeds != 3 || most != 2 {
		t.Errorf("%d deeds, %d at once, want 3 and 2", deeds, most)
	}
}
