package priv

import (
	"reflect"
	"regexp"
	"strings"
	"unicode"

	"plimsoll/internal/shape"
)

// maxLink is the longest name of a network link (IFNAMSIZ of linux/if.h, without the closing zero).
const maxLink = 15

var (
	// unitName is a service by its full name, in the letters that systemd allows (systemd.unit(5)). A template is no unit.
	unitName = shape.UpTo(255, `^[A-Za-z0-9:_.\\@-]*[A-Za-z0-9:_.\\-]\.service$`)
	// actionID leaves room for a host's id, a log's and a number, with what may stand between them.
	actionID = shape.UpTo(160, `^[A-Za-z0-9][A-Za-z0-9._:/-]*$`)
	bootID   = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	// invocationID is sd_id128_t in hexadecimal.
	invocationID = regexp.MustCompile(`^[0-9a-f]{32}$`)
	// diskName is a disk that commands can be passed to, as the kernel names them (sd_format_disk_name of drivers/scsi/sd.c,
	// nvme_init_ctrl of drivers/nvme/host/core.c): a whole SCSI or ATA disk, or an NVMe controller. No partition, no path.
	diskName = regexp.MustCompile(`^(sd[a-z]{1,4}|nvme[0-9]{1,5})$`)
	// arrayUUID is md's uuid as the kernel writes it (%pU).
	arrayUUID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	// blockName is a block device as the kernel names it: sda1, nvme0n1p2, dm-0. No path.
	blockName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)
	// place is md's words for a device (state_show and slot_show of drivers/md/md.c); which there are is md's affair.
	place = shape.UpTo(108, `^([a-z_,]+ (none|journal|[0-9]{1,4})|`+Outside+`)$`)
	// identity is printable and short: what a disk says of itself.
	identity = shape.UpTo(167, `^(wwn|serial|dm|md|name):[!-~]+$`)
	// multipathUUID is the uuid of a multipath device: multipath's prefix, and what udev or a person made of the disk's name for
	// good. Device-mapper has room for 128 bytes.
	multipathUUID = shape.UpTo(128, `^mpath-[!-~]+$`)
	// hiddenDisk is a disk that a RAID controller hides: the controller's PCI function, and what smartctl's option --device calls the
	// disk behind it.
	hiddenDisk = regexp.MustCompile(`^([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]) (megaraid,(?:0|[1-9][0-9]{0,2}))$`)
	// activeState is a word of systemd's; which there are is systemd's affair.
	activeState = regexp.MustCompile(`^[a-z]{1,32}$`)
)

// IsLink says whether name can be a network link's, as dev_valid_name of net/core/dev.c has it. Such a name is one element
// of a path.
func IsLink(name string) bool {
	return name != "" && len(name) <= maxLink && name != "." && name != ".." && !strings.ContainsFunc(name, func(r rune) bool {
		return r == '/' || r == ':' || r > unicode.MaxASCII || unicode.IsSpace(r) || unicode.IsControl(r)
	})
}

// IsUnit says whether name can be a service's: its full name, with no template.
func IsUnit(name string) bool { return unitName.MatchString(name) }

// IsDisk says whether name can be a disk's that takes commands: sda, nvme0.
func IsDisk(name string) bool { return diskName.MatchString(name) }

// HiddenDisk cuts the name of a disk that a RAID controller hides, "0000:03:00.0 megaraid,4", into the controller's PCI function and
// what smartctl calls the disk. It is false for what is no such name.
func HiddenDisk(name string) (function, kind string, ok bool) {
	m := hiddenDisk.FindStringSubmatch(name)
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}

// IsMultipath says whether uuid can be that of a device-mapper multipath device.
func IsMultipath(uuid string) bool { return multipathUUID.MatchString(uuid) }

// IsArray says whether uuid can be an md array's, as the kernel writes it.
func IsArray(uuid string) bool { return arrayUUID.MatchString(uuid) }

