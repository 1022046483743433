package journal_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/journal"
	"plimsoll/internal/journal/xtest"
)

// written is a log on a disk, and what was appended to it, all announced.
type written struct {
	files   map[string][]byte
	records map[journal.Seq]journal.Record
	last    journal.Seq
	id      string
}

// write appends groups of events, each waited for; a group of 0 is a
// checkpoint, one below 0 so many events of which the first write fails.
func write(tb testing.TB, cfg journal.Config, d *xtest.Disk, groups ...int) written {
	tb.Helper()
	cfg.FS = d
	j, rec, err := journal.Open(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	w := written{records: map[journal.Seq]journal.Record{}, id: rec.LogID}
	add := func(kind, data string) {
		seq, err := j.Append(kind, bytes.NewBufferString(data).String())
		if err != nil {
			tb.Fatal(err)
		}
		w.records[seq], w.last = journal.Record{Seq: seq, Kind: kind, Data: []byte(`"` + data + `"`)}, seq
	}
	for g, n := range groups {
		if n < 0 {
			failed := false
			d.OnCall(func(c xtest.Call) xtest.Fault {
				if c.Op == "write" && !failed {
					failed = true
					return xtest.Fault{Err: syscall.EIO, Short: 50}
				}
				return xtest.Fault{}
			})
			n = -n
		}
		if n == 0 {
			add(journal.KindCheckpoint, fmt.Sprintf("state %d", g))
		}
		entries := make([]journal.Entry, n)
		for i := range n {
			entries[i] = journal.Entry{Kind: "event", Data: fmt.Sprintf("event %d of group %d", i, g)}
		}
		last, err := j.AppendAll(entries...)
		if err != nil {
			tb.Fatal(err)
		}
		for i, e := range entries {
			seq := last - journal.Seq(n-1-i)
			w.records[seq], w.last = journal.Record{Seq: seq, Kind: e.Kind, Data: fmt.Appendf(nil, "%q", e.Data)}, seq
		}
		waitDurable(tb, j, w.last)
	}
	if err := j.CloseNow(); err != nil {
		tb.Fatal(err)
	}
	w.files = d.Files()
	return w
}

func waitDurable(tb testing.TB, j *journal.Journal, seq journal.Seq) journal.Notice {
	tb.Helper()
	for n := range j.Notices() {
		if n.Durable >= seq && n.Failing == nil {
			return n
		}
	}
	tb.Fatalf("the notices ended before %d was durable", seq)
	return journal.Notice{}
}

func onDisk(files map[string][]byte) *xtest.Disk {
	d := xtest.NewDisk()
	for name, data := range files {
		d.SetFile(name, data)
	}
	return d
}

func (w written) names() []string { return slices.Sorted(maps.Keys(w.files)) }

// reopen opens the files and returns what it found and the numbers in the log.
func (w written) reopen(tb testing.TB) (journal.Recovered, []journal.Seq) {
	tb.Helper()
	j, rec, err := journal.Open(smallConfig(onDisk(w.files)))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = j.CloseNow() }()
	got, err := j.Read(0, 1<<20)
	if err != nil {
		tb.Fatal(err)
	}
	var seqs []journal.Seq
	for _, r := range got {
		if err := same(w.records[r.Seq], r); err != nil {
			tb.Fatalf("never appended: %v", err)
		}
		seqs = append(seqs, r.Seq)
	}
	return rec, seqs
}

func seqs(from, through journal.Seq) (out []journal.Seq) {
	for s := from; s <= through; s++ {
		out = append(out, s)
	}
	return out
}

func flip(b []byte, at int) []byte {
	b = slices.Clone(b)
	b[at] ^= 0x10
	return b
}

