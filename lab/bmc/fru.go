package bmc

import "fmt"

// Watts is the rating of every supply of the lab.
const Watts = 750

// Serial is the serial number of a supply.
func Serial(supply int) string { return fmt.Sprintf("PSLAB%04d", supply) }

// supplyFRU is the FRU data of a supply: a product information area and a
// power supply record (FRU Information Storage Definition 1.0, sections 12
// and 18.1).
func supplyFRU(supply int) []byte {
	return fru("Plimsoll Lab", fmt.Sprintf("Supply %d W", Watts), "LAB-PSU-750", Serial(supply), ratings())
}

// boardFRU is the FRU data of the machine itself.
func boardFRU() []byte { return fru("Plimsoll Lab", "Guest", "LAB-1", "LABHOST0001", nil) }

// block is what offsets and lengths in FRU data count.
const block = 8

func fru(maker, product, part, serial string, records []byte) []byte {
	const format, english = 1, 25
	area := []byte{format, 0, english}
	for _, s := range []string{maker, product, part, "1.0", serial, "", ""} {
		area = append(area, text(s)...)
	}
	area = append(area, 0xc1) // no more fields
	for (len(area)+1)%block != 0 {
		area = append(area, 0)
	}
	area[1] = byte((len(area) + 1) / block)
	area = append(area, checksum(area))

	const productAt = 1
	header := []byte{format, 0, 0, 0, productAt, 0, 0}
	if len(records) > 0 {
		header[5] = byte(productAt + len(area)/block)
	}
	header = append(header, checksum(header))
	return append(append(header, area...), records...)
}

// ratings is a multirecord area with the one record that says what a supply can do.
func ratings() []byte {
	const kind, last, version = 0x00, 0x80, 0x02
	low, high := func(v int) byte { return byte(v) }, func(v int) byte { return byte(v >> 8) }
	const volts = 100 // counted in 10 mV
	body := []byte{
		low(Watts), high(Watts), // overall capacity
		0xff, 0xff, // peak VA: not given
		40, 5, // inrush, in A within ms
		low(100 * volts), high(100 * volts), low(127 * volts), high(127 * volts),
		low(200 * volts), high(200 * volts), low(240 * volts), high(240 * volts),
		47, 63, // Hz
		20,                      // ms that it bridges
		0x02 | 0x08,             // corrects the power factor, switches its range by itself
		low(Watts), high(Watts), // peak watts
		0, 0, 0, // no combined wattage
		0, // no tachometer
	}
	header := []byte{kind, last | version, byte(len(body)), checksum(body)}
	return append(append(header, checksum(header)), body...)
}

// checksum makes the sum of the bytes, itself included, zero.
func checksum(b []byte) byte {
	var sum byte
	for _, v := range b {
		sum += v
	}
	return -sum
}
