package tcmu

import (
	"encoding/binary"
	"fmt"
)

// Answer is how a command ended.
type Answer struct {
	Status byte   // SAM's: Good or CheckCondition
	Data   []byte // what is read; cut to what was asked for
	Sense  []byte // with CheckCondition
}

// The two ways in which a command ends.
const (
	Good           = 0x00
	CheckCondition = 0x02
)

// Handler answers a command. data is what is written, all of it or more than
// the command needs; both are valid until it returns.
type Handler func(cdb, data []byte) Answer

// Offsets in the mailbox and in an entry of its ring, and the sizes of what
// stands there (linux/target_core_user.h). Integers are the machine's.
const (
	mailboxRing = 4  // where the ring begins
	mailboxSize = 8  // of the ring
	mailboxHead = 12 // the kernel's end of it
	mailboxTail = 64 // ours

	entryID     = 4
	entryFlags  = 7 // ours
	entryIOVs   = 8
	entryCDB    = 24
	entryIOV    = 48
	entryStatus = 8
	entryRead   = 12
	entrySense  = 16
	senseSize   = 96

	opMask = 0x7
	opPad  = 0
	opCmd  = 1

	flagUnknownOp = 0x1
	flagReadLen   = 0x2
)

// ring is the memory shared with the kernel.
type ring []byte

func (r ring) u32(at int) uint32      { return binary.NativeEndian.Uint32(r[at:]) }
func (r ring) put32(at int, v uint32) { binary.NativeEndian.PutUint32(r[at:], v) }

// serve answers all commands that wait, and returns how many.
func (r ring) serve(h Handler) (n int, err error) {
	base, size := int(r.u32(mailboxRing)), r.u32(mailboxSize)
	if size == 0 || base+int(size) > len(r) {
		return 0, fmt.Errorf("read ring: %d bytes at %d of %d", size, base, len(r))
	}
	for {
		tail := r.u32(mailboxTail)
		if tail == r.u32(mailboxHead) {
			return n, nil
		}
		at := base + int(tail)
		word := r.u32(at)
		length := word &^ opMask
		if length == 0 || at+int(length) > base+int(size) {
			return n, fmt.Errorf("read ring: an entry of %d bytes at %d", length, tail)
		}
		switch entry := r[at : at+int(length)]; word & opMask {
		case opPad:
		case opCmd:
			if err := r.answer(entry, h); err != nil {
				return n, err
			}
			n++
		default:
			entry[entryFlags] |= flagUnknownOp
		}
		r.put32(mailboxTail, (tail+length)%size)
	}
}

// vectors are the pieces of the data area that belong to an entry.
func (r ring) vectors(entry []byte) ([][]byte, error) {
	count := int(binary.NativeEndian.Uint32(entry[entryIOVs:]))
	if count > (len(entry)-entryIOV)/16 {
		return nil, fmt.Errorf("read ring: %d pieces of data in an entry of %d bytes", count, len(entry))
	}
	pieces := make([][]byte, count)
	for i := range pieces {
		v := entry[entryIOV+16*i:]
		from, length := binary.NativeEndian.Uint64(v), binary.NativeEndian.Uint64(v[8:])
		if from > uint64(len(r)) || length > uint64(len(r))-from {
			return nil, fmt.Errorf("read ring: data of %d bytes at %d", length, from)
		}
		pieces[i] = r[from : from+length]
	}
	return pieces, nil
}

// longestCDB is as much of a command as is looked at.
const longestCDB = 16

func (r ring) answer(entry []byte, h Handler) error {
	pieces, err := r.vectors(entry)
	if err != nil {
		return err
	}
	off := binary.NativeEndian.Uint64(entry[entryCDB:])
	if off > uint64(len(r)-longestCDB) {
		return fmt.Errorf("read ring: a command at %d", off)
	}
	var data []byte
	for _, p := range pieces {
		data = append(data, p...)
	}
	a := h(r[off:off+longestCDB], data)
	rest := a.Data
	for _, p := range pieces {
		rest = rest[copy(p, rest):]
	}
	// The answer takes the place of the question.
	clear(entry[entryStatus : entrySense+senseSize])
	entry[entryStatus] = a.Status
	binary.NativeEndian.PutUint32(entry[entryRead:], uint32(len(a.Data)-len(rest)))
	if a.Status == Good && len(a.Data) > 0 {
		entry[entryFlags] |= flagReadLen
	}
	copy(entry[entrySense:entrySense+senseSize], a.Sense)
	return nil
}