func TestFlippedBitInTheMiddleLosesOneRecordAndSaysWhich(t *testing.T) {
	t.Parallel()
	w := write(t, smallConfig(nil), xtest.NewDisk(), 2, 2, 2)
	name := w.names()[0]
	at := bytes.Index(w.files[name], []byte(`"seq":3`))
	w.files[name] = flip(w.files[name], at+20)
	rec, got := w.reopen(t)
	if diff := cmp.Diff([]journal.Seq{1, 2, 4, 5, 6}, got); diff != "" {
		t.Error(diff)
	}
	if len(rec.Corrupt) != 1 || rec.Corrupt[0].From != 3 || rec.Corrupt[0].Through != 3 ||
		rec.Corrupt[0].File != name || rec.Corrupt[0].Offset != int64(at-10) || rec.Cut != nil {
		t.Errorf("corrupt %v, cut %v", rec.Corrupt, rec.Cut)
	}
	if want := fmt.Sprintf("at offset %d, records 3 to 3 lost", at-10); !strings.Contains(rec.Corrupt[0].String(), want) {
		t.Errorf("%s does not say %q", rec.Corrupt[0], want)
	}
}

func TestDamageInWhatAFileWasBornWithIsNoTornTail(t *testing.T) {
	t.Parallel()
	w := write(t, smallConfig(nil), xtest.NewDisk(), 3)
	at := bytes.Index(w.files[segment1], []byte(`"seq":2`))
	w.files[segment1] = flip(w.files[segment1], at+20)
	rec, got := w.reopen(t)
	if diff := cmp.Diff([]journal.Seq{1, 3}, got); diff != "" || rec.Cut != nil || len(rec.Corrupt) != 1 {
		t.Errorf("%s, cut %v, corrupt %v", diff, rec.Cut, rec.Corrupt)
	}
}

