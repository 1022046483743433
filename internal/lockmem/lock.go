package lockmem

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// ErrLimit says that the process may not lock as much as it asked for. What was locked before stays locked.
var ErrLimit = errors.New("over the limit of locked memory")

// limit is ErrLimit with the number that would do.
type limit struct {
	cause error
	want  uint64
}

func (l limit) Error() string   { return fmt.Sprintf("%v: %v", ErrLimit, l.cause) }
func (l limit) Unwrap() []error { return []error{ErrLimit, l.cause} }

// Hint says what to set in the unit.
func (l limit) Hint() string {
	const mib = 1 << 20
	return fmt.Sprintf("set LimitMEMLOCK=%dM (or infinity) in the service's unit, or give it CAP_IPC_LOCK; "+
		"without it the agent works and may stop when the disk it was installed on does", l.want/mib+1)
}

// Program locks every mapping of a file in this process, and brings its pages in. It returns the bytes that are locked now;
// together with an error these are fewer than all. The error is ErrLimit where the limit of locked memory is too low, and
// then has a Hint. procfs is where this host's procfs is mounted, usually /proc; a captured one tells of another process.
func Program(procfs string) (locked uint64, err error) {
	path := filepath.Join(procfs, "self", "maps")
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("lock program: %w", err)
	}
	mappings, err := Parse(text)
	if err != nil {
		return 0, fmt.Errorf("lock program: %s: %w", path, err)
	}
	return lock(mappings, mlock)
}

// lock locks what is backed by files, text before data and small before large, so that a limit that is too low is used for
// what matters most.
func lock(mappings []Mapping, mlock func(Mapping) error) (locked uint64, err error) {
	files := slices.DeleteFunc(slices.Clone(mappings), func(m Mapping) bool { return !m.FromFile() })
	slices.SortStableFunc(files, func(a, b Mapping) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Size(), b.Size()))
	})
	var want uint64
	var errs []error
	refused := false
	for _, m := range files {
		want += m.Size()
		switch err := mlock(m); {
		case err == nil:
			locked += m.Size()
		case errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOMEM):
			refused = true
		default:
			errs = append(errs, fmt.Errorf("lock %s at %x: %w", m.Path, m.Start, err))
		}
	}
	if refused {
		cause := fmt.Errorf("%d of %d bytes locked", locked, want)
		errs = append(errs, fmt.Errorf("lock program: %w", limit{cause, want}))
	}
	return locked, errors.Join(errs...)
}

func rank(m Mapping) int {
	switch m.Perms[:3] {
	case "r-x":
		return 0
	case "r--":
		return 1
	default:
		return 2
	}
}

// mlock goes by address: the memory belongs to the program itself, and is no slice of anything.
func mlock(m Mapping) error {
	_, _, errno := unix.Syscall(unix.SYS_MLOCK, uintptr(m.Start), uintptr(m.Size()), 0)
	if errno != 0 {
		return errno
	}
	return nil
}
