package fact

import (
	"errors"
	"io/fs"
	"syscall"

	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

// Of is one attribute: what it says, or why that is not known.
type Of[T any] struct {
	Where string // its path
	Raw   string // as the kernel spells it
	Value T      // meaningful only where Err is nil
	Err   error  // why it could not be read, or makes no sense
}

// Read reads an attribute and has parse make sense of it.
func Read[T any](dir *sysfs.Dir, name string, parse func(string) (T, error)) Of[T] {
	raw, err := dir.Read(name)
	f := Of[T]{Where: dir.Path(name), Raw: raw, Err: err}
	if err == nil {
		f.Value, f.Err = parse(raw)
	}
	return f
}

// Known says whether the attribute could be read and understood.
func (f Of[T]) Known() bool { return f.Err == nil }

// Missing says whether the kernel has no such attribute here: what it is of needs none, or the kernel is too old.
func (f Of[T]) Missing() bool { return errors.Is(f.Err, fs.ErrNotExist) }

// Evidence is where the fact comes from and what was there.
func (f Of[T]) Evidence() redundancy.Evidence {
	if f.Err == nil {
		return redundancy.Evidence{Where: f.Where, Value: f.Raw}
	}
	return redundancy.Evidence{Where: f.Where, Err: Cause(f.Err)}
}

// Cause is err without the operation and path that evidence names already.
func Cause(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

// Gone says whether err means that what was read has left: the file is no more, or the driver says that its device isn't.
func Gone(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENODEV) }
