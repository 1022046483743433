package journal

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Notice is the state of the log as the writing goroutine last saw it. Notices
// are levels, not edges: a slow consumer gets the latest alone and misses
// nothing by it.
type Notice struct {
	// Durable: all records up to it survive a power cut.
	Durable Seq
	// Failing is why the disk does not take records, a *DiskError; nil when it
	// does. The records after Durable are kept in memory and tried again.
	Failing error
	// Outages counts how often Failing began, so that a short one is seen too.
	Outages int
	// WantCheckpoint asks for Checkpoint: the log has grown by a segment since
	// the last one.
	WantCheckpoint bool
	// Vanished is the last durable record whose file was removed behind the
	// journal's back, 0 if none was. The caller's next checkpoint heals the log.
	Vanished Seq
}

// Stats is the log's state for status and metrics.
type Stats struct {
	Notice
	LogID          string
	Appended       Seq // the last number given out, or burnt
	Released       Seq
	PendingRecords int
	PendingBytes   int64
	DiskBytes      int64
	Segments       int
	Commits        uint64
	// BusySince is when the write now under way began, zero if there is none:
	// a disk that hangs shows here and nowhere else.
	BusySince time.Time
}

// Journal is an open log. Its methods may be called from any goroutine; only
// Read waits for the disk.
type Journal struct {
	cfg     Config
	logID   string
	notices chan Notice   // one slot, sent to by the writer alone
	kick    chan struct{} // one slot: something to write or to remove
	closing chan struct{}
	done    chan struct{}

	mu              sync.Mutex // never held while the disk is asked
	next            Seq
	pending         []Record // not durable; the writer takes from the front
	bytes           int64    // of pending
	state           Notice
	segments        []segment
	checkpoint      Seq // the newest durable one
	checkpointBytes int64
	released        Seq
	disk            int64 // size of all segments
	commits         uint64
	busy            time.Time
	closed          bool
	closeErr        error
}

func newJournal(cfg Config, v verdict, rec Recovered) *Journal {
	j := &Journal{
		cfg: cfg, logID: rec.LogID,
		notices: make(chan Notice, 1), kick: make(chan struct{}, 1),
		closing: make(chan struct{}), done: make(chan struct{}),
		next: v.next, segments: v.segments,
		checkpoint: v.checkpoint, checkpointBytes: rec.Checkpoint.cost(),
	}
	j.state.Durable = v.after
	for _, s := range v.segments {
		j.disk += s.size
	}
	j.state.WantCheckpoint = j.wantCheckpointLocked()
	j.notices <- j.state
	return j
}

// LogID returns the log's random id.
func (j *Journal) LogID() string { return j.logID }

// Notices returns the channel of notices. There is one at once, one after
// every change, and it is closed when the writing goroutine has ended. It has
// one consumer.
func (j *Journal) Notices() <-chan Notice { return j.notices }

// Append adds a record and returns its number at once, without waiting for the
// disk: it is durable when a Notice says so. The errors are ErrFull (a
// *FullError), ErrTooLarge, ErrClosed, and what the JSON encoder says; then
// nothing was appended.
func (j *Journal) Append(kind string, data any) (Seq, error) {
	return j.AppendAll(Entry{Kind: kind, Data: data})
}

// AppendAll adds all entries, with consecutive numbers, or none of them. It
// returns the last number, or 0 if there are no entries. In a crash a first
// part of them may become durable.
func (j *Journal) AppendAll(entries ...Entry) (Seq, error) {
	if len(entries) == 0 {
		return 0, nil
	}
	now := j.cfg.Now().Round(0).UTC()
	records := make([]Record, len(entries))
	var size int64
	for i, e := range entries {
		data, err := encode(e.Kind, e.Data)
		if err != nil {
			return 0, err
		}
		records[i] = Record{Time: now, Kind: e.Kind, Data: data}
		n := records[i].cost()
		if len(data) > MaxRecordBytes || n > int64(j.cfg.MaxPending) {
			return 0, fmt.Errorf("append %s: %w: %d bytes", e.Kind, ErrTooLarge, len(data))
		}
		size += n
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.admitLocked(records, size); err != nil {
		return 0, err
	}
	for i := range records {
		records[i].Seq = j.next
		j.next++
	}
	j.pending = append(j.pending, records...)
	j.bytes += size
	j.wake()
	return j.next - 1, nil
}

// Checkpoint appends the caller's whole state as of all records appended
// before, in a segment of its own, so that older segments can go. Call it when
// a Notice asks, or at any time. It may pass Config.HardBytes by two segments,
// since it is what makes room: at the bound, a cursor is kept by being part of
// the state. The errors are those of Append.
func (j *Journal) Checkpoint(data any) (Seq, error) { return j.Append(KindCheckpoint, data) }

// Released says that the records up to through are needed no more but for
// Config.KeepFor. It is not kept over a restart and never goes back.
func (j *Journal) Released(through Seq) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if through > j.released {
		j.released = through
		j.wake()
	}
}

// Stats returns the state now, without asking the disk.
func (j *Journal) Stats() Stats {
	j.mu.Lock()
	defer j.mu.Unlock()
	return Stats{
		Notice: j.state, LogID: j.logID, Appended: j.next - 1, Released: j.released,
		PendingRecords: len(j.pending), PendingBytes: j.bytes, DiskBytes: j.disk,
		Segments: len(j.segments), Commits: j.commits, BusySince: j.busy,
	}
}

// Close tries once more to write what is pending and ends the writing
// goroutine. When the disk hangs it gives up as ctx ends; the goroutine then
// ends, and lets go of the lock, when the disk answers. An *UnsavedError says
// that records were lost. Close may be called again.
func (j *Journal) Close(ctx context.Context) error {
	j.mu.Lock()
	if !j.closed {
		j.closed = true
		close(j.closing)
	}
	j.mu.Unlock()
	select {
	case <-j.done:
		return j.closeErr
	case <-ctx.Done():
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return &UnsavedError{Records: len(j.pending), Err: context.Cause(ctx)}
}

func (r Record) cost() int64 { return int64(len(r.Data) + len(r.Kind) + lineCost) }

// admitLocked says whether the bounds have room for records.
func (j *Journal) admitLocked(records []Record, size int64) error {
	kind := records[0].Kind
	if j.closed {
		return fmt.Errorf("append %s: %w", kind, ErrClosed)
	}
	if j.bytes+size > int64(j.cfg.MaxPending) {
		return &FullError{Kind: kind, Bound: BoundMemory, Max: int64(j.cfg.MaxPending)}
	}
	bound := j.cfg.HardBytes
	if kind == KindCheckpoint {
		bound += 2 * j.cfg.SegmentBytes
	}
	if j.disk+j.bytes+size > bound {
		return &FullError{Kind: kind, Bound: BoundDisk, Max: bound}
	}
	return nil
}

// wantCheckpointLocked: the log since the last checkpoint fills a segment, or
// the checkpoint is gone. One that is pending counts.
func (j *Journal) wantCheckpointLocked() bool {
	if slices.ContainsFunc(j.pending, func(r Record) bool { return r.Kind == KindCheckpoint }) {
		return false
	}
	var since int64
	for _, s := range j.segments {
		if s.limit >= j.checkpoint {
			since += s.size
		}
	}
	return since-j.checkpointBytes >= j.cfg.SegmentBytes || (j.state.Vanished > 0 && j.state.Vanished >= j.checkpoint)
}

func (j *Journal) wake() {
	select {
	case j.kick <- struct{}{}:
	default:
	}
}

// readable returns what Read may read.
func (j *Journal) readable() ([]segment, Seq) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.segments), j.state.Durable
}
