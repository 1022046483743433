package ipmi

import (
	"fmt"
	"math"
)

// Reading is what a sensor says now.
type Reading struct {
	Raw    byte
	States uint16 // the discrete states that are on, by offset
	// Unavailable is why it says nothing; empty: it does.
	Unavailable string
}

// ParseReading reads the body of the answer to SensorReading.
func ParseReading(b []byte) (Reading, error) {
	const scanning, unavailable = 1 << 6, 1 << 5
	if len(b) < 2 {
		return Reading{}, fmt.Errorf("decode reading: %w", errShort)
	}
	switch {
	case b[1]&unavailable != 0:
		return Reading{Unavailable: "reading unavailable"}, nil
	case b[1]&scanning == 0:
		return Reading{Unavailable: "scanning is off"}, nil
	}
	r := Reading{Raw: b[0]}
	if len(b) > 2 {
		r.States = uint16(b[2])
	}
	if len(b) > 3 {
		r.States |= uint16(b[3]) << 8 & stateMask
	}
	return r, nil
}

// Has says whether the state at offset is on.
func (r Reading) Has(offset int) bool { return offset >= 0 && offset < 15 && r.States&(1<<offset) != 0 }

// conversion makes a number of a raw reading: (M·x + B·10^Bexp)·10^Rexp (chapter 36.3).
type conversion struct {
	format     byte // 0 unsigned, 1 one's complement, 2 two's complement
	m, b       int
	bExp, rExp int
}

// newConversion reads what a full record says from its linearization on; nil: there is no number, or one that is not a line.
func newConversion(units byte, b []byte) *conversion {
	const noNumber = 3
	linear := b[0]&instanceMask == 0
	if units>>6 == noNumber || !linear {
		return nil
	}
	return &conversion{
		format: units >> 6,
		m:      signed(uint(b[1])|uint(b[2]>>6)<<8, 10), b: signed(uint(b[3])|uint(b[4]>>6)<<8, 10),
		rExp: signed(uint(b[6]>>4), 4), bExp: signed(uint(b[6]&0x0F), 4),
	}
}

// signed is v as a two's complement of so many bits.
func signed(v uint, bits int) int {
	if v >= 1<<(bits-1) {
		return int(v) - 1<<bits
	}
	return int(v)
}

// Value is the number that r is for s, in its unit, and false where there is none.
func (s Sensor) Value(r Reading) (float64, bool) {
	c := s.convert
	if c == nil || r.Unavailable != "" {
		return 0, false
	}
	x := float64(r.Raw)
	switch c.format {
	case 1:
		if r.Raw >= 0x80 {
			x = -float64(^r.Raw)
		}
	case 2:
		x = float64(int8(r.Raw))
	}
	return (float64(c.m)*x + float64(c.b)*math.Pow10(c.bExp)) * math.Pow10(c.rExp), true
}
