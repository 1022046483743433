package journal

import "io"

// FS is what the journal asks of a file system. Any call may fail, and any may
// never return. The host's implementation is used unless Config.FS says
// otherwise; xtest has one in memory that crashes, fails and hangs on demand.
type FS interface {
	// MkdirAll makes dir and what is missing above it, durably.
	MkdirAll(dir string) error
	// Lock opens name, made if need be, and takes it for this process alone
	// until it is closed. ErrLocked if another has it.
	Lock(name string) (File, error)
	// Create opens name for writing, empty.
	Create(name string) (File, error)
	// Open opens name for reading.
	Open(name string) (File, error)
	// Extend opens an existing name for writing.
	Extend(name string) (File, error)
	// Rename gives the file named from the name to, in place of what had it.
	Rename(from, to string) error
	// Remove removes name.
	Remove(name string) error
	// ReadDir lists the names in dir.
	ReadDir(dir string) ([]string, error)
	// SyncDir makes the names in dir durable.
	SyncDir(dir string) error
}

// File is an open file of an FS.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Sync makes what was written durable.
	Sync() error
	// Forget drops cached pages, so that the next read asks the disk.
	Forget() error
	// Size returns the length.
	Size() (int64, error)
	// Is tells whether name still names this file.
	Is(name string) (bool, error)
}
