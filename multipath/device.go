package multipath

import (
	"plimsoll/redundancy"
)

// Device is one multipath device.
type Device struct {
	WWID      string // the disk's name for good, as the uuid has it
	Name      string // for people: mpatha
	Where     string // its directory
	Suspended Fact   // 1: requests wait, as while a table is loaded
	Paths     []Path
	Status    Status
	StatusErr error // why there is no Status
}

// Path is one way to the disk.
type Path struct {
	Name   string // the kernel's: sda
	Number string // major:minor, as the status has it; empty: it was never read
	Way    string // what names the path for good: 0000:41:00.0/0x5000cca0a1b2c302
	State  Fact   // SCSI's word
	Gone   bool   // the table has it, and the kernel no longer does
}

// Fact is an attribute as it is spelled, or why it could not be read.
type Fact struct {
	Where string
	Value string
	Err   error
}

// Evidence is f as evidence.
func (f Fact) Evidence() redundancy.Evidence {
	if f.Err != nil {
		return redundancy.Evidence{Where: f.Where, Err: f.Err.Error()}
	}
	return redundancy.Evidence{Where: f.Where, Value: f.Value}
}

// Status is what device-mapper says of a device's paths.
type Status struct {
	Text   string // as it was read
	Groups []PriorityGroup
}

// PriorityGroup are paths that are used together.
type PriorityGroup struct {
	Current bool // its paths take the requests
	Paths   []PathStatus
}

// PathStatus is device-mapper's word for one path.
type PathStatus struct {
	Number string // major:minor
	Failed bool   // no request takes it
	Fails  uint64 // how often it was given up
}

// path is what the status says of the path with this number, and whether its priority group is the one in use.
func (s Status) path(number string) (p PathStatus, current, listed bool) {
	for _, g := range s.Groups {
		for _, p := range g.Paths {
			if p.Number == number {
				return p, g.Current, true
			}
		}
	}
	return PathStatus{}, false, false
}
