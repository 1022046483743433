package journal_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"go.uber.org/goleak"

	"plimsoll/internal/journal"
	"plimsoll/internal/journal/xtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sim is an agent's use of a journal, with a memory of all it appended.
type sim struct {
	disk     *xtest.Disk
	cfg      journal.Config
	j        *journal.Journal
	rec      journal.Recovered
	history  []journal.Record // what may be on disk, in order
	acked    journal.Seq
	highest  journal.Seq // ever announced
	released journal.Seq
	n        int
	// readFaults allows damage reports: reads were made to fail.
	readFaults bool
}

var errOver = errors.New("the notices ended")

func newSim() *sim { return &sim{disk: xtest.NewDisk()} }

func smallConfig(d *xtest.Disk) journal.Config {
	return journal.Config{
		Dir: "/state/journal", SegmentBytes: 900, SoftBytes: 1800, HardBytes: 1 << 20,
		KeepFor: time.Hour, MaxPending: 1 << 20, FS: d,
	}
}

// open opens the log and checks that it holds what the law says.
func (s *sim) open() error {
	s.cfg = smallConfig(s.disk)
	s.cfg.RoomBytes = 700 // several commits fit in, and many do not
	j, rec, err := journal.Open(s.cfg)
	if err != nil {
		return err
	}
	s.j, s.rec, s.released = j, rec, 0
	return s.check()
}

// check compares the log with the history: the same records without a gap, the
// oldest only missing if a checkpoint replaces them, the newest only missing if
// they were not announced.
func (s *sim) check() error {
	got, err := s.j.Read(0, 1<<20)
	for range 60 {
		if err == nil || s.disk.Dead() {
			break
		}
		got, err = s.j.Read(0, 1<<20)
	}
	if err != nil {
		return err
	}
	if len(s.rec.Corrupt) > 0 && !s.readFaults {
		return fmt.Errorf("a crash was reported as corruption: %v", s.rec.Corrupt)
	}
	start := 0
	if len(got) > 0 {
		for start < len(s.history) && s.history[start].Seq < got[0].Seq {
			start++
		}
	}
	if len(got) > len(s.history)-start {
		return fmt.Errorf("%d records after %d of %d appended", len(got), start, len(s.history))
	}
	for i, r := range got {
		if err := same(s.history[start+i], r); err != nil {
			return err
		}
	}
	if start > 0 && got[0].Kind != journal.KindCheckpoint && s.rec.Checkpoint.Seq == 0 {
		return fmt.Errorf("records before %d are gone without a checkpoint", got[0].Seq)
	}
	last := journal.Seq(0)
	if len(got) > 0 {
		last = got[len(got)-1].Seq
	}
	if last < s.acked {
		return fmt.Errorf("log ends at %d, %d was announced durable", last, s.acked)
	}
	s.history = s.history[:start+len(got)]
	s.acked = max(s.acked, last) // what was recovered is durable
	return s.checkRecovered(got)
}

func (s *sim) checkRecovered(got []journal.Record) error {
	since := got
	for i, r := range got {
		if r.Kind == journal.KindCheckpoint {
			since = got[i+1:]
			if i+1 <= len(got) && s.rec.Checkpoint.Seq < r.Seq {
				return fmt.Errorf("recovered checkpoint %d, the log has %d", s.rec.Checkpoint.Seq, r.Seq)
			}
		}
	}
	if len(since) != len(s.rec.Records) {
		return fmt.Errorf("recovered %d records since the checkpoint, the log has %d", len(s.rec.Records), len(since))
	}
	for i := range since {
		if err := same(since[i], s.rec.Records[i]); err != nil {
			return err
		}
	}
	return nil
}

func same(want, got journal.Record) error {
	if want.Seq != got.Seq || want.Kind != got.Kind || string(want.Data) != string(got.Data) {
		return fmt.Errorf("record {%d %s %s}, appended was {%d %s %s}", got.Seq, got.Kind, got.Data, want.Seq, want.Kind, want.Data)
	}
	return nil
}

// append appends one record; a checkpoint releases what precedes it.
func (s *sim) append(kind string) error {
	s.n++
	data := fmt.Sprintf(`{"n":%d,"pad":"%0*d"}`, s.n, s.n*37%150, s.n)
	seq, err := s.j.Append(kind, json.RawMessage(data))
	if err != nil {
		return err
	}
	if seq <= s.highest || (len(s.history) > 0 && seq <= s.history[len(s.history)-1].Seq) {
		return fmt.Errorf("number %d was given out again", seq)
	}
	s.history = append(s.history, journal.Record{Seq: seq, Kind: kind, Data: json.RawMessage(data)})
	return nil
}

func (s *sim) release() {
	s.released = s.acked
	s.j.Released(s.released)
}

// await waits until all that was appended is durable, or the disk is dead.
func (s *sim) await() error {
	if st := s.j.Stats(); st.PendingRecords == 0 {
		s.note(st.Notice) // the notice of it may be taken already
		return nil
	}
	for n := range s.j.Notices() {
		s.note(n)
		if s.disk.Dead() {
			return xtest.ErrDead
		}
		if n.Failing == nil && (len(s.history) == 0 || n.Durable >= s.history[len(s.history)-1].Seq) {
			return nil
		}
	}
	return errOver
}

func (s *sim) note(n journal.Notice) {
	if len(s.history) > 0 { // burnt numbers count as durable, but are no records
		s.acked = max(s.acked, min(n.Durable, s.history[len(s.history)-1].Seq))
	}
	s.highest = max(s.highest, n.Durable)
}

// end closes the journal and takes in what it announced last.
func (s *sim) end() error {
	if s.j == nil {
		return nil
	}
	err := s.j.Close(context.Background())
	for n := range s.j.Notices() {
		s.note(n)
	}
	s.j = nil
	return err
}

// crash ends the process, with the power or without, and starts the next.
func (s *sim) crash(power *rand.Rand) {
	next := s.disk.Killed()
	if power != nil {
		next = next.PowerCut(power)
	}
	_ = s.end() // what the dead process thinks does not matter
	s.disk = next
}

// story is a run that passes every kind of call: new log, group commits,
// rotation with and without a checkpoint, retention, reopening.
func (s *sim) story() error {
	if err := s.retryOpen(); err != nil {
		return err
	}
	for round := range 2 {
		for _, group := range []int{1, 3, 8, 2, 9} {
			for range group {
				if err := s.append("event"); err != nil {
					return err
				}
			}
			if err := s.await(); err != nil {
				return err
			}
		}
		if err := errors.Join(s.append("cursor"), s.append(journal.KindCheckpoint), s.append("event")); err != nil {
			return err
		}
		if err := s.await(); err != nil {
			return err
		}
		s.release()
		if err := errors.Join(s.append("event"), s.await()); err != nil {
			return err
		}
		if round == 0 {
			if err := errors.Join(s.end(), s.retryOpen()); err != nil {
				return err
			}
		}
	}
	return s.end()
}

// retryOpen opens, again if a fault prevents it.
func (s *sim) retryOpen() (err error) {
	for range 60 {
		if err = s.open(); err == nil || s.disk.Dead() || s.j != nil {
			return err
		}
	}
	return err
}
