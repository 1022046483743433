package fleet

import (
	"errors"

	"plimsoll/fleet/wire"
)

// Errors that a caller decides on.
var (
	// ErrToken: a host's or fleet's name cannot stand in a subject.
	ErrToken = wire.ErrToken
	// ErrNoStream: the stream does not exist.
	ErrNoStream = errors.New("stream not found")
	// ErrOldServer: the server lacks what the delivery rests on.
	ErrOldServer = errors.New("server too old")
	// ErrForeign: another host publishes under this host's name.
	ErrForeign = errors.New("another host publishes under this name")
	// ErrNotEvent: bytes that are no event of ours.
	ErrNotEvent = errors.New("not a plimsoll event")
)

// HintError is an error for people: what is wrong, and what to do.
type HintError struct {
	Err  error
	Todo string
}

// Error says what is wrong.
func (e *HintError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *HintError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *HintError) Hint() string { return e.Todo }

func hint(err error, todo string) error { return &HintError{Err: err, Todo: todo} }
