package ipmi

import (
	"encoding/binary"
	"fmt"
)

// Repository is what a controller says of its SDR repository. Two that are equal hold the same records.
type Repository struct {
	Records int
	Added   uint32 // the controller's clock at the last addition
	Erased  uint32 // and at the last erasure
}

// ParseRepository reads the body of the answer to RepositoryInfo.
func ParseRepository(b []byte) (Repository, error) {
	const size = 14
	if len(b) < size {
		return Repository{}, fmt.Errorf("decode repository info: %w", errShort)
	}
	return Repository{
		Records: int(binary.LittleEndian.Uint16(b[1:])),
		Added:   binary.LittleEndian.Uint32(b[5:]), Erased: binary.LittleEndian.Uint32(b[9:]),
	}, nil
}

// ParseReservation reads the body of the answer to ReserveRepository.
func ParseReservation(b []byte) (uint16, error) {
	if len(b) < 2 {
		return 0, fmt.Errorf("decode reservation: %w", errShort)
	}
	return binary.LittleEndian.Uint16(b), nil
}

// NoRecord is the id that follows the last record's.
const NoRecord = 0xFFFF

// ParsePiece reads the body of the answer to ReadSDR: the id of the next record, and bytes of this one.
func ParsePiece(b []byte) (next uint16, piece []byte, err error) {
	if len(b) < 2 {
		return 0, nil, fmt.Errorf("decode record: %w", errShort)
	}
	return binary.LittleEndian.Uint16(b), b[2:], nil
}

// headerSize is the length of what every record begins with.
const headerSize = 5

// RecordSize is how long a record is that begins like this, and false where there is too little of it.
func RecordSize(begin []byte) (int, bool) {
	if len(begin) < headerSize {
		return 0, false
	}
	return headerSize + int(begin[4]), true
}

// FRUSize reads the body of the answer to FRUArea: how many bytes an inventory has. One that is counted in words can't be read.
func FRUSize(b []byte) (int, error) {
	if len(b) < 3 {
		return 0, fmt.Errorf("decode inventory area: %w", errShort)
	}
	if b[2]&1 != 0 {
		return 0, fmt.Errorf("decode inventory area: counted in words")
	}
	return int(binary.LittleEndian.Uint16(b)), nil
}

// FRUBytes reads the body of the answer to ReadFRU.
func FRUBytes(b []byte) ([]byte, error) {
	if len(b) < 1 || int(b[0]) > len(b)-1 {
		return nil, fmt.Errorf("decode inventory: %w", errShort)
	}
	return b[1 : 1+int(b[0])], nil
}

// PowerWatts reads the body of the answer to PowerReading: the watts that the host takes now, and false where the controller
// does not measure at the moment.
func PowerWatts(b []byte) (watts int, measured bool, err error) {
	const size, active = 18, 1 << 6
	if len(b) < size || b[0] != groupDCMI {
		return 0, false, fmt.Errorf("decode power reading: %w", errShort)
	}
	return int(binary.LittleEndian.Uint16(b[1:])), b[17]&active != 0, nil
}
