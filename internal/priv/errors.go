package priv

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// Reason is why a request was refused: what a caller decides on.
type Reason string

// The reasons. Each of them means that nothing was done.
const (
	ReasonMalformed  Reason = "malformed"   // not a request
	ReasonVersion    Reason = "version"     // a frame of another version
	ReasonVocabulary Reason = "vocabulary"  // no such verb, or not in this mode
	ReasonNotAllowed Reason = "not-allowed" // not listed in the configuration, or the configuration is wrong
	ReasonFrozen     Reason = "frozen"      // a person said stop
	ReasonLate       Reason = "late"        // past its deadline, of another boot, or of a deadline too far ahead
	ReasonRepeated   Reason = "repeated"    // the action's id was used before for something else
	ReasonUnderWay   Reason = "under-way"   // something is being done with the same thing already
	ReasonChanged    Reason = "changed"     // no longer as the agent saw it
	ReasonUnfit      Reason = "unfit"       // it cannot or must not be done to this thing as it is
	ReasonUnread     Reason = "unread"      // what has to be known first cannot be read
	ReasonAnew       Reason = "anew"        // not by this helper, which ends; the next may, so ask again
	ReasonMissing    Reason = "missing"     // a program that it takes is not installed
	ReasonBusy       Reason = "busy"        // more requests at once than there are places
)

// RefusedError is a request that the helper refused. Nothing was done.
type RefusedError struct {
	Reason Reason
	Text   string
	cause  error
}

// Refuse is a refusal with a text for people.
func Refuse(reason Reason, format string, args ...any) *RefusedError {
	err := fmt.Errorf(format, args...)
	return &RefusedError{Reason: reason, Text: err.Error(), cause: errors.Unwrap(err)}
}

func refused(reason Reason, doing string, cause error) *RefusedError {
	return Refuse(reason, "%s: %w", doing, cause)
}

// Error is the reason and the text.
func (e *RefusedError) Error() string { return fmt.Sprintf("refused (%s): %s", e.Reason, e.Text) }

// Unwrap is the cause, if the refusal was made here and has one.
func (e *RefusedError) Unwrap() error { return e.cause }

// Hint says what a person can do.
func (e *RefusedError) Hint() string {
	switch e.Reason {
	case ReasonVocabulary:
		return "verbs that change something exist in mode enforce only, and each part of the helper has its own; see docs/security.md"
	case ReasonNotAllowed:
		return "name it under helper in /etc/plimsoll/plimsoll.yaml, and check the file: plimsoll config check"
	case ReasonFrozen:
		return "a person stopped all actions: remove /run/plimsoll/freeze to allow them again"
	case ReasonVersion:
		return "plimsolld and plimsoll-priv are of different versions: restart both"
	case ReasonBusy, ReasonUnderWay:
		return "try again when it is done: journalctl -u plimsoll-priv"
	case ReasonMissing:
		return "install smartmontools"
	case ReasonMalformed, ReasonLate, ReasonRepeated, ReasonChanged, ReasonUnfit, ReasonUnread, ReasonAnew:
		return ""
	default:
		return ""
	}
}

// UnreachableError is a helper that could not be asked. Nothing was done.
type UnreachableError struct {
	Socket string
	Cause  error
}

// Error names the socket and the cause.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("ask the helper at %s: %v", e.Socket, e.Cause)
}

// Unwrap is the cause.
func (e *UnreachableError) Unwrap() error { return e.Cause }

// Hint says what a person can do.
func (e *UnreachableError) Hint() string {
	unit := strings.TrimSuffix(filepath.Base(e.Socket), ".sock")
	return fmt.Sprintf("see `systemctl status %[1]s.socket %[1]s.service`; it listens to the user plimsoll alone", unit)
}

// InDoubtError is a request that was sent and not answered: it may have been carried out, be under way, or never begin.
// Look; do not repeat it.
type InDoubtError struct {
	Verb  Verb
	Cause error
}

// Error says what is in doubt.
func (e *InDoubtError) Error() string {
	return fmt.Sprintf("%s is in doubt: the helper did not answer: %v", e.Verb, e.Cause)
}

// Unwrap is the cause.
func (e *InDoubtError) Unwrap() error { return e.Cause }
