package journal

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Open takes the log in cfg.Dir for this process, reads it through, and starts
// the writing goroutine, which Close ends.
//
// Any call to the disk may hang and so may Open: start it in a goroutine, go on
// without a log, and take the journal when it comes. A disk that can be read
// but not written opens; the first Append then tells of the outage by a Notice.
// Where Open fails, nothing was changed and it may be called again:
// errors.Is ErrLocked, ErrVersion, or a cause of the disk, in a *DiskError.
func Open(cfg Config) (*Journal, Recovered, error) {
	if err := cfg.Validate(); err != nil {
		return nil, Recovered{}, err
	}
	cfg = cfg.withDefaults()
	if err := cfg.FS.MkdirAll(cfg.Dir); err != nil {
		return nil, Recovered{}, diskError("create", cfg.Dir, err)
	}
	lock, err := takeLock(cfg)
	if err != nil {
		return nil, Recovered{}, err
	}
	v, rec, err := recoverLog(cfg)
	if err != nil {
		return nil, Recovered{}, errors.Join(err, lock.Close())
	}
	j := newJournal(cfg, v, rec)
	w := &writer{j: j, cfg: cfg, lock: lock, after: v.after}
	if n := len(v.segments); n > 0 && v.intact {
		w.extend = v.segments[n-1].name
	}
	go w.run()
	return j, rec, nil
}

func takeLock(cfg Config) (File, error) {
	name := filepath.Join(cfg.Dir, lockName)
	lock, err := cfg.FS.Lock(name)
	return lock, diskError("lock", name, err)
}

// recoverLog reads the log; it changes nothing but to remove temporary files.
func recoverLog(cfg Config) (verdict, Recovered, error) {
	bases, temps, err := listSegments(cfg)
	if err != nil {
		return verdict{}, Recovered{}, err
	}
	for _, name := range temps {
		// Left by a crash; if it stays, it is written over some day.
		_ = cfg.FS.Remove(filepath.Join(cfg.Dir, name))
	}
	// A name that a killed process did not come to sync must not go away later.
	if err := cfg.FS.SyncDir(cfg.Dir); err != nil && !errors.Is(err, syscall.EROFS) {
		return verdict{}, Recovered{}, diskError("sync", cfg.Dir, err)
	}
	scans, foreign, err := scanAll(cfg, bases)
	if err != nil {
		return verdict{}, Recovered{}, err
	}
	rec := Recovered{}
	if n := len(scans); n > 0 {
		rec.LogID = newestLog(scans)
	}
	if rec.LogID == "" {
		rec.LogID = newLogID()
	}
	v := judge(scans)
	if n := len(bases); n > 0 && v.next <= bases[n-1] {
		v.next, v.intact = bases[n-1]+1, false // never take the name of a file left out
	}
	rec.LastSeq, rec.Cut, rec.Corrupt = v.last, v.cut, append(v.damage, foreign...)
	err = rec.load(cfg, v)
	return v, rec, err
}

// load reads the newest checkpoint and what follows it.
func (rec *Recovered) load(cfg Config, v verdict) error {
	from := v.checkpoint
	if from > 0 {
		from--
	}
	l := loader{fs: cfg.FS, dir: cfg.Dir, after: from, through: v.last, tolerant: true}
	records, err := l.load(v.segments)
	if err != nil {
		return err
	}
	if v.checkpoint > 0 && len(records) > 0 && records[0].Seq == v.checkpoint {
		rec.Checkpoint, records = records[0], records[1:]
	}
	rec.Records = records
	return nil
}

// listSegments returns the first numbers of the files in order, and the names
// of temporary files.
func listSegments(cfg Config) (bases []Seq, temps []string, err error) {
	names, err := cfg.FS.ReadDir(cfg.Dir)
	if err != nil {
		return nil, nil, diskError("list", cfg.Dir, err)
	}
	for _, name := range names {
		if base, ok := parseSegmentName(name); ok {
			bases = append(bases, base)
		} else if strings.HasPrefix(name, segmentPrefix) && strings.HasSuffix(name, tempSuffix) {
			temps = append(temps, name)
		}
	}
	slices.Sort(bases)
	return bases, temps, nil
}

