package sysfs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"slices"

	"golang.org/x/sys/unix"
)

// Dir is an open directory. It belongs to one goroutine and must be closed.
type Dir struct {
	fs   FS
	fd   int
	path string // as it was opened, for evidence
}

// Path is the path of a file in d, for people and as evidence.
func (d *Dir) Path(name string) string { return join(d.path, name) }

// Close gives the directory back.
func (d *Dir) Close() {
	if d.fd != unix.AT_FDCWD {
		_ = unix.Close(d.fd) // nothing was written: there is nothing to lose and nothing to say
	}
}

// Read is the attribute name, which may lie deeper ("dev-sda/state"). See FS.Read.
func (d *Dir) Read(name string) (string, error) {
	if err := d.fault("read", name); err != nil {
		return "", err
	}
	fd, err := d.open(name)
	if err != nil {
		return "", &fs.PathError{Op: "open", Path: d.Path(name), Err: err}
	}
	value, err := readAttr(fd)
	_ = unix.Close(fd) // opened for reading
	if err != nil {
		return "", &fs.PathError{Op: "read", Path: d.Path(name), Err: err}
	}
	return value, nil
}

// open opens an attribute for reading. O_NONBLOCK keeps a FIFO or a device that a fixture or a stranger put there from
// stopping us; attributes ignore it.
func (d *Dir) open(name string) (int, error) {
	for {
		fd, err := unix.Openat(d.fd, d.at(name), unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		return fd, err
	}
}

// Stat follows links and says which file name is. A link to something that is gone is fs.ErrNotExist.
func (d *Dir) Stat(name string) (Ident, error) {
	if err := d.fault("stat", name); err != nil {
		return Ident{}, err
	}
	var st unix.Stat_t
	if err := unix.Fstatat(d.fd, d.at(name), &st, 0); err != nil {
		return Ident{}, &fs.PathError{Op: "stat", Path: d.Path(name), Err: err}
	}
	return Ident{Dev: uint64(st.Dev), Ino: st.Ino}, nil //nolint:unconvert // 32 bits on some architectures
}

// Readlink is where the link name points, as it is written.
func (d *Dir) Readlink(name string) (string, error) {
	if err := d.fault("readlink", name); err != nil {
		return "", err
	}
	var buf [page]byte
	n, err := unix.Readlinkat(d.fd, d.at(name), buf[:])
	if err != nil {
		return "", &fs.PathError{Op: "readlink", Path: d.Path(name), Err: err}
	}
	return string(buf[:n]), nil
}

// Names are the entries that begin with prefix, sorted.
func (d *Dir) Names(prefix string) ([]string, error) {
	if _, err := unix.Seek(d.fd, 0, 0); err != nil {
		return nil, &fs.PathError{Op: "list", Path: d.path, Err: err}
	}
	var names []string
	var buf [page]byte
	for {
		n, err := unix.ReadDirent(d.fd, buf[:])
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, &fs.PathError{Op: "list", Path: d.path, Err: err}
		}
		if n <= 0 {
			slices.Sort(names)
			return names, nil
		}
		names = appendNames(names, buf[:n], prefix)
	}
}

// appendNames takes the names that begin with prefix out of a buffer of struct linux_dirent64 (getdents64(2)): inode and
// offset of eight bytes each, length of two, type of one, the name with a zero at its end. unix.ParseDirent would
// allocate every name, and an array's directory holds forty that nobody asked for.
func appendNames(names []string, buf []byte, prefix string) []string {
	const lengthAt, nameAt = 16, 19
	for len(buf) > nameAt {
		length := int(binary.NativeEndian.Uint16(buf[lengthAt:]))
		if length <= nameAt || length > len(buf) {
			return names
		}
		name := buf[nameAt:length]
		if end := bytes.IndexByte(name, 0); end >= 0 {
			name = name[:end]
		}
		if bytes.HasPrefix(name, []byte(prefix)) && string(name) != "." && string(name) != ".." {
			names = append(names, string(name))
		}
		buf = buf[length:]
	}
	return names
}

// at is name as the system calls want it: relative to the directory, or in full where no directory is open.
func (d *Dir) at(name string) string {
	if d.fd == unix.AT_FDCWD {
		return d.Path(name)
	}
	return name
}

// fault is the error laid over name. A mount point that is not set holds nothing.
func (d *Dir) fault(op, name string) error {
	if d.fs.root == "" {
		return &fs.PathError{Op: op, Path: name, Err: unix.ENOENT}
	}
	if len(d.fs.faults) == 0 {
		return nil
	}
	return d.fs.fault(op, d.Path(name))
}
