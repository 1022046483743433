package disk

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// SCSIHealth is what a SCSI disk says of its health. A count that it does not keep is absent.
type SCSIHealth struct {
	// Exception is the additional sense code of the informational exceptions log page, or of the sense data, and Qualifier what
	// goes with it; both 0: there is none.
	Exception, Qualifier uint8
	Reports              bool // it has the page, so a 0 says something
	Celsius              *int
	UncorrectedReads     *uint64
	UncorrectedWrites    *uint64
	UncorrectedVerifies  *uint64
	Grown                *uint64 // entries of the grown defect list
	Used                 *uint8  // percent of a solid state disk's life
	ScanErrors           *int    // that the background scan listed
}

// The additional sense codes that tell of health (SPC-4, annex E).
const (
	ascWarning   = 0x0b // of temperature, of a background test that failed
	ascPredicted = 0x5d // FAILURE PREDICTION THRESHOLD EXCEEDED
)

// SCSIPages are a SCSI disk's pages, each of which may be missing.
type SCSIPages struct {
	Sense, Writes, Reads, Verifies, Temperature, Wear, Scan, Exceptions, Grown []byte
}

// ParseSCSI reads them.
func ParseSCSI(p SCSIPages) (SCSIHealth, error) {
	var h SCSIHealth
	var errs []error
	page := func(code byte, raw []byte, read func(parameters map[uint16][]byte)) {
		parameters, err := logParameters(code, raw)
		if err != nil {
			errs = append(errs, err)
			return
		}
		read(parameters)
	}
	uncorrected := func(to **uint64) func(map[uint16][]byte) {
		return func(m map[uint16][]byte) {
			const totalUncorrected = 6
			if v, ok := m[totalUncorrected]; ok {
				*to = number(v)
			}
		}
	}
	page(0x02, p.Writes, uncorrected(&h.UncorrectedWrites))
	page(0x03, p.Reads, uncorrected(&h.UncorrectedReads))
	page(0x05, p.Verifies, uncorrected(&h.UncorrectedVerifies))
	page(0x0d, p.Temperature, func(m map[uint16][]byte) {
		const unknown = 255
		if v := m[0]; len(v) >= 2 && v[1] != unknown {
			h.Celsius = new(int(v[1]))
		}
	})
	page(0x11, p.Wear, func(m map[uint16][]byte) {
		if v := m[1]; len(v) >= 4 {
			h.Used = new(v[3])
		}
	})
	page(0x15, p.Scan, func(m map[uint16][]byte) {
		if _, ok := m[0]; ok { // its status; every further parameter is one error
			h.ScanErrors = new(len(m) - 1)
		}
	})
	page(0x2f, p.Exceptions, func(m map[uint16][]byte) {
		if v := m[0]; len(v) >= 2 {
			h.Exception, h.Qualifier, h.Reports = v[0], v[1], true
		}
	})
	if asc, ascq, ok := senseCodes(p.Sense); ok && h.Exception == 0 && (asc == ascPredicted || asc == ascWarning) {
		h.Exception, h.Qualifier = asc, ascq
	}
	grown, err := defects(p.Grown)
	h.Grown = grown
	return h, errors.Join(append(errs, err)...)
}

// logParameters cuts a log page into its parameters (SPC-4, 7.3.2). What comes twice is the first one.
func logParameters(code byte, page []byte) (map[uint16][]byte, error) {
	const header = 4
	if len(page) == 0 {
		return nil, nil
	}
	if len(page) < header || page[0]&0x3f != code {
		return nil, fmt.Errorf("parse log page %02xh: % x", code, page[:min(len(page), header)])
	}
	rest := page[header:]
	rest = rest[:min(len(rest), int(binary.BigEndian.Uint16(page[2:])))]
	out := map[uint16][]byte{}
	for len(rest) >= header {
		id, size := binary.BigEndian.Uint16(rest), int(rest[3])
		if len(rest) < header+size {
			return out, nil // cut by the room that we gave it
		}
		if _, again := out[id]; !again {
			out[id] = rest[header : header+size]
		}
		rest = rest[header+size:]
	}
	return out, nil
}

// number is a counter of up to eight bytes.
func number(b []byte) *uint64 {
	const most = 8
	if len(b) == 0 || len(b) > most {
		return nil
	}
	var n uint64
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return &n
}

// senseCodes are the additional sense code and its qualifier (SPC-4, 4.5), in either format.
func senseCodes(sense []byte) (asc, ascq byte, ok bool) {
	if len(sense) == 0 {
		return 0, 0, false
	}
	switch code := sense[0] & 0x7f; {
	case (code == 0x70 || code == 0x71) && len(sense) >= 14:
		return sense[12], sense[13], true
	case (code == 0x72 || code == 0x73) && len(sense) >= 4:
		return sense[2], sense[3], true
	}
	return 0, 0, false
}

// defects is how many entries the grown defect list has, by its header (SBC-3, 5.16). Their length depends on the format that
// the disk chose, which may not be the one asked for.
func defects(header []byte) (*uint64, error) {
	const size = 8
	if len(header) == 0 {
		return nil, nil
	}
	if len(header) < size {
		return nil, fmt.Errorf("parse defect list: %d bytes", len(header))
	}
	length := uint64(binary.BigEndian.Uint32(header[4:]))
	entry := map[byte]uint64{0: 4, 3: 8, 4: 8, 5: 8}[header[1]&7]
	if entry == 0 {
		return nil, fmt.Errorf("parse defect list: format %d", header[1]&7)
	}
	return new(length / entry), nil
}
