package actions

import (
	"slices"
	"time"

	"plimsoll/redundancy"
)

// Fault is something that went wrong with a member or a whole group, and lasts or has passed.
type Fault struct {
	Member redundancy.ID `json:"member,omitempty"` // empty: the group as a whole
	Level  string        `json:"level"`            // one of Levels
	Began  time.Time     `json:"began"`
	Ended  time.Time     `json:"ended,omitzero"` // zero: it stands
	Event  string        `json:"event"`          // id of the event that told of it
}

// stands says whether f lasts.
func (f Fault) stands() bool { return f.Ended.IsZero() }

// memberLevel is what is wrong with a member; empty: nothing. A path that has fallen silent has failed, whatever its link
// says; a spare that waits and a member on its way back have not.
func memberLevel(state redundancy.State, health redundancy.Health, doubts []redundancy.Doubt) string {
	switch state {
	case redundancy.Absent:
		return redundancy.ComponentMissing
	case redundancy.Disabled:
		return redundancy.ComponentFailed
	case redundancy.Spare, redundancy.Recovering:
		return ""
	case redundancy.Enabled, redundancy.Standby, redundancy.StateUnknown:
	}
	switch {
	case health == redundancy.Critical, slices.Contains(doubts, redundancy.DoubtSilent):
		return redundancy.ComponentFailed
	case slices.Contains(doubts, redundancy.DoubtPredicted):
		return redundancy.ComponentPredicted
	}
	return ""
}

// statusLevel is what is wrong with a group as a whole; empty: nothing, or nobody knows.
func statusLevel(s redundancy.Status) string {
	switch s {
	case redundancy.Degraded:
		return redundancy.RedundancyDegraded
	case redundancy.Lost:
		return redundancy.RedundancyLost
	case redundancy.Failed:
		return redundancy.RedundancyFailed
	case redundancy.FullyRedundant, redundancy.NotRedundant, redundancy.StatusUnknown:
	}
	return ""
}

// levelHolds says whether what the event tells of is so in g now.
func levelHolds(g *redundancy.Assessed, level string) bool {
	if statusLevel(g.Verdict.Status) == level {
		return true
	}
	for i := range g.Group.Members {
		c := &g.Group.Members[i]
		if memberLevel(c.State, c.Health, c.Doubts) == level {
			return true
		}
	}
	return false
}

// maxFaults is how many faults are kept of one group, the newest: far more than a threshold can ask for, and little enough
// to keep for a thousand groups.
const maxFaults = 32

// noted is faults with what an event told of a member, or of the group as a whole: its level is level from then on. It may
// change faults.
func noted(faults []Fault, member redundancy.ID, level string, e redundancy.Event) []Fault {
	known := false
	for i := range faults {
		switch f := &faults[i]; {
		case f.Member != member || !f.stands():
		case f.Level == level:
			known = true
		default:
			f.Ended = e.Time
		}
	}
	if level != "" && !known {
		faults = append(faults, Fault{Member: member, Level: level, Began: e.Time, Event: e.ID})
	}
	return faults[max(0, len(faults)-maxFaults):]
}
