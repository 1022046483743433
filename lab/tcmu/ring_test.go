package tcmu

import (
	"bytes"
	"encoding/binary"
	"testing"
)

const (
	testBase = 128
	testRing = 512
	testData = testBase + testRing
)

// shared is memory as the kernel lays it out, empty.
func shared() ring {
	r := make(ring, testData+64)
	r.put32(mailboxRing, testBase)
	r.put32(mailboxSize, testRing)
	return r
}

// ask puts a command into the ring at an offset, with data of eight bytes in two pieces.
func ask(r ring, at int, cdb []byte) []byte {
	const length = entrySense + senseSize
	e := r[testBase+at : testBase+at+length+8]
	binary.NativeEndian.PutUint32(e, uint32(len(e))|opCmd)
	binary.NativeEndian.PutUint32(e[entryIOVs:], 2)
	cdbAt := testBase + at + entryIOV + 2*16
	binary.NativeEndian.PutUint64(e[entryCDB:], uint64(cdbAt))
	for i := range 2 {
		binary.NativeEndian.PutUint64(e[entryIOV+16*i:], uint64(testData+8*i))
		binary.NativeEndian.PutUint64(e[entryIOV+16*i+8:], 4)
	}
	copy(r[cdbAt:], cdb)
	r.put32(mailboxHead, uint32(at+len(e)))
	return e
}

func TestACommandIsAnsweredInItsPlace(t *testing.T) {
	t.Parallel()
	r := shared()
	e := ask(r, 0, []byte{0x12, 1, 2})
	copy(r[testData:], "abcd")
	copy(r[testData+8:], "efgh")
	var got, data []byte
	n, err := r.serve(func(cdb, d []byte) Answer {
		got, data = bytes.Clone(cdb), bytes.Clone(d)
		return Answer{Data: []byte("answer")}
	})
	if n != 1 || err != nil {
		t.Fatalf("want one command, got %d, %v", n, err)
	}
	if !bytes.HasPrefix(got, []byte{0x12, 1, 2}) || string(data) != "abcdefgh" {
		t.Errorf("the command came as % x with %q", got, data)
	}
	if back := string(r[testData:testData+4]) + string(r[testData+8:testData+10]); back != "answer" {
		t.Errorf("what is read is %q", back)
	}
	if e[entryStatus] != Good || binary.NativeEndian.Uint32(e[entryRead:]) != 6 || e[entryFlags] != flagReadLen {
		t.Errorf("the entry says status %d, % x, flags %d", e[entryStatus], e[entryRead:entryRead+4], e[entryFlags])
	}
	if r.u32(mailboxTail) != r.u32(mailboxHead) {
		t.Error("the command still waits")
	}
}

func TestPaddingIsSkippedAndSenseComesBack(t *testing.T) {
	t.Parallel()
	r := shared()
	const padding = 64
	binary.NativeEndian.PutUint32(r[testBase:], padding|opPad)
	e := ask(r, padding, []byte{0xff})
	n, err := r.serve(func([]byte, []byte) Answer { return Answer{Status: CheckCondition, Sense: []byte{0x72, 5}} })
	if n != 1 || err != nil {
		t.Fatalf("want one command, got %d, %v", n, err)
	}
	if e[entryStatus] != CheckCondition || !bytes.HasPrefix(e[entrySense:], []byte{0x72, 5, 0}) {
		t.Errorf("status %d, sense % x", e[entryStatus], e[entrySense:entrySense+4])
	}
}

func TestAnEntryThatLeadsOutOfTheMemoryIsRefused(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(r ring, e []byte){
		"length":   func(_ ring, e []byte) { binary.NativeEndian.PutUint32(e, 4096|opCmd) },
		"nothing":  func(_ ring, e []byte) { binary.NativeEndian.PutUint32(e, opCmd) },
		"pieces":   func(_ ring, e []byte) { binary.NativeEndian.PutUint32(e[entryIOVs:], 99) },
		"data":     func(_ ring, e []byte) { binary.NativeEndian.PutUint64(e[entryIOV+8:], 1<<40) },
		"command":  func(_ ring, e []byte) { binary.NativeEndian.PutUint64(e[entryCDB:], 1<<40) },
		"the ring": func(r ring, _ []byte) { r.put32(mailboxSize, 1<<20) },
	} {
		r := shared()
		spoil(r, ask(r, 0, nil))
		if _, err := r.serve(func([]byte, []byte) Answer { return Answer{} }); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
