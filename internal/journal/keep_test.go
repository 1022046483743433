package journal_test

import (
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"plimsoll/internal/journal"
	"plimsoll/internal/journal/xtest"
)

func TestCheckpointIsAskedForAndLetsReleasedFilesGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := xtest.NewDisk()
		cfg := smallConfig(d)
		cfg.HardBytes = 5000
		j, _ := open(t, cfg)
		var last journal.Seq
		var err error
		for seq := journal.Seq(0); err == nil; seq, err = j.Append("event", "something of a usual length") {
			if last = seq; seq > 0 {
				waitDurable(t, j, seq)
			}
		}
		full, ok := errors.AsType[*journal.FullError](err)
		if !ok || full.Bound != journal.BoundDisk || !j.Stats().WantCheckpoint {
			t.Fatalf("append: %v, %+v", err, j.Stats())
		}
		j.Released(last)
		synctest.Wait()
		if _, err := j.Append("event", "something of a usual length"); !errors.Is(err, journal.ErrFull) {
			t.Errorf("append without a checkpoint: %v", err)
		}
		at, err := j.Checkpoint("state")
		if err != nil {
			t.Fatal(err)
		}
		if n := waitDurable(t, j, at); n.WantCheckpoint {
			t.Error("a checkpoint is asked for behind a checkpoint")
		}
		synctest.Wait()
		if s := j.Stats(); s.DiskBytes > cfg.SoftBytes+1000 {
			t.Errorf("stats %+v", s)
		}
		waitDurable(t, j, add(t, j, "event", ""))
		j.Released(j.Stats().Durable)
		<-time.After(2 * time.Hour) // past KeepFor
		if s := j.Stats(); s.Segments != 1 {
			t.Errorf("old files stay: %+v", s)
		}
	})
}

func TestRetentionKeepsWhatIsNotReleasedOrHasNoCheckpointBehindIt(t *testing.T) {
	t.Parallel()
	cfg := journal.Config{KeepFor: time.Hour, SoftBytes: 250}
	limits := []journal.Seq{10, 20, 30, 40}
	sizes := []int64{100, 100, 100, 100}
	old := []time.Duration{4 * time.Hour, 3 * time.Hour, 2 * time.Hour, 0}
	young := []time.Duration{3, 2, 1, 0}
	for _, c := range []struct {
		name                 string
		released, checkpoint journal.Seq
		ages                 []time.Duration
		want                 int
	}{
		{"old, released", 30, 31, old, 3},
		{"old, not released", 9, 31, old, 0},
		{"old, partly released", 25, 31, old, 2},
		{"old, no checkpoint", 30, 0, old, 0},
		{"old, early checkpoint", 30, 21, old, 2},
		{"young, above the soft bound", 30, 31, young, 1},
		{"young, below the soft bound", 20, 31, young, 0},
	} {
		if got := journal.Removable(cfg, c.released, c.checkpoint, limits, sizes, c.ages); got != c.want {
			t.Errorf("%s: %d files may go, want %d", c.name, got, c.want)
		}
	}
}

func TestReadReturnsDurableRecordsAloneAndGoesOnWhereItEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := xtest.NewDisk()
		j, _ := open(t, journal.Config{
			Dir: "/s/journal", SegmentBytes: 50_000, SoftBytes: 1 << 20, HardBytes: 1 << 20, MaxPending: 1 << 20, FS: d,
		})
		for range 100 {
			for range 20 {
				add(t, j, "event", "something of a usual length")
			}
			waitDurable(t, j, j.Stats().Appended)
		}
		hang := make(chan struct{})
		d.OnCall(func(c xtest.Call) xtest.Fault {
			if c.Op == "write" {
				return xtest.Fault{Hang: hang}
			}
			return xtest.Fault{}
		})
		add(t, j, "event", "not durable")
		var all []journal.Record
		for after := journal.Seq(0); ; {
			part, err := j.Read(after, 77)
			if err != nil {
				t.Fatal(err)
			}
			if len(part) == 0 {
				break
			}
			all, after = append(all, part...), part[len(part)-1].Seq
		}
		if len(all) != 2000 || all[0].Seq != 1 || all[1999].Seq != 2000 {
			t.Errorf("%d records", len(all))
		}
		close(hang)
	})
}

func TestReadRunsBesideAppendsOnARealDisk(t *testing.T) {
	t.Parallel()
	cfg := journal.DefaultConfig(t.TempDir())
	cfg.SegmentBytes, cfg.SoftBytes, cfg.KeepFor = 4<<10, 8<<10, 0
	j, _ := open(t, cfg)
	told := make(chan error, 1)
	go func() {
		for next := journal.Seq(1); next <= 2000; {
			records, err := j.Read(next-1, 50)
			if err != nil {
				told <- err
				return
			}
			for _, r := range records {
				if r.Seq != next || !json.Valid(r.Data) {
					told <- errors.New("read out of order: " + string(r.Data))
					return
				}
				next++
			}
			j.Released(next - 1)
		}
		told <- nil
	}()
	for n := range 2000 {
		kind := "event"
		if n%60 == 59 {
			kind = journal.KindCheckpoint
		}
		seq := add(t, j, kind, n)
		if n%7 == 0 {
			waitDurable(t, j, seq)
		}
	}
	if err := <-told; err != nil {
		t.Error(err)
	}
}
