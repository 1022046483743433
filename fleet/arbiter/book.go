package arbiter

import (
	"context"
	"errors"
	"strings"

	"plimsoll/fleet/ledger"
)

// Book is where the ledgers are: one key for each pool, changed by compare-and-set alone.
type Book interface {
	// Read gives the newest page of a pool that the store admits to. It may be an old one. It answers ErrNoPool.
	Read(ctx context.Context, pool string) (Page, error)
	// Write puts next in the place of the page at on, and gives the mark of what is there now. It answers ErrConflict where
	// that page is no longer the newest: nothing was written. Any other error leaves open whether something was, or will be.
	Write(ctx context.Context, next ledger.Ledger, on ledger.Mark) (ledger.Mark, error)
}

// Page is one revision of a pool's ledger.
type Page struct {
	Ledger ledger.Ledger
	On     ledger.Mark
}

// Floor asks the members of a pool for their opinions.
type Floor interface {
	// Poll puts q to these members, and gives what came back before all had answered, or before they had long enough.
	Poll(ctx context.Context, pool string, members []string, q ledger.Question) []ledger.Opinion
}

// Memory is what this arbiter has been shown of each pool.
type Memory interface {
	// Newest is the newest mark; zero: none.
	Newest(pool string) ledger.Mark
	// Remember takes in a mark that was shown. It never waits for a disk.
	Remember(pool string, m ledger.Mark)
}

// Errors that a caller decides on.
var (
	// ErrNoPool: the store has no such ledger.
	ErrNoPool = errors.New("no such pool")
	// ErrConflict: another write came first.
	ErrConflict = errors.New("another write came first")
)

// RefusedError is what a ledger, or those who were asked, said against something. Nothing was written.
type RefusedError struct {
	Why []ledger.Reason
	On  ledger.Mark // of the ledger that says so
}

// Error is all of it.
func (e *RefusedError) Error() string {
	texts := make([]string, len(e.Why))
	for i, r := range e.Why {
		texts[i] = r.String()
	}
	return "refused: " + strings.Join(texts, "; ")
}
