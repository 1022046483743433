package wire

import (
	"errors"
	"fmt"
	"time"
)

// What people ask arbiters for: the last token of an order's subject.
const (
	OrderStatus = "status" // Page of Hosts
	OrderPools  = "pools"  // PoolsQuery, answered by Pools
	OrderPool   = "pool"   // PoolSetting, answered by Done
	OrderRetire = "retire" // Retirement, answered by Done
	OrderKnown  = "known"  // BaselineQuery, answered by KnownGood
)

// HostsQuery asks for the hosts of the fleet, in the order of their tokens, after the one named.
type HostsQuery struct {
	After string `json:"after,omitempty"`
}

// Schema is Message.
func (HostsQuery) Schema() string { return "plimsoll.fleet.hosts.query/1" }

// Check is Message.
func (q HostsQuery) Check() error { return checkText("after", q.After, MaxName) }

// Seen is whether a host has been heard of lately.
type Seen string

// What can be known of a host's presence. Unheard: the arbiter that answers has not listened for long enough to tell.
const (
	SeenPresent Seen = "present"
	SeenAbsent  Seen = "absent"
	SeenLeft    Seen = "left" // it said that it stops
	SeenUnheard Seen = "unheard"
)

// Text is s as people are told; a word of a later version stays as it is.
func (s Seen) Text() string {
	switch s {
	case SeenLeft:
		return "agent stopped"
	case SeenUnheard:
		return "not heard yet"
	case SeenPresent, SeenAbsent:
	}
	return string(s)
}

// HostRow is one host, for people.
type HostRow struct {
	Host    string              `json:"host"` // its token
	ID      string              `json:"id"`
	Pools   []string            `json:"pools,omitempty"`
	Domains map[string][]string `json:"domains,omitempty"`
	Since   time.Time           `json:"since"` // when it was registered, or retired
	Retired string              `json:"retired,omitempty"`
	Seen    Seen                `json:"seen"`
	AgeS    *float64            `json:"age_s,omitempty"` // of what it said last; nil: this arbiter has not heard it
	Alive   *Alive              `json:"alive,omitempty"` // what it said last
}

// Hosts is one page of hosts.
type Hosts struct {
	Arbiter string    `json:"arbiter"` // who answers; presence is as this one has heard it
	Hosts   []HostRow `json:"hosts"`
	More    bool      `json:"more,omitempty"`
	Cases   []CaseRow `json:"cases,omitempty"` // on the first page, as far as there is room
}

// CaseRow is a fault that most of a failure domain sees, or of which nobody can tell whether most do.
type CaseRow struct {
	Domain     string `json:"domain"`
	Fault      string `json:"fault"`
	State      string `json:"state"` // found; calming: found, and few see it now; CaseUndetermined
	Hurt       int    `json:"hurt"`  // how many of the registered see it
	Silent     int    `json:"silent"`
	Registered int    `json:"registered"`
}

// CaseUndetermined is the state of a case in which those that are silent would decide.
const CaseUndetermined = "undetermined"

// MaxCases is how many cases one answer tells.
const MaxCases = 30

// Schema is Message.
func (Hosts) Schema() string { return "plimsoll.fleet.hosts/1" }

// Check is Message.
func (h Hosts) Check() error {
	for _, r := range h.Hosts {
		if !isHostToken(r.Host) {
			return fmt.Errorf("host %.60q: %w", r.Host, ErrToken)
		}
	}
	if len(h.Cases) > MaxCases {
		return fmt.Errorf("%d cases, at most %d", len(h.Cases), MaxCases)
	}
	for _, c := range h.Cases {
		if err := errors.Join(checkCase(c.Domain, c.Fault), checkNamed("state", c.State, MaxName)); err != nil {
			return err
		}
	}
	return nil
}

// PoolsQuery asks for the pools of the fleet, in the order of their names, after the one named.
type PoolsQuery struct {
	After string `json:"after,omitempty"`
}

// Schema is Message.
func (PoolsQuery) Schema() string { return "plimsoll.fleet.pools.query/1" }

// Check is Message.
func (q PoolsQuery) Check() error { return checkText("after", q.After, MaxName) }

// PoolRow is one pool, for people.
type PoolRow struct {
	Pool       string `json:"pool"`
	Revision   uint64 `json:"revision"`
	Members    int    `json:"members"`
	Budget     int    `json:"budget"`
	MinHealthy int    `json:"min_healthy"`
	Open       int    `json:"open"` // entries that count against the budget
	// Frozen is why nothing is done in it, one text for each cause.
	Frozen  []string `json:"frozen,omitempty"`
	Problem string   `json:"problem,omitempty"` // why its ledger could not be read
}

// Pools is one page of pools.
type Pools struct {
	Pools []PoolRow `json:"pools"`
	More  bool      `json:"more,omitempty"`
}

// Schema is Message.
func (Pools) Schema() string { return "plimsoll.fleet.pools/1" }

// Check is Message.
func (p Pools) Check() error {
	for _, r := range p.Pools {
		if !PlainToken(r.Pool) {
			return fmt.Errorf("pool %.60q: %w", r.Pool, ErrToken)
		}
	}
	return nil
}

// PoolSetting makes a pool, or changes how many of it may act at once and how many others have to serve meanwhile.
type PoolSetting struct {
	Pool       string `json:"pool"`
	Budget     int    `json:"budget"`
	MinHealthy int    `json:"min_healthy"`
}

// Schema is Message.
func (PoolSetting) Schema() string { return "plimsoll.fleet.pool/1" }

// Check is Message. What numbers make sense, the ledger says.
func (s PoolSetting) Check() error {
	if !PlainToken(s.Pool) {
		return fmt.Errorf("pool %.60q: %w", s.Pool, ErrToken)
	}
	return nil
}

// Retirement takes a host out of the fleet for good, or takes that back, so that it can register again.
type Retirement struct {
	Host string `json:"host"` // its token
	Undo bool   `json:"undo,omitempty"`
}

// Schema is Message.
func (Retirement) Schema() string { return "plimsoll.fleet.retirement/1" }

// Check is Message.
func (r Retirement) Check() error {
	if !isHostToken(r.Host) {
		return fmt.Errorf("host %.60q: %w", r.Host, ErrToken)
	}
	return nil
}

// Done is the answer to what a person wanted done.
type Done struct {
	// What has been done, in words.
	Did []string `json:"did,omitempty"`
	// Refused says why not; what is in Did has been done all the same.
	Refused []string `json:"refused,omitempty"`
}

// Schema is Message.
func (Done) Schema() string { return "plimsoll.fleet.done/1" }

// Check is Message.
func (d Done) Check() error {
	if len(d.Did)+len(d.Refused) == 0 {
		return errors.New("neither done nor refused")
	}
	if err := checkReasons("did", d.Did); err != nil {
		return err
	}
	return checkReasons("refused", d.Refused)
}
