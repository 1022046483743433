package xtest

import (
	"errors"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"plimsoll/internal/journal"
)

// ErrDead is what a crashed disk answers to the process that did not notice.
var ErrDead = errors.New("crashed")

// Call is one call to the disk, numbered from 1.
type Call struct {
	N    int
	Op   string
	Name string // base name
}

// Fault is what shall happen to a call. The zero value lets it pass.
type Fault struct {
	Err       error         // the call fails
	Apply     bool          // though it fails, it has its effect
	Short     int           // a failing write gets so many bytes through
	Hang      chan struct{} // the call waits until it is closed
	DieBefore bool          // the disk crashes before the call
	DieAfter  bool          // the disk crashes after it, before it returns
}

// Disk is a journal.FS.
type Disk struct {
	mu     sync.Mutex
	hook   func(Call) Fault
	calls  int
	dead   bool
	dir    bool
	names  map[string]*inode // as processes see them
	synced map[string]*inode // as on the medium
	steps  []map[string]*inode
}

type inode struct {
	cache  []byte
	medium []byte
	dirty  []extent
	locked bool
	bad    []int64 // offsets of sectors that can't be read
}

type extent struct {
	off  int64
	data []byte
}

type handle struct {
	d    *Disk
	n    *inode
	name string
	lock bool
}

var (
	_ journal.FS   = (*Disk)(nil)
	_ journal.File = (*handle)(nil)
)

// NewDisk returns an empty disk.
func NewDisk() *Disk {
	return &Disk{names: map[string]*inode{}, synced: map[string]*inode{}}
}

// OnCall has f asked about every call from now on; nil ends it.
func (d *Disk) OnCall(f func(Call) Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hook, d.calls = f, 0
}

// Calls returns the number of calls since OnCall.
func (d *Disk) Calls() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls
}

// Dead tells whether a Fault has crashed the disk.
func (d *Disk) Dead() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dead
}

// Killed returns the disk as the next process finds it after this one was
// killed: the cache survives, locks do not.
func (d *Disk) Killed() *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dead = true
	seen := map[*inode]*inode{}
	next := &Disk{dir: d.dir, names: copyNames(d.names, seen), synced: copyNames(d.synced, seen)}
	for _, s := range d.steps {
		next.steps = append(next.steps, copyNames(s, seen))
	}
	return next
}

func copyNames(names map[string]*inode, seen map[*inode]*inode) map[string]*inode {
	out := map[string]*inode{}
	for name, n := range names {
		if seen[n] == nil {
			seen[n] = &inode{cache: slices.Clone(n.cache), medium: slices.Clone(n.medium), dirty: slices.Clone(n.dirty)}
		}
		out[name] = seen[n]
	}
	return out
}

// PowerCut returns the disk as it comes back after a power cut, r deciding what
// of the unsynced survived.
func (d *Disk) PowerCut(r *rand.Rand) *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dead = true
	names := d.synced
	if n := r.IntN(len(d.steps) + 1); n > 0 {
		names = d.steps[n-1]
	}
	next := NewDisk()
	next.dir = d.dir
	for _, name := range slices.Sorted(maps.Keys(names)) {
		content := names[name].torn(r)
		next.names[name] = &inode{cache: content, medium: slices.Clone(content)}
	}
	next.synced = maps.Clone(next.names)
	return next
}

// torn returns the medium with any of the dirty sectors written.
func (n *inode) torn(r *rand.Rand) []byte {
	const sector = 512
	out := slices.Clone(n.medium)
	all, none := r.IntN(4) == 0, r.IntN(4) == 0
	for _, e := range n.dirty {
		if none {
			break
		}
		for i := 0; i < len(e.data); {
			end := min(len(e.data), i+sector-int(e.off+int64(i))%sector)
			if all || r.IntN(2) == 0 {
				out = put(out, e.off+int64(i), e.data[i:end])
			}
			i = end
		}
		if r.IntN(3) == 0 { // a torn sector, or one cut short by the length
			if cut := r.IntN(len(e.data) + 1); int(e.off)+cut < len(out) {
				out = out[:int(e.off)+cut]
			}
		}
	}
	return out
}

func put(b []byte, off int64, data []byte) []byte {
	if grow := int(off) + len(data) - len(b); grow > 0 {
		b = append(b, make([]byte, grow)...)
	}
	copy(b[off:], data)
	return b
}

// RemoveAll removes the directory with all that is in it.
func (d *Disk) RemoveAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dir, d.names, d.synced, d.steps = false, map[string]*inode{}, map[string]*inode{}, nil
}

