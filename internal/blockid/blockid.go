package blockid

import (
	"strings"

	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

// Identity is what a device is, for good. The zero value is a device that nothing is known of.
type Identity struct {
	Disk redundancy.ID // of the whole device: wwn:…, serial:…, dm:…, md:…, or where it has none of these name:…
	Part string        // number of the partition, empty for a whole device
	Base redundancy.ID // the whole device as a part; empty: it is the disk that Disk says
}

// ArrayPrefix begins the Disk of a device that is an md array itself; after it stands the array's UUID.
const ArrayPrefix = "md:"

// ID names the device in events. Two partitions of a disk are told apart as in /dev/disk/by-id.
func (i Identity) ID() redundancy.ID { return i.numbered(i.Disk) }

// PartID names the device as a part that others stand on, in one of the forms of the package comment. It is empty for a
// device that nothing is known of.
func (i Identity) PartID() redundancy.ID { return i.numbered(i.WholeID()) }

// WholeID is the PartID of the whole device that a partition is on, and of anything else its own.
func (i Identity) WholeID() redundancy.ID {
	if i.Base != "" || i.Disk == "" {
		return i.Base
	}
	return "disk:" + i.Disk
}

// numbered is the whole's name with the partition's number after it.
func (i Identity) numbered(whole redundancy.ID) redundancy.ID {
	if i.Part == "" || whole == "" {
		return whole
	}
	return whole + redundancy.ID("-part"+i.Part)
}

// Named is the identity of a device that says nothing of itself: the kernel's name for it, as sysfs spells it.
func Named(name string) Identity { return Identity{Disk: redundancy.ID("name:" + Pretty(name))} }

// Pretty is a kernel name as people know it: sysfs writes "!" for the "/" in names like cciss/c0d0.
func Pretty(name string) string { return strings.ReplaceAll(name, "!", "/") }

// Read asks the block device whose directory is at path in dir, and whose kernel name is name, who it is: for its worldwide
// name, then for its serial number. A partition is asked for the disk that it is on. What can't be read counts as not said.
func Read(dir *sysfs.Dir, path, name string) Identity {
	id := Named(name)
	if part, err := dir.Read(path + "/partition"); err == nil {
		id.Part = part
		path += "/.."
		if whole, ok := wholeName(Pretty(name), part); ok {
			id.Disk = redundancy.ID("name:" + whole)
		}
	}
	if said, ok := ofDisk(dir, path); ok {
		id.Disk = said
		return id
	}
	switch {
	case id.mapped(dir, path), id.array(dir, path):
	default:
		if _, err := dir.Stat(path + "/device"); err != nil {
			id.Base = "block:" + redundancy.ID(strings.TrimPrefix(string(id.Disk), "name:"))
		}
	}
	return id
}

// ofDisk is the worldwide name or the serial number of a disk.
func ofDisk(dir *sysfs.Dir, path string) (redundancy.ID, bool) {
	// NVMe namespaces keep theirs in wwid, SCSI and SATA disks in device/wwid.
	for _, attr := range []string{"wwid", "device/wwid"} {
		if text, err := dir.Read(path + "/" + attr); err == nil {
			if wwn, ok := ParseWWID(text); ok {
				return wwn, true
			}
		}
	}
	return ReadSerial(dir, path)
}

// ReadSerial is the serial number of the disk whose directory is at path in dir, as an identity ("serial:…"), and false where
// it has none.
func ReadSerial(dir *sysfs.Dir, path string) (redundancy.ID, bool) {
	// virtio disks, SCSI and SATA disks, NVMe and MMC.
	for _, attr := range []string{"serial", "device/vpd_pg80", "device/serial"} {
		if text, err := dir.Read(path + "/" + attr); err == nil {
			if serial, ok := ParseSerial(text); ok {
				return serial, true
			}
		}
	}
	return "", false
}

// mapped says whether this is a device-mapper device, and if so takes its uuid, or else its name.
func (i *Identity) mapped(dir *sysfs.Dir, path string) bool {
	uuid, err := dir.Read(path + "/dm/uuid")
	if err != nil {
		return false
	}
	if uuid != "" {
		i.Disk = redundancy.ID("dm:" + uuid)
		i.Base = i.Disk
		return true
	}
	if name, err := dir.Read(path + "/dm/name"); err == nil {
		i.Base = redundancy.ID("dm:name/" + name)
	}
	return true
}

// array says whether this is an md array, and if so takes its UUID; without one it is named after its place in a container,
// or else after the kernel's name.
func (i *Identity) array(dir *sysfs.Dir, path string) bool {
	if text, err := dir.Read(path + "/md/uuid"); err == nil {
		if uuid, ok := ParseUUID(text); ok {
			i.Disk, i.Base = redundancy.ID(ArrayPrefix+uuid), redundancy.ID("raid:"+uuid)
			return true
		}
	}
	text, err := dir.Read(path + "/md/metadata_version")
	if err != nil {
		return false
	}
	i.Base = redundancy.ID("raid:name/" + strings.TrimPrefix(string(i.Disk), "name:"))
	if rest, external := strings.CutPrefix(text, "external:"); external && rest != "" && (rest[0] == '/' || rest[0] == '-') {
		i.Base = redundancy.ID("raid:" + rest[1:])
	}
	return true
}

// wholeName is the name of the disk that a partition is on: sda of sda1, nvme0n1 of nvme0n1p1.
func wholeName(name, part string) (string, bool) {
	disk, ok := strings.CutSuffix(name, part)
	if !ok || disk == "" {
		return "", false
	}
	if n := len(disk); n > 1 && disk[n-1] == 'p' && disk[n-2] >= '0' && disk[n-2] <= '9' {
		disk = disk[:n-1]
	}
	return disk, true
}
