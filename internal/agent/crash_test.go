package agent

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"plimsoll/fleet"
	"plimsoll/internal/journal"
	journaltest "plimsoll/internal/journal/xtest"
	"plimsoll/redundancy"
)

// TestARestartFromAnyPieceOfTheLogTellsEachFaultOnce cuts the log of a story behind every record and within every record,
// as a crash does, and starts from what is left: a host where nothing, or half, or all of what was durable had reached the
// stream. Whatever the cut, the stream then tells each fault once and folds to what the agent shows.
func TestARestartFromAnyPieceOfTheLogTellsEachFaultOnce(t *testing.T) {
	t.Parallel()
	for name, story := range map[string]func(*sim){"faults": storyOfFaults, "checkpoint": storyWithCheckpoint} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSim(t)
			s.prompt = true
			s.open()
			story(s)
			files := written(t, s.records)
			names := slices.Sorted(maps.Keys(files))
			for n, name := range names {
				left := map[string][]byte{}
				for _, before := range names[:n] {
					left[before] = files[before]
				}
				for _, cut := range cuts(files[name]) {
					left[name] = files[name][:cut]
					restartFrom(t, s, left)
				}
			}
		})
	}
}

// cuts are where a crash can end a file: behind every record, and within all but the first, with which the file was made.
func cuts(file []byte) []int {
	ends := endsOfLines(file)[1:]
	var out []int
	for i, end := range ends {
		if i > 0 {
			start := ends[i-1]
			out = append(out, start+1, (start+end)/2, end-1)
		}
		out = append(out, end)
	}
	return out
}

func storyOfFaults(s *sim) {
	three := mirror(redundancy.Enabled, redundancy.Enabled, redundancy.Enabled)
	bond := mirror(redundancy.Enabled, redundancy.Standby)
	bond.ID, bond.Name, bond.Kind = "bond:bond0", "bond0", redundancy.KindBond
	recovering := mirror(redundancy.Enabled, redundancy.Recovering, redundancy.Enabled)
	recovering.Activity = &redundancy.Activity{Kind: "recover", Done: 10, Total: 100}
	warned := mirror(redundancy.Enabled, redundancy.Disabled, redundancy.Enabled)
	warned.Warnings = []redundancy.Warning{{Key: "odd", Text: "odd"}}
	s.look("raid", three)
	s.look("bond", bond)
	s.look("raid", warned)
	s.ack()
	s.pass(6*time.Second, 0)
	s.look("raid", recovering)
	s.look("bond")
	s.look("raid", three)
	s.ack()
	s.look("raid", mirror(redundancy.Disabled, redundancy.Enabled, redundancy.Enabled))
	s.pass(6*time.Second, 0)
	s.look("raid", mirror(redundancy.Disabled, redundancy.Absent, redundancy.Enabled))
}

func storyWithCheckpoint(s *sim) {
	s.look("raid", whole)
	s.ack()
	s.step(Input{Log: &LogNews{Full: true}})
	s.look("raid", halved)
	s.step(Input{Log: &LogNews{Full: true}})
	s.look("raid", whole)
	s.look("raid", halved)
}

// written are the files of the log that holds these records, each made durable by itself.
func written(t *testing.T, records []Record) map[string][]byte {
	t.Helper()
	disk := journaltest.NewDisk()
	cfg := journal.DefaultConfig("/state/log")
	cfg.FS = disk
	j, _, err := journal.Open(cfg)
	if err != nil {
		t.Fatalf("open log: %v", err)
	}
	for _, r := range records {
		seq, err := j.Append(r.Kind, r.Data)
		if err != nil {
			t.Fatalf("append: %v", err)
		}
		for n := range j.Notices() {
			if n.Durable >= seq {
				break
			}
		}
	}
	if err := j.Close(t.Context()); err != nil {
		t.Fatalf("close log: %v", err)
	}
	return disk.Files()
}

func endsOfLines(log []byte) []int {
	var ends []int
	for i, b := range log {
		if b == '\n' && (i == 0 || log[i-1] != '\n') { // empty lines are room for more
			ends = append(ends, i+1)
		}
	}
	return ends
}

