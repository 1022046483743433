package disk

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Attribute is one of an ATA disk's SMART attributes. What they mean is the maker's affair but for a few by long custom; that
// a value at or below its threshold means trouble, and which of them predict failure, is the disk's own word.
type Attribute struct {
	ID        uint8
	Prefail   bool  // bit 0 of its flags: below its threshold it predicts failure; else it is a matter of age
	Value     uint8 // normalized: falls from 100, 200 or 253
	Worst     uint8
	Raw       uint64 // 48 bits
	Threshold uint8  // 0: it has none, and always passes
}

// Below says whether the attribute is at or below its threshold now. Values of 0, 254 and 255 are none.
func (a Attribute) Below() bool { return valid(a.Value) && a.Threshold != 0 && a.Value <= a.Threshold }

// WasBelow says whether it ever was.
func (a Attribute) WasBelow() bool {
	return valid(a.Worst) && a.Threshold != 0 && a.Worst <= a.Threshold
}

func valid(value uint8) bool { return value != 0 && value < 254 }

// ATAHealth is what an ATA disk says of its health.
type ATAHealth struct {
	On         bool        // SMART is enabled
	Failing    Answer      // SMART RETURN STATUS: a threshold is exceeded
	Attributes []Attribute // in the disk's order
	// Speed and Most are the generation of its link (1: 1.5 Gbit/s, 2: 3, 3: 6) and the best that the disk can; 0: it does not
	// say.
	Speed, Most int
}

// Answer is an answer that may be missing.
type Answer uint8

// The answers.
const (
	Unsaid Answer = iota
	Yes
	No
)

// The lengths and places in the pages (ACS-3; the attribute table is of SFF-8035i and by custom since).
const (
	ataPage        = 512
	attributesAt   = 2
	attributeSize  = 12
	attributeCount = 30
	descriptorSize = 14
)

// ParseATA reads the pages of an ATA disk, each of which may be missing.
func ParseATA(identify, status, data, thresholds []byte) (ATAHealth, error) {
	var h ATAHealth
	var errs []error
	if len(identify) >= ataPage {
		h.On = word(identify, 85)&1 == 1
		h.Most, h.Speed = linkOf(word(identify, 76), word(identify, 77))
	} else if len(identify) > 0 {
		errs = append(errs, fmt.Errorf("parse IDENTIFY DEVICE: %d bytes", len(identify)))
	}
	var err error
	if h.Failing, err = parseStatus(status); err != nil {
		errs = append(errs, err)
	}
	if h.Attributes, err = parseAttributes(data, thresholds); err != nil {
		errs = append(errs, err)
	}
	return h, errors.Join(errs...)
}

func word(page []byte, n int) uint16 { return binary.LittleEndian.Uint16(page[2*n:]) }

// linkOf reads the generations of the link: which the disk supports (word 76, bits 1 to 3), which it runs at (word 77, bits 1
// to 3). Words of all ones or zeros say nothing.
func linkOf(supports, current uint16) (most, speed int) {
	const nothing = 0xffff
	if supports == 0 || supports == nothing || supports&1 == 1 {
		return 0, 0
	}
	for generation := 1; generation <= 3; generation++ {
		if supports>>generation&1 == 1 {
			most = generation
		}
	}
	if current != nothing && current&1 == 0 {
		speed = int(current >> 1 & 7)
	}
	return most, speed
}

// parseStatus reads what SMART RETURN STATUS left in the registers: the signature as it was sent, or turned round where a
// threshold is exceeded.
func parseStatus(descriptor []byte) (Answer, error) {
	if len(descriptor) == 0 {
		return Unsaid, nil
	}
	if len(descriptor) < descriptorSize {
		return Unsaid, fmt.Errorf("parse SMART status: %d bytes", len(descriptor))
	}
	switch middle, high := descriptor[9], descriptor[11]; {
	case middle == 0x4f && high == 0xc2:
		return No, nil
	case middle == 0xf4 && high == 0x2c:
		return Yes, nil
	default:
		return Unsaid, fmt.Errorf("parse SMART status: registers %02x %02x", middle, high)
	}
}

func parseAttributes(data, thresholds []byte) ([]Attribute, error) {
	if len(data) == 0 {
		return nil, nil
	}
	if len(data) < ataPage || !sums(data) {
		return nil, fmt.Errorf("parse SMART data: %d bytes, or a wrong checksum", len(data))
	}
	limits := map[uint8]uint8{}
	var err error
	switch {
	case len(thresholds) >= ataPage && sums(thresholds):
		for i := range attributeCount {
			if t := thresholds[attributesAt+i*attributeSize:]; t[0] != 0 {
				limits[t[0]] = t[1]
			}
		}
	case len(thresholds) > 0:
		err = fmt.Errorf("parse SMART thresholds: %d bytes, or a wrong checksum", len(thresholds))
	}
	var out []Attribute
	for i := range attributeCount {
		a := data[attributesAt+i*attributeSize:]
		if a[0] == 0 {
			continue
		}
		out = append(out, Attribute{
			ID: a[0], Prefail: a[1]&1 == 1, Value: a[3], Worst: a[4],
			Raw:       uint64(binary.LittleEndian.Uint32(a[5:])) | uint64(binary.LittleEndian.Uint16(a[9:]))<<32,
			Threshold: limits[a[0]],
		})
	}
	return out, err
}

// sums says whether a page's bytes add up to zero, as its last one is made for.
func sums(page []byte) bool {
	var sum byte
	for _, b := range page[:ataPage] {
		sum += b
	}
	return sum == 0
}

// Attribute is the one with this id.
func (h ATAHealth) Attribute(id uint8) (Attribute, bool) {
	for _, a := range h.Attributes {
		if a.ID == id {
			return a, true
		}
	}
	return Attribute{}, false
}
