package journal

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strconv"
	"time"
)

// Seq numbers the records of one log from 1. It grows; numbers may be left out
// (see the package comment) but never come twice. 0 means none.
type Seq uint64

// KindCheckpoint marks a record that holds the caller's whole state as of all
// records before it.
const KindCheckpoint = "checkpoint"

// Record is one entry of the log.
type Record struct {
	Seq  Seq
	Time time.Time // UTC, from Config.Now at Append
	Kind string
	Data json.RawMessage // compact
}

// Entry is a record to be appended: Data is marshalled as JSON.
type Entry struct {
	Kind string
	Data any
}

// header is the first line of a segment; see the package comment.
type header struct {
	Version int       `json:"version"`
	Log     string    `json:"log"`
	Created time.Time `json:"created"`
	Base    Seq       `json:"base"`
	After   Seq       `json:"after"`
	Through Seq       `json:"through"`
}

const (
	version = 1
	// maxSeq keeps sums with a Seq from running over: ten million records a
	// second do not reach it in ten thousand years.
	maxSeq Seq = 1 << 62
	// sumLen is the checksum and the blank after it.
	sumLen = 9
	// minLine is below the length of the shortest record line: so many records
	// at most hide in a number of damaged bytes.
	minLine = 64
	// lineCost is what a line adds to kind and data, rounded up.
	lineCost = 128
)

// checksum is CRC-32C: fast in hardware, finds all bursts up to 32 bits. The
// standard library makes its table once.
func checksum(b []byte) (sum [4]byte) {
	binary.BigEndian.PutUint32(sum[:], crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
	return sum
}

// encode returns data as one line of JSON.
func encode(kind string, data any) (json.RawMessage, error) {
	if !validKind(kind) {
		return nil, fmt.Errorf("append %q: kind is not lower-case letters, digits, '.', '_' or '-'", kind)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // for the reader with less
	if err := e.Encode(data); err != nil {
		return nil, fmt.Errorf("append %s: %w", kind, err)
	}
	return json.RawMessage(bytes.TrimSuffix(b.Bytes(), []byte{'\n'})), nil
}

func validKind(kind string) bool {
	for i := range len(kind) {
		c := kind[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return kind != ""
}

// appendRecord adds r's line to b.
func appendRecord(b []byte, r Record, durable Seq) []byte {
	start := len(b)
	b = append(b, `00000000 {"seq":`...)
	b = strconv.AppendUint(b, uint64(r.Seq), 10)
	b = append(b, `,"durable":`...)
	b = strconv.AppendUint(b, uint64(durable), 10)
	b = append(b, `,"time":"`...)
	b = r.Time.AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","kind":"`...)
	b = append(b, r.Kind...)
	b = append(b, `","data":`...)
	b = append(b, r.Data...)
	b = append(b, '}')
	seal(b[start:])
	return append(b, '\n')
}

// appendHeader adds h's line to b.
func appendHeader(b []byte, h header) ([]byte, error) {
	j, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("write journal header: %w", err)
	}
	start := len(b)
	b = append(b, "00000000 "...)
	b = append(b, j...)
	seal(b[start:])
	return append(b, '\n'), nil
}

// seal writes the checksum over line's first eight bytes.
func seal(line []byte) {
	sum := checksum(line[sumLen:])
	hex.Encode(line, sum[:])
}

// unseal returns the JSON of a line whose checksum holds.
func unseal(line []byte) ([]byte, bool) {
	if len(line) <= sumLen || line[sumLen-1] != ' ' {
		return nil, false
	}
	var want [8]byte
	sum := checksum(line[sumLen:])
	hex.Encode(want[:], sum[:])
	return line[sumLen:], bytes.Equal(want[:], line[:8])
}

// parseRecord reads a line without its newline. Data points into line. It is
// strict: what appendRecord does not write is not a record.
func parseRecord(line []byte) (r Record, durable Seq, ok bool) {
	p, ok := unseal(line)
	if !ok {
		return Record{}, 0, false
	}
	seq, p, ok1 := cutNumber(p, `{"seq":`)
	mark, p, ok2 := cutNumber(p, `,"durable":`)
	stamp, p, ok3 := cutString(p, `,"time":"`)
	kind, p, ok4 := cutString(p, `,"kind":"`)
	data, ok5 := bytes.CutPrefix(p, []byte(`,"data":`))
	data, ok6 := bytes.CutSuffix(data, []byte{'}'})
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || len(data) == 0 || seq == 0 || seq > maxSeq || mark >= seq || !validKind(kind) {
		return Record{}, 0, false
	}
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil {
		return Record{}, 0, false
	}
	return Record{Seq: seq, Time: at, Kind: kind, Data: data}, mark, true
}

func parseHeader(line []byte) (header, bool) {
	var h header
	p, ok := unseal(line)
	if !ok || json.Unmarshal(p, &h) != nil || h.Version == 0 {
		return header{}, false
	}
	if h.Version == version && (h.Log == "" || h.Base == 0 || h.After >= h.Base || h.Through < h.Base || h.Through > maxSeq) {
		return header{}, false
	}
	return h, true
}

func cutNumber(p []byte, key string) (Seq, []byte, bool) {
	p, ok := bytes.CutPrefix(p, []byte(key))
	n := 0
	for n < len(p) && p[n] >= '0' && p[n] <= '9' {
		n++
	}
	if !ok || n == 0 || (p[0] == '0' && n > 1) {
		return 0, nil, false
	}
	v, err := strconv.ParseUint(string(p[:n]), 10, 64)
	return Seq(v), p[n:], err == nil
}

func cutString(p []byte, key string) (string, []byte, bool) {
	p, ok := bytes.CutPrefix(p, []byte(key))
	if !ok {
		return "", nil, false
	}
	v, rest, ok := bytes.Cut(p, []byte{'"'})
	return string(v), rest, ok
}
