package sysfs

import (
	"bytes"
	"cmp"
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

	keeper *Keeper        // nil: nobody keeps it
	is     Ident          // which directory is kept
	files  map[string]int // the attributes kept open, by name
}

// Path is the path of a file in d, for people and as evidence.
func (d *Dir) Path(name string) string { return join(d.path, name) }

// Close gives the directory back.
func (d *Dir) Close() {
	if d.keeper == nil && d.fd != unix.AT_FDCWD {
		_ = unix.Close(d.fd) // nothing was written: there is nothing to lose and nothing to say
	}
}

// Read is the attribute name, which may lie deeper ("dev-sda/state"). See FS.Read.
func (d *Dir) Read(name string) (string, error) {
	if err := d.fault("read", name); err != nil {
		return "", err
	}
	if d.keeper != nil {
		return d.readKept(name)
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

// open opens an attribute for reading.
func (d *Dir) open(name string) (int, error) { return d.openat(name, unix.O_RDONLY) }

// openat opens an attribute. O_NONBLOCK keeps a FIFO or a device that a fixture or a stranger put there from stopping us;
// attributes ignore it.
func (d *Dir) openat(name string, how int) (int, error) {
	for {
		fd, err := unix.Openat(d.fd, d.at(name), how|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		return fd, err
	}
}

// Write writes value to the attribute name in one write, as the kernel wants it. What came of it is for a look to say: an
// error does not mean that nothing happened, and none does not mean that something did. Only what acts calls it.
func (d *Dir) Write(name, value string) error {
	if err := d.fault("write", name); err != nil {
		return err
	}
	fd, err := d.openat(name, unix.O_WRONLY)
	if err != nil {
		return &fs.PathError{Op: "open", Path: d.Path(name), Err: err}
	}
	n, err := writeAttr(fd, value)
	_ = unix.Close(fd) // an attribute has taken the value, or refused it, when write returns
	if err != nil {
		return &fs.PathError{Op: "write", Path: d.Path(name), Err: err}
	}
	if n != len(value) {
		return &fs.PathError{Op: "write", Path: d.Path(name), Err: unix.EIO}
	}
	return nil
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

// Ident says which directory d is.
func (d *Dir) Ident() (Ident, error) {
	if d.keeper != nil {
		return d.is, nil // looked at when it was opened
	}
	return d.Stat(".")
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
	if err := d.rewind(); err != nil {
		return nil, err
	}
	var names []string
	var buf [page]byte
	for {
		n, err := d.next(buf[:])
		if err != nil {
			return nil, err
		}
		if n == 0 {
			slices.Sort(names)
			return names, nil
		}
		for rest := buf[:n]; len(rest) > 0; {
			var name []byte
			if name, _, rest = entry(rest); bytes.HasPrefix(name, []byte(prefix)) && listed(name) {
				names = append(names, string(name))
			}
		}
	}
}

// Entry is a name in a directory, and the inode that it stands for: a link's own, not that of where it leads. The kernel makes
// the link of a class anew with each device, so the inode tells one device from the next by the same name without a call for
// each.
type Entry struct {
	Name string
	Ino  uint64
}

// Entries are all entries, sorted by name.
func (d *Dir) Entries() ([]Entry, error) {
	if err := d.rewind(); err != nil {
		return nil, err
	}
	var entries []Entry
	var buf [page]byte
	for {
		n, err := d.next(buf[:])
		if err != nil {
			return nil, err
		}
		if n == 0 {
			slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Name, b.Name) })
			return entries, nil
		}
		for rest := buf[:n]; len(rest) > 0; {
			var name []byte
			var ino uint64
			if name, ino, rest = entry(rest); listed(name) {
				entries = append(entries, Entry{Name: string(name), Ino: ino})
			}
		}
	}
}

func (d *Dir) rewind() error {
	if _, err := unix.Seek(d.fd, 0, 0); err != nil {
		return &fs.PathError{Op: "list", Path: d.path, Err: err}
	}
	return nil
}

// next fills buf with the entries that follow, and says how much of it; 0 at the end.
func (d *Dir) next(buf []byte) (int, error) {
	for {
		n, err := unix.ReadDirent(d.fd, buf)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return 0, &fs.PathError{Op: "list", Path: d.path, Err: err}
		}
		return max(n, 0), nil
	}
}

// entry takes the first entry out of a buffer of struct linux_dirent64 (getdents64(2)): inode and offset of eight bytes each,
// length of two, type of one, the name with a zero at its end. unix.ParseDirent would allocate every name, and an array's
// directory holds forty that nobody asked for.
func entry(buf []byte) (name []byte, ino uint64, rest []byte) {
	const lengthAt, nameAt = 16, 19
	if len(buf) <= nameAt {
		return nil, 0, nil
	}
	length := int(binary.NativeEndian.Uint16(buf[lengthAt:]))
	if length <= nameAt || length > len(buf) {
		return nil, 0, nil
	}
	name = buf[nameAt:length]
	if end := bytes.IndexByte(name, 0); end >= 0 {
		name = name[:end]
	}
	return name, binary.NativeEndian.Uint64(buf), buf[length:]
}

// listed says whether a name is one of a directory's own entries.
func listed(name []byte) bool {
	return len(name) > 0 && string(name) != "." && string(name) != ".."
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
