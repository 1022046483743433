package raid

import (
	"slices"
	"time"

	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

// member names a device directory of an array: what memory of a device hangs on.
type member struct{ array, dir string }

// knownDevice is what a device was found to be, kept so that its name neither flickers with a read error nor is lost when
// the device is pulled.
type knownDevice struct {
	block    sysfs.Ident // the incarnation of the block device that was asked
	identity Identity
	look     uint64 // when it was last listed
}

// knownArray is what was found of an array by earlier looks.
type knownArray struct {
	incarnation sysfs.Ident     // of its directory
	id          redundancy.ID   // by its UUID, empty as long as that was never read
	last        []redundancy.ID // Array.Last
	idle        time.Time       // since when it has devices and does not run; zero: it runs
	look        uint64
}

// passage is how long mdadm may take between an array's first device and its start, or between its stop and the loss of its
// last device. What has devices and does not run is judged (it has failed) only when that lasts.
const passage = 2 * time.Second

// passing says whether a is on its way up or down: it does not run, and has not rested long enough to be called failed. What
// an agent finds so at its first look is not passing: nobody is told to wait for what happened before.
func (c *Collector) passing(a Array, now time.Time) bool {
	known := c.arrays[a.Name]
	if !a.State.Known() || a.State.Value != Inactive && a.State.Value != Clear {
		known.idle = time.Time{}
	} else if known.idle.IsZero() {
		known.idle = now
		if c.look == 1 {
			known.idle = now.Add(-passage)
		}
	}
	c.arrays[a.Name] = known
	return !known.idle.IsZero() && now.Sub(known.idle) < passage
}

// remember keeps what this look found of a.
func (c *Collector) remember(a Array, incarnation sysfs.Ident, uuid redundancy.ID) []redundancy.ID {
	known := c.arrays[a.Name]
	if known.incarnation != incarnation {
		known.idle = time.Time{} // another array by the same name
	}
	if known.incarnation != incarnation || known.id != uuid {
		known = knownArray{incarnation: incarnation, id: uuid, idle: known.idle}
	}
	known.look = c.look
	if n := a.slots(); len(known.last) < n {
		known.last = append(known.last, make([]redundancy.ID, n-len(known.last))...)
	}
	for _, d := range a.Devices {
		if d.Slot.Known() && d.Slot.Value.Taken && d.Slot.Value.Number < len(known.last) && !d.Is(DevReplacement) {
			known.last[d.Slot.Value.Number] = d.Identity.ID()
		}
	}
	c.arrays[a.Name] = known
	return slices.Clone(known.last)
}

// identity is what the device is. It is asked once an incarnation; of a device that is gone, or can't be reached, it is
// what was known of it.
func (c *Collector) identity(in attrs, m member, block sysfs.Ident, blockErr error) Identity {
	known, ok := c.devices[m]
	if !ok || blockErr == nil && known.block != block {
		known = knownDevice{block: block, identity: Identity{Disk: redundancy.ID("name:" + pretty(m.dir[len(devicePrefix):]))}}
		if blockErr == nil {
			known.identity = readIdentity(in.dir, m.dir)
		}
	}
	known.look = c.look
	if blockErr == nil || ok {
		c.devices[m] = known
	}
	return known.identity
}

// readIdentity asks the disk below a member for its worldwide name, then for its serial number. A partition is asked for
// the disk that it is on.
func readIdentity(dir *sysfs.Dir, device string) Identity {
	disk := device + "/block"
	id := Identity{Disk: redundancy.ID("name:" + pretty(device[len(devicePrefix):]))}
	if part, err := dir.Read(disk + "/partition"); err == nil {
		id.Part = part
		disk += "/.."
		if name, ok := wholeName(pretty(device[len(devicePrefix):]), part); ok {
			id.Disk = redundancy.ID("name:" + name)
		}
	}
	// NVMe namespaces keep theirs in wwid, SCSI and SATA disks in device/wwid.
	for _, attr := range []string{"wwid", "device/wwid"} {
		if text, err := dir.Read(disk + "/" + attr); err == nil {
			if wwn, ok := ParseWWID(text); ok {
				id.Disk = wwn
				return id
			}
		}
	}
	// virtio disks, SCSI and SATA disks, NVMe and MMC.
	for _, attr := range []string{"serial", "device/vpd_pg80", "device/serial"} {
		if text, err := dir.Read(disk + "/" + attr); err == nil {
			if serial, ok := ParseSerial(text); ok {
				id.Disk = serial
				return id
			}
		}
	}
	// Device-mapper devices, and arrays that are members of arrays.
	if text, err := dir.Read(disk + "/dm/uuid"); err == nil && text != "" {
		id.Disk = redundancy.ID("dm:" + text)
	} else if text, err := dir.Read(disk + "/md/uuid"); err == nil {
		if uuid, err := ParseUUID(text); err == nil {
			id.Disk = redundancy.ID(arrayPrefix + uuid)
		}
	}
	return id
}

// arrayPrefix begins the identity of a device that is an array itself; after it stands what follows "raid:" in its group's.
const arrayPrefix = "md:"

// wholeName is the name of the disk that a partition is on: sda of sda1, nvme0n1 of nvme0n1p1.
func wholeName(name, part string) (string, bool) {
	if len(name) <= len(part) || name[len(name)-len(part):] != part {
		return "", false
	}
	disk := name[:len(name)-len(part)]
	if n := len(disk); n > 1 && disk[n-1] == 'p' && disk[n-2] >= '0' && disk[n-2] <= '9' {
		disk = disk[:n-1]
	}
	return disk, true
}
