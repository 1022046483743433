package agent

import (
	"time"

	"plimsoll/actions"
	"plimsoll/fleet"
	"plimsoll/redundancy"
)

// Input is one thing that came in. At is steady time: the wall clock when the agent started plus what has passed since, so
// that a wall clock that is set does not make looks old. Exactly one of the pointers is set; none is a tick.
type Input struct {
	At       time.Time      `json:"at"`
	Wall     time.Duration  `json:"wall,omitempty"` // what to add to At for the wall clock
	Look     *Look          `json:"look,omitempty"`
	Log      *LogNews       `json:"log,omitempty"`
	Opened   *Opened        `json:"opened,omitempty"`
	Stream   *StreamNews    `json:"stream,omitempty"`
	Accept   *Accept        `json:"accept,omitempty"`
	Order    *actions.Order `json:"order,omitempty"`
	Deed     *actions.Input `json:"deed,omitempty"` // what became of an effect of the engine
	Frozen   *Frozen        `json:"frozen,omitempty"`
	Pools    *Pools         `json:"pools,omitempty"`
	Fleet    *FleetNews     `json:"fleet,omitempty"`
	Leaving  *bool          `json:"leaving,omitempty"` // whether the host is going down
	Settings *Settings      `json:"settings,omitempty"`
	Stopping bool           `json:"stopping,omitempty"`
}

// Accept is a person's word that these groups, or all if none is named, are meant to be as they are.
type Accept struct {
	Groups []redundancy.ID `json:"groups,omitempty"`
	By     string          `json:"by"` // who, as the socket knows them: "uid 0"
}

// Frozen is whether, and by whom and why, nothing may be done.
type Frozen struct {
	Why []string `json:"why,omitempty"` // empty: it may
}

// Pools are those that count this host, each with why leave of it can't be asked for now; empty: it can.
type Pools struct {
	Asks map[string]string `json:"asks,omitempty"`
}

// Look is the end of one look at a source, or the news that it has not come back in time.
type Look struct {
	Source string    `json:"source"`
	Began  time.Time `json:"began"`
	Ended  time.Time `json:"ended,omitzero"`
	// Observation is nil where it is the same as that of the look before (the trace leaves it out).
	Observation *redundancy.Observation `json:"observation,omitempty"`
	Same        bool                    `json:"same,omitempty"`
	Err         string                  `json:"err,omitempty"`
	Overdue     bool                    `json:"overdue,omitempty"`
}

// LogNews is what the log says of itself: everything through Durable is safe; Problem is why nothing more can be written,
// empty when it can.
type LogNews struct {
	Durable uint64 `json:"durable,omitempty"`
	Problem string `json:"problem,omitempty"`
	Refused uint64 `json:"refused,omitempty"` // the first record that the log did not take at all
	Full    bool   `json:"full,omitempty"`    // a new segment wants a checkpoint
}

// Opened is the log, read: who we were before.
type Opened struct {
	LogID   string     `json:"log_id"`
	Next    uint64     `json:"next"` // the number that the next record gets
	Before  Checkpoint `json:"before"`
	Pending []uint64   `json:"pending,omitempty"` // events that the newest cursor does not cover
	// Recent are the newest events of the log, in its order, by the names that the stream knows.
	Recent   []redundancy.Event `json:"recent,omitempty"`
	Repaired []string           `json:"repaired,omitempty"`
	Corrupt  []string           `json:"corrupt,omitempty"`
}

// StreamNews is what the publisher says: what the stream holds, and how the connection fares.
type StreamNews struct {
	Cursor    *fleet.Cursor `json:"cursor,omitempty"`
	Taken     time.Time     `json:"taken,omitzero"` // when the stream's newest acknowledgement came; zero: none has
	Connected *bool         `json:"connected,omitempty"`
	URL       string        `json:"url,omitempty"`
	Problem   string        `json:"problem,omitempty"`
	Dropped   uint64        `json:"dropped,omitempty"`
}
