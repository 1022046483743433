package view

import (
	"time"

	"plimsoll/fleet/correlate"
	"plimsoll/fleet/ledger"
	"plimsoll/fleet/wire"
	"plimsoll/redundancy"
)

// Overview is what an arbiter knows of its fleet at one moment, all of it from memory.
type Overview struct {
	At      time.Time // when it last judged, connected to the fleet; zero: it never has
	Since   time.Time // since when it hears hosts: silence from before tells nothing
	Fleet   string
	Arbiter string // the name of its host
	Version string
	Answers bool
	Problem string             // why it does not answer
	Hosts   []wire.HostRow     // by token, retired ones too
	Pools   []Pool             // by name
	Cases   []Case             // what somebody sees under a failure domain, or what was found there, by domain and fault
	Deeds   []Deed             // what ledgers were last written for, the newest last, bounded
	Told    []redundancy.Event // what was last told of the fleet, the newest last, bounded
}

// Pool is a pool's ledger, as the store had it last.
type Pool struct {
	Ledger   ledger.Ledger
	Revision uint64
}

// Case is a fault in a failure domain, and what it is now.
type Case struct {
	correlate.Case

	Verdict  correlate.Verdict
	Incident uint64 // how often it was found
}

// Deed is what one revision of a pool's ledger was written for.
type Deed struct {
	Pool string
	wire.Decision
}
