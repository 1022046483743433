package disk

import (
	"encoding/binary"
	"fmt"
	"math"
)

// CriticalWarning are the bits of an NVMe controller's health log that say what is wrong now (NVM Express Base Specification
// 2.0, figure 207).
type CriticalWarning uint8

// The bits. Those above them are reserved, and told as they are.
const (
	SpareLow        CriticalWarning = 1 << iota // available spare below its threshold
	TemperatureOff                              // above or below a temperature threshold
	ReliabilityLow                              // degraded by media errors or an internal error
	ReadOnly                                    // all of the media are
	BackupFailed                                // volatile memory backup device
	RegionReadOnly                              // persistent memory region read-only or unreliable
	knownWarnings   = SpareLow | TemperatureOff | ReliabilityLow | ReadOnly | BackupFailed | RegionReadOnly
	predictWarnings = ReliabilityLow | ReadOnly
)

// NVMeHealth is an NVMe controller's SMART / health information, log page 02h.
type NVMeHealth struct {
	Warning         CriticalWarning
	Kelvin          uint16
	Spare           uint8 // percent
	SpareThreshold  uint8 // percent
	Used            uint8 // percent of the life that the maker expects; may pass 100
	PowerCycles     uint64
	PowerOnHours    uint64
	UnsafeShutdowns uint64
	MediaErrors     uint64
	ErrorLogEntries uint64 // noise: it counts commands that were refused as well
}

// nvmeLogLength is the length of the page.
const nvmeLogLength = 512

// ParseNVMe reads log page 02h. Counters of 128 bits that do not fit are the largest number there is.
func ParseNVMe(page []byte) (NVMeHealth, error) {
	if len(page) < nvmeLogLength {
		return NVMeHealth{}, fmt.Errorf("parse NVMe health log: %d bytes, want %d", len(page), nvmeLogLength)
	}
	return NVMeHealth{
		Warning: CriticalWarning(page[0]), Kelvin: binary.LittleEndian.Uint16(page[1:]),
		Spare: page[3], SpareThreshold: page[4], Used: page[5],
		PowerCycles: wide(page[112:]), PowerOnHours: wide(page[128:]), UnsafeShutdowns: wide(page[144:]),
		MediaErrors: wide(page[160:]), ErrorLogEntries: wide(page[176:]),
	}, nil
}

// wide is a number of 16 bytes, little-endian.
func wide(b []byte) uint64 {
	if binary.LittleEndian.Uint64(b[8:]) != 0 {
		return math.MaxUint64
	}
	return binary.LittleEndian.Uint64(b)
}

// Celsius is the composite temperature, and false where the controller reports none.
func (h NVMeHealth) Celsius() (int, bool) {
	return int(h.Kelvin) - zeroCelsius, h.Kelvin != 0
}

// zeroCelsius is 0 °C in kelvin, as nvme-cli and smartctl round it.
const zeroCelsius = 273
