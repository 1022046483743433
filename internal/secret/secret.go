package secret

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ErrExposed is a file with a secret that others can read, or its group can write.
var ErrExposed = errors.New("readable by others")

// MaxSize bounds what is read: credentials and keys are a few kilobytes, and a wrong path may name something huge.
const MaxSize = 64 << 10

// exposedBits are the permissions that a file with a secret must not have: any for others, and writing for the group. The group
// may read it: that is how root gives a file to the service's user.
const exposedBits fs.FileMode = 0o027

// Error is a file that is refused as it is.
type Error struct {
	Path string
	Mode fs.FileMode
}

// Error says how it can be read.
func (e *Error) Error() string { return fmt.Sprintf("mode %04o: %v", e.Mode, ErrExposed) }

// Unwrap is [ErrExposed].
func (e *Error) Unwrap() error { return ErrExposed }

// Hint says what to do about it.
func (e *Error) Hint() string { return "chown root:plimsoll " + e.Path + " && chmod 0640 " + e.Path }

// Check is nil for a file that only its owner and group can read, an *[Error] for one that others can, and else why nobody can
// tell.
func Check(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return check(path, info)
}

func check(path string, info fs.FileInfo) error {
	if info.Mode().Perm()&exposedBits != 0 {
		return &Error{path, info.Mode().Perm()}
	}
	return nil
}

// Read is what is in the file, at most [MaxSize] of it. It is looked at through the file that is open, so it cannot be exchanged in
// between.
func Read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		err = check(path, info)
	}
	var text []byte
	if err == nil {
		text, err = io.ReadAll(io.LimitReader(f, MaxSize))
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	return text, nil
}
