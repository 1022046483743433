package service

import (
	"time"

	"plimsoll/redundancy"
)

// Spec is one group as a person lists it.
type Spec struct {
	Name    string
	Needed  int // how many members must work
	Members []MemberSpec
}

// MemberSpec is one member: a unit, a check, or a unit with a check that says whether it does its work.
type MemberSpec struct {
	Name  string // for people, and part of the ID where there is no unit
	Unit  string // the full name; empty: a plain check
	Check *Check // nil: a unit works while it is active
}

// Check is a question that is asked again and again. One of the kinds is given.
type Check struct {
	Exec    []string // a program and its arguments
	HTTP    string   // a URL
	TCP     string   // an address with a port
	DNS     DNS
	FileAge FileAge
	Unit    string // another unit, of any type

	Timeout  time.Duration // an answer that takes longer is none
	Interval time.Duration // from one answer to the next question
	Rise     int           // how many answers in a row it takes to be well
	Fall     int           // and to be sick, or not known any more
}

// DNS is a name that a server must have an address for.
type DNS struct {
	Name   string
	Server string // address with a port; empty: the system's resolver
}

// FileAge is files of which the newest must not be too old.
type FileAge struct {
	Path   string // a pattern of path/filepath
	AtMost time.Duration
}

func (s Spec) id() redundancy.ID { return redundancy.ID("service:" + s.Name) }

// memberID is by the unit, where there is one: what people call it may change.
func (s Spec) memberID(m MemberSpec) redundancy.ID {
	if m.Unit != "" {
		return s.id() + redundancy.ID("/"+m.Unit)
	}
	return s.id() + redundancy.ID("/"+m.Name)
}
