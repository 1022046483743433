package bmc

// Entities of IPMI 2.0 table 43-13, sensor types of table 42-3 and
// event/reading types of table 42-1, as far as the lab has them.
const (
	entitySupply = 0x0a
	entityUnit   = 0x13 // power unit: what the supplies are together

	typeSupply = 0x08
	typeUnit   = 0x09
	typeOther  = 0x0b // other units-based sensor: watts

	readThreshold  = 0x01
	readRedundancy = 0x0b
	readSpecific   = 0x6f
)

// address is the BMC's own on its bus, by which the simulator's commands name it.
const address = 0x20

// wattsPerCount makes one byte enough for a supply of a kilowatt.
const wattsPerCount = 4

// sdr puts a header before the body of a sensor data record. The simulator
// gives the record's number, the first two bytes.
func sdr(kind byte, body []byte) []byte {
	const version = 0x51 // IPMI 2.0
	return append([]byte{0, 0, version, kind, byte(len(body))}, body...)
}

// text is a type/length byte for 8-bit ASCII, and the text.
func text(s string) []byte { return append([]byte{0xc0 | byte(len(s))}, s...) }

// discrete is a compact sensor record (type 02h, table 43-2) without sharing.
func (s Sensor) discrete() []byte {
	mask := []byte{byte(s.mask()), byte(s.mask() >> 8)}
	body := []byte{address, 0, s.Number, s.entity, s.instance, 0x67, 0x40, s.kind, s.reading}
	body = append(body, mask...) // assertions
	body = append(body, mask...) // deassertions
	body = append(body, mask...) // states that can be read
	// No analog reading, so no units; one sensor to the record; no hysteresis.
	body = append(body, 0xc0, 0, 0, 0x01, 0, 0, 0, 0, 0, 0, 0)
	return sdr(0x02, append(body, text(s.Name)...))
}

// analog is a full sensor record (type 01h, table 43-1) of watts without thresholds.
func (s Sensor) analog() []byte {
	const watts = 6 // table 43-15
	body := []byte{address, 0, s.Number, s.entity, s.instance, 0x67, 0x40, s.kind, s.reading}
	body = append(body, make([]byte, 6)...)              // no thresholds
	body = append(body, 0x00, watts, 0, 0)               // unsigned, linear
	body = append(body, wattsPerCount, 0, 0, 0, 0, 0)    // M, tolerance, B, accuracy, exponents
	body = append(body, 0x00, 0, 0, 0, 0xff, 0)          // no nominal reading; from 0 to 255
	body = append(body, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) // thresholds, hysteresis, OEM
	return sdr(0x01, append(body, text(s.Name)...))
}

// locator is a FRU device locator record (type 11h, table 43-7).
func locator(device, entity, instance byte, name string) []byte {
	const logical, channel, eeprom = 0x80, 0, 0x10
	return sdr(0x11, append([]byte{address, device, logical, channel, 0, eeprom, 0, entity, instance, 0}, text(name)...))
}
