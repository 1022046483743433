package journal_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"plimsoll/internal/journal"
	"plimsoll/internal/journal/xtest"
)

func open(tb testing.TB, cfg journal.Config) (*journal.Journal, journal.Recovered) {
	tb.Helper()
	j, rec, err := journal.Open(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := j.CloseNow(); err != nil {
			tb.Error(err)
		}
	})
	return j, rec
}

func add(tb testing.TB, j *journal.Journal, kind string, data any) journal.Seq {
	tb.Helper()
	seq, err := j.Append(kind, data)
	if err != nil {
		tb.Fatal(err)
	}
	return seq
}

func TestRecordsComeBackFromARealDisk(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state", "journal")
	j, rec := open(t, journal.DefaultConfig(dir))
	if rec.LastSeq != 0 || len(rec.LogID) != 32 {
		t.Errorf("new log: %+v", rec)
	}
	add(t, j, "event", map[string]string{"is": "Lost", "sign": "<&>"})
	add(t, j, "cursor", 7)
	waitDurable(t, j, 2)
	if err := j.CloseNow(); err != nil {
		t.Fatal(err)
	}
	again, rec2 := open(t, journal.DefaultConfig(dir))
	if rec2.LogID != rec.LogID || rec2.LastSeq != 2 || len(rec2.Records) != 2 || rec2.Cut != nil || rec2.Corrupt != nil {
		t.Fatalf("recovered %+v", rec2)
	}
	if got := string(rec2.Records[0].Data); got != `{"is":"Lost","sign":"<&>"}` {
		t.Errorf("data %s", got)
	}
	if seq := add(t, again, "event", nil); seq != 3 {
		t.Errorf("next number %d", seq)
	}
	waitDurable(t, again, 3)
	files, err := filepath.Glob(filepath.Join(dir, "log-*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil || strings.Count(string(text), "\n") != 4 {
		t.Errorf("%s, %v", text, err)
	}
	fi, err := os.Stat(files[0])
	if err != nil || fi.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", fi.Mode(), err)
	}
}

func TestSecondAgentIsRefused(t *testing.T) {
	t.Parallel()
	cfg := journal.DefaultConfig(t.TempDir())
	open(t, cfg)
	_, _, err := journal.Open(cfg)
	if !errors.Is(err, journal.ErrLocked) {
		t.Fatalf("second open: %v", err)
	}
	de, ok := errors.AsType[*journal.DiskError](err)
	if !ok || !strings.Contains(de.Hint(), "--state") || !strings.HasPrefix(err.Error(), "lock ") {
		t.Errorf("%v, hint %q", err, de.Hint())
	}
}

func TestRemovedDirectoryIsMadeAgainUnderTheSameID(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "journal")
	j, rec := open(t, journal.DefaultConfig(dir))
	waitDurable(t, j, add(t, j, "event", 1))
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	n := waitDurable(t, j, add(t, j, "event", 2))
	if n.Vanished != 1 || !n.WantCheckpoint || n.Outages != 1 {
		t.Errorf("notice %+v", n)
	}
	seq, err := j.Checkpoint("state")
	if err != nil {
		t.Fatal(err)
	}
	if n := waitDurable(t, j, seq); n.WantCheckpoint {
		t.Errorf("notice %+v", n)
	}
	if err := j.CloseNow(); err != nil {
		t.Fatal(err)
	}
	_, rec2 := open(t, journal.DefaultConfig(dir))
	if rec2.LogID != rec.LogID || rec2.Checkpoint.Seq != 3 || rec2.LastSeq != 3 || len(rec2.Corrupt) > 0 {
		t.Errorf("recovered %+v", rec2)
	}
}

func TestPendingRecordsShareOneWriteAndOneSync(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := xtest.NewDisk()
		j, _ := open(t, smallConfig(d))
		waitDurable(t, j, add(t, j, "event", 0))
		hang := make(chan struct{})
		var ops []string
		d.OnCall(func(c xtest.Call) xtest.Fault {
			if ops = append(ops, c.Op); len(ops) == 1 {
				return xtest.Fault{Hang: hang}
			}
			return xtest.Fault{}
		})
		add(t, j, "event", 1)
		synctest.Wait()
		for n := range 9 {
			add(t, j, "event", n)
		}
		if since := j.Stats().BusySince; since.IsZero() {
			t.Error("a hanging write is not shown")
		}
		close(hang)
		waitDurable(t, j, 11)
		want := []string{"write", "sync", "is", "write", "sync", "is"}
		if !slices.Equal(ops, want) {
			t.Errorf("calls %v, want %v", ops, want)
		}
	})
}