// Files returns the names and contents of the files, the lock left out.
func (d *Disk) Files() map[string][]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := map[string][]byte{}
	for name, n := range d.names {
		if name != "lock" {
			out[name] = slices.Clone(n.cache)
		}
	}
	return out
}

// SetFile writes a file, durably.
func (d *Disk) SetFile(name string, data []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := &inode{cache: slices.Clone(data), medium: slices.Clone(data)}
	d.dir, d.names[name], d.synced[name], d.steps = true, n, n, nil
}

// sector is what Spoil makes unreadable.
const sector = 4096

// Spoil makes the sector at off of a file unreadable for good.
func (d *Disk) Spoil(name string, off int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.names[name]
	n.bad = append(n.bad, off)
}

// call runs one call under the fault chosen for it.
func (d *Disk) call(op, name string, apply func(Fault) error) error {
	d.mu.Lock()
	d.calls++
	c, hook := Call{N: d.calls, Op: op, Name: filepath.Base(name)}, d.hook
	d.mu.Unlock()
	var f Fault
	if hook != nil {
		f = hook(c)
	}
	if f.Hang != nil {
		<-f.Hang
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dead || f.DieBefore {
		d.dead = true
		return ErrDead
	}
	err := f.Err
	if f.Err == nil || f.Apply || op == "write" || op == "sync" || op == "close" {
		if e := apply(f); err == nil {
			err = e
		}
	}
	if f.DieAfter {
		d.dead = true
		return ErrDead
	}
	return err
}

// named notes a change of names that is not yet synced.
func (d *Disk) named() { d.steps = append(d.steps, maps.Clone(d.names)) }

// MkdirAll implements journal.FS.
func (d *Disk) MkdirAll(dir string) error {
	return d.call("mkdir", dir, func(Fault) error { d.dir = true; return nil })
}

// Lock implements journal.FS.
func (d *Disk) Lock(name string) (journal.File, error) {
	return d.open("lock", name, func(base string) (*inode, error) {
		if !d.dir {
			return nil, syscall.ENOENT
		}
		n := d.names[base]
		if n == nil {
			n = &inode{}
			d.names[base] = n
			d.named()
		}
		if n.locked {
			return nil, journal.ErrLocked
		}
		n.locked = true
		return n, nil
	})
}

// Create implements journal.FS.
func (d *Disk) Create(name string) (journal.File, error) {
	return d.open("create", name, func(base string) (*inode, error) {
		if !d.dir {
			return nil, syscall.ENOENT
		}
		n := &inode{}
		d.names[base] = n
		d.named()
		return n, nil
	})
}

// Open implements journal.FS.
func (d *Disk) Open(name string) (journal.File, error) { return d.open("open", name, d.lookup) }

// Extend implements journal.FS.
func (d *Disk) Extend(name string) (journal.File, error) { return d.open("extend", name, d.lookup) }

func (d *Disk) lookup(base string) (*inode, error) {
	if n := d.names[base]; n != nil {
		return n, nil
	}
	return nil, syscall.ENOENT
}

func (d *Disk) open(op, name string, find func(string) (*inode, error)) (journal.File, error) {
	h := &handle{d: d, name: name, lock: op == "lock"}
	err := d.call(op, name, func(Fault) error {
		n, err := find(filepath.Base(name))
		h.n = n
		return err
	})
	if err != nil {
		if h.lock && h.n != nil {
			h.n.locked = false
		}
		return nil, &fs.PathError{Op: op, Path: name, Err: err}
	}
	return h, nil
}

// Rename implements journal.FS.
func (d *Disk) Rename(from, to string) error {
	return d.call("rename", to, func(Fault) error {
		n, err := d.lookup(filepath.Base(from))
		if err != nil {
			return err
		}
		delete(d.names, filepath.Base(from))
		d.names[filepath.Base(to)] = n
		d.named()
		return nil
	})
}

// Remove implements journal.FS.
func (d *Disk) Remove(name string) error {
	return d.call("remove", name, func(Fault) error {
		if _, err := d.lookup(filepath.Base(name)); err != nil {
			return err
		}
		delete(d.names, filepath.Base(name))
		d.named()
		return nil
	})
}

// ReadDir implements journal.FS.
func (d *Disk) ReadDir(dir string) (names []string, err error) {
	err = d.call("readdir", dir, func(Fault) error {
		if !d.dir {
			return syscall.ENOENT
		}
		names = slices.Sorted(maps.Keys(d.names))
		return nil
	})
	return names, err
}

// SyncDir implements journal.FS.
func (d *Disk) SyncDir(dir string) error {
	return d.call("syncdir", dir, func(Fault) error {
		if !d.dir {
			return syscall.ENOENT
		}
		d.synced, d.steps = maps.Clone(d.names), nil
		return nil
	})
}
