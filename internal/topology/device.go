package topology

import (
	"strings"

	"plimsoll/internal/blockid"
)

// Device is one block device.
type Device struct {
	Name     string // the kernel's, as people know it: sda1, cciss/c0d0
	Number   string // major:minor, as mountinfo has it
	Identity blockid.Identity
	Kind     Kind
	Mapped   Mapped   // of a device-mapper device
	Slaves   []string // names of the devices below a device-mapper device, or another that has slaves/
	Places   []Place  // of a disk: how it is reached, more than once for NVMe multipath
	File     string   // of a loop device: the file behind it; of a network block device: the process that serves it
	Opaque   string   // of a disk: why it can't be judged as one; empty: it can
	Bay      Bay      // of a disk: where it is plugged in, as far as an enclosure says so
	Labels   map[string]string
}

// Kind is what sort of block device it is.
type Kind uint8

// The kinds of block device. Other ones are kept in memory, by the network, or by other devices (layered): ram, nbd, drbd.
const (
	Other Kind = iota
	Disk
	Partition
	DeviceMapper
	Array
	Loop
)

// inUse says whether there is something behind the device: loop and network block devices are made in advance, with nothing.
func (d Device) inUse() bool {
	return d.File != "" || d.Kind != Loop && !numbered(d.Name, "nbd")
}

// Mapped is what device-mapper says of a device.
type Mapped struct {
	Name string // vg0-root
	UUID string // LVM-…, CRYPT-LUKS2-…, mpath-…; empty where nobody gave one
}

// Bay is a place in an enclosure.
type Bay struct {
	Enclosure string // its logical id
	Slot      string // as the enclosure calls it
}

// pretty is the name for people: vg0/root of an LVM volume, which device-mapper calls vg0-root.
func (d Device) pretty() string {
	switch {
	case d.Kind != DeviceMapper || d.Mapped.Name == "":
		return d.Name
	case strings.HasPrefix(d.Mapped.UUID, lvmPrefix):
		return lvmName(d.Mapped.Name)
	default:
		return d.Mapped.Name
	}
}

// The prefixes of uuids that say who made a device-mapper device.
const (
	lvmPrefix    = "LVM-"
	mpathPrefix  = "mpath-"
	dmraidPrefix = "DMRAID-"
)

// What the ids of multipath's groups and of the ways that their members stand on begin with. The room multipath tells of both.
const (
	multipathGroup = "multipath:"
	pathPart       = "path:"
)

// lvmName undoes LVM's way of writing: a hyphen within a name is two, the one between volume group and volume is one.
func lvmName(name string) string {
	for i := 1; i < len(name)-1; i++ {
		if name[i] != '-' {
			continue
		}
		if name[i+1] == '-' {
			i++
			continue
		}
		undouble := strings.NewReplacer("--", "-")
		return undouble.Replace(name[:i]) + "/" + undouble.Replace(name[i+1:])
	}
	return name
}
