package journal_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"testing"
	"time"

	"plimsoll/internal/journal"
	"plimsoll/internal/journal/xtest"
)

var (
	segment1    = fmt.Sprintf("log-%020d.jsonl", 1)
	newerHeader = sealed(`{"version":2,"log":"x","base":1,"through":1}`)
)

func sealed(s string) string {
	return fmt.Sprintf("%08x %s\n", crc32.Checksum([]byte(s), crc32.MakeTable(crc32.Castagnoli)), s)
}

// FuzzOpen damages a log and opens it: whatever is returned was appended, in
// order; a cut at the end keeps all before it.
func FuzzOpen(f *testing.F) {
	cfg := smallConfig(nil)
	cfg.RoomBytes = 300
	w := write(f, cfg, xtest.NewDisk(), 1, 3, 0, 2, -3, 4, 0, -2, 5, 3)
	names := w.names()
	if len(names) < 4 {
		f.Fatalf("files %v: too few for all cases", names)
	}
	f.Add(uint8(0), uint8(0), uint16(100), uint8(1))
	f.Add(uint8(1), uint8(1), uint16(200), uint8(3))
	f.Add(uint8(2), uint8(2), uint16(20), uint8(200))
	f.Add(uint8(3), uint8(3), uint16(5), uint8(9))
	f.Add(uint8(0), uint8(4), uint16(50), uint8(80))
	f.Add(uint8(255), uint8(0), uint16(10), uint8(0))
	f.Fuzz(func(t *testing.T, file, kind uint8, off uint16, n uint8) {
		name := names[int(file)%len(names)]
		hurt := written{files: maps.Clone(w.files), records: w.records}
		at := int(off) % len(w.files[name])
		hurt.files[name] = damage(w.files[name], kind, at, int(n))
		rec, got := hurt.reopen(t) // fails on a record never appended
		if !slices.IsSorted(got) {
			t.Errorf("out of order: %v", got)
		}
		if kind%5 == 0 && name == names[len(names)-1] {
			for seq, r := range w.records {
				line := fmt.Appendf(nil, `{"seq":%d,`, seq)
				end := bytes.Index(w.files[name], line) + len(line) + len(r.Data) + 90
				if (!bytes.Contains(w.files[name], line) || end < at) && !slices.Contains(got, seq) {
					t.Errorf("cut at %d lost %d", at, seq)
				}
			}
		}
		if len(got) < len(w.records) && rec.Cut == nil && len(rec.Corrupt) == 0 && kind%5 != 0 {
			t.Errorf("%d of %d records, and not a word", len(got), len(w.records))
		}
		goOn(t, hurt)
	})
}

// goOn appends to a damaged log and opens it again.
func goOn(t *testing.T, w written) {
	t.Helper()
	d := onDisk(w.files)
	j, rec, err := journal.Open(smallConfig(d))
	if err != nil {
		t.Fatal(err)
	}
	before, err := j.Read(0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	seq, err := j.Append("event", "more")
	if err != nil || seq <= rec.LastSeq {
		t.Fatalf("append after %d: %d, %v", rec.LastSeq, seq, err)
	}
	waitDurable(t, j, seq)
	if err := j.CloseNow(); err != nil {
		t.Fatal(err)
	}
	w.files, w.records = d.Files(), map[journal.Seq]journal.Record{seq: {Seq: seq, Kind: "event", Data: []byte(`"more"`)}}
	want := []journal.Seq{}
	for _, r := range before {
		w.records[r.Seq] = r
		want = append(want, r.Seq)
	}
	if _, got := w.reopen(t); !slices.Equal(append(want, seq), got) {
		t.Errorf("reopened: %v, want %v", got, append(want, seq))
	}
}

// damage truncates, flips a bit, zeroes, removes or doubles bytes.
func damage(b []byte, kind uint8, at, n int) []byte {
	end := min(len(b), at+n)
	b = slices.Clone(b)
	switch kind % 5 {
	case 0:
		return b[:at]
	case 1:
		b[at] ^= 1 << (n % 8)
		return b
	case 2:
		clear(b[at:end])
		return b
	case 3:
		return slices.Delete(b, at, end)
	default:
		return slices.Insert(b, at, slices.Clone(b[at:end])...)
	}
}

// FuzzOpenAnything opens a file of any content.
func FuzzOpenAnything(f *testing.F) {
	w := write(f, smallConfig(nil), xtest.NewDisk(), 3)
	f.Add(w.files[segment1])
	f.Add([]byte(newerHeader))
	f.Add([]byte(sealed(`{"seq":18446744073709551615,"durable":7,"time":"2026-01-02T03:04:05Z","kind":"event","data":1}`)))
	f.Add([]byte{})
	f.Add([]byte("\n\n\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := onDisk(map[string][]byte{segment1: data})
		j, _, err := journal.Open(smallConfig(d))
		if err != nil {
			return
		}
		if err := j.CloseNow(); err != nil {
			t.Error(err)
		}
	})
}

// FuzzRecord: what is formatted parses to the same, and what parses formats to
// the same.
func FuzzRecord(f *testing.F) {
	f.Add(uint64(7), uint64(6), int64(1_767_323_045_000_000_001), "event", `{"a":[1,"}"]}`)
	f.Fuzz(func(t *testing.T, seq, durable uint64, nanos int64, kind, data string) {
		r := journal.Record{Seq: journal.Seq(seq), Time: time.Unix(0, nanos).UTC(), Kind: kind, Data: json.RawMessage(data)}
		line := journal.AppendLine(nil, r, journal.Seq(durable))
		got, mark, ok := journal.ParseLine(bytes.TrimSuffix(line, []byte{'\n'}))
		valid := seq > durable && seq <= 1<<62 && journal.ValidKind(kind) && data != ""
		if ok != valid {
			t.Fatalf("parsed %v, want %v: %s", ok, valid, line)
		}
		if ok && (same(r, got) != nil || !got.Time.Equal(r.Time) || uint64(mark) != durable) {
			t.Errorf("got %+v from %s", got, line)
		}
	})
}
