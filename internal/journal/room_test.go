package journal_test

import (
	"bytes"
	"syscall"
	"testing"

	"plimsoll/internal/journal"
	"plimsoll/internal/journal/xtest"
)

// roomy has room for several records of add.
func roomy(d *xtest.Disk) journal.Config {
	cfg := smallConfig(d)
	cfg.SegmentBytes, cfg.SoftBytes, cfg.RoomBytes = 1<<16, 1<<17, 2000
	return cfg
}

// lengths opens the log on d, appends n records, each waited for, and gives the file's length after each.
func lengths(t *testing.T, d *xtest.Disk, n int) []int {
	t.Helper()
	j, _ := open(t, roomy(d))
	var all []int
	for range n {
		waitDurable(t, j, add(t, j, "event", "one of many"))
		all = append(all, len(d.Files()[segment1]))
	}
	if err := j.CloseNow(); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestRecordsAreWrittenIntoRoomThatWasMadeForThem(t *testing.T) {
	t.Parallel()
	d := xtest.NewDisk()
	before := lengths(t, d, 10)
	after := lengths(t, d, 10) // by the next process
	if before[0] != before[9] || before[0] != after[5] {
		t.Errorf("the file grew with every record: %v, then %v", before, after)
	}
	if after[5] == after[9] {
		t.Errorf("twenty records of a hundred bytes did not outgrow room for 2000: %v", after)
	}
	j, rec := open(t, roomy(d))
	if rec.LastSeq != 20 || rec.Cut != nil || rec.Corrupt != nil {
		t.Errorf("recovered %+v", rec)
	}
	if records, err := j.Read(0, 100); err != nil || len(records) != 20 {
		t.Errorf("%d records, %v", len(records), err)
	}
}

func TestADiskThatHasNoRoomLeftTakesTheRecord(t *testing.T) {
	t.Parallel()
	d := xtest.NewDisk()
	j, _ := open(t, roomy(d))
	writes := 0
	d.OnCall(func(c xtest.Call) xtest.Fault {
		if c.Op != "write" {
			return xtest.Fault{}
		}
		if writes++; writes == 1 {
			return xtest.Fault{}
		}
		return xtest.Fault{Err: syscall.ENOSPC, Short: 10}
	})
	if n := waitDurable(t, j, add(t, j, "event", "the last that fits")); n.Failing != nil {
		t.Errorf("%v", n.Failing)
	}
	d.OnCall(nil)
	waitDurable(t, j, add(t, j, "event", "when there is room again"))
	if lines := bytes.Count(bytes.TrimRight(d.Files()[segment1], "\n"), []byte{'\n'}); writes != 2 || lines != 2 {
		t.Errorf("%d writes, a header and %d records", writes, lines)
	}
}