func TestHangingDiskFillsMemoryToItsBoundAndNotBeyond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := xtest.NewDisk()
		cfg := smallConfig(d)
		cfg.MaxPending = 1000
		j, _ := open(t, cfg)
		hang := make(chan struct{})
		d.OnCall(func(xtest.Call) xtest.Fault { return xtest.Fault{Hang: hang} })
		var err error
		for err == nil {
			_, err = j.Append("event", "x")
		}
		full, ok := errors.AsType[*journal.FullError](err)
		if !ok || full.Bound != journal.BoundMemory || !errors.Is(err, journal.ErrFull) {
			t.Errorf("append: %v", err)
		}
		if s := j.Stats(); s.PendingBytes > 1000 || s.PendingRecords != int(s.Appended) || s.Durable != 0 {
			t.Errorf("stats %+v", s)
		}
		if _, err := j.Append("event", strings.Repeat("x", 2000)); !errors.Is(err, journal.ErrTooLarge) {
			t.Errorf("append: %v", err)
		}
		close(hang)
		waitDurable(t, j, j.Stats().Appended)
	})
}

func TestFullDiskIsToldOnceAndOvercome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := xtest.NewDisk()
		j, _ := open(t, smallConfig(d))
		waitDurable(t, j, add(t, j, "event", 0))
		d.OnCall(func(c xtest.Call) xtest.Fault {
			if c.Op == "write" {
				return xtest.Fault{Err: syscall.ENOSPC, Short: 17}
			}
			return xtest.Fault{}
		})
		add(t, j, "event", 1)
		<-time.After(time.Minute)
		n := <-j.Notices()
		want := "write journal/log-00000000000000000002.jsonl: no space left on device"
		if n.Outages != 1 || n.Failing == nil || n.Failing.Error() != want || n.Durable != 1 {
			t.Errorf("notice %+v, want %s", n, want)
		}
		if de, ok := errors.AsType[*journal.DiskError](n.Failing); !ok || !strings.HasPrefix(de.Hint(), "free space") {
			t.Errorf("hint of %v", n.Failing)
		}
		if tries := d.Calls(); tries > 150 {
			t.Errorf("%d calls in a minute of a full disk", tries)
		}
		d.OnCall(nil)
		began := time.Now()
		if n := waitDurable(t, j, 2); n.Outages != 1 || time.Since(began) > 20*time.Second {
			t.Errorf("notice %+v after %s", n, time.Since(began))
		}
	})
}

func TestCloseGivesUpWhenTheDiskHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := xtest.NewDisk()
		j, _ := open(t, smallConfig(d))
		hang := make(chan struct{})
		d.OnCall(func(xtest.Call) xtest.Fault { return xtest.Fault{Hang: hang} })
		add(t, j, "event", 0)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := j.Close(ctx)
		unsaved, ok := errors.AsType[*journal.UnsavedError](err)
		if !ok || unsaved.Records != 1 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("close: %v", err)
		}
		if _, err := j.Append("event", 1); !errors.Is(err, journal.ErrClosed) {
			t.Errorf("append: %v", err)
		}
		close(hang)
		if err := j.Close(t.Context()); err != nil {
			t.Errorf("close again: %v", err)
		}
	})
}

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

func TestReadOnlyDiskOpensAndTellsOfTheOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := write(t, smallConfig(nil), xtest.NewDisk(), 3)
		d := onDisk(w.files)
		d.OnCall(func(c xtest.Call) xtest.Fault {
			switch c.Op {
			case "write", "create", "extend", "rename", "remove", "sync", "syncdir":
				return xtest.Fault{Err: syscall.EROFS}
			}
			return xtest.Fault{}
		})
		j, rec := open(t, smallConfig(d))
		if rec.LastSeq != 3 || len(rec.Records) != 3 {
			t.Errorf("recovered %+v", rec)
		}
		add(t, j, "event", 1)
		synctest.Wait()
		if n := <-j.Notices(); !errors.Is(n.Failing, syscall.EROFS) {
			t.Errorf("notice %+v", n)
		}
		d.OnCall(nil)
		waitDurable(t, j, 4)
	})
}

func TestBadConfigAndBadRecordsAreRefused(t *testing.T) {
	t.Parallel()
	_, _, err := journal.Open(journal.Config{SegmentBytes: 10, SoftBytes: 5, HardBytes: 1, KeepFor: -1})
	if err == nil || strings.Count(err.Error(), "\n") != 4 {
		t.Errorf("open: %v", err)
	}
	j, _ := open(t, smallConfig(xtest.NewDisk()))
	if _, err := j.Append("Two words", 1); err == nil {
		t.Error("a kind of two words was taken")
	}
	if _, err := j.AppendAll(journal.Entry{Kind: "event", Data: 1}, journal.Entry{Kind: "event", Data: func() {}}); err == nil {
		t.Error("a function was taken as data")
	}
	if seq, err := j.AppendAll(); seq != 0 || err != nil || j.Stats().Appended != 0 {
		t.Errorf("nothing appended: %d, %v, %+v", seq, err, j.Stats())
	}
}
