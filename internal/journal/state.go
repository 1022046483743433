package journal

import (
	"errors"
	"io/fs"
	"slices"
	"time"
)

// The writer's side of the state that is shared under Journal.mu.

// take returns what to write next: the pending records up to the next
// checkpoint, which begins a file. Their slice is never changed.
func (j *Journal) take(now time.Time) []Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := len(j.pending)
	if n == 0 {
		return nil
	}
	if i := slices.IndexFunc(j.pending[1:], func(r Record) bool { return r.Kind == KindCheckpoint }); i >= 0 {
		n = i + 1
	}
	j.busy = now
	return j.pending[:n:n]
}

// current returns the file that is written to.
func (j *Journal) current() (segment, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.segments) == 0 {
		return segment{}, false
	}
	return j.segments[len(j.segments)-1], true
}

// committed says that part is durable, in seg.
func (j *Journal) committed(part []Record, seg segment) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if n := len(j.segments); n > 0 && j.segments[n-1].base == seg.base {
		j.disk += seg.size - j.segments[n-1].size
		j.segments[n-1] = seg
	} else {
		j.disk += seg.size
		j.segments = append(j.segments, seg)
	}
	for _, r := range part {
		j.bytes -= r.cost()
		if r.Kind == KindCheckpoint {
			j.checkpoint, j.checkpointBytes = r.Seq, r.cost()
		}
	}
	if j.pending = j.pending[len(part):]; len(j.pending) == 0 {
		j.pending = nil // let go of the records
	}
	j.busy = time.Time{}
	j.commits++
	j.state.Durable, j.state.Failing = seg.limit, nil
	j.noticeLocked()
}

// failed says that the disk did not take what was pending, and that up to so
// many bytes of it lie behind the end of the current file.
func (j *Journal) failed(err error, torn int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if n := len(j.segments); n > 0 {
		j.segments[n-1].size += int64(torn)
		j.disk += int64(torn)
	}
	j.busy = time.Time{}
	if j.state.Failing == nil {
		j.state.Outages++
	}
	j.state.Failing = err
	j.noticeLocked()
}

// noticeLocked puts the state in the channel, in place of one not yet taken.
// The writer alone sends, so the send finds the slot free.
func (j *Journal) noticeLocked() {
	j.state.WantCheckpoint = j.wantCheckpointLocked()
	select {
	case <-j.notices:
	default:
	}
	j.notices <- j.state
}

func (j *Journal) unsaved(err error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err == nil {
		return nil
	}
	return &UnsavedError{Records: len(j.pending), Err: err}
}

// removable returns the files that retention lets go now.
func (j *Journal) removable(now time.Time) []segment {
	j.mu.Lock()
	defer j.mu.Unlock()
	return removable(j.segments, j.cfg, j.released, j.checkpoint, now)
}

// removable is pure. A file may go once a later one holds a checkpoint, all its
// records are released, and either its newest is older than KeepFor or the
// released files are above SoftBytes; oldest first, so that the log keeps no
// gap.
func removable(segments []segment, cfg Config, released, checkpoint Seq, now time.Time) []segment {
	n := 0
	var total int64
	for n < len(segments)-1 && segments[n].limit <= released && segments[n].limit < checkpoint {
		total += segments[n].size
		n++
	}
	for i, s := range segments[:n] {
		if now.Sub(s.last) <= cfg.KeepFor && total <= cfg.SoftBytes {
			return segments[:i:i]
		}
		total -= s.size
	}
	return segments[:n:n]
}

// removed strikes a file.
func (j *Journal) removed(s segment) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.segments = slices.DeleteFunc(slices.Clone(j.segments), func(o segment) bool { return o.base == s.base })
	j.disk -= s.size
}

// keepOnly strikes the files that are not among bases: they were removed by
// someone else.
func (j *Journal) keepOnly(bases []Seq) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var kept []segment
	for _, s := range j.segments {
		if slices.Contains(bases, s.base) {
			kept = append(kept, s)
			continue
		}
		j.disk -= s.size
		j.state.Vanished = max(j.state.Vanished, s.limit)
	}
	j.segments = kept
}

func isGone(err error) bool { return errors.Is(err, fs.ErrNotExist) }
