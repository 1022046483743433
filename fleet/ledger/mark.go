package ledger

import (
	"fmt"
	"time"
)

// Mark is a place in the life of a pool's ledger: whoever was shown one knows that the store has come this far. Agents and
// arbiters remember the newest of each pool.
type Mark struct {
	Created  time.Time `json:"created"`  // when the store says that the stream behind it was made; tells streams apart, nothing else
	Epoch    uint64    `json:"epoch"`    // of the ledger
	Revision uint64    `json:"revision"` // of the ledger's key
}

// At is the mark of l as it was read from a stream, at a revision.
func (l Ledger) At(created time.Time, revision uint64) Mark {
	return Mark{Created: created.UTC(), Epoch: l.Epoch, Revision: revision}
}

// Since says whether a store that shows m still has all that was known at remembered. It does not where a read came from a
// server that lags behind: only a write at m tells a store that has forgotten from one that has not.
func (m Mark) Since(remembered Mark) bool {
	switch {
	case remembered == Mark{} || m.Epoch > remembered.Epoch:
		return true
	case m.Epoch < remembered.Epoch:
		return false
	}
	return m.Created.Equal(remembered.Created) && m.Revision >= remembered.Revision
}

// Newest is what to remember, of what was remembered and what is shown now.
func Newest(remembered, shown Mark) Mark {
	if shown.Since(remembered) {
		return shown
	}
	return remembered
}

// Forgotten is the freeze to write at m, if a store that shows m is older than remembered; who is who remembers.
func (m Mark) Forgotten(remembered Mark, who string) (Freeze, bool) {
	if m.Since(remembered) {
		return Freeze{}, false
	}
	why := fmt.Sprintf("%s remembers revision %d of epoch %d, the store has %d of %d", who, remembered.Revision, remembered.Epoch, m.Revision, m.Epoch)
	if m.Epoch == remembered.Epoch && !m.Created.Equal(remembered.Created) {
		why = fmt.Sprintf("%s remembers another store, of %s, this one is of %s", who, remembered.Created.Format(time.RFC3339), m.Created.Format(time.RFC3339))
	}
	return Freeze{Cause: ByRollback, Why: Clip(why)}, true
}
