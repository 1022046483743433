package agent

import (
	"slices"
	"time"

	"plimsoll/actions"
	"plimsoll/fleet"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// VolatileAfter is how long an event waits for the log before it is published from memory (the contract's second).
const VolatileAfter = time.Second

// RetryLog is how often a log that refuses records is tried again: what makes room in it is the stream's acknowledgement or
// a person, and both take longer.
const RetryLog = 10 * time.Second

// AsleepAfter is how late a step comes at the least if the whole agent did not run meanwhile. A busy host is late by less.
const AsleepAfter = 500 * time.Millisecond

// CursorEvery is how long a cursor waits before it is written to the log.
const CursorEvery = 5 * time.Second

// RecentEvents is how many events are kept in memory for `plimsoll events`, from before the start too; more are in the log.
const RecentEvents = 200

// State is all that the agent knows. The loop's goroutine owns it; what leaves it is copied or never changed again. It can
// be written as JSON, which is how a trace begins.
type State struct {
	Host       view.Host             `json:"host"`
	Started    time.Time             `json:"started"`
	BootAge    time.Duration         `json:"boot_age"` // of the boot's clock, when the agent started
	Rules      redundancy.Rules      `json:"rules"`
	Snapshot   redundancy.Snapshot   `json:"snapshot"`
	Assessment redundancy.Assessment `json:"assessment"`
	Looks      []view.Looks          `json:"looks"`
	Log        LogState              `json:"log"`
	Stream     StreamState           `json:"stream"`
	Counts     map[string]uint64     `json:"counts"` // events by type
	Recent     []redundancy.Event    `json:"recent"`
	Will       Will                  `json:"will"`
	Shares     []redundancy.ID       `json:"shares,omitempty"` // the failure domains that it shares with others, sorted
	Fleet      FleetNews             `json:"fleet,omitzero"`
	Deferred   []Deferred            `json:"deferred,omitempty"`
	Wall       time.Duration         `json:"wall"`
	History    []view.BaselineChange `json:"history,omitempty"` // of the baseline, the newest last
	Due        time.Time             `json:"due,omitzero"`      // when the step before asked to be woken
	Announced  bool                  `json:"announced"`         // agent.started is told
	Stopping   bool                  `json:"stopping"`

	assessor redundancy.Assessor // what it remembers follows from the rest
}

// LogState is what the step knows of the log.
type LogState struct {
	ID       string    `json:"id"`   // empty: not open yet
	Next     uint64    `json:"next"` // the sequence number of the next record
	Durable  uint64    `json:"durable"`
	Problem  string    `json:"problem"`
	Silent   bool      `json:"silent"`  // it refused records; nothing is appended until RetryAt
	Refusal  string    `json:"refusal"` // why it did, until it takes records again
	RetryAt  time.Time `json:"retry_at"`
	Volatile string    `json:"volatile"` // the log id of events published from memory
	Sent     uint64    `json:"sent"`     // the number of the newest of those
	Unlogged []Told    `json:"unlogged"` // those published before there was a log
	Waiting  []Waiting `json:"waiting"`  // events told and not yet durable, oldest first
	Stuck    bool      `json:"stuck"`    // something had to be published from memory and is not in the log yet
	Deadline time.Time `json:"deadline"` // until when the step waits for the log to open
}

// Waiting is an event on its way into the log.
type Waiting struct {
	Told  Told      `json:"told"`
	Seq   uint64    `json:"seq"` // 0: the log did not take it, and Told has the id of an event published from memory
	Since time.Time `json:"since"`
	As    string    `json:"as,omitempty"` // the id it was published under from memory
}

// StreamState is what the step knows of the stream.
type StreamState struct {
	Cursors   []fleet.Cursor `json:"cursors"` // newest last
	Connected bool           `json:"connected"`
	URL       string         `json:"url"`
	Problem   string         `json:"problem"`
	Dropped   uint64         `json:"dropped"`
	Local     bool           `json:"local"`   // there is no stream: nobody waits for events
	Pending   []uint64       `json:"pending"` // events in the log that the stream has not acknowledged
	KeepAt    time.Time      `json:"keep_at"` // when the newest cursor goes into the log; zero: it is there
}

// maxCursors is how many streams are remembered: the present one, and those before it in case a person brings one back.
const maxCursors = 4

// Setup is what a state begins with.
type Setup struct {
	Host     view.Host
	BootAge  time.Duration // the age of the boot's clock now
	Grace    time.Duration // the age of a boot up to which groups may still be on their way
	Rules    redundancy.Rules
	Sources  []redundancy.Source // names and how long each may be silent
	Volatile string              // a random log id for events published from memory
	Local    bool                // events stay on this host
	Policy   actions.Policy      // what may be done
	Observe  bool                // it is said, and nothing is done
	Shares   []redundancy.ID     // the failure domains that the host shares with others, sorted
	Patience time.Duration       // how long to wait for the log before starting without it
}

// NewState is the state of an agent that has just started and has not opened its log yet.
func NewState(now time.Time, s Setup) *State {
	st := &State{
		Host: s.Host, Started: now, BootAge: s.BootAge, Rules: s.Rules, Counts: map[string]uint64{},
		Log:    LogState{Volatile: s.Volatile, Deadline: now.Add(s.Patience)},
		Stream: StreamState{Local: s.Local},
		Will:   Will{Policy: s.Policy, Observe: s.Observe},
		Shares: s.Shares,
	}
	if s.BootAge < s.Grace {
		st.Rules.Booted = now.Add(s.Grace - s.BootAge)
	}
	for _, src := range s.Sources {
		src.Since = now
		st.Snapshot.Sources = append(st.Snapshot.Sources, src)
		st.Looks = append(st.Looks, view.Looks{Source: src.Name})
	}
	st.equip(s.Policy.Ways)
	slices.SortFunc(st.Snapshot.Sources, func(a, b redundancy.Source) int { return compare(a.Name, b.Name) })
	slices.SortFunc(st.Looks, func(a, b view.Looks) int { return compare(a.Source, b.Source) })
	return st
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

// Checkpoint is what a segment of the log begins with: all that records before it said.
type Checkpoint struct {
	Assessment redundancy.Assessment `json:"assessment"`
	Baseline   redundancy.Baseline   `json:"baseline"`
	History    []view.BaselineChange `json:"history,omitempty"` // of the baseline
	Cursors    []fleet.Cursor        `json:"cursors,omitempty"`
	Will       WillRecord            `json:"will"`
	Deferred   []Deferred            `json:"deferred,omitempty"`
}

func (st *State) checkpoint() Checkpoint {
	return Checkpoint{
		Assessment: bare(shifted(st.Assessment, st.Wall)), // the next process has another steady clock
		Baseline:   st.Rules.Baseline,
		History:    st.History,
		Cursors:    slices.Clone(st.Stream.Cursors),
		Will:       st.willRecord(),
		Deferred:   slices.Clone(st.Deferred),
	}
}

// bare is a without its evidence, which the records do not keep either: a checkpoint has to fit into the log's memory
// whatever the kernel says. It may change a's slices of groups and of lone components.
func bare(a redundancy.Assessment) redundancy.Assessment {
	for i := range a.Groups {
		g := &a.Groups[i].Group
		g.Evidence = nil
		g.Members, g.Warnings = slices.Clone(g.Members), slices.Clone(g.Warnings)
		for k := range g.Members {
			g.Members[k].Evidence = nil
		}
		for k := range g.Warnings {
			g.Warnings[k].Evidence = nil
		}
	}
	for i := range a.Components {
		c := &a.Components[i].Component
		c.Evidence, c.Warnings = nil, slices.Clone(c.Warnings)
		for k := range c.Warnings {
			c.Warnings[k].Evidence = nil
		}
	}
	return a
}

// acknowledged is how far the newest stream holds our log.
func (st *State) acknowledged() uint64 {
	if n := len(st.Stream.Cursors); n > 0 {
		return st.Stream.Cursors[n-1].Seq
	}
	return 0
}

// settled says that nothing told is still on its way: into the log, and, while there is a connection, to the stream.
func (st *State) settled() bool {
	return len(st.Log.Waiting) == 0 && (len(st.Stream.Pending) == 0 || !st.Stream.Connected)
}
