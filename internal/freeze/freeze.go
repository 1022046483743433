package freeze

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// name is the file's, beside the agent's socket.
const name = "freeze"

// maxText is how much of it is read: a sentence, and far more.
const maxText = 512

// mode lets everybody read who froze the host and why.
const mode fs.FileMode = 0o644

// File is the path of a freeze file, whether or not it is there.
type File string

// Beside is the freeze file of the agent that listens at socket.
func Beside(socket string) File { return File(filepath.Join(filepath.Dir(socket), name)) }

// fleetSuffix is what the name of the fleet's file has behind it.
const fleetSuffix = ".fleet"

// Fleet is the file by which the agent keeps that its fleet wants the host still. It is apart from the host's own, so that
// neither ends the other.
func (f File) Fleet() File {
	if strings.HasSuffix(string(f), fleetSuffix) {
		return f
	}
	return f + fleetSuffix
}

// Why is by whom and why the host is frozen, by its own file or by its fleet's, on one line, and empty if it is not. That it
// cannot be told is an error, and as good as a freeze.
func (f File) Why() (string, error) {
	why, err := f.read()
	if why != "" || err != nil || f == f.Fleet() {
		return why, err
	}
	return f.Fleet().read()
}

func (f File) read() (string, error) {
	// What lies there may be anything: a pipe is not waited for, and nobody is led elsewhere. Neither is a clear "not there".
	file, err := os.OpenFile(string(f), os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(file, maxText))
	if err = errors.Join(err, file.Close()); err != nil {
		return "", err
	}
	if why := strings.Join(strings.Fields(strings.ToValidUTF8(string(text), "?")), " "); why != "" {
		return why, nil
	}
	return string(f) + " is there", nil
}

// Make makes the file, or puts a new one in its place, in one step: whoever looks finds all of it or none.
func (f File) Make(by, why string) error {
	file, err := os.CreateTemp(filepath.Dir(string(f)), "."+name+"-")
	if err != nil {
		return fmt.Errorf("freeze: %w", err)
	}
	text := by
	if why != "" {
		text += ": " + why
	}
	_, err = io.WriteString(file, text+"\n")
	if err = errors.Join(err, file.Chmod(mode), file.Close()); err == nil {
		err = os.Rename(file.Name(), string(f))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("freeze: %w", err), os.Remove(file.Name()))
	}
	return nil
}

// Remove removes it. That it is not there is no error.
func (f File) Remove() error {
	if err := os.Remove(string(f)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("thaw: %w", err)
	}
	return nil
}
