package journal

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
)

// readTries is how often Read looks again when retention removes a file
// between listing and opening it.
const readTries = 3

// Read returns up to limit records after the given one, in order, from disk:
// durable records only, an empty slice at the end. It begins at the first
// record there is when retention has removed what follows after; damaged
// records are left out, as is what Open could not read. It may be called from
// any goroutine and waits for the disk, which may hang. On an error it returns
// what it read before it.
func (j *Journal) Read(after Seq, limit int) ([]Record, error) {
	for try := 1; ; try++ {
		segments, durable := j.readable()
		l := loader{fs: j.cfg.FS, dir: j.cfg.Dir, after: after, through: durable, limit: max(0, limit)}
		if limit <= 0 {
			return nil, nil
		}
		records, err := l.load(segments)
		if errors.Is(err, fs.ErrNotExist) && len(records) == 0 && try < readTries {
			continue
		}
		return records, err
	}
}

// loader reads the records after one, through another, from files.
type loader struct {
	fs             FS
	dir            string
	after, through Seq
	limit          int  // 0 means all
	tolerant       bool // bad sectors are left out, not an error
	records        []Record
}

func (l *loader) load(segments []segment) ([]Record, error) {
	for _, s := range segments {
		if s.limit <= l.after || l.full() {
			continue
		}
		if err := l.loadSegment(s); err != nil {
			return l.records, diskError("read", filepath.Join(l.dir, s.name), err)
		}
	}
	return l.records, nil
}

func (l *loader) full() bool { return l.limit > 0 && len(l.records) >= l.limit }

func (l *loader) loadSegment(s segment) (err error) {
	f, err := l.fs.Open(filepath.Join(l.dir, s.name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var r io.ReaderAt = f
	if l.tolerant || s.bad {
		r = &tolerant{f: f}
	}
	highest := s.base - 1
	for lines := newLines(r, s.seek(l.after), s.end); !l.full(); {
		line, _, err := lines.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		rec, _, ok := parseRecord(line)
		if !ok || rec.Seq <= highest {
			continue
		}
		highest = rec.Seq
		if rec.Seq > min(s.limit, l.through) {
			return nil
		}
		if rec.Seq > l.after {
			rec.Data = bytes.Clone(rec.Data)
			l.records = append(l.records, rec)
		}
	}
	return nil
}
