package sysfs

import (
	"bytes"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// page bounds an attribute: the kernel hands out at most one page of it (docs.kernel.org/filesystems/sysfs.html).
const page = 4096

// Faults are read errors by absolute path, for tests: what lies at such a path answers with this error. Links are
// followed first, so a fault is named by where a file is, not by how it is reached.
type Faults map[string]syscall.Errno

// FS is a mount point. The zero value has none, and everything in it is absent.
type FS struct {
	root   string
	faults Faults
}

// New is the file system mounted at root. An empty root is the zero value.
func New(root string) FS {
	if root == "" {
		return FS{}
	}
	return FS{root: filepath.Clean(root)}
}

// WithFaults is f with read errors laid over it, for tests.
func (f FS) WithFaults(faults Faults) FS {
	f.faults = faults
	return f
}

// Live says whether f is the kernel's own sysfs, wherever it is mounted, and not a copy of its files.
func (f FS) Live() bool {
	var in unix.Statfs_t
	err := unix.Statfs(f.root, &in)
	return f.root != "" && err == nil && in.Type == unix.SYSFS_MAGIC
}

// Path is the path of a file in f, for people and as evidence.
func (f FS) Path(elem ...string) string {
	return filepath.Join(append([]string{f.root}, elem...)...)
}

// Read is the attribute at path, relative to the mount point, without surrounding white space and cut at one page. Errors
// are *fs.PathError; callers test for fs.ErrNotExist, fs.ErrPermission and errnos.
func (f FS) Read(path string) (string, error) {
	return f.here().Read(path)
}

// ReadAll is the whole text at path, relative to the mount point, for the tables of procfs, which are longer than a page. It
// is read to its end in as many calls as that takes, so it may hold lines of several moments; what goes on for longer than
// the limit is an error, since it is no table.
func (f FS) ReadAll(path string) (string, error) {
	d := f.here()
	if err := d.fault("read", path); err != nil {
		return "", err
	}
	fd, err := d.open(path)
	if err != nil {
		return "", &fs.PathError{Op: "open", Path: d.Path(path), Err: err}
	}
	text, err := readTable(fd)
	_ = unix.Close(fd) // opened for reading
	if err != nil {
		return "", &fs.PathError{Op: "read", Path: d.Path(path), Err: err}
	}
	return text, nil
}

// Names are the entries of the directory at path that begin with prefix, sorted.
func (f FS) Names(path, prefix string) ([]string, error) {
	d, err := f.Open(path)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.Names(prefix)
}

// Readlink is where the link at path points, as it is written.
func (f FS) Readlink(path string) (string, error) {
	return f.here().Readlink(path)
}

// Stat follows links and says which file is at path. A link to something that is gone is fs.ErrNotExist.
func (f FS) Stat(path string) (Ident, error) {
	return f.here().Stat(path)
}

// Open opens the directory at path. Reading through a Dir costs less than through the FS, and all that is read through it
// belongs to one incarnation of the directory: once the kernel has removed it, everything in it is absent, even when
// another has been made by the same name.
func (f FS) Open(path string) (*Dir, error) {
	full := f.Path(path)
	if err := f.fault("open", full); err != nil {
		return nil, err
	}
	if f.root == "" {
		return nil, &fs.PathError{Op: "open", Path: path, Err: unix.ENOENT}
	}
	for {
		fd, err := unix.Open(full, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, &fs.PathError{Op: "open", Path: full, Err: err}
		}
		return &Dir{fs: f, fd: fd, path: full}, nil
	}
}

// here is the mount point as a directory that needs no closing: paths below it are resolved from the root.
func (f FS) here() *Dir { return &Dir{fs: f, fd: unix.AT_FDCWD, path: f.root} }

// fault is the error laid over path, nil where there is none.
func (f FS) fault(op, path string) error {
	if len(f.faults) == 0 {
		return nil
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if errno, ok := f.faults[path]; ok {
		return &fs.PathError{Op: op, Path: path, Err: errno}
	}
	return nil
}

// Ident tells one incarnation of a file from the next by the same name: the kernel numbers what it makes.
type Ident struct{ Dev, Ino uint64 }

// readAttr reads what is left of fd, at most a page, with as few calls as it takes: one.
func readAttr(fd int) (string, error) {
	var buf [page]byte
	for {
		n, err := unix.Read(fd, buf[:])
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return "", err
		default:
			return trimmed(buf[:max(n, 0)]), nil
		}
	}
}

// table bounds what ReadAll takes: a host with ten thousand mounts has a table of a few MiB.
const table = 16 << 20

func readTable(fd int) (string, error) {
	var text []byte
	var buf [page]byte
	for len(text) <= table {
		n, err := unix.Read(fd, buf[:])
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return "", err
		case n <= 0:
			return string(text), nil
		default:
			text = append(text, buf[:n]...)
		}
	}
	return "", unix.EFBIG
}

func trimmed(value []byte) string { return string(bytes.TrimSpace(value)) }

// writeAttr writes value to fd in one call.
func writeAttr(fd int, value string) (int, error) {
	for {
		n, err := unix.Write(fd, []byte(value))
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}

// join is filepath.Join for a clean directory and a clean name, without its price.
func join(dir, name string) string {
	if strings.HasSuffix(dir, "/") {
		return dir + name
	}
	return dir + "/" + name
}