// check looks whether r has the fields that its verb takes, in their shapes, and no others.
func (r Request) check() error {
	bare := Request{Version: r.Version, Verb: r.Verb}
	switch r.Verb {
	case BondLACP:
		bare.Bond = r.Bond
	case BondPacketSocket:
		bare.Bond, bare.Member, bare.Hear = r.Bond, r.Member, r.Hear
		if r.Hear != HearIncoming && r.Hear != HearBoth {
			return Refuse(ReasonMalformed, "hear %.40q: want %s or %s", r.Hear, HearIncoming, HearBoth)
		}
	case BondSetActive:
		bare.Bond, bare.Member, bare.Effect = r.Bond, r.Member, r.Effect
	case UnitRestart, UnitStop:
		bare.Unit, bare.Effect = r.Unit, r.Effect
		if !IsUnit(r.Unit) {
			return Refuse(ReasonMalformed, "unit %.260q: not the full name of a service", r.Unit)
		}
	case IPMIRead:
		bare.Commands = r.Commands
		if err := checkCommands(r.Commands); err != nil {
			return err
		}
	case DiskLook, DiskSmartctl:
		bare.Device = r.Device
		if _, _, hidden := HiddenDisk(r.Device); !IsDisk(r.Device) && (!hidden || r.Verb == DiskLook) {
			return Refuse(ReasonMalformed, "device %.40q: not the name of a disk that takes commands", r.Device)
		}
	case RaidReadmit, RaidReplace, RaidEvict, RaidAddSpare:
		bare.Array, bare.Device, bare.Effect = r.Array, r.Device, r.Effect
		if err := r.checkArray(); err != nil {
			return err
		}
	case MultipathStatus:
		bare.UUID = r.UUID
		if !IsMultipath(r.UUID) {
			return Refuse(ReasonMalformed, "uuid %.140q: not that of a multipath device", r.UUID)
		}
	default:
		return Refuse(ReasonVocabulary, "verb %.40q: no such entry", r.Verb)
	}
	if !reflect.DeepEqual(r, bare) {
		return Refuse(ReasonMalformed, "%s: fields that it does not take", r.Verb)
	}
	if err := r.checkLinks(); err != nil {
		return err
	}
	if entry, _ := Known(r.Verb); entry.Writes {
		return r.Effect.check(r.Verb)
	}
	return nil
}

func (r Request) checkLinks() error {
	switch {
	case strings.HasPrefix(string(r.Verb), "bond.") && !IsLink(r.Bond):
		return Refuse(ReasonMalformed, "bond %.40q: not a link's name", r.Bond)
	case (r.Verb == BondSetActive || r.Verb == BondPacketSocket) && !IsLink(r.Member):
		return Refuse(ReasonMalformed, "member %.40q: not a link's name", r.Member)
	}
	return nil
}

func (r Request) checkArray() error {
	switch {
	case !IsArray(r.Array):
		return Refuse(ReasonMalformed, "array %.60q: not the UUID of an array", r.Array)
	case !blockName.MatchString(r.Device):
		return Refuse(ReasonMalformed, "device %.40q: not the name of a block device", r.Device)
	}
	return nil
}

func (e *Effect) check(verb Verb) error {
	switch {
	case e == nil:
		return Refuse(ReasonMalformed, "%s: no effect", verb)
	case !actionID.MatchString(e.Action):
		return Refuse(ReasonMalformed, "action %.200q: not an action's id", e.Action)
	case !bootID.MatchString(e.Boot):
		return Refuse(ReasonMalformed, "boot %.40q: not a boot's id", e.Boot)
	case e.Deadline <= 0:
		return Refuse(ReasonMalformed, "deadline %d: not a time since boot", e.Deadline)
	}
	seen := e.Expect
	want := State{Unit: seen.Unit, Invocation: seen.Invocation}
	shaped := activeState.MatchString(seen.Unit) && (seen.Invocation == "" || invocationID.MatchString(seen.Invocation))
	switch {
	case verb == BondSetActive:
		want, shaped = State{Active: seen.Active}, IsLink(seen.Active)
	case strings.HasPrefix(string(verb), "raid."):
		want = State{Place: seen.Place, Identity: seen.Identity}
		shaped = place.MatchString(seen.Place) && identity.MatchString(seen.Identity)
	}
	if e.Expect != want || !shaped {
		return Refuse(ReasonMalformed, "%s: expect is not a state that it can begin from", verb)
	}
	return nil
}
