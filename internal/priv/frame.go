package priv

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Version is the version of the frame and of what the verbs mean.
const Version = 1

const (
	// MaxRequest bounds a request: several times the longest there can be.
	MaxRequest = 4 << 10
	// MaxAnswer bounds an answer. The longest holds what the kernel says of one bond, about a kilobyte for each member; the
	// pages of a disk, written in base64, are a quarter of it.
	MaxAnswer = 64 << 10
	// MaxAhead is how far ahead a deadline may lie. An effect is asked for at once or not at all: an agent that was held
	// up for longer has to look and decide anew. It also bounds for how long the helper has to remember an action's id.
	MaxAhead = time.Minute
)

// Hearing is what a packet socket lets through.
type Hearing string

// Incoming frames are enough to listen and for the answers to probes. Both also lets through what the host sends, such as
// the gratuitous ARP after a failover; every frame that leaves is then copied and looked at, so it is for a short while
// only.
const (
	HearIncoming Hearing = "incoming"
	HearBoth     Hearing = "both"
)

// Request is one request. Which fields it has is the verb's; see [Vocabulary].
type Request struct {
	Version int     `json:"version"`
	Verb    Verb    `json:"verb"`
	Bond    string  `json:"bond,omitempty"`
	Member  string  `json:"member,omitempty"`
	Hear    Hearing `json:"hear,omitempty"`
	Unit    string  `json:"unit,omitempty"`
	Array   string  `json:"array,omitempty"`  // the UUID of an md array, as the kernel writes it
	Device  string  `json:"device,omitempty"` // the kernel's name of a disk: sda, nvme0; for an array of a block device: sda1; or as HiddenDisk has it
	UUID    string  `json:"uuid,omitempty"`   // of a device-mapper device, as device-mapper has it
	// Commands are IPMI commands: network function and LUN, command, data.
	Commands [][]byte `json:"commands,omitempty"`
	Effect   *Effect  `json:"effect,omitempty"`
}

// Effect is what a verb that changes something must say.
type Effect struct {
	// Action is the id of the action in the agent's log. The same id is carried out once.
	Action string `json:"action"`
	// Boot is the kernel's boot_id, and Deadline the moment since that boot past which the effect must not begin, by
	// CLOCK_BOOTTIME, which no one can set and which goes on while the host sleeps.
	Boot     string        `json:"boot"`
	Deadline time.Duration `json:"deadline_ns"`
	// Expect is what the agent saw. Where it is so no longer, nothing is done.
	Expect State `json:"expect"`
}

// State is what can be seen of a bond, of a unit, or of a device and its array, in the source's words.
type State struct {
	Active     string `json:"active,omitempty"`     // a bond's active_slave; empty: it has none
	Unit       string `json:"unit,omitempty"`       // a unit's ActiveState
	Invocation string `json:"invocation,omitempty"` // a unit's InvocationID: every start has its own; empty: not started yet
	// Place is what an array says of a device: its state and its slot in md's words ("in_sync 0", "faulty none"), or Outside.
	Place    string `json:"place,omitempty"`
	Identity string `json:"identity,omitempty"` // and who that device is, for good: wwn:…, serial:…
}

// Outside is the place of a device that its array does not hold.
const Outside = "outside"

// Outcome is what became of a request.
type Outcome string

// The outcomes. Failed and unfinished were begun: an error or a job that did not end says little about what happened.
const (
	Done       Outcome = "done"
	Refused    Outcome = "refused"
	Failed     Outcome = "failed"
	Unfinished Outcome = "unfinished"
)

// Answer is one answer.
type Answer struct {
	Version int     `json:"version"`
	Outcome Outcome `json:"outcome"`
	Reason  Reason  `json:"reason,omitempty"` // of a refusal
	Text    string  `json:"text,omitempty"`   // for people: why
	Seen    *State  `json:"seen,omitempty"`   // of an effect: what a look right after it saw
	Told    string  `json:"told,omitempty"`   // of bond.lacp and multipath.status: the kernel's text
	Disk    *Disk   `json:"disk,omitempty"`   // of disk.look and disk.smartctl
	// Data is what was answered, raw: of disk.look the pages, at the places that its protocol has for them; of disk.smartctl what it
	// wrote; of ipmi.read the answers in the order of the commands, up to the first that did not come.
	Data [][]byte `json:"data,omitempty"`
	// Repeated says that this is the remembered answer to an action that was carried out before.
	Repeated bool `json:"repeated,omitempty"`
}