// scanAll reads the files of one log. Those of another log are reported and
// left out.
func scanAll(cfg Config, bases []Seq) (scans []scan, foreign []Damage, err error) {
	all := make([]scan, len(bases))
	readers := make([]*tolerant, 0, len(bases))
	defer func() {
		for _, r := range readers {
			err = errors.Join(err, r.f.Close())
		}
	}()
	for i, base := range bases {
		all[i] = scan{segment: segment{name: segmentName(base), base: base}}
		path := filepath.Join(cfg.Dir, all[i].name)
		f, err := cfg.FS.Open(path)
		if err != nil {
			return nil, nil, diskError("open", path, err)
		}
		readers = append(readers, &tolerant{f: f})
		if i == len(bases)-1 {
			if err := settle(f); err != nil {
				return nil, nil, diskError("sync", path, err)
			}
		}
		if err := all[i].open(readers[i]); err != nil {
			return nil, nil, diskError("read", path, err)
		}
	}
	keep, foreign := ownFiles(all)
	for k, i := range keep {
		s := &all[i]
		s.limit = maxSeq
		if k+1 < len(keep) {
			s.limit = all[keep[k+1]].floor()
		}
		if err := s.readRecords(readers[i]); err != nil {
			return nil, nil, diskError("read", filepath.Join(cfg.Dir, s.name), err)
		}
		s.fault = readers[i].first
		s.bad = s.fault != nil
		scans = append(scans, *s)
	}
	return scans, foreign, nil
}

// open reads size and header.
func (s *scan) open(r *tolerant) (err error) {
	if s.size, err = r.f.Size(); err != nil {
		return err
	}
	s.size = trim(r.f, s.size)
	if err := s.readHeader(r); err != nil {
		return err
	}
	if s.header.Version > version {
		return ErrVersion
	}
	return nil
}

// trim is the size of a file without the room behind its last line. Where that
// can't be read, it is left as it is.
func trim(f File, size int64) int64 {
	buf := make([]byte, roomStep)
	for end := size; end > 0; {
		part := buf[:min(end, roomStep)]
		if n, err := f.ReadAt(part, end-int64(len(part))); n < len(part) || err != nil && !errors.Is(err, io.EOF) {
			return size
		}
		if used := bytes.TrimRight(part, "\n"); len(used) > 0 {
			return min(size, end-int64(len(part))+int64(len(used))+1) // with the newline of the last line
		}
		end -= int64(len(part))
	}
	return 0
}

// ownFiles tells which files belong to the newest log, and reports the others.
func ownFiles(all []scan) (own []int, foreign []Damage) {
	id := newestLog(all)
	for i, s := range all {
		if !s.whole || (s.header.Log == id && s.header.Base == s.base) {
			own = append(own, i)
			continue
		}
		foreign = append(foreign, Damage{File: s.name, Bytes: s.size, Reason: fmt.Sprintf("belongs to log %s at %d, left out", s.header.Log, s.header.Base)})
	}
	return own, foreign
}

// floor is the last number that earlier files may hold.
func (s scan) floor() Seq {
	if s.whole {
		return s.header.After
	}
	return s.base - 1
}

// settle makes what will be read durable, and reads it from the disk: the page
// cache may hold what an earlier, failed sync did not write. A sync tells of
// such a failure once; the second shows whether the disk works now.
func settle(f File) error {
	err := f.Sync()
	if errors.Is(err, syscall.EROFS) {
		return nil // nothing is going to change
	}
	if err != nil {
		err = f.Sync()
	}
	if err != nil {
		return err
	}
	return f.Forget()
}

// newestLog returns the log id of the last file whose header can be read.
func newestLog(scans []scan) string {
	for _, s := range slices.Backward(scans) {
		if s.whole {
			return s.header.Log
		}
	}
	return ""
}

func newLogID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(id[:])
}
