package journal

import (
	"bytes"
	"math/rand/v2"
	"path/filepath"
	"time"
)

const (
	// firstRetry is short, since many faults (a resumed device, a full disk that
	// is being cleaned) end by themselves.
	firstRetry = 100 * time.Millisecond
	// longestRetry keeps a failing disk from being asked more than six times a minute.
	longestRetry = 10 * time.Second
	// keepBuffer is what the write buffer may hold on to between commits.
	keepBuffer = 256 << 10
	// roomStep bounds the memory that making room takes.
	roomStep = 32 << 10
	// sweepEvery is how often retention is looked at besides its causes.
	sweepEvery = time.Minute
)

// writer is the one goroutine that writes. It owns all its fields.
type writer struct {
	j       *Journal
	cfg     Config
	lock    File
	file    File   // nil: the next commit begins a file, or extends one
	extend  string // the intact last file found by Open, not yet opened
	path    string // of file
	off     int64  // where the next line goes
	room    int64  // the file has nothing but empty lines from off to here
	after   Seq    // the last durable number
	buf     []byte
	retry   time.Duration
	recheck bool // a file of ours was removed: see which are left
}

// run writes until the journal closes, or the disk never answers.
func (w *writer) run() {
	defer w.end()
	var retry *time.Timer
	var again <-chan time.Time
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	for {
		kick := w.j.kick
		if again != nil {
			kick = nil // after an error only time, or Close, begins a new try
		}
		last := false
		select {
		case <-kick:
		case <-again:
		case <-sweep.C:
			if again != nil {
				continue
			}
		case <-w.j.closing:
			last = true
		}
		if retry != nil {
			retry.Stop()
			retry, again = nil, nil
		}
		err := w.flush()
		if last {
			w.j.closeErr = w.j.unsaved(err)
			return
		}
		if err != nil {
			w.retry = min(max(2*w.retry, firstRetry), longestRetry)
			retry = time.NewTimer(w.retry/2 + rand.N(w.retry))
			again = retry.C
			continue
		}
		w.retry = 0
		w.sweep()
	}
}

// end lets go of everything; errors of closing have no one left to hear them,
// and no record depends on them.
func (w *writer) end() {
	w.drop()
	_ = w.lock.Close()
	close(w.j.notices)
	close(w.j.done)
}

// flush makes all pending records durable, those that come meanwhile too.
func (w *writer) flush() error {
	for {
		part := w.j.take(w.cfg.Now())
		if len(part) == 0 {
			return nil
		}
		seg, err := w.commit(part)
		if err != nil {
			torn := 0
			if w.file != nil {
				torn = len(w.buf)
			}
			w.drop()
			w.j.failed(err, torn)
			return err
		}
		w.after = part[len(part)-1].Seq
		w.j.committed(part, seg)
	}
}

// commit makes one part durable and returns its file as it is then.
func (w *writer) commit(part []Record) (segment, error) {
	cur, ok := w.j.current()
	full := cur.size >= 2*w.cfg.SegmentBytes
	switch {
	case part[0].Kind == KindCheckpoint, full, !ok:
		return w.begin(part)
	case w.file == nil && w.extend == "":
		return w.begin(part)
	case w.file == nil:
		path := filepath.Join(w.cfg.Dir, w.extend)
		f, err := w.cfg.FS.Extend(path)
		if err != nil {
			return segment{}, diskError("open", path, err)
		}
		w.file, w.path, w.off, w.room = f, path, cur.end, cur.end
		if size, err := f.Size(); err == nil {
			w.room = size
		}
	}
	w.extend = ""
	w.buf = w.buf[:0]
	err := w.put(w.file, w.path, part, &cur)
	if err != nil {
		return segment{}, err
	}
	if err := w.check(); err != nil {
		return segment{}, err
	}
	return cur, nil
}

