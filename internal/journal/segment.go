package journal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

const (
	segmentPrefix = "log-"
	segmentSuffix = ".jsonl"
	tempSuffix    = ".tmp"
	lockName      = "lock"
	// seqDigits fits every Seq, so that names sort as numbers do.
	seqDigits = 20
	// maxLine is above any line that is written.
	maxLine = MaxRecordBytes + 4096
	// markEvery is the distance of the offsets kept in memory: at most so many
	// bytes are read in vain before the first record asked for.
	markEvery = 64 << 10
)

func segmentName(base Seq) string {
	return fmt.Sprintf("%s%0*d%s", segmentPrefix, seqDigits, uint64(base), segmentSuffix)
}

func parseSegmentName(name string) (Seq, bool) {
	digits, ok1 := strings.CutPrefix(name, segmentPrefix)
	digits, ok2 := strings.CutSuffix(digits, segmentSuffix)
	if !ok1 || !ok2 || len(digits) != seqDigits {
		return 0, false
	}
	v, err := strconv.ParseUint(digits, 10, 64)
	return Seq(v), err == nil && v > 0 && Seq(v) <= maxSeq
}

// segment is what is known of one file: an immutable value.
type segment struct {
	name  string
	base  Seq
	limit Seq       // no record above it counts in this file
	end   int64     // records up to limit end here
	size  int64     // with what lies behind end
	last  time.Time // of its newest record
	marks []mark
	bad   bool // Open could not read all of it, and said what is lost
}

// mark says that the record seq begins at off.
type mark struct {
	seq Seq
	off int64
}

// seek returns an offset at or before the record that follows after.
func (s segment) seek(after Seq) int64 {
	var off int64
	for _, m := range s.marks {
		if m.seq > after+1 {
			break
		}
		off = m.off
	}
	return off
}

func addMark(marks []mark, seq Seq, off int64) []mark {
	if n := len(marks); n > 0 && off-marks[n-1].off < markEvery {
		return marks
	}
	return append(marks, mark{seq, off})
}

// lines reads lines from r, however damaged.
type lines struct {
	r      *bufio.Reader
	off    int64
	long   []byte
	ragged bool // the last line lacks its newline
}

func newLines(r io.ReaderAt, from, to int64) *lines {
	return &lines{r: bufio.NewReaderSize(io.NewSectionReader(r, from, max(0, to-from)), 32<<10), off: from}
}

// next returns the next line without its newline, valid until the next call,
// and where it begins. A line above maxLine is empty. The last line may lack its
// newline. At the end it returns io.EOF.
func (l *lines) next() (line []byte, start int64, err error) {
	start = l.off
	l.long = l.long[:0]
	for {
		part, err := l.r.ReadSlice('\n')
		l.off += int64(len(part))
		switch {
		case err == nil, errors.Is(err, io.EOF) && l.off > start:
			if len(l.long) > 0 || l.off-start > int64(len(part)) {
				part = l.grow(part)
			}
			l.ragged = err != nil
			if n := len(part); n > 0 && part[n-1] == '\n' {
				part = part[:n-1]
			}
			return part, start, nil
		case errors.Is(err, bufio.ErrBufferFull):
			l.grow(part)
		default:
			return nil, start, err
		}
	}
}

// grow collects a line longer than the buffer, and forgets one above maxLine.
func (l *lines) grow(part []byte) []byte {
	if len(l.long)+len(part) > maxLine {
		l.long = l.long[:0]
		return nil
	}
	l.long = append(l.long, part...)
	return l.long
}

// scan is what one file holds.
type scan struct {
	segment
	header  header
	whole   bool // the header could be read
	highest Seq  // last good record up to limit; base-1 if there is none
	claim   Seq  // highest number some line calls durable
	checks  []Seq
	holes   []hole
	first   int64 // length of the first line
	stop    int64 // what lies behind is abandoned, or behind the end
	ragged  bool  // its last line lacks the newline, so that none may follow it
	fault   error // the first read that failed, nil if none did
}

// hole is a stretch of a file, from the end of what precedes it, in which the
// records between after and until (both good) are missing, if any are.
type hole struct {
	off, bytes   int64
	after, until Seq
}

// readHeader reads the first line, which should be the header.
func (s *scan) readHeader(f io.ReaderAt) error {
	l := newLines(f, 0, s.size)
	line, _, err := l.next()
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	s.header, s.whole = parseHeader(line)
	s.first = l.off
	return nil
}

// readRecords reads all records up to limit, after readHeader.
func (s *scan) readRecords(f io.ReaderAt) error {
	l := newLines(f, s.first, s.size)
	s.highest, s.end, s.stop = s.base-1, s.first, s.size
	for {
		line, start, err := l.next()
		if errors.Is(err, io.EOF) {
			s.ragged = l.ragged
			return nil
		}
		if err != nil {
			return err
		}
		r, durable, ok := parseRecord(line)
		if !ok || r.Seq <= s.highest {
			continue
		}
		if r.Seq > s.limit {
			s.stop = start // abandoned: written again in the next segment
			return nil
		}
		if start > s.end || r.Seq != s.highest+1 {
			s.holes = append(s.holes, hole{off: s.end, bytes: start - s.end, after: s.highest, until: r.Seq})
		}
		s.highest, s.end, s.last = r.Seq, l.off, r.Time
		s.claim = max(s.claim, durable)
		s.marks = addMark(s.marks, r.Seq, start)
		if r.Kind == KindCheckpoint {
			s.checks = append(s.checks, r.Seq)
		}
	}
}

const (
	sector = 4096
	// maxFaults is how many bad sectors are tried in a file before the rest is
	// given up: a dying disk takes seconds for each.
	maxFaults = 16
)

// tolerant reads around bad sectors: they come back as zeros, which are no
// record, and the first error is kept.
type tolerant struct {
	f      File
	faults int
	first  error
}

// ReadAt implements io.ReaderAt.
func (t *tolerant) ReadAt(p []byte, off int64) (int, error) {
	if t.faults == 0 {
		n, err := t.f.ReadAt(p, off)
		if err == nil || errors.Is(err, io.EOF) {
			return n, err
		}
	}
	for n := 0; n < len(p); {
		step := min(len(p)-n, int(sector-(off+int64(n))%sector))
		part := p[n : n+step]
		if t.faults >= maxFaults {
			clear(part)
			n += step
			continue
		}
		got, err := t.f.ReadAt(part, off+int64(n))
		if errors.Is(err, io.EOF) {
			return n + got, err
		}
		if err != nil {
			clear(part)
			t.faults++
			if t.first == nil {
				t.first = err
			}
		}
		n += step
	}
	return len(p), nil
}
