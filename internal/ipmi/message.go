package ipmi

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Network functions (table 5-1). An answer has the next, odd one.
const (
	netSensor  = 0x04
	netApp     = 0x06
	netStorage = 0x0A
	netGroup   = 0x2C
)

// Commands (appendix G), each within its network function.
const (
	cmdDeviceID       = 0x01 // netApp
	cmdSensorReading  = 0x2D // netSensor
	cmdFRUArea        = 0x10 // netStorage, as all that follow but the last
	cmdReadFRU        = 0x11
	cmdRepositoryInfo = 0x20
	cmdReserve        = 0x22
	cmdReadSDR        = 0x23
	cmdSELInfo        = 0x40
	cmdSELEntry       = 0x43
	cmdSELTime        = 0x48
	cmdPowerReading   = 0x02 // netGroup, DCMI
)

// groupDCMI marks a command of the group extension DCMI.
const groupDCMI = 0xDC

// Whole asks for as much of a record as there is.
const Whole = 0xFF

// Command is a request as it travels: network function and LUN, command, data.
type Command []byte

func command(netfn, lun, cmd byte, data ...byte) Command {
	return append(Command{netfn<<2 | lun&3, cmd}, data...)
}

// DeviceID asks a controller who it is.
func DeviceID() Command { return command(netApp, 0, cmdDeviceID) }

// RepositoryInfo asks how many records the SDR repository has, and when it last changed.
func RepositoryInfo() Command { return command(netStorage, 0, cmdRepositoryInfo) }

// ReserveRepository asks for the number with which records can be read in pieces. It changes nothing but who holds that.
func ReserveRepository() Command { return command(netStorage, 0, cmdReserve) }

// ReadSDR asks for count bytes of the record id from offset on; a reservation is needed only for an offset above 0.
func ReadSDR(reservation, id uint16, offset, count byte) Command {
	data := binary.LittleEndian.AppendUint16(nil, reservation)
	data = binary.LittleEndian.AppendUint16(data, id)
	return command(netStorage, 0, cmdReadSDR, append(data, offset, count)...)
}

// SensorReading asks for what a sensor reads now.
func SensorReading(lun, number byte) Command {
	return command(netSensor, lun, cmdSensorReading, number)
}

// FRUArea asks how large an inventory is.
func FRUArea(device byte) Command { return command(netStorage, 0, cmdFRUArea, device) }

// ReadFRU asks for count bytes of an inventory from offset on.
func ReadFRU(device byte, offset uint16, count byte) Command {
	data := binary.LittleEndian.AppendUint16([]byte{device}, offset)
	return command(netStorage, 0, cmdReadFRU, append(data, count)...)
}

// SELInfo asks how many entries the event log has, and when one was last added.
func SELInfo() Command { return command(netStorage, 0, cmdSELInfo) }

// FirstEntry and LastEntry ask for the oldest and the newest entry, whatever its id.
const (
	FirstEntry = 0x0000
	LastEntry  = 0xFFFF
)

// SELEntry asks for one entry of the event log, whole.
func SELEntry(id uint16) Command {
	data := binary.LittleEndian.AppendUint16([]byte{0, 0}, id)
	return command(netStorage, 0, cmdSELEntry, append(data, 0, Whole)...)
}

// SELTime asks for the controller's clock.
func SELTime() Command { return command(netStorage, 0, cmdSELTime) }

// PowerReading asks for the power that the whole host takes (DCMI).
func PowerReading() Command { return command(netGroup, 0, cmdPowerReading, groupDCMI, 1, 0, 0) }

// errShort is an answer with fewer bytes than its command has.
var errShort = errors.New("too short")

// Code is a completion code.
type Code byte

// The completion codes that somebody decides on (table 5-2).
const (
	CodeOK          Code = 0x00
	CodeBusy        Code = 0xC0
	CodeInvalid     Code = 0xC1 // it knows no such command
	CodeTimeout     Code = 0xC3 // what the kernel says of a controller that does not answer
	CodeReservation Code = 0xC5 // somebody else holds it now
	CodeLength      Code = 0xC7
	CodeFieldLength Code = 0xC8 // more was asked for than it gives at once
	CodeTooMuch     Code = 0xCA // likewise
	CodeNotPresent  Code = 0xCB // there is no such sensor, record or entry
	CodeUnspecified Code = 0xFF
)

// codeWords are those of the table, in short.
var codeWords = map[Code]string{
	CodeOK: "completed", CodeBusy: "node busy", CodeInvalid: "invalid command", 0xC2: "invalid for this LUN",
	CodeTimeout: "timeout", 0xC4: "out of space", CodeReservation: "reservation canceled", 0xC6: "request truncated",
	CodeLength: "request length invalid", CodeFieldLength: "request field length exceeded", 0xC9: "parameter out of range",
	CodeTooMuch: "cannot return that many bytes", CodeNotPresent: "sensor, data or record not present",
	0xCC: "invalid data field", 0xCD: "illegal for this sensor or record", 0xCE: "response could not be provided",
	0xCF: "duplicated request", 0xD0: "SDR repository in update mode", 0xD1: "in firmware update mode",
	0xD2: "initialization in progress", 0xD3: "destination unavailable", 0xD4: "insufficient privilege",
	0xD5: "not supported in present state", CodeUnspecified: "unspecified",
}

// String is the code as the table has it, with its number.
func (c Code) String() string {
	if word, known := codeWords[c]; known {
		return fmt.Sprintf("%s (%02Xh)", word, byte(c))
	}
	return fmt.Sprintf("completion code %02Xh", byte(c))
}

// CodeError is an answer that says no.
type CodeError struct{ Code Code }

// Error is the code.
func (e *CodeError) Error() string { return e.Code.String() }

// Body is what an answer says: what follows its completion code. Errors are [*CodeError], and one of an answer without any.
func Body(answer []byte) ([]byte, error) {
	if len(answer) == 0 {
		return nil, fmt.Errorf("decode answer: %w", errShort)
	}
	if c := Code(answer[0]); c != CodeOK {
		return nil, &CodeError{Code: c}
	}
	return answer[1:], nil
}

// Is says whether err is an answer with this code.
func Is(err error, code Code) bool {
	e, ok := errors.AsType[*CodeError](err)
	return ok && e.Code == code
}
