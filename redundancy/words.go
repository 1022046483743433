package redundancy

import (
	"fmt"
	"slices"
)

// Tristate is an answer that may be missing. The zero value is Unread.
type Tristate uint8

// The three answers.
const (
	Unread Tristate = iota
	Yes
	No
)

// State is what a component is doing [Redfish Status.State].
type State uint8

// The states. A need counts members that are Enabled or Standby; StateUnknown is doubtful; all others do not work.
const (
	StateUnknown State = iota
	Enabled
	Standby
	Spare
	Recovering
	Disabled
	Absent
)

// Health is how a component fares [Redfish Status.Health].
type Health uint8

// The healths. Warning means predicted to fail.
const (
	HealthUnknown Health = iota
	OK
	HealthWarning
	Critical
)

// Status is the verdict on a group [CIM RedundancyStatus].
type Status uint8

// The statuses: FullyRedundant; Degraded, some margin left; Lost, margin 0, the next failure is an outage; Failed, not
// serving; NotRedundant, never had a margin; StatusUnknown, see the verdict's worst and best.
const (
	StatusUnknown Status = iota
	FullyRedundant
	Degraded
	Lost
	Failed
	NotRedundant
)

// Type is how the members share the work [Redfish RedundancyType].
type Type uint8

// The types.
const (
	TypeUnknown Type = iota
	NPlusM
	Failover
	Sharing
	Sparing
	TypeNotRedundant
)

// Doubt is why a member that seems to work is not surely good.
type Doubt uint8

// The doubts. DoubtUnread: its source could not say. DoubtStale: its source has said nothing for too long. DoubtPredicted:
// it is expected to fail. DoubtSilent: a path that answered before does not answer now.
const (
	DoubtUnknown Doubt = iota
	DoubtUnread
	DoubtStale
	DoubtPredicted
	DoubtSilent
)

// Severity is how much an event matters to a person: info, warning, critical.
type Severity uint8

// The severities.
const (
	SeverityUnknown Severity = iota
	SeverityInfo
	SeverityWarning
	SeverityCritical
)

// Cover is what stands between a use and the next failure.
type Cover uint8

// The covers: Covered, every way down ends in a group that has a margin; Unprotected, one ends in hardware that nothing
// covers for; NotUnderstood, one ends where nobody can tell.
const (
	CoverUnknown Cover = iota
	Covered
	Unprotected
	NotUnderstood
)

var (
	coverWords    = []string{"unknown", "covered", "unprotected", "not understood"}
	tristateWords = []string{"unread", "yes", "no"}
	stateWords    = []string{"Unknown", "Enabled", "Standby", "Spare", "Recovering", "Disabled", "Absent"}
	healthWords   = []string{"Unknown", "OK", "Warning", "Critical"}
	statusWords   = []string{"Unknown", "FullyRedundant", "Degraded", "Lost", "Failed", "NotRedundant"}
	typeWords     = []string{"Unknown", "NPlusM", "Failover", "Sharing", "Sparing", "NotRedundant"}
	doubtWords    = []string{"unknown", "unread", "stale", "predicted", "silent"}
	severityWords = []string{"unknown", "info", "warning", "critical"}
)

func word[T ~uint8](words []string, v T) string {
	if int(v) < len(words) {
		return words[v]
	}
	return fmt.Sprintf("#%d", uint8(v))
}

func parseWord[T ~uint8](words []string, what string, text []byte, v *T) error {
	i := slices.Index(words, string(text))
	if i < 0 {
		return fmt.Errorf("parse %s %q: want one of %q", what, text, words)
	}
	*v = T(i)
	return nil
}

// String is the word used in JSON, logs and metrics.
func (v Tristate) String() string { return word(tristateWords, v) }

// MarshalText writes the word.
func (v Tristate) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads the word; an unknown one is an error that lists those known.
func (v *Tristate) UnmarshalText(b []byte) error { return parseWord(tristateWords, "tristate", b, v) }

// String is the word used in JSON, logs and metrics.
func (v State) String() string { return word(stateWords, v) }

// MarshalText writes the word.
func (v State) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads the word; an unknown one is an error that lists those known.
func (v *State) UnmarshalText(b []byte) error { return parseWord(stateWords, "state", b, v) }

// String is the word used in JSON, logs and metrics.
func (v Health) String() string { return word(healthWords, v) }

// MarshalText writes the word.
func (v Health) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads the word; an unknown one is an error that lists those known.
func (v *Health) UnmarshalText(b []byte) error { return parseWord(healthWords, "health", b, v) }

// String is the word used in JSON, logs and metrics.
func (v Status) String() string { return word(statusWords, v) }

// MarshalText writes the word.
func (v Status) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads the word; an unknown one is an error that lists those known.
func (v *Status) UnmarshalText(b []byte) error { return parseWord(statusWords, "status", b, v) }

// String is the word used in JSON, logs and metrics.
func (v Type) String() string { return word(typeWords, v) }

// MarshalText writes the word.
func (v Type) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads the word; an unknown one is an error that lists those known.
func (v *Type) UnmarshalText(b []byte) error { return parseWord(typeWords, "type", b, v) }

// String is the word used in JSON, logs and metrics.
func (v Doubt) String() string { return word(doubtWords, v) }

// MarshalText writes the word.
func (v Doubt) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads the word; an unknown one is an error that lists those known.
func (v *Doubt) UnmarshalText(b []byte) error { return parseWord(doubtWords, "doubt", b, v) }

// String is the word used in JSON, logs and metrics.
func (v Cover) String() string { return word(coverWords, v) }

// MarshalText writes the word.
func (v Cover) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads the word; an unknown one is an error that lists those known.
func (v *Cover) UnmarshalText(b []byte) error { return parseWord(coverWords, "cover", b, v) }

// String is the word used in JSON, logs and metrics.
func (v Severity) String() string { return word(severityWords, v) }

// MarshalText writes the word.
func (v Severity) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads the word; an unknown one is an error that lists those known.
func (v *Severity) UnmarshalText(b []byte) error { return parseWord(severityWords, "severity", b, v) }

// Statuses are all statuses, for state sets in metrics and for schemas.
func Statuses() []Status {
	return []Status{StatusUnknown, FullyRedundant, Degraded, Lost, Failed, NotRedundant}
}

// States are all component states, for state sets in metrics and for schemas.
func States() []State {
	return []State{StateUnknown, Enabled, Standby, Spare, Recovering, Disabled, Absent}
}

// Healths are all component healths, for state sets in metrics and for schemas.
func Healths() []Health { return []Health{HealthUnknown, OK, HealthWarning, Critical} }
