package ipmi

import (
	"encoding/binary"
	"fmt"
	"time"
)

// Log is what a controller says of its event log.
type Log struct {
	Entries int
	Added   uint32 // the controller's clock when the last entry was added
	Erased  uint32
}

// ParseLog reads the body of the answer to SELInfo.
func ParseLog(b []byte) (Log, error) {
	const size = 14
	if len(b) < size {
		return Log{}, fmt.Errorf("decode event log info: %w", errShort)
	}
	return Log{
		Entries: int(binary.LittleEndian.Uint16(b[1:])),
		Added:   binary.LittleEndian.Uint32(b[5:]), Erased: binary.LittleEndian.Uint32(b[9:]),
	}, nil
}

// ParseTime reads the body of the answer to SELTime: the controller's clock, in seconds.
func ParseTime(b []byte) (uint32, error) {
	if len(b) < 4 {
		return 0, fmt.Errorf("decode event log time: %w", errShort)
	}
	return binary.LittleEndian.Uint32(b), nil
}

// Entry is one entry of the event log.
type Entry struct {
	ID uint16
	// At is the controller's clock, in seconds. Up to preInit it counts from the controller's start.
	At     uint32
	Type   byte // sensor type
	Number byte // of the sensor
	Reads  byte // event/reading type
	Offset int  // the state that it is about
	On     bool // the state began; else it ended
	// System says that it is an entry with a time about a sensor, and no vendor's own.
	System bool
}

// preInit is the last time that is counted from the controller's start (chapter 37).
const preInit = 0x20000000

// ParseEntry reads the body of the answer to SELEntry: the id of the next entry, and this one.
func ParseEntry(b []byte) (next uint16, e Entry, err error) {
	const size, system, ended = 18, 0x02, 0x80
	if len(b) < size {
		return 0, Entry{}, fmt.Errorf("decode event: %w", errShort)
	}
	next, b = binary.LittleEndian.Uint16(b), b[2:]
	return next, Entry{
		ID: binary.LittleEndian.Uint16(b), System: b[2] == system, At: binary.LittleEndian.Uint32(b[3:]),
		Type: b[10], Number: b[11], Reads: b[12] &^ ended, On: b[12]&ended == 0, Offset: int(b[13] & 0x0F),
	}, nil
}

// When is when e happened by our clock, at which the controller's showed clock, and false where the controller did not know the
// time when it happened. Both clocks may be wrong: the age that they agree on is what counts.
func (e Entry) When(now time.Time, clock uint32) (time.Time, bool) {
	if e.At <= preInit || clock <= preInit || e.At > clock {
		return time.Time{}, false
	}
	return now.Add(-time.Duration(clock-e.At) * time.Second), true
}