// Protocol is which commands a disk takes.
type Protocol string

// The protocols. ATA disks behind a SAS controller are ATA: the translation passes commands through.
const (
	ATA  Protocol = "ata"
	SCSI Protocol = "scsi"
	NVMe Protocol = "nvme"
)

// Disk is how a disk was looked at. The pages are beside it, in the answer's Data. One that the disk does not have, or did not
// give, is empty there.
type Disk struct {
	Protocol Protocol `json:"protocol,omitempty"` // empty: behind a controller, where smartctl finds out
	// Asleep says that the disk sleeps, by its own word or the kernel's, and was asked nothing further.
	Asleep bool `json:"asleep,omitempty"`
	// Said is why pages are empty that the disk was asked for, for people.
	Said []string `json:"said,omitempty"`
}

// The pages of an ATA disk, by their places.
const (
	ATAIdentify   = iota // IDENTIFY DEVICE
	ATAStatus            // SMART RETURN STATUS: the 14 bytes of SAT's ATA Status Return descriptor
	ATAData              // SMART READ DATA
	ATAThresholds        // SMART READ THRESHOLDS
	ATAPages
)

// The pages of a SCSI disk, by their places.
const (
	SCSISense       = iota // REQUEST SENSE
	SCSISupported          // log page 00h: which there are
	SCSIWrites             // log page 02h: write errors
	SCSIReads              // log page 03h: read errors
	SCSIVerifies           // log page 05h: verify errors
	SCSITemperature        // log page 0Dh
	SCSIWear               // log page 11h: solid state media
	SCSIScan               // log page 15h: background scan
	SCSIExceptions         // log page 2Fh: informational exceptions
	SCSIGrown              // READ DEFECT DATA(12): the header of the grown list
	SCSIPages
)

// The pages of an NVMe controller, by their places.
const (
	NVMeIdentify = iota // Identify Controller
	NVMeSMART           // SMART / Health Information, log page 02h, of the whole controller
	NVMePages
)

// errs of a frame.
var (
	errTooLong      = errors.New("too long")
	errNotCanonical = errors.New("not as the agent writes it")
)

// Encode is r as it travels.
func (r Request) Encode() ([]byte, error) {
	b, err := json.Marshal(r)
	if err == nil && len(b) > MaxRequest {
		err = errTooLong
	}
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", r.Verb, err)
	}
	return b, nil
}

// DecodeRequest reads a request, which must be exactly as Encode writes it, of this version, and whole: with the fields its
// verb takes, in their shapes, and no others. It says nothing about whether what is named exists. An error is a
// [*RefusedError].
func DecodeRequest(b []byte) (Request, error) {
	var r Request
	if len(b) > MaxRequest {
		return Request{}, refused(ReasonMalformed, "decode request", errTooLong)
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return Request{}, refused(ReasonMalformed, "decode request", err)
	}
	if r.Version != Version {
		return Request{}, Refuse(ReasonVersion, "version %d: this helper speaks version %d", r.Version, Version)
	}
	again, err := r.Encode()
	if err != nil || !bytes.Equal(again, b) {
		return Request{}, refused(ReasonMalformed, "decode request", errNotCanonical)
	}
	if err := r.check(); err != nil {
		return Request{}, err
	}
	return r, nil
}

// Encode is a as it travels.
func (a Answer) Encode() ([]byte, error) {
	a.Version = Version
	b, err := json.Marshal(a)
	if err == nil && len(b) > MaxAnswer {
		err = errTooLong
	}
	if err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return b, nil
}

// DecodeAnswer reads an answer. Words it does not know are kept.
func DecodeAnswer(b []byte) (Answer, error) {
	var a Answer
	if err := json.Unmarshal(b, &a); err != nil {
		return Answer{}, fmt.Errorf("decode answer: %w", err)
	}
	if a.Version != Version {
		return Answer{}, fmt.Errorf("decode answer: version %d, want %d", a.Version, Version)
	}
	return a, nil
}
