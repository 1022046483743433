package hands

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"plimsoll/internal/priv"
)

// The SCSI commands that are sent (SPC-4, SBC-3), each of which only reads.
const (
	scsiRequestSense = 0x03
	scsiLogSense     = 0x4d
	scsiReadDefects  = 0xb7 // READ DEFECT DATA (12)
)

// The most that is asked for of each. The kernel's own buffer for sense data is of this length too.
const (
	senseLength  = 252
	logLength    = 2048
	defectHeader = 8
)

// logPages are the log pages that are read where a disk has them, by their places.
var logPages = [...]struct {
	place int
	code  byte
}{
	{priv.SCSIWrites, 0x02},
	{priv.SCSIReads, 0x03},
	{priv.SCSIVerifies, 0x05},
	{priv.SCSITemperature, 0x0d},
	{priv.SCSIWear, 0x11},
	{priv.SCSIScan, 0x15},
	{priv.SCSIExceptions, 0x2f},
}

// errUnsupported is a disk that does not have what it was asked for.
var errUnsupported = errors.New("unsupported")

// errNotReady is a disk that is there and takes no commands: it spins up, is being formatted, or is broken.
var errNotReady = errors.New("not ready")

// scsi reads a SCSI disk's pages, if it is awake.
func (l *looker) scsi() (asleep bool, err error) {
	sense, asleep, err := l.scsiSleeps()
	if asleep || err != nil {
		return asleep, err
	}
	l.pages = make([][]byte, priv.SCSIPages)
	l.pages[priv.SCSISense] = sense
	supported, err := l.log(0)
	l.put(priv.SCSISupported, "LOG SENSE, supported pages", supported, err)
	for _, p := range logPages {
		if len(supported) < logHeader || !slices.Contains(supported[logHeader:], p.code) {
			continue
		}
		page, err := l.log(p.code)
		l.put(p.place, fmt.Sprintf("LOG SENSE, page %02xh", p.code), page, err)
	}
	grown, _, err := l.disk.SCSI(grownList(), defectHeader)
	l.put(priv.SCSIGrown, "READ DEFECT DATA", grown, err)
	return false, nil
}

// scsiSleeps asks a SCSI disk whether it sleeps. REQUEST SENSE is answered in every power condition, and changes none of them (SPC-4,
// 5.13).
func (l *looker) scsiSleeps() (sense []byte, asleep bool, err error) {
	sense, _, err = l.disk.SCSI([]byte{0: scsiRequestSense, 4: senseLength, 5: 0}, senseLength)
	if err != nil {
		return nil, false, fmt.Errorf("REQUEST SENSE: %w", err)
	}
	asleep, err = sleeps(sense)
	return sense, asleep, err
}

// sleeps reads what a disk says of its state in sense data (SPC-4, table E.1): in standby, or stopped by a command. Idle is
// not asleep: it turns.
func sleeps(sense []byte) (bool, error) {
	const (
		lowPowerCondition = 0x5e
		notReady          = 2
		becomingReady     = 0x04 // LOGICAL UNIT NOT READY
		needsStart        = 0x02 // INITIALIZING COMMAND REQUIRED
	)
	key, asc, ascq, ok := senseWords(sense)
	switch {
	case !ok:
		return false, nil // nothing to say
	case asc == lowPowerCondition:
		// 00h: some low power condition; 02h and 04h: standby_z; 09h and 0Ah: standby_y.
		return slices.Contains([]byte{0x00, 0x02, 0x04, 0x09, 0x0a}, ascq), nil
	case key == notReady && asc == becomingReady && ascq == needsStart:
		return true, nil
	case key == notReady:
		return false, fmt.Errorf("%w: sense %x/%02x/%02x", errNotReady, key, asc, ascq)
	}
	return false, nil
}

// senseWords are the sense key, the additional sense code and its qualifier, in either format.
func senseWords(sense []byte) (key, asc, ascq byte, ok bool) {
	const (
		fixed, fixedDeferred             = 0x70, 0x71
		descriptors, descriptorsDeferred = 0x72, 0x73
	)
	if len(sense) == 0 {
		return 0, 0, 0, false
	}
	switch code := sense[0] & 0x7f; {
	case (code == fixed || code == fixedDeferred) && len(sense) >= 14:
		return sense[2] & 0x0f, sense[12], sense[13], true
	case (code == descriptors || code == descriptorsDeferred) && len(sense) >= 4:
		return sense[1] & 0x0f, sense[2], sense[3], true
	}
	return 0, 0, 0, false
}

// logHeader begins every log page: its code, its subpage, and its length.
const logHeader = 4

// log reads a log page, its cumulative values (PC 01b), and cuts it to the length that it states.
func (l *looker) log(code byte) ([]byte, error) {
	const cumulative = 1 << 6
	cdb := make([]byte, 10)
	cdb[0], cdb[2] = scsiLogSense, cumulative|code
	binary.BigEndian.PutUint16(cdb[7:], logLength)
	page, _, err := l.disk.SCSI(cdb, logLength)
	switch {
	case err != nil:
		return nil, err
	case len(page) < logHeader:
		return nil, fmt.Errorf("%d bytes are no log page", len(page))
	case page[0]&0x3f != code:
		return nil, fmt.Errorf("page %02xh came instead", page[0]&0x3f)
	}
	return page[:min(len(page), logHeader+int(binary.BigEndian.Uint16(page[2:])))], nil
}

// grownList asks for the header of the grown defect list, which says how long it is, in the short block format.
func grownList() []byte {
	const grown = 1 << 3
	cdb := make([]byte, 12)
	cdb[0], cdb[1] = scsiReadDefects, grown
	binary.BigEndian.PutUint32(cdb[6:], defectHeader)
	return cdb
}
