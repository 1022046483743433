package ipmi

import (
	"encoding/binary"
	"fmt"
	"strconv"
)

// The record types that are read (table 43-1 and following).
const (
	recordFull    = 0x01
	recordCompact = 0x02
	recordFRU     = 0x11
)

// Entity is what a sensor or an inventory is of: its kind (table 43-13) and which of that kind. An instance from 60h on is one
// of its own controller's rather than of the system.
type Entity struct{ ID, Instance byte }

// The entities that have to do with power.
const (
	EntitySystemBoard      = 0x07
	EntityPowerSupply      = 0x0A
	EntityPowerUnit        = 0x13
	EntityPowerMgmt        = 0x15
	EntityChassis          = 0x17
	deviceRelative         = 0x60
	instanceMask           = 0x7F
	ownController     byte = 0x20
)

// String is the entity as it is usually written: 10.1.
func (e Entity) String() string { return fmt.Sprintf("%d.%d", e.ID, e.Instance) }

// Number is which of its kind the entity is, as people count.
func (e Entity) Number() int {
	if e.Instance >= deviceRelative {
		return int(e.Instance) - deviceRelative
	}
	return int(e.Instance)
}

// Sensor types and event/reading types that are read (tables 42-1 and 42-3).
const (
	TypePowerSupply = 0x08
	TypePowerUnit   = 0x09

	ReadsThreshold  = 0x01
	ReadsPredictive = 0x04
	ReadsPresence   = 0x08
	ReadsRedundancy = 0x0B
	ReadsSpecific   = 0x6F
)

// Sensor is one sensor as a record tells of it.
type Sensor struct {
	Owner  byte // the controller's address; software has an odd one
	LUN    byte
	Number byte
	Entity Entity
	Type   byte // sensor type
	Reads  byte // event/reading type
	// Mask are the discrete states that it can tell.
	Mask uint16
	Unit byte // base unit (table 43-15); 6 are watts
	// Percent says that the unit is none: it is a part of a hundred.
	Percent bool
	Name    string

	convert *conversion // nil: it has no number to read
}

// UnitWatts is the base unit of power.
const UnitWatts = 6

// Own says whether the controller that is asked owns the sensor.
func (s Sensor) Own() bool { return s.Owner == ownController }

// Measures says whether the sensor reads a number, and not states alone.
func (s Sensor) Measures() bool { return s.convert != nil }

// Inventory is where an inventory (FRU) is, as a record tells of it.
type Inventory struct {
	Owner   byte
	Device  byte // its number at the controller
	Logical bool // it can be read through the controller
	Entity  Entity
	Name    string
}

// Own says whether the controller that is asked has the inventory.
func (i Inventory) Own() bool { return i.Owner == ownController && i.Logical }

// Record is one record of the repository: sensors (a compact record may tell of several), an inventory, or something that is
// not read.
type Record struct {
	ID        uint16
	Type      byte
	Sensors   []Sensor
	Inventory *Inventory
}

// ParseRecord reads a whole record. One of a type that is not read has neither sensors nor an inventory.
func ParseRecord(b []byte) (Record, error) {
	size, ok := RecordSize(b)
	if !ok || size > len(b) {
		return Record{}, fmt.Errorf("decode record: %w", errShort)
	}
	b = b[:size]
	r := Record{ID: binary.LittleEndian.Uint16(b), Type: b[3]}
	var err error
	switch r.Type {
	case recordFull:
		r.Sensors, err = fullSensor(b)
	case recordCompact:
		r.Sensors, err = compactSensors(b)
	case recordFRU:
		r.Inventory, err = inventory(b)
	}
	if err != nil {
		return Record{}, fmt.Errorf("decode record %04Xh: %w", r.ID, err)
	}
	return r, nil
}

// sensor is what full and compact records have in common.
func sensor(b []byte) Sensor {
	return Sensor{
		Owner: b[5], LUN: b[6] & 3, Number: b[7],
		Entity: Entity{ID: b[8], Instance: b[9] & instanceMask},
		Type:   b[12], Reads: b[13] & instanceMask,
		Mask: binary.LittleEndian.Uint16(b[18:]) & stateMask,
		Unit: b[21], Percent: b[20]&1 != 0,
	}
}

// stateMask are the fifteen states that a sensor can have.
const stateMask = 0x7FFF

func fullSensor(b []byte) ([]Sensor, error) {
	const name = 47
	if len(b) <= name {
		return nil, errShort
	}
	s := sensor(b)
	s.Name = idString(b[name], b[name+1:])
	s.convert = newConversion(b[20], b[23:30])
	return []Sensor{s}, nil
}

func compactSensors(b []byte) ([]Sensor, error) {
	const name = 31
	if len(b) <= name {
		return nil, errShort
	}
	first := sensor(b)
	first.Name = idString(b[name], b[name+1:])
	count := max(1, int(b[23]&0x0F))
	if count == 1 {
		return []Sensor{first}, nil
	}
	alpha, from, apart := b[23]>>4&3 == 1, int(b[24]&instanceMask), b[24]&0x80 != 0
	all := make([]Sensor, count)
	for i := range all {
		all[i] = first
		all[i].Number += byte(i)
		if apart {
			all[i].Entity.Instance = (first.Entity.Instance + byte(i)) & instanceMask
		}
		suffix := strconv.Itoa(from + i)
		if alpha {
			suffix = string(rune('A' + (from+i)%26))
		}
		all[i].Name += suffix
	}
	return all, nil
}

func inventory(b []byte) (*Inventory, error) {
	const name = 15
	if len(b) <= name {
		return nil, errShort
	}
	return &Inventory{
		Owner: b[5] &^ 1, Device: b[6], Logical: b[7]&0x80 != 0,
		Entity: Entity{ID: b[12], Instance: b[13] & instanceMask},
		Name:   idString(b[name], b[name+1:]),
	}, nil
}

// idString is the name in a sensor record: five bits of length.
func idString(typeLength byte, b []byte) string {
	const lengthMask = 0x1F
	return text(typeLength>>6, b[:min(len(b), int(typeLength&lengthMask))])
}
