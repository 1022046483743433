package topology

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"plimsoll/internal/blockid"
	"plimsoll/internal/sysfs"
)

// knownDevice is a device as earlier looks found it. What a device says of itself is asked once an incarnation; what can
// change while it lives is asked by every look.
type knownDevice struct {
	ino    uint64      // its incarnation
	array  sysfs.Ident // and an array's within it
	device Device
	look   uint64 // when it was last listed
}

const classBlock = "class/block"

// readDevices brings what is known of block devices up to date. A captured host may have none.
func (c *Collector) readDevices(ctx context.Context) error {
	dir, err := c.sys.Open(classBlock)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for block devices: %w", err)
	}
	defer dir.Close()
	entries, err := dir.Entries()
	if err != nil {
		return fmt.Errorf("look for block devices: %w", err)
	}
	for _, e := range entries {
		name := e.Name
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("look at block device %s: %w", name, err)
		}
		if unlisted(name) {
			continue
		}
		known, ok := c.blocks[name]
		if !ok || known.ino != e.Ino {
			known = &knownDevice{ino: e.Ino, device: c.meet(dir, name)}
			c.blocks[name], c.news.devices = known, true
		}
		if c.renew(dir, name, known) {
			c.news.devices = true
		}
		known.look = c.look
	}
	for name, known := range c.blocks {
		if known.look != c.look {
			delete(c.blocks, name)
			c.news.devices = true
		}
	}
	c.readBays(dir)
	return nil
}

// unlisted says whether the device is not told of: the single paths below an NVMe disk that has several, which are hidden;
// the boot and replay-protected areas of an MMC, which share their disk's serial number; optical and floppy drives.
func unlisted(name string) bool {
	if rest, ok := strings.CutPrefix(name, "nvme"); ok {
		controller, _, _ := strings.Cut(rest, "n")
		return strings.Contains(controller, "c")
	}
	if strings.HasPrefix(name, "mmcblk") {
		return strings.Contains(name, "boot") || strings.HasSuffix(name, "rpmb")
	}
	return numbered(name, "sr") || numbered(name, "fd")
}

// meet asks a device what it will go on saying for as long as it lives.
func (c *Collector) meet(dir *sysfs.Dir, name string) Device {
	d := Device{Name: blockid.Pretty(name), Number: said(dir, name+"/dev")}
	link, _ := dir.Readlink(name) // without it nothing is known of where it is
	if part := said(dir, name+"/partition"); part != "" {
		d.Kind = Partition
		// A disk's name begins its partitions' names: it has been met before them.
		if disk, ok := c.blocks[path.Base(path.Dir(link))]; ok {
			d.Identity = disk.device.Identity
			d.Identity.Part = part
			return d
		}
	}
	d.Identity = blockid.Read(dir, name, name)
	has := func(attr string) bool { _, err := dir.Stat(name + "/" + attr); return err == nil }
	switch {
	case d.Kind == Partition:
	case has("dm"):
		d.Kind = DeviceMapper
	case has("md"):
		d.Kind = Array
	case numbered(name, "loop"):
		d.Kind = Loop
	case has("device"):
		d.Kind = Disk
		c.meetDisk(dir, name, link, &d)
	}
	return d
}

// meetDisk finds out how the disk is reached, what made it, and what is written on it.
func (c *Collector) meetDisk(dir *sysfs.Dir, name, link string, d *Device) {
	d.Places = c.places(ParsePlace(link))
	a := c.readAttachment(dir, name, d.Places[0])
	d.Opaque = a.opaque()
	if raid, _, ok := strings.Cut(d.Name, "/"); ok && (raid == "cciss" || raid == "ida" || raid == "rd") {
		d.Opaque = "hardware RAID of " + raid // drivers older than the SCSI ones for the same controllers
	}
	d.Labels = map[string]string{}
	note := func(key, value string) {
		if value != "" {
			d.Labels[key] = value
		}
	}
	note("model", strings.Join(strings.Fields(a.model), " "))
	if wwn, ok := strings.CutPrefix(string(d.Identity.Disk), "wwn:"); ok {
		note("wwn", wwn)
	}
	if serial, ok := blockid.ReadSerial(dir, name); ok {
		note("serial", strings.TrimPrefix(string(serial), "serial:"))
	}
	note("port", d.Places[0].Port)
}

// places are p and, for an NVMe disk that belongs to a subsystem, the places of all controllers that reach it.
func (c *Collector) places(p Place) []Place {
	for i, name := range p.Expanders {
		if address, err := c.sys.Read("class/sas_device/" + name + "/sas_address"); err == nil && address != "" {
			p.Expanders[i] = address
		}
	}
	if p.Subsystem == "" {
		return []Place{p}
	}
	dir := "class/nvme-subsystem/" + p.Subsystem
	names, err := c.sys.Names(dir, "nvme")
	if err != nil {
		return []Place{p}
	}
	var all []Place
	for _, name := range names {
		if !numbered(name, "nvme") {
			continue
		}
		if link, err := c.sys.Readlink(dir + "/" + name); err == nil {
			all = append(all, ParsePlace(link))
		}
	}
	if len(all) == 0 {
		return []Place{p}
	}
	return all
}

