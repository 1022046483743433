package view

import (
	"time"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// Host is who we are. ID is derived from the machine id and is no secret; the machine id is.
type Host struct {
	ID     string            `json:"id"`
	Name   string            `json:"name"`
	BootID string            `json:"boot_id"`
	Fleet  string            `json:"fleet"`
	Labels map[string]string `json:"labels,omitempty"`
	Facts  Facts             `json:"facts"`
}

// Facts are the operating system's words about itself.
type Facts struct {
	Platform string `json:"platform,omitempty"` // "debian 12.9"
	Kernel   string `json:"kernel,omitempty"`
	Arch     string `json:"arch,omitempty"`
	Virtual  string `json:"virtualization,omitempty"`
}

// View is the agent's state at one moment.
type View struct {
	At         time.Time
	Started    time.Time
	Host       Host
	Mode       string // "observe" or "enforce"
	Version    string
	Assessment redundancy.Assessment
	Snapshot   redundancy.Snapshot
	Baseline   redundancy.Baseline
	History    []BaselineChange // of the baseline, the newest last, bounded
	Looks      []Looks          // sorted by source
	Outbox     Outbox
	Log        Log
	NATS       NATS
	Fleet      Fleet
	Events     map[string]uint64  // by type, since the agent started
	Recent     []redundancy.Event // the newest last, bounded
	Will       Will
	Shared     []SharedFault // what it sees under failure domains that it shares with others, sorted
}

// SharedFault is something that the host sees under a failure domain that it shares with others.
type SharedFault struct {
	Domain redundancy.ID
	Fault  string // "power.failed"
	Began  time.Time
}

// Will is what is to be done, what is not and why, and what is being done. Its times are the wall clock's.
type Will struct {
	Plan        actions.Plan
	Works       []actions.Work // under way
	Frozen      []string       // by whom and why; empty: not frozen
	Maintenance []actions.Maintenance
	Latched     time.Time // since when the daily cap holds everything; zero: it does not
	Moves       map[redundancy.ID]actions.Move
	Ended       []actions.Record // the newest actions that have ended, the newest last, bounded
	Signal      actions.Signal   // what is told to those who send this host work
	Counts      []Count          // actions since the agent started, by verb and how far they came, sorted
}

// Count is how many actions of one verb came so far: a phase, "in doubt" or "stuck".
type Count struct {
	Verb  actions.Verb
	Phase string
	N     uint64
}

// BaselineChange is one change of what the baseline knows of one group or lone component.
type BaselineChange struct {
	At    time.Time         `json:"at"`
	By    string            `json:"by"` // who accepted it; empty: it was learned
	Group redundancy.ID     `json:"group"`
	Gone  bool              `json:"gone,omitempty"` // accepted to be there no longer
	Known *redundancy.Known `json:"known"`          // from then on; null: it is gone
}

// Looks counts the looks at one source since the agent started.
type Looks struct {
	Source   string
	OK       uint64
	Failed   uint64
	Overdue  uint64
	Duration time.Duration // of the newest that came back
}

// Outbox is what waits to be published.
type Outbox struct {
	Pending int    // events that the stream has not acknowledged
	Dropped uint64 // progress events given up at the bound
	Durable bool   // whether events reach the log before they are published
}

// Log is how the log in the state directory fares.
type Log struct {
	ID      string // empty until it could be opened
	Problem string // why nothing can be made durable now; empty: it can
	Records uint64 // the newest sequence number
	Lost    uint64 // log lines that standard error did not take
}

// Fleet is how the host stands with its fleet.
type Fleet struct {
	Register   bool     // it is to be counted
	Registered bool     // it is
	Pools      []string // that count it
	Problem    string   // why it is not registered, or not in all its pools
	Trusted    bool     // it can ask for leave in these: what it remembers of their ledgers was read, and it is connected
	Arbiter    bool     // it is to answer for the fleet
	Answers    bool     // it does
	Silent     string   // why not
}

// NATS is how the connection to the fleet's servers fares.
type NATS struct {
	Configured bool
	Connected  bool
	URL        string // without credentials
	Problem    string
	Embedded   bool
}
