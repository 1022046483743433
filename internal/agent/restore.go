package agent

import (
	"encoding/json"
	"fmt"
	"log/slog"

	"plimsoll/actions"
	"plimsoll/fleet"
	"plimsoll/internal/journal"
	"plimsoll/redundancy"
)

const (
	// readBatch is how many records are read from the log at a time.
	readBatch = 512
	// recentRecords is among how many of the log's newest records the recent events are looked for: up to three others, of the stream's
	// acknowledgement and of actions, come with an event.
	recentRecords = 4 * RecentEvents
)

// restore says who we were: the newest checkpoint with the records after it folded in, and what the stream lacks.
func restore(j *journal.Journal, rec journal.Recovered) (Opened, *logReader, error) {
	o := Opened{LogID: rec.LogID, Next: uint64(j.Stats().Appended) + 1}
	if rec.Cut != nil {
		o.Repaired = append(o.Repaired, rec.Cut.String())
	}
	for _, d := range rec.Corrupt {
		o.Corrupt = append(o.Corrupt, d.String())
	}
	if rec.Checkpoint.Seq != 0 {
		if err := json.Unmarshal(rec.Checkpoint.Data, &o.Before); err != nil {
			o.Before = Checkpoint{} // better to tell all again than to have no log
			o.Corrupt = append(o.Corrupt, fmt.Sprintf("checkpoint %d: %v", rec.Checkpoint.Seq, err))
		}
	}
	for _, r := range rec.Records {
		if err := o.Before.fold(r); err != nil {
			o.Corrupt = append(o.Corrupt, fmt.Sprintf("record %d: %v", r.Seq, err))
		}
	}
	var after uint64
	if n := len(o.Before.Cursors); n > 0 {
		after = o.Before.Cursors[n-1].Seq
	}
	reader := &logReader{journal: j, log: slog.New(slog.DiscardHandler), cursors: o.Before.Cursors, sent: map[uint64]bool{}}
	pending, err := reader.scan(after)
	if err != nil {
		return o, reader, err
	}
	o.Pending = pending
	o.Recent, err = reader.recent(o.Next - 1)
	return o, reader, err
}

func (c *Checkpoint) fold(r journal.Record) error {
	switch r.Kind {
	case RecordEvent, RecordVolatile:
		var e redundancy.Event
		if err := json.Unmarshal(r.Data, &e); err != nil {
			return err
		}
		c.Assessment = redundancy.Fold(c.Assessment, e)
		c.Will.hear(e)
		c.Deferred = deferring(c.Deferred, e)
	case RecordAction:
		var a actions.Record
		if err := json.Unmarshal(r.Data, &a); err != nil {
			return err
		}
		c.Will.History.Took(a)
	case RecordMaintenance:
		var m []actions.Maintenance
		if err := json.Unmarshal(r.Data, &m); err != nil {
			return err
		}
		c.Will.Maintenance = m
	case RecordBaseline:
		var b BaselineRecord
		if err := json.Unmarshal(r.Data, &b); err != nil {
			return err
		}
		c.Baseline, c.History = b.added(c.Baseline), remembered(c.History, b)
	case RecordCursor:
		var k fleet.Cursor
		if err := json.Unmarshal(r.Data, &k); err != nil {
			return err
		}
		c.Cursors, _ = withCursor(c.Cursors, k)
	case RecordSent:
		var sent Sent
		if err := json.Unmarshal(r.Data, &sent); err != nil {
			return err
		}
		c.Assessment = renamed(c.Assessment, sent.ID, sent.As)
		c.Will.History.Rename(sent.ID, sent.As)
	}
	return nil
}

// logReader reads events from the log for the publisher.
type logReader struct {
	journal *journal.Journal
	log     *slog.Logger    // what could not be read is said there
	cursors []fleet.Cursor  // as the log held them at the start
	sent    map[uint64]bool // went out from memory before the restart; fixed once scanned
}

// scan finds what the stream may lack after a position: events that were not sent from memory.
func (l *logReader) scan(after uint64) ([]uint64, error) {
	var events, pending []uint64
	err := l.each(after, func(r journal.Record) error {
		switch r.Kind {
		case RecordEvent:
			events = append(events, uint64(r.Seq))
		case RecordSent:
			var s Sent
			if err := json.Unmarshal(r.Data, &s); err == nil { // else its event is sent once more, rather than the log not opened
				l.sent[s.Seq] = true
			}
		}
		return nil
	})
	for _, seq := range events {
		if !l.sent[seq] {
			pending = append(pending, seq)
		}
	}
	return pending, err
}

// recent are the newest events up to a position. One that can't be read is left out: it was found to be so before, or tells nothing
// that counts.
func (l *logReader) recent(through uint64) ([]redundancy.Event, error) {
	var events []redundancy.Event
	err := l.each(through-min(through, recentRecords), func(r journal.Record) error {
		switch r.Kind {
		case RecordEvent, RecordVolatile:
			var e redundancy.Event
			if err := json.Unmarshal(r.Data, &e); err == nil {
				events = append(events, e)
			}
		case RecordSent:
			var s Sent
			if err := json.Unmarshal(r.Data, &s); err == nil {
				recalled(events, s.ID, s.As)
			}
		}
		return nil
	})
	return events[max(0, len(events)-RecentEvents):], err
}

func (l *logReader) each(after uint64, do func(journal.Record) error) error {
	for {
		records, err := l.journal.Read(journal.Seq(after), readBatch)
		if err != nil || len(records) == 0 {
			return err
		}
		for _, r := range records {
			if err := do(r); err != nil {
				return err
			}
			after = uint64(r.Seq)
		}
	}
}