// restartFrom starts from a piece of the story's log.
func restartFrom(t *testing.T, story *sim, files map[string][]byte) {
	t.Helper()
	disk := journaltest.NewDisk()
	for name, file := range files {
		disk.SetFile(name, file)
	}
	cfg := journal.DefaultConfig("/state/log")
	cfg.FS = disk
	j, rec, err := journal.Open(cfg)
	if err != nil {
		t.Fatalf("open log: %v", err)
	}
	defer func() {
		if err := j.Close(t.Context()); err != nil {
			t.Errorf("close log: %v", err)
		}
	}()
	opened, reader, err := restore(j, rec)
	if err != nil {
		t.Fatalf("restore: %v", err)
	}
	if len(opened.Corrupt) > 0 {
		t.Fatalf("a cut is called damage: %q", opened.Corrupt)
	}
	kept := int(rec.LastSeq)
	for _, reached := range []int{0, kept / 2, kept} {
		if slices.ContainsFunc(opened.Before.Cursors, func(c fleet.Cursor) bool { return c.Seq > uint64(reached) }) {
			continue // the log would not say so
		}
		where := fmt.Sprintf("%d of %d records, %d in the stream", kept, len(story.records), reached)
		s := newSim(t)
		s.records, s.durable = slices.Clone(story.records[:kept]), uint64(kept)
		for i, r := range s.records[:reached] {
			if r.Kind == RecordEvent {
				s.publish(Outgoing{Told: r.Data.(Told), LogID: "l", Seq: uint64(i + 1)})
			}
		}
		s.resumeFrom(opened, reader)
		for _, truth := range []redundancy.Group{halved, whole} {
			s.look("raid", truth)
			s.flush()
			s.flush()
			s.wantOneStory()
			s.wantNoFaultTwice(where)
		}
	}
}

// resumeFrom opens the sim's log by what restore made of the real one, and sends what the publisher reads from it.
func (s *sim) resumeFrom(o Opened, reader *logReader) {
	s.t.Helper()
	if want := asJSON(s.t, s.opening().Before); asJSON(s.t, o.Before) != want {
		s.t.Errorf("restored %s\nwant %s", asJSON(s.t, o.Before), want)
	}
	s.wantRecent(o.Recent)
	// The real log burns numbers where it was torn; the sim's does not.
	o.LogID, o.Next = "l", s.durable+1
	s.opened = true
	s.step(Input{Opened: &o})
	items, err := reader.Read(context.Background(), s.st.acknowledged(), 1<<20)
	if err != nil {
		s.t.Fatalf("read log: %v", err)
	}
	for _, it := range items {
		s.publish(Outgoing{Told: s.records[it.Seq-1].Data.(Told), LogID: "l", Seq: it.Seq})
	}
	s.flush()
}

// wantRecent fails unless these are the newest events of the log, as the stream knows them.
func (s *sim) wantRecent(got []redundancy.Event) {
	s.t.Helper()
	var want []string
	for _, r := range s.records {
		switch d := r.Data.(type) {
		case Told:
			want = append(want, d.ID)
		case Sent:
			for i, id := range want {
				if id == d.ID {
					want[i] = d.As
				}
			}
		}
	}
	want = want[max(0, len(want)-RecentEvents):]
	if !slices.EqualFunc(got, want, func(e redundancy.Event, id string) bool { return e.ID == id }) {
		s.t.Errorf("recent events are %v\nwant %v", got, want)
	}
}

// wantNoFaultTwice fails where the stream tells of a fault that it has told of and that was not repaired.
func (s *sim) wantNoFaultTwice(where string) {
	s.t.Helper()
	was := map[redundancy.ID]string{}
	for _, e := range s.stream {
		switch e.Type {
		case redundancy.ComponentFailed, redundancy.ComponentMissing, redundancy.ComponentReturned,
			redundancy.RedundancyDegraded, redundancy.RedundancyLost, redundancy.RedundancyRegained, redundancy.GroupAdded:
			if was[e.Subject] == e.Type {
				s.t.Errorf("%s: %s of %s is told twice", where, e.Type, e.Subject)
			}
			was[e.Subject] = e.Type
		case redundancy.ComponentChanged: // it was on its way back
			delete(was, e.Subject)
		}
	}
}
