package main

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"plimsoll/lab/tcmu"
)

const (
	sector    = 512
	diskBytes = 32 << 20
)

// state is what the disk was told to be.
type state struct{ failing, pending, asleep, hung bool }

// disk answers SCSI commands as a SAS adapter does for an ATA disk (SAT, T10/BSR INCITS 517).
type disk struct {
	data  []byte
	state func() state
	note  func(command string)
}

// Commands of SPC-4, SBC-3 and SAT, as far as Linux and smartctl send them.
const (
	opTestUnitReady  = 0x00
	opRequestSense   = 0x03
	opRead6          = 0x08
	opWrite6         = 0x0a
	opInquiry        = 0x12
	opModeSense6     = 0x1a
	opStartStop      = 0x1b
	opReadCapacity   = 0x25
	opRead10         = 0x28
	opWrite10        = 0x2a
	opSynchronize    = 0x35
	opModeSense10    = 0x5a
	opATA16          = 0x85
	opRead16         = 0x88
	opWrite16        = 0x8a
	opServiceIn16    = 0x9e
	opATA12          = 0xa1
	hungTick         = 50 * time.Millisecond
	actionCapacity16 = 0x10
)

// command answers one command. A hung disk answers none; the one it is at, and all that follow, wait.
func (d *disk) command(cdb, data []byte) tcmu.Answer {
	for d.state().hung {
		time.Sleep(hungTick)
	}
	switch cdb[0] {
	case opATA16:
		return d.ata(taskfile{extended: cdb[1]&1 != 0, check: cdb[2]&0x20 != 0, feature: cdb[4], count: cdb[6], low: cdb[8], mid: cdb[10], high: cdb[12], device: cdb[13], command: cdb[14]})
	case opATA12:
		return d.ata(taskfile{check: cdb[2]&0x20 != 0, feature: cdb[3], count: cdb[4], low: cdb[5], mid: cdb[6], high: cdb[7], device: cdb[8], command: cdb[9]})
	case opTestUnitReady, opSynchronize, opStartStop:
		d.note(fmt.Sprintf("SCSI %02xh", cdb[0]))
		return tcmu.Answer{}
	case opRequestSense:
		return good(make([]byte, 18), int(cdb[4]))
	case opInquiry:
		return inquiry(cdb)
	case opModeSense6:
		return good([]byte{3, 0, 0, 0}, int(cdb[4]))
	case opModeSense10:
		return good([]byte{0, 6, 0, 0, 0, 0, 0, 0}, int(binary.BigEndian.Uint16(cdb[7:])))
	case opReadCapacity, opServiceIn16:
		return capacity(cdb)
	default:
		return d.transfer(cdb, data)
	}
}

func good(data []byte, room int) tcmu.Answer { return tcmu.Answer{Data: data[:min(len(data), room)]} }

// refused is the answer to what the disk does not know: illegal request, and why.
func refused(asc byte) tcmu.Answer {
	const fixed, illegalRequest, more = 0x70, 0x05, 10
	return tcmu.Answer{Status: tcmu.CheckCondition, Sense: []byte{fixed, 0, illegalRequest, 0, 0, 0, 0, more, 0, 0, 0, 0, asc, 0, 0, 0, 0, 0}}
}

const (
	invalidCommand = 0x20
	outOfRange     = 0x21
	invalidField   = 0x24
)

// transfer reads or writes blocks.
func (d *disk) transfer(cdb, data []byte) tcmu.Answer {
	var at, blocks uint64
	switch cdb[0] {
	case opRead6, opWrite6:
		at, blocks = uint64(cdb[1]&0x1f)<<16|uint64(binary.BigEndian.Uint16(cdb[2:])), uint64(cdb[4])
		if blocks == 0 {
			blocks = 256
		}
	case opRead10, opWrite10:
		at, blocks = uint64(binary.BigEndian.Uint32(cdb[2:])), uint64(binary.BigEndian.Uint16(cdb[7:]))
	case opRead16, opWrite16:
		at, blocks = binary.BigEndian.Uint64(cdb[2:]), uint64(binary.BigEndian.Uint32(cdb[10:]))
	default:
		return refused(invalidCommand)
	}
	if all := uint64(len(d.data) / sector); at > all || blocks > all-at {
		return refused(outOfRange)
	}
	where := d.data[at*sector : (at+blocks)*sector]
	if cdb[0] == opRead6 || cdb[0] == opRead10 || cdb[0] == opRead16 {
		d.note("read")
		return tcmu.Answer{Data: where}
	}
	d.note("write")
	copy(where, data)
	return tcmu.Answer{}
}

func capacity(cdb []byte) tcmu.Answer {
	const last = diskBytes/sector - 1
	if cdb[0] == opReadCapacity {
		b := binary.BigEndian.AppendUint32(nil, last)
		return tcmu.Answer{Data: binary.BigEndian.AppendUint32(b, sector)}
	}
	if cdb[1]&0x1f != actionCapacity16 {
		return refused(invalidField)
	}
	b := binary.BigEndian.AppendUint64(nil, last)
	b = binary.BigEndian.AppendUint32(b, sector)
	return good(append(b, make([]byte, 20)...), int(binary.BigEndian.Uint32(cdb[10:])))
}

// inquiry tells who the disk is: vendor "ATA", as every SAS adapter calls one, and the pages that lead to its ATA words.
func inquiry(cdb []byte) tcmu.Answer {
	room := int(binary.BigEndian.Uint16(cdb[3:]))
	if cdb[1]&1 == 0 {
		b := append([]byte{0, 0, 6, 2, 31, 0, 0, 2}, pad("ATA", 8)...)
		return good(append(append(b, pad(model, 16)...), pad("1.0", 4)...), room)
	}
	page := func(body []byte) tcmu.Answer {
		return good(append([]byte{0, cdb[2], byte(len(body) >> 8), byte(len(body))}, body...), room)
	}
	switch cdb[2] {
	case 0x00:
		return page([]byte{0x00, 0x80, 0x83, 0x89})
	case 0x80:
		return page([]byte(pad(serial, 20)))
	case 0x83:
		const binaryCode, naa = 1, 3
		name := make([]byte, 8)
		if _, err := fmt.Sscanf(wwn, "%x", &name); err != nil {
			panic("internal error: the WWN is no number")
		}
		return page(append([]byte{binaryCode, naa, 0, 8}, name...))
	case 0x89: // ATA information: the adapter, the disk's signature, IDENTIFY DEVICE
		b := append([]byte{0, 0, 0, 0}, pad("LAB", 8)...)
		b = append(append(b, pad("SAT", 16)...), pad("1.0", 4)...)
		b = append(b, make([]byte, 20)...)
		return page(append(append(b, cmdIdentify, 0, 0, 0), identify()...))
	default:
		return refused(invalidField)
	}
}

func pad(s string, n int) string { return s + strings.Repeat(" ", n-len(s)) }
