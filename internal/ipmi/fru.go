package ipmi

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// FRU is what an inventory says: of the product, or of the board where there is no product area.
type FRU struct {
	Manufacturer string
	Product      string
	Part         string
	Serial       string
	// Watts is the overall capacity of a power supply (the multirecord 00h); 0: not told.
	Watts int
}

var errChecksum = errors.New("wrong checksum")

// areaUnit is what offsets and lengths in an inventory are counted in.
const areaUnit = 8

// ParseFRU reads an inventory from its first byte on. An area with a wrong checksum, or that is cut off, is left out; an error
// means that not even the header can be read.
func ParseFRU(b []byte) (FRU, error) {
	if len(b) < areaUnit {
		return FRU{}, fmt.Errorf("decode inventory: %w", errShort)
	}
	if b[0]&0x0F != 1 || sum(b[:areaUnit]) != 0 {
		return FRU{}, fmt.Errorf("decode inventory: %w", errChecksum)
	}
	var f FRU
	board, product := area(b, b[3]), area(b, b[4])
	if len(board) > 6 {
		fields := fields(board[6:], 4)
		f = FRU{Manufacturer: fields[0], Product: fields[1], Serial: fields[2], Part: fields[3]}
	}
	if len(product) > 3 {
		fields := fields(product[3:], 5)
		f.Manufacturer, f.Product = or(fields[0], f.Manufacturer), or(fields[1], f.Product)
		f.Part, f.Serial = or(fields[2], f.Part), or(fields[4], f.Serial)
	}
	if at := int(b[5]) * areaUnit; at > 0 && at < len(b) {
		f.Watts = capacity(b[at:])
	}
	return f, nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// area is the one that begins at this offset, without its checksum; nil: there is none, or it is damaged.
func area(b []byte, offset byte) []byte {
	at := int(offset) * areaUnit
	if at == 0 || at+2 > len(b) {
		return nil
	}
	size := int(b[at+1]) * areaUnit
	if size == 0 || at+size > len(b) || sum(b[at:at+size]) != 0 {
		return nil
	}
	return b[at : at+size-1]
}

// fields are the first n fields of an area, each with its encoding and its length before it.
func fields(b []byte, n int) []string {
	const end, lengthMask = 0xC1, 0x3F
	out := make([]string, n)
	for i := range out {
		if len(b) == 0 || b[0] == end {
			break
		}
		size := int(b[0] & lengthMask)
		if 1+size > len(b) {
			break
		}
		out[i] = text(b[0]>>6, b[1:1+size])
		b = b[1+size:]
	}
	return out
}

// capacity is what the record of a power supply says that it can give, in watts; 0: there is none.
func capacity(b []byte) int {
	const header, last, wattsMask = 5, 0x80, 0x0FFF
	for len(b) >= header && sum(b[:header]) == 0 {
		size := int(b[2])
		if header+size > len(b) {
			return 0
		}
		body := b[header : header+size]
		if b[0] == 0 && size >= 2 && sum(body)+b[3] == 0 {
			return int(binary.LittleEndian.Uint16(body) & wattsMask)
		}
		if b[1]&last != 0 {
			return 0
		}
		b = b[header+size:]
	}
	return 0
}

// sum is the sum of bytes; with its checksum an area has the sum 0.
func sum(b []byte) byte {
	var s byte
	for _, c := range b {
		s += c
	}
	return s
}
