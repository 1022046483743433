package sysfs

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

// keepFiles bounds the attributes that a Keeper holds open. Each costs the kernel a page for as long as it is open; what is
// over the bound is opened for every read.
const keepFiles = 768

// Keeper opens directories and keeps them, and the attributes that were read in them, from one look to the next: an attribute
// that is read again costs one call instead of three. It belongs to one goroutine at a time. An open attribute keeps nothing
// in the kernel alive: once what it belongs to is gone, reading it fails (kernfs), and it is looked for anew by its name.
//
// Only sysfs is kept open: a file elsewhere, a fixture's, may be replaced by another one of its name.
type Keeper struct {
	fs   FS
	dirs map[string]*Dir // by path, as it was asked for
	open int             // attributes that are held open
}

// NewKeeper keeps directories of f.
func NewKeeper(f FS) *Keeper { return &Keeper{fs: f, dirs: map[string]*Dir{}} }

// Open is FS.Open. What it gives is closed by Dir.Close as ever, which leaves open what is kept.
func (k *Keeper) Open(path string) (*Dir, error) {
	is, err := k.fs.Stat(path)
	if d, kept := k.dirs[path]; kept {
		if err == nil && d.is == is {
			return d, nil
		}
		k.drop(path)
	}
	if err != nil {
		return nil, err
	}
	d, err := k.fs.Open(path)
	if err != nil {
		return nil, err
	}
	var in unix.Statfs_t
	if err := unix.Fstatfs(d.fd, &in); err != nil || in.Type != unix.SYSFS_MAGIC {
		return d, nil //nolint:nilerr // it can be read all the same
	}
	if opened, err := d.Stat("."); err != nil || opened != is {
		return d, nil //nolint:nilerr // another has taken its place meanwhile: it is kept when it stays
	}
	d.keeper, d.is, d.files = k, is, map[string]int{}
	k.dirs[path] = d
	return d, nil
}

// Keep lets go of all directories but those.
func (k *Keeper) Keep(those func(path string) bool) {
	for path := range k.dirs {
		if !those(path) {
			k.drop(path)
		}
	}
}

// Close lets go of all.
func (k *Keeper) Close() { k.Keep(func(string) bool { return false }) }

func (k *Keeper) drop(path string) {
	d := k.dirs[path]
	delete(k.dirs, path)
	for name := range d.files {
		d.forget(name)
	}
	_ = unix.Close(d.fd) // nothing was written
}

// forget closes a kept attribute.
func (d *Dir) forget(name string) {
	_ = unix.Close(d.files[name]) // opened for reading
	delete(d.files, name)
	d.keeper.open--
}

// readKept reads an attribute that is open, or opens it for good. Where the open one can't be read any more, its name may
// stand for another by now.
func (d *Dir) readKept(name string) (string, error) {
	if fd, kept := d.files[name]; kept {
		value, err := readAttrAt(fd)
		if err == nil {
			return value, nil
		}
		d.forget(name)
	}
	fd, err := d.open(name)
	if err != nil {
		return "", &fs.PathError{Op: "open", Path: d.Path(name), Err: err}
	}
	value, err := readAttrAt(fd)
	if err != nil {
		_ = unix.Close(fd)
		return "", &fs.PathError{Op: "read", Path: d.Path(name), Err: err}
	}
	if d.keeper.open >= keepFiles {
		_ = unix.Close(fd)
		return value, nil
	}
	d.files[name] = fd
	d.keeper.open++
	return value, nil
}

// readAttrAt reads an attribute from its beginning, which makes the kernel say it anew.
func readAttrAt(fd int) (string, error) {
	var buf [page]byte
	for {
		n, err := unix.Pread(fd, buf[:], 0)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return "", err
		default:
			return trimmed(buf[:max(n, 0)]), nil
		}
	}
}
