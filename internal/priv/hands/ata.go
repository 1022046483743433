package hands

import (
	"errors"
	"fmt"

	"plimsoll/internal/priv"
)

// The ATA commands that are sent (ACS-3, T13/2161-D), each of which only reads.
const (
	ataCheckPowerMode = 0xe5
	ataIdentify       = 0xec
	ataSMART          = 0xb0
)

// What SMART is asked for, in the features register.
const (
	smartReadData       = 0xd0
	smartReadThresholds = 0xd1
	smartReturnStatus   = 0xda
)

// What CHECK POWER MODE says of a disk that sleeps, in the count register. All else is idle or active.
const (
	powerStandby  = 0x00
	powerStandbyY = 0x01
	powerSpunDown = 0x40 // its non-volatile cache is awake, the disk is not
)

// How ATA PASS-THROUGH (16) carries a command (SAT-3, T10/2126-D, table 139).
const (
	ataPassThrough16 = 0x85
	protocolNonData  = 3 << 1
	protocolPIOIn    = 4 << 1
	// wantRegisters (CK_COND) has the registers come back in sense data, where the answers of commands without data are.
	wantRegisters = 1 << 5
	// oneBlockIn: from the device, in blocks of 512 bytes, as many as the count register says.
	oneBlockIn = 1<<3 | 1<<2 | 2
	ataBlock   = 512
)

// ataRegisters are what a disk leaves in its registers: the ATA Status Return descriptor of SAT, all 14 bytes.
type ataRegisters []byte

// The descriptor, and the places in it.
const (
	descriptorATA    = 0x09
	descriptorLength = 14
	registerError    = 3
	registerCount    = 5
	registerStatus   = 13
)

// ataFailed are the bits of the status register that say a command was not carried out: ERR and DF.
const ataFailed = 0x01 | 0x20

// ata reads an ATA disk's pages, if it is awake.
func (l *looker) ata() (asleep bool, err error) {
	if asleep, err := l.ataSleeps(); asleep || err != nil {
		return asleep, err
	}
	l.pages = make([][]byte, priv.ATAPages)
	identify, err := l.block(ataIdentify, 0)
	l.put(priv.ATAIdentify, "IDENTIFY DEVICE", identify, err)
	if err == nil && !smartOn(identify) {
		return false, nil
	}
	status, err := l.registers(ataSMART, smartReturnStatus)
	l.put(priv.ATAStatus, "SMART RETURN STATUS", status, err)
	data, err := l.block(ataSMART, smartReadData)
	l.put(priv.ATAData, "SMART READ DATA", data, err)
	thresholds, err := l.block(ataSMART, smartReadThresholds)
	l.put(priv.ATAThresholds, "SMART READ THRESHOLDS", thresholds, err)
	return false, nil
}

// ataSleeps asks an ATA disk whether it sleeps.
func (l *looker) ataSleeps() (bool, error) {
	mode, err := l.registers(ataCheckPowerMode, 0)
	if err != nil {
		// A disk that does not say whether it sleeps is asked nothing that might wake it.
		return false, fmt.Errorf("CHECK POWER MODE: %w", err)
	}
	switch mode[registerCount] {
	case powerStandby, powerStandbyY, powerSpunDown:
		return true, nil
	}
	return false, nil
}

// smartOn says whether SMART is enabled: word 85 of IDENTIFY DEVICE, bit 0. To enable it would be a change to the disk.
func smartOn(identify []byte) bool {
	const word85 = 2 * 85
	return len(identify) > word85 && identify[word85]&1 == 1
}

// registers sends a command that has no data, and is what it left in the registers.
func (l *looker) registers(command, features byte) (ataRegisters, error) {
	_, sense, err := l.disk.SCSI(passThrough(command, features, protocolNonData, wantRegisters), 0)
	r, ok := registersIn(sense)
	switch {
	case !ok && err != nil:
		return nil, err
	case !ok:
		return nil, errors.New("no registers came back")
	case r[registerStatus]&ataFailed != 0:
		return nil, fmt.Errorf("status %02xh, error %02xh", r[registerStatus], r[registerError])
	}
	return r, nil // the registers come as sense data, with which the kernel reports CHECK CONDITION
}

// block sends a command that reads one block.
func (l *looker) block(command, features byte) ([]byte, error) {
	data, _, err := l.disk.SCSI(passThrough(command, features, protocolPIOIn, oneBlockIn), ataBlock)
	switch {
	case err != nil:
		return nil, err
	case len(data) != ataBlock:
		return nil, fmt.Errorf("%d bytes instead of %d", len(data), ataBlock)
	}
	return data, nil
}

// passThrough is an ATA command as a SCSI command. SMART's have a signature where others have an address.
func passThrough(command, features, protocol, flags byte) []byte {
	cdb := make([]byte, 16)
	cdb[0], cdb[1], cdb[2], cdb[4], cdb[14] = ataPassThrough16, protocol, flags, features, command
	if protocol == protocolPIOIn {
		cdb[6] = 1
	}
	if command == ataSMART {
		cdb[10], cdb[12] = 0x4f, 0xc2
	}
	return cdb
}

// registersIn finds the registers in sense data: a descriptor of its own in the one format, packed into the fields of the
// other, which some controllers prefer (SAT-3, 12.2.2.6 and 12.2.2.7).
func registersIn(sense []byte) (ataRegisters, bool) {
	const (
		fixed, descriptors = 0x70, 0x72
		firstDescriptor    = 8
		fixedLength        = 14
		registersFollow    = 0x001d // ASC and ASCQ: ATA PASS THROUGH INFORMATION AVAILABLE
	)
	if len(sense) < firstDescriptor {
		return nil, false
	}
	switch sense[0] & 0x7f {
	case descriptors:
		for rest := sense[firstDescriptor:]; len(rest) >= 2; {
			size := 2 + int(rest[1])
			if rest[0] == descriptorATA && size >= descriptorLength && len(rest) >= descriptorLength {
				return ataRegisters(rest[:descriptorLength]), true
			}
			rest = rest[min(size, len(rest)):]
		}
	case fixed:
		if len(sense) < fixedLength || int(sense[12])<<8|int(sense[13]) != registersFollow {
			return nil, false
		}
		r := make(ataRegisters, descriptorLength)
		r[0], r[1] = descriptorATA, descriptorLength-2
		r[registerError], r[registerStatus], r[12], r[registerCount] = sense[3], sense[4], sense[5], sense[6]
		r[7], r[9], r[11] = sense[9], sense[10], sense[11]
		return r, true
	}
	return nil, false
}
