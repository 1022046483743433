package main

import (
	"encoding/binary"
	"fmt"

	"plimsoll/lab/tcmu"
)

// taskfile is an ATA command as it comes by pass-through.
type taskfile struct {
	extended, check bool // check: the registers are wanted back
	feature, count  byte
	low, mid, high  byte
	device, command byte
}

// ATA commands and the subcommands of SMART (ACS-3).
const (
	cmdIdentify   = 0xec
	cmdSMART      = 0xb0
	cmdCheckPower = 0xe5
	cmdStandby    = 0xe0
	cmdIdle       = 0xe1

	smartData       = 0xd0
	smartThresholds = 0xd1
	smartLog        = 0xd5
	smartEnable     = 0xd8
	smartStatus     = 0xda
)

// Signatures in the registers mid and high: all is well, and a threshold is exceeded (ACS-3, SMART RETURN STATUS).
const (
	wellMid, wellHigh       = 0x4f, 0xc2
	exceededMid, exceedHigh = 0xf4, 0x2c
)

// Power modes, as CHECK POWER MODE gives them in the register count.
const (
	standby = 0x00
	active  = 0xff
)

func (d *disk) ata(t taskfile) tcmu.Answer {
	is := d.state()
	switch t.command {
	case cmdCheckPower:
		d.note("CHECK POWER MODE")
		t.count = active
		if is.asleep {
			t.count = standby
		}
		return t.done(nil)
	case cmdIdentify:
		d.note("IDENTIFY DEVICE")
		return t.done(identify())
	case cmdStandby, cmdIdle:
		d.note(fmt.Sprintf("ATA %02xh", t.command))
		return t.done(nil)
	case cmdSMART:
		return d.smart(t, is)
	default:
		d.note(fmt.Sprintf("ATA %02xh", t.command))
		return t.aborted()
	}
}

func (d *disk) smart(t taskfile, is state) tcmu.Answer {
	switch t.feature {
	case smartData:
		d.note("SMART READ DATA")
		return t.done(attributes(is))
	case smartThresholds:
		d.note("SMART READ THRESHOLDS")
		return t.done(thresholds())
	case smartEnable:
		d.note("SMART ENABLE")
		return t.done(nil)
	case smartStatus:
		d.note("SMART RETURN STATUS")
		t.mid, t.high = wellMid, wellHigh
		if is.failing {
			t.mid, t.high = exceededMid, exceedHigh
		}
		return t.done(nil)
	default:
		d.note(fmt.Sprintf("SMART %02xh", t.feature))
		return t.aborted()
	}
}

// done is a command that went well; its registers come as sense data if they are wanted.
func (t taskfile) done(data []byte) tcmu.Answer {
	const ready = 0x50
	if t.check {
		return tcmu.Answer{Status: tcmu.CheckCondition, Data: data, Sense: t.registers(0x01, 0x1d, 0, ready)}
	}
	return tcmu.Answer{Data: data}
}

// aborted is a command that the disk does not know.
func (t taskfile) aborted() tcmu.Answer {
	const abort, readyError = 0x04, 0x51
	return tcmu.Answer{Status: tcmu.CheckCondition, Sense: t.registers(0x0b, 0, abort, readyError)}
}

// registers are descriptor format sense data with an ATA status return descriptor (SAT-3, section 12.2.2.6).
func (t taskfile) registers(key, ascq, failure, status byte) []byte {
	return []byte{
		0x72, key, 0, ascq, 0, 0, 0, 14,
		0x09, 12, 0, failure, 0, t.count, 0, t.low, 0, t.mid, 0, t.high, t.device, status,
	}
}

// attribute is one row of the SMART data.
type attribute struct {
	id, value, worst, threshold byte
	flags                       uint16
	raw                         uint32
}

func table(is state) []attribute {
	const prefailure, online, kept = 1, 2, 0x20
	rows := []attribute{
		{id: 5, value: 100, worst: 100, threshold: 36, flags: prefailure | online},    // reallocated sectors
		{id: 9, value: 99, worst: 99, flags: online | kept, raw: 1234},                // hours
		{id: 190, value: 69, worst: 60, threshold: 45, flags: online | kept, raw: 31}, // airflow temperature
		{id: 194, value: 31, worst: 40, flags: online | kept, raw: 31},                // temperature
		{id: 197, value: 100, worst: 100, flags: online},                              // pending sectors
		{id: 198, value: 100, worst: 100, flags: online},                              // uncorrectable
		{id: 199, value: 200, worst: 200, flags: online | kept},                       // errors on the cable
	}
	if is.failing {
		rows[0].value, rows[0].worst, rows[0].raw = 20, 20, 3000
	}
	if is.pending {
		rows[4].raw = 16
	}
	return rows
}

// page is a page of SMART data: rows of twelve bytes behind a revision, and a checksum.
func page(row func(a attribute, b []byte), is state) []byte {
	b := make([]byte, sector)
	binary.LittleEndian.PutUint16(b, 16)
	for i, a := range table(is) {
		row(a, b[2+12*i:])
	}
	return b
}

func sealed(b []byte) []byte {
	var sum byte
	for _, v := range b[:sector-1] {
		sum += v
	}
	b[sector-1] = -sum
	return b
}

func attributes(is state) []byte {
	b := page(func(a attribute, b []byte) {
		b[0], b[3], b[4] = a.id, a.value, a.worst
		binary.LittleEndian.PutUint16(b[1:], a.flags)
		binary.LittleEndian.PutUint32(b[5:], a.raw)
	}, is)
	b[368] = 0x03 // attributes are saved
	return sealed(b)
}

func thresholds() []byte {
	return sealed(page(func(a attribute, b []byte) { b[0], b[1] = a.id, a.threshold }, state{}))
}

// identify is IDENTIFY DEVICE, as far as somebody reads it: who the disk is, how large, and that it has SMART.
func identify() []byte {
	b := make([]byte, sector)
	word := func(n int, v uint16) { binary.LittleEndian.PutUint16(b[2*n:], v) }
	// Text is kept with the bytes of each word exchanged.
	text := func(n, words int, s string) {
		s = pad(s, 2*words)
		for i := 0; i < 2*words; i += 2 {
			b[2*n+i], b[2*n+i+1] = s[i+1], s[i]
		}
	}
	const sectors = diskBytes / sector
	word(0, 0x0040)
	text(10, 10, serial)
	text(23, 4, "1.0")
	text(27, 20, model)
	word(49, 0x0300) // LBA, DMA
	word(53, 0x0006)
	word(60, sectors&0xffff)
	word(61, sectors>>16)
	word(80, 0x03f0) // ACS-2 and before
	word(82, 0x0069) // SMART, power management
	word(83, 0x7400) // 48-bit addresses
	word(84, 0x4103) // a WWN, SMART's logs
	word(85, 0x0069)
	word(86, 0x3400)
	word(87, 0x4103)
	word(100, sectors&0xffff)
	word(101, sectors>>16)
	word(108, 0x5000)
	word(109, 0xc500)
	word(110, 0x0000)
	word(111, 0x1000)
	word(217, 7200) // turns a minute
	return b
}
