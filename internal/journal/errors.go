package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"
)

// Errors that a caller decides on.
var (
	// ErrFull: a bound is reached; see FullError.
	ErrFull = errors.New("journal full")
	// ErrClosed: the journal was closed.
	ErrClosed = errors.New("journal closed")
	// ErrLocked: another process has the log open.
	ErrLocked = errors.New("in use by another process")
	// ErrTooLarge: one record is above MaxRecordBytes or Config.MaxPending.
	ErrTooLarge = errors.New("record too large")
	// ErrVersion: the log was written by a newer version. It is left untouched.
	ErrVersion = errors.New("written by a newer version")
	// ErrVanished: the segment or its directory was removed or replaced.
	ErrVanished = errors.New("removed while in use")
)

// A Bound names what a FullError ran into.
type Bound int

// The bounds of a journal.
const (
	BoundUnknown Bound = iota
	BoundMemory        // Config.MaxPending
	BoundDisk          // Config.HardBytes
)

// String returns the bound's name.
func (b Bound) String() string {
	switch b {
	case BoundMemory:
		return "memory"
	case BoundDisk:
		return "disk"
	case BoundUnknown:
	}
	return "unknown"
}

// FullError says which bound refused a record. It is ErrFull to errors.Is.
type FullError struct {
	Kind  string // of the record refused
	Bound Bound
	Max   int64
}

// Error implements error.
func (e *FullError) Error() string {
	return fmt.Sprintf("append %s: %v: %d bytes in %s", e.Kind, ErrFull, e.Max, map[Bound]string{
		BoundMemory: "memory wait for the disk", BoundDisk: "the log are not released", BoundUnknown: "use",
	}[e.Bound])
}

// Unwrap returns ErrFull.
func (e *FullError) Unwrap() error { return ErrFull }

// Hint says what to do.
func (e *FullError) Hint() string {
	if e.Bound == BoundMemory {
		return "the disk of the state directory hangs or fails: see dmesg"
	}
	return "events wait to be acknowledged by NATS: restore the connection, or raise the journal's bound"
}

// DiskError is an operation on the log's files that failed.
type DiskError struct {
	Op   string // open, read, write, sync, rename, list, lock, create, remove
	Path string
	Err  error
}

// Error implements error: `write /var/lib/plimsoll/log/log-…: no space left on device`. The whole path: it is what a
// person has to mend, and which of several directories it is depends on the configuration.
func (e *DiskError) Error() string { return fmt.Sprintf("%s %s: %v", e.Op, e.Path, cause(e.Err)) }

// Unwrap returns the cause.
func (e *DiskError) Unwrap() error { return e.Err }

// Hint says what to do, "" if nothing is known to help.
func (e *DiskError) Hint() string {
	dir := filepath.Dir(e.Path)
	switch {
	case errors.Is(e.Err, ErrLocked):
		return "another plimsolld uses " + dir + ": stop it, or give this one its own --state"
	case errors.Is(e.Err, ErrVersion):
		return "install the newer version again, or move " + dir + " away"
	case errors.Is(e.Err, syscall.ENOSPC), errors.Is(e.Err, syscall.EDQUOT):
		return "free space on the file system of " + dir
	case errors.Is(e.Err, syscall.EROFS):
		return "the file system of " + dir + " is read-only: see dmesg, then mount it read-write"
	case errors.Is(e.Err, fs.ErrPermission):
		return "give " + dir + " to the user plimsoll, mode 0750"
	case errors.Is(e.Err, syscall.EIO):
		return "the disk under " + dir + " fails: see dmesg"
	}
	return ""
}

// UnsavedError says how many records were not durable when the journal closed.
type UnsavedError struct {
	Records int
	Err     error
}

// Error implements error.
func (e *UnsavedError) Error() string {
	return fmt.Sprintf("close journal: %d records not durable: %v", e.Records, e.Err)
}

// Unwrap returns the cause.
func (e *UnsavedError) Unwrap() error { return e.Err }

// cause strips what the standard library says about operation and path, which
// DiskError says in the house's form.
func cause(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}

func diskError(op, path string, err error) error {
	if err == nil {
		return nil
	}
	return &DiskError{Op: op, Path: path, Err: err}
}