func TestTornTailIsCutAndItsNumbersAreNotUsedAgain(t *testing.T) {
	t.Parallel()
	w := write(t, smallConfig(nil), xtest.NewDisk(), 2, 3)
	name := w.names()[0]
	at := bytes.Index(w.files[name], []byte(`"seq":3`))
	w.files[name] = flip(w.files[name], at+20) // nothing behind it proves 3 durable
	d := onDisk(w.files)
	j, rec, err := journal.Open(smallConfig(d))
	if err != nil {
		t.Fatal(err)
	}
	size := int64(len(w.files[name]))
	want := &journal.Cut{File: name, Offset: int64(at - 10), Bytes: size - int64(at-10)}
	if diff := cmp.Diff(want, rec.Cut); diff != "" || rec.LastSeq != 2 || len(rec.Corrupt) > 0 {
		t.Errorf("cut %s, last %d, corrupt %v", diff, rec.LastSeq, rec.Corrupt)
	}
	seq, err := j.Append("event", "after")
	if err != nil || seq <= 5 {
		t.Errorf("next number %d, %v: may have been announced for another record", seq, err)
	}
	waitDurable(t, j, seq)
	if err := j.CloseNow(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(d.Files()[name], w.files[name]) {
		t.Error("the damaged file was written to")
	}
	w.files = d.Files()
	w.records[seq] = journal.Record{Seq: seq, Kind: "event", Data: []byte(`"after"`)}
	rec, got := w.reopen(t)
	if diff := cmp.Diff([]journal.Seq{1, 2, seq}, got); diff != "" || rec.Cut != nil || len(rec.Corrupt) > 0 {
		t.Errorf("%s, cut %v, corrupt %v: told once is enough", diff, rec.Cut, rec.Corrupt)
	}
}

func TestLogWhoseOnlyHeaderIsDamagedKeepsItsRecordsUnderANewID(t *testing.T) {
	t.Parallel()
	w := write(t, smallConfig(nil), xtest.NewDisk(), 2, 2)
	name := w.names()[0]
	w.files[name] = flip(w.files[name], 30)
	rec, got := w.reopen(t)
	if diff := cmp.Diff(seqs(1, 4), got); diff != "" || rec.LogID == w.id || len(rec.Corrupt) != 1 {
		t.Errorf("%s, id %s was %s, corrupt %v", diff, rec.LogID, w.id, rec.Corrupt)
	}
}

func TestMissingFileInTheMiddleIsReported(t *testing.T) {
	t.Parallel()
	w := write(t, smallConfig(nil), xtest.NewDisk(), 2, 0, 2, 0, 2)
	delete(w.files, w.names()[1])
	rec, got := w.reopen(t)
	if diff := cmp.Diff([]journal.Seq{1, 2, 6, 7, 8}, got); diff != "" {
		t.Error(diff)
	}
	if len(rec.Corrupt) != 1 || rec.Corrupt[0].From != 3 || rec.Corrupt[0].Through != 5 {
		t.Errorf("corrupt %v", rec.Corrupt)
	}
}

func TestFileOfAnotherLogIsReportedAndLeftOut(t *testing.T) {
	t.Parallel()
	other := write(t, smallConfig(nil), xtest.NewDisk(), 3)
	w := write(t, smallConfig(nil), xtest.NewDisk(), 2, 0, 2)
	w.files[w.names()[0]] = other.files[other.names()[0]]
	rec, got := w.reopen(t)
	if diff := cmp.Diff(seqs(3, 5), got); diff != "" || len(rec.Corrupt) != 1 || rec.LogID != w.id {
		t.Errorf("%s, corrupt %v", diff, rec.Corrupt)
	}
}

func TestLogOfANewerVersionIsRefusedUntouched(t *testing.T) {
	t.Parallel()
	d := onDisk(map[string][]byte{segment1: []byte(newerHeader)})
	_, _, err := journal.Open(smallConfig(d))
	if !errors.Is(err, journal.ErrVersion) {
		t.Errorf("open: %v", err)
	}
	if got := string(d.Files()[segment1]); got != newerHeader {
		t.Errorf("file is now %q", got)
	}
}

func TestUnreadableSectorLosesWhatIsInItUntilItCanBeRead(t *testing.T) {
	t.Parallel()
	cfg := smallConfig(nil)
	cfg.SegmentBytes, cfg.SoftBytes = 1<<20, 1<<20
	w := write(t, cfg, xtest.NewDisk(), 100, 100)
	d := onDisk(w.files)
	n := 0
	d.OnCall(func(c xtest.Call) xtest.Fault {
		if c.Op == "read" {
			if n++; n == 3 || n == 6 { // after the look for room the second buffer, then a sector of it
				return xtest.Fault{Err: syscall.EIO}
			}
		}
		return xtest.Fault{}
	})
	j, rec, err := journal.Open(smallConfig(d))
	if err != nil {
		t.Fatal(err)
	}
	if len(rec.Corrupt) == 0 || rec.Corrupt[0].Reason != syscall.EIO.Error() {
		t.Errorf("corrupt %v", rec.Corrupt)
	}
	seq, err := j.Append("event", "later")
	if err != nil || seq <= w.last {
		t.Errorf("next %d, %v", seq, err)
	}
	waitDurable(t, j, seq)
	if err := j.CloseNow(); err != nil {
		t.Fatal(err)
	}
	w.files, w.records[seq] = d.Files(), journal.Record{Seq: seq, Kind: "event", Data: []byte(`"later"`)}
	_, got := w.reopen(t)
	if diff := cmp.Diff(append(seqs(1, w.last), seq), got); diff != "" {
		t.Error(diff)
	}
}

func TestSectorThatNeverReadsAgainHidesOnlyWhatIsInIt(t *testing.T) {
	t.Parallel()
	cfg := smallConfig(nil)
	cfg.SegmentBytes, cfg.SoftBytes = 1<<20, 1<<20
	d := onDisk(write(t, cfg, xtest.NewDisk(), 100, 100, 0, 1).files)
	d.Spoil(segment1, 8192)
	cfg.FS = d
	j, rec, err := journal.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if len(rec.Corrupt) == 0 {
		t.Fatal("no corruption is reported")
	}
	lost := rec.Corrupt[0]
	records, err := j.Read(0, 1000)
	if err != nil {
		t.Errorf("read: %v", err)
	}
	var got []journal.Seq
	for _, r := range records {
		got = append(got, r.Seq)
	}
	want := append(seqs(1, lost.From-1), seqs(lost.Through+1, rec.LastSeq)...)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	if err := j.CloseNow(); err != nil {
		t.Fatal(err)
	}
}
