package journal_test

import (
	"context"
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
	if lines := strings.TrimRight(string(text), "\n"); err != nil || strings.Count(lines, "\n") != 3 {
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
		want := "write /state/journal/log-00000000000000000002.jsonl: no space left on device"
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
