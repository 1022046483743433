package actions

import (
	"time"

	"plimsoll/redundancy"
)

// Phase is how far an action has come. Each phase is durable in the log before the step that it names.
type Phase string

// The phases, in their order; Done, Failed and Abandoned are ends, and an action has one. Intended: wanted, nothing is done. Granted:
// the fleet has given leave, where the action reaches others. Started: from here on it may have been done; without an end it
// is in doubt. Done, Failed: what a look found afterwards. Abandoned: it has surely not been done.
const (
	Intended  Phase = "intended"
	Granted   Phase = "granted"
	Started   Phase = "started"
	Done      Phase = "done"
	Failed    Phase = "failed"
	Abandoned Phase = "abandoned"
	// Freed follows an end where there was a fleet to ask: the leave has been given back.
	Freed Phase = "freed"
	// Released is the record of a person who lets the host act again after its daily cap.
	Released Phase = "released"
)

// Ends says whether nothing follows p.
func (p Phase) Ends() bool { return p == Done || p == Failed || p == Abandoned }

// Record is one line of the log about one action.
type Record struct {
	Phase  Phase     `json:"phase"`
	At     time.Time `json:"at"`
	Action Action    `json:"action"`
	// Boot is the boot during which this was written: what a helper was asked to do before another boot, it no longer does.
	Boot     string                `json:"boot,omitempty"`
	Token    uint64                `json:"token,omitempty"` // of the grant
	Why      string                `json:"why,omitempty"`   // of an end
	Evidence []redundancy.Evidence `json:"evidence,omitempty"`
}