// renew asks a device what may have changed since the last look, and says whether anything has.
func (c *Collector) renew(dir *sysfs.Dir, name string, known *knownDevice) (changed bool) {
	d := &known.device
	set := func(to *string, attr string) {
		if text := said(dir, name+"/"+attr); text != *to {
			*to, changed = text, true
		}
	}
	switch d.Kind {
	case DeviceMapper: // a table can be reloaded, a device renamed
		set(&d.Mapped.Name, "dm/name")
		set(&d.Mapped.UUID, "dm/uuid")
		if changed {
			d.Identity = blockid.Read(dir, name, name)
		}
		changed = c.renewSlaves(name, d) || changed
	case Array: // one may be stopped and another started by the same name; one that is assembled has no UUID yet
		array, _ := dir.Stat(name + "/md")
		if array != known.array || strings.HasPrefix(string(d.Identity.Base), "raid:name/") {
			was := d.Identity
			known.array, d.Identity = array, blockid.Read(dir, name, name)
			changed = d.Identity != was
		}
	case Loop:
		set(&d.File, "loop/backing_file")
	case Other:
		if numbered(name, "nbd") {
			set(&d.File, "pid")
		} else if layered(name) != "" {
			changed = c.renewSlaves(name, d)
		}
		// The kernel shows an array or a device-mapper device a moment before it shows what it is (md_alloc, dm_setup_md_queue).
		if strings.HasPrefix(name, "md") || numbered(name, "dm-") {
			if *d = c.meet(dir, name); d.Kind != Other {
				c.renew(dir, name, known)
				changed = true
			}
		}
	case Disk:
		if d.Places[0].Subsystem == "" && len(d.Places) == 1 {
			break
		}
		link, _ := dir.Readlink(name)
		if places := c.places(ParsePlace(link)); !slices.EqualFunc(places, d.Places, samePlace) {
			d.Places, changed = places, true
		}
	case Partition:
	}
	return changed
}

func samePlace(a, b Place) bool {
	return slices.Equal(a.Functions, b.Functions) && a.Remote == b.Remote
}

func (c *Collector) renewSlaves(name string, d *Device) bool {
	slaves, err := c.sys.Names(classBlock+"/"+name+"/slaves", "")
	if err != nil {
		slaves = nil
	}
	for i := range slaves {
		slaves[i] = blockid.Pretty(slaves[i])
	}
	if slices.Equal(slaves, d.Slaves) {
		return false
	}
	d.Slaves = slaves
	return true
}

// layered is what a device is, by its name, that others make of devices or of the network, and empty for one that is none.
func layered(name string) string {
	switch {
	case numbered(name, "bcache"):
		return "bcache"
	case numbered(name, "drbd"):
		return "DRBD"
	case numbered(name, "rbd"):
		return "Ceph RBD"
	case numbered(name, "zd"):
		return "ZFS volume"
	case numbered(name, "nbd"):
		return "network block device"
	default:
		return ""
	}
}

// readBays finds the places in enclosures of the disks whose place is not known yet, and anew of all when enclosures come or
// go.
func (c *Collector) readBays(dir *sysfs.Dir) {
	const class = "class/enclosure"
	names, err := c.sys.Names(class, "")
	if err != nil {
		names = nil // no enclosure has a driver here
	}
	ids := make(map[string]string, len(names))
	for _, name := range names {
		id, err := c.sys.Read(class + "/" + name + "/id")
		if err != nil || id == "" {
			id = "name/" + name
		}
		ids[name] = id
	}
	anew := !maps.Equal(ids, c.enclosures)
	c.enclosures = ids
	if len(ids) == 0 && !anew {
		return
	}
	for name, known := range c.blocks {
		d := &known.device
		if d.Kind != Disk || d.Places[0].Address == "" || !anew && d.Bay != (Bay{}) {
			continue
		}
		if bay := c.bay(dir, name); bay != d.Bay {
			d.Bay, c.news.devices = bay, true
		}
	}
}

// bay is where an enclosure says the disk is plugged in.
func (c *Collector) bay(dir *sysfs.Dir, name string) Bay {
	const prefix = "enclosure_device:"
	links, err := c.sys.Names(classBlock+"/"+name+"/device", prefix)
	if err != nil || len(links) == 0 {
		return Bay{}
	}
	target, err := dir.Readlink(name + "/device/" + links[0])
	if err != nil {
		return Bay{}
	}
	return Bay{Enclosure: c.enclosures[path.Base(path.Dir(target))], Slot: strings.TrimPrefix(links[0], prefix)}
}
