package journal

import (
	"fmt"
)

// Recovered is what Open found.
type Recovered struct {
	// LogID is random, 32 hex digits, the same for the life of the log.
	LogID string
	// LastSeq is the last record of the log, 0 if it is empty.
	LastSeq Seq
	// Checkpoint is the newest one; ok by its Seq, which is 0 if there is none.
	Checkpoint Record
	// Records are those after Checkpoint, in order.
	Records []Record
	// Cut tells of a torn tail, nil if the log ended well. A power cut in the
	// middle of a write does this; records announced durable are not in it,
	// unless the disk lied or damaged its newest sectors.
	Cut *Cut
	// Corrupt tells what durable data is damaged or missing. It says the same at
	// each start until retention removes the file.
	Corrupt []Damage
}

// Cut is a torn tail.
type Cut struct {
	File   string
	Offset int64
	Bytes  int64
}

// String says what was cut, for the operator.
func (c Cut) String() string {
	return fmt.Sprintf("%s: torn write, %d bytes at offset %d ignored", c.File, c.Bytes, c.Offset)
}

// Damage is a damaged stretch of a file. The records From to Through were
// durable and are lost; both are 0 if no record is missing.
type Damage struct {
	File    string
	Offset  int64
	Bytes   int64
	From    Seq
	Through Seq
	Reason  string
}

// String says what is damaged, for the operator.
func (d Damage) String() string {
	s := fmt.Sprintf("%s: %s, %d bytes at offset %d", d.File, d.Reason, d.Bytes, d.Offset)
	if d.From == 0 {
		return s
	}
	return fmt.Sprintf("%s, records %d to %d lost", s, d.From, d.Through)
}

// verdict is what the files together say.
type verdict struct {
	last       Seq  // the last record of the log
	after      Seq  // durable, with lost ones: what the next header says
	next       Seq  // the next number to give out
	intact     bool // the last file may be written on
	checkpoint Seq
	segments   []segment
	cut        *Cut
	damage     []Damage
}

// judge is pure: from the scans in order to the log. Holes are damage where a
// later line proves them durable; the first that is not ends the log.
func judge(scans []scan) verdict {
	v := verdict{next: 1}
	if len(scans) == 0 {
		return v
	}
	if first := scans[0]; first.base > 1 && !anyCheckpoint(scans) {
		v.report(first, hole{until: first.base}, "earlier files are missing")
	}
	for i := range scans {
		s := &scans[i]
		if !s.whole {
			v.report(*s, hole{bytes: s.first}, "header unreadable")
		}
		if i+1 < len(scans) {
			s.endAt(s.limit)
			for _, h := range s.holes {
				v.report(*s, h, "damaged")
			}
			continue
		}
		v.judgeLast(s)
	}
	for _, s := range scans {
		for _, c := range s.checks {
			if c <= v.last {
				v.checkpoint = c
			}
		}
		v.segments = append(v.segments, s.segment)
	}
	return v
}

// endAt adds the hole at the end of a file whose records up to limit were durable.
func (s *scan) endAt(limit Seq) {
	if s.highest < limit {
		s.holes = append(s.holes, hole{off: s.end, bytes: s.stop - s.end, after: s.highest, until: limit + 1})
	}
}

// judgeLast judges the file in which the log ends: at its last good record, or
// before the first hole that nothing proves durable.
func (v *verdict) judgeLast(s *scan) {
	proven := max(s.claim, s.base-1)
	if s.whole {
		proven = max(proven, s.header.Through)
	}
	if s.fault != nil {
		// What can't be read today may be there tomorrow: leave room for it.
		proven = max(proven, s.highest)
		if tail := s.stop - s.end; tail > 0 {
			proven = max(proven, s.highest+Seq(tail/minLine)+1)
		}
	}
	s.endAt(proven)
	v.last = s.highest
	end := s.end
	for _, h := range s.holes {
		if h.until-1 <= max(proven, h.after) {
			v.report(*s, h, "damaged")
			continue
		}
		if h.after < proven {
			v.report(*s, hole{off: h.off, bytes: h.bytes, after: h.after, until: proven + 1}, "damaged")
		}
		v.last, end = h.after, h.off
		break
	}
	v.after = max(v.last, proven)
	v.next = v.after + 1
	v.intact = s.whole && !s.ragged && len(s.holes) == 0 && end == s.size && s.fault == nil
	if tail := s.size - end; tail > 0 {
		if s.highest >= proven || v.last < s.highest {
			v.cut = &Cut{File: s.name, Offset: end, Bytes: tail}
		}
		v.next += Seq(tail/minLine) + 1
	} else if !v.intact {
		v.next++ // so that the next file does not take this one's name
	}
	s.end, s.limit = end, v.last
}

func (v *verdict) report(s scan, h hole, reason string) {
	d := Damage{File: s.name, Offset: h.off, Bytes: h.bytes, Reason: reason}
	if h.until > h.after+1 {
		d.From, d.Through = h.after+1, h.until-1
	}
	if s.fault != nil {
		d.Reason = cause(s.fault).Error()
	}
	v.damage = append(v.damage, d)
}

func anyCheckpoint(scans []scan) bool {
	for _, s := range scans {
		if len(s.checks) > 0 {
			return true
		}
	}
	return false
}
