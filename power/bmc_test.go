package power_test

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/txtar"

	"plimsoll/internal/priv"
)

// fakeBMC is a BMC in memory. It answers as the specification has it, refuses what does not only read, and can be silent.
type fakeBMC struct {
	mu       sync.Mutex
	records  [][]byte
	readings map[byte][]byte
	frus     map[byte][]byte
	dcmi     []byte
	log      [][]byte
	clock    uint32
	changed  uint32 // when the records last changed
	grown    uint32 // when the log did
	pieces   bool   // records are given in pieces of at most 16 bytes
	silent   bool
	taken    int // reservations that somebody takes over, the next ones

	reservation uint16
	asked       map[string]int // commands, by their function and code
	requests    int
}

func (b *fakeBMC) IPMI(_ context.Context, commands [][]byte) ([][]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.requests++
	var answers [][]byte
	for _, c := range commands {
		if !priv.IsIPMIRead(c) {
			return nil, priv.Refuse(priv.ReasonNotAllowed, "% x", c)
		}
		if b.asked == nil {
			b.asked = map[string]int{}
		}
		b.asked[hex.EncodeToString([]byte{c[0] &^ 3, c[1]})]++
		if b.silent {
			return answers, fmt.Errorf("%w: in a test", priv.ErrSilent)
		}
		answers = append(answers, b.answer(c))
	}
	return answers, nil
}

// The completion codes that it uses.
const (
	invalid     = 0xC1
	reservation = 0xC5
	tooMuch     = 0xCA
	notPresent  = 0xCB
)

func (b *fakeBMC) answer(c []byte) []byte {
	u32 := binary.LittleEndian.AppendUint32
	switch head, data := hex.EncodeToString([]byte{c[0] &^ 3, c[1]}), c[2:]; head {
	case "102d":
		if r, has := b.readings[data[0]]; has {
			return append([]byte{0}, r...)
		}
		return []byte{notPresent}
	case "2820":
		a := binary.LittleEndian.AppendUint16([]byte{0, 0x51}, uint16(len(b.records)))
		return append(u32(u32(append(a, 0, 0), b.changed), 0), 0x21)
	case "2822":
		b.reservation++
		return binary.LittleEndian.AppendUint16([]byte{0}, b.reservation)
	case "2823":
		return b.record(data)
	case "2810":
		if f, has := b.frus[data[0]]; has {
			return append(binary.LittleEndian.AppendUint16([]byte{0}, uint16(len(f))), 0)
		}
		return []byte{notPresent}
	case "2811":
		f, at := b.frus[data[0]], int(binary.LittleEndian.Uint16(data[1:]))
		if at > len(f) {
			return []byte{0xC9}
		}
		part := f[at:min(len(f), at+int(data[3]))]
		return append([]byte{0, byte(len(part))}, part...)
	case "2840":
		a := binary.LittleEndian.AppendUint16([]byte{0, 0x51}, uint16(len(b.log)))
		return append(u32(u32(append(a, 0, 0), b.grown), 0), 2)
	case "2843":
		return b.entry(binary.LittleEndian.Uint16(data[2:]))
	case "2848":
		return u32([]byte{0}, b.clock)
	case "b002":
		if b.dcmi != nil {
			return append([]byte{0}, b.dcmi...)
		}
	}
	return []byte{invalid}
}

func (b *fakeBMC) record(data []byte) []byte {
	held, id, at, count := binary.LittleEndian.Uint16(data), binary.LittleEndian.Uint16(data[2:]), int(data[4]), int(data[5])
	if b.taken > 0 && at > 0 {
		b.taken--
		b.reservation++
	}
	if at > 0 && held != b.reservation {
		return []byte{reservation}
	}
	if b.pieces && count > 16 {
		return []byte{tooMuch}
	}
	for i, r := range b.records {
		if id != 0 && id != binary.LittleEndian.Uint16(r) {
			continue
		}
		next := uint16(0xFFFF)
		if i+1 < len(b.records) {
			next = binary.LittleEndian.Uint16(b.records[i+1])
		}
		return append(binary.LittleEndian.AppendUint16([]byte{0}, next), r[min(at, len(r)):min(len(r), at+count)]...)
	}
	return []byte{notPresent}
}

func (b *fakeBMC) entry(id uint16) []byte {
	for i, e := range b.log {
		first, last := i == 0 && id == 0, i == len(b.log)-1
		if !first && id != binary.LittleEndian.Uint16(e) && (!last || id != 0xFFFF) {
			continue
		}
		next := uint16(0xFFFF)
		if !last {
			next = binary.LittleEndian.Uint16(b.log[i+1])
		}
		return append(binary.LittleEndian.AppendUint16([]byte{0}, next), e...)
	}
	return []byte{notPresent}
}

// happens adds an event of a supply's sensor to the log, so many seconds before the BMC's present.
func (b *fakeBMC) happens(id uint16, ago uint32, sensor, offset byte, began bool) {
	e := append(binary.LittleEndian.AppendUint16(nil, id), 2)
	e = binary.LittleEndian.AppendUint32(e, b.clock-ago)
	reads := byte(0x6F)
	if !began {
		reads |= 0x80
	}
	b.log = append(b.log, append(e, 0x20, 0, 4, 8, sensor, reads, offset, 0xFF, 0xFF))
	b.grown = b.clock
}

// sensor has a sensor's states from now on.
func (b *fakeBMC) sensor(number byte, states uint16) {
	b.readings[number] = []byte{0, 0xC0, byte(states), 0x80 | byte(states>>8)}
}

// remove takes a sensor and its record away, as some BMCs do with a supply that is pulled.
func (b *fakeBMC) remove(number byte) {
	for i, r := range b.records {
		if r[7] == number && r[3] < 3 {
			b.records = append(b.records[:i:i], b.records[i+1:]...)
			break
		}
	}
	delete(b.readings, number)
	b.changed++
}

// captured is the BMC that a story tells of.
func captured(tb testing.TB, file string) *fakeBMC {
	tb.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	b := &fakeBMC{readings: map[byte][]byte{}, frus: map[byte][]byte{}, clock: 0x65000000, changed: 1}
	raw := func(s string) []byte {
		tb.Helper()
		out, err := hex.DecodeString(s)
		if err != nil {
			tb.Fatalf("%s: %v", file, err)
		}
		return out
	}
	for _, f := range txtar.Parse(text).Files {
		if f.Name != "bmc" {
			continue
		}
		for line := range strings.Lines(string(f.Data)) {
			switch words := strings.Fields(line); words[0] {
			case "sdr":
				b.records = append(b.records, raw(words[1]))
			case "reading":
				b.readings[raw(words[1])[0]] = raw(words[2])
			case "fru":
				n, err := strconv.Atoi(words[1])
				if err != nil {
					tb.Fatal(err)
				}
				b.frus[byte(n)] = raw(words[2])
			case "dcmi":
				b.dcmi = raw(words[1])
			}
		}
	}
	if len(b.records) == 0 {
		tb.Fatalf("%s: no BMC", file)
	}
	return b
}
