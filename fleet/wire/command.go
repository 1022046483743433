package wire

import (
	"fmt"
	"time"

	"plimsoll/fleet/ledger"
)

// What people ask arbiters about leave: the last token of an order's subject.
const (
	OrderGrants    = "grants"    // PoolQuery, answered by Grants
	OrderDecisions = "decisions" // PoolQuery, answered by Decisions
	OrderFreeze    = "freeze"    // Command, answered by Done, as are those that follow
	OrderThaw      = "thaw"
	OrderClear     = "clear"  // of a host that is down, what it had leave for
	OrderAccept    = "accept" // what the store holds, after it had forgotten something
)

// Command is something that a person wants of one pool, or of all.
type Command struct {
	Pool string `json:"pool,omitempty"` // empty: every pool
	Host string `json:"host,omitempty"` // the token of the one to clear
	Why  string `json:"why,omitempty"`
}

// Schema is Message.
func (Command) Schema() string { return "plimsoll.fleet.command/1" }

// Check is Message.
func (c Command) Check() error {
	if c.Pool != "" && !PlainToken(c.Pool) {
		return fmt.Errorf("pool %.60q: %w", c.Pool, ErrToken)
	}
	if c.Host != "" && !isHostToken(c.Host) {
		return fmt.Errorf("host %.60q: %w", c.Host, ErrToken)
	}
	return checkText("why", c.Why, MaxText)
}

// PoolQuery asks about one pool.
type PoolQuery struct {
	Pool string `json:"pool"`
}

// Schema is Message.
func (PoolQuery) Schema() string { return "plimsoll.fleet.pool.query/1" }

// Check is Message.
func (q PoolQuery) Check() error { return checkPools([]string{q.Pool}) }

// Grants is who may act in a pool at the moment.
type Grants struct {
	Pool     string          `json:"pool"`
	Revision uint64          `json:"revision"`
	Budget   int             `json:"budget"`
	Entries  []ledger.Entry  `json:"entries"`
	Frozen   []ledger.Freeze `json:"frozen"`
}

// Schema is Message.
func (Grants) Schema() string { return "plimsoll.fleet.grants/1" }

// Check is Message.
func (g Grants) Check() error { return checkPools([]string{g.Pool}) }

// Decision is one revision of a pool's ledger.
type Decision struct {
	Revision uint64      `json:"revision"`
	At       time.Time   `json:"at"` // by the store's clock
	Deed     ledger.Deed `json:"deed"`
}

// Decisions are the newest revisions of a pool's ledger, the oldest first: what was decided, in the order in which it was.
type Decisions struct {
	Pool      string     `json:"pool"`
	Decisions []Decision `json:"decisions"`
}

// Schema is Message.
func (Decisions) Schema() string { return "plimsoll.fleet.decisions/1" }

// Check is Message.
func (d Decisions) Check() error { return checkPools([]string{d.Pool}) }