// put writes buf and part's lines at off, syncs, and tells seg of it.
func (w *writer) put(f File, path string, part []Record, seg *segment) error {
	for _, r := range part {
		seg.marks = addMark(seg.marks, r.Seq, w.off+int64(len(w.buf)))
		w.buf = appendRecord(w.buf, r, w.after)
	}
	if _, err := f.WriteAt(w.buf, w.off); err != nil {
		return diskError("write", path, err)
	}
	w.off += int64(len(w.buf))
	if w.off > w.room {
		w.makeRoom(f)
	}
	if err := f.Sync(); err != nil {
		return diskError("sync", path, err)
	}
	newest := part[len(part)-1]
	seg.end, seg.size, seg.limit, seg.last = w.off, w.off, newest.Seq, newest.Time
	if cap(w.buf) > keepBuffer {
		w.buf = nil
	}
	return nil
}

// makeRoom writes empty lines where the next records go. A disk that does not
// take them may take the records all the same.
func (w *writer) makeRoom(f File) {
	w.room = w.off
	for w.room < w.off+w.cfg.RoomBytes {
		lines := bytes.Repeat([]byte{'\n'}, int(min(roomStep, w.off+w.cfg.RoomBytes-w.room)))
		if _, err := f.WriteAt(lines, w.room); err != nil {
			return
		}
		w.room += int64(len(lines))
	}
}

// check finds out whether the file still has its name: a write to a removed
// file succeeds, and is lost.
func (w *writer) check() error {
	is, err := w.file.Is(w.path)
	if err == nil && !is {
		w.recheck = true
		err = ErrVanished
	}
	return diskError("write", w.path, err)
}

// begin makes a file that holds part, whole or not at all.
func (w *writer) begin(part []Record) (segment, error) {
	w.drop()
	if err := w.holdLock(); err != nil {
		return segment{}, err
	}
	seg := segment{name: segmentName(part[0].Seq), base: part[0].Seq}
	path := filepath.Join(w.cfg.Dir, seg.name)
	temp := path + tempSuffix
	f, err := w.cfg.FS.Create(temp)
	if err != nil {
		return segment{}, diskError("create", path, err)
	}
	w.off, w.room = 0, 0
	w.buf, err = appendHeader(w.buf[:0], header{
		Version: version, Log: w.j.logID, Created: w.cfg.Now().UTC(),
		Base: seg.base, After: w.after, Through: part[len(part)-1].Seq,
	})
	if err == nil {
		err = w.put(f, path, part, &seg)
	}
	if err == nil {
		err = diskError("rename", path, w.cfg.FS.Rename(temp, path))
	}
	if err == nil {
		err = diskError("sync", w.cfg.Dir, w.cfg.FS.SyncDir(w.cfg.Dir))
	}
	if err == nil {
		w.file, w.path = f, path
		return seg, w.check()
	}
	// What is left of a try that failed is written over by the next.
	_, _ = f.Close(), w.cfg.FS.Remove(temp)
	return segment{}, err
}

// holdLock takes the lock again if the directory was removed or replaced, and
// strikes the files that are gone.
func (w *writer) holdLock() error {
	name := filepath.Join(w.cfg.Dir, lockName)
	held, err := w.lock.Is(name)
	if err != nil {
		return diskError("lock", name, err)
	}
	if !held {
		if err := w.cfg.FS.MkdirAll(w.cfg.Dir); err != nil {
			return diskError("create", w.cfg.Dir, err)
		}
		lock, err := takeLock(w.cfg)
		if err != nil {
			return err
		}
		_ = w.lock.Close() // nothing depends on a lock on a removed file
		w.lock, w.recheck = lock, true
	}
	if !w.recheck {
		return nil
	}
	bases, _, err := listSegments(w.cfg)
	if err != nil {
		return err
	}
	w.recheck = false
	w.j.keepOnly(bases)
	return nil
}

// drop closes the file for good.
func (w *writer) drop() {
	w.extend = ""
	if w.file == nil {
		return
	}
	_ = w.file.Close() // what is durable is; what is not is written elsewhere
	w.file = nil
}

// sweep removes what retention lets go. What can't be removed is tried again.
func (w *writer) sweep() {
	now := w.cfg.Now()
	for _, s := range w.j.removable(now) {
		path := filepath.Join(w.cfg.Dir, s.name)
		if err := w.cfg.FS.Remove(path); err != nil && !isGone(err) {
			return
		}
		w.j.removed(s)
	}
}
