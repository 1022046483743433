package raid

import (
	"strings"

	"plimsoll/internal/blockid"
	"plimsoll/internal/udevdb"
	"plimsoll/redundancy"
)

// udevOf is what udev's database has of the block device whose sysfs directory is at path. udev has read the metadata of
// members that the kernel has not, and asked mdadm about containers.
func (c *Collector) udevOf(path string) (udevdb.Entry, bool) {
	number, err := c.sys.Read(path + "/dev")
	if err != nil {
		return udevdb.Entry{}, false
	}
	return udevdb.Read(c.run, number)
}

// udevSays is what udev has under key for that device, and where.
func (c *Collector) udevSays(path, key string) (value, where string, ok bool) {
	e, _ := c.udevOf(path)
	value, ok = e.Property(key)
	return value, e.Where, ok
}

// udevUUID is a UUID that udev has under key.
func (c *Collector) udevUUID(path, key string) (string, redundancy.Evidence, bool) {
	text, where, said := c.udevSays(path, key)
	uuid, ok := blockid.ParseUUID(text)
	if !said || !ok {
		return "", redundancy.Evidence{}, false
	}
	return uuid, redundancy.Evidence{Where: where, Value: text}, true
}

// named finds an id for an array of which md tells no UUID: by its container's UUID and its place in it; by its own, on
// kernels without md/uuid; of one that was not started, by what its members say that they are members of; without udev, by
// its container's name, or its own.
func (c *Collector) named(a Array, m Metadata) (redundancy.ID, redundancy.Evidence) {
	if m.Container != "" {
		if uuid, e, ok := c.udevUUID("block/"+m.Container, "MD_UUID"); ok {
			return redundancy.ID("raid:" + uuid + "/" + m.Index), e
		}
		return placeID(m), a.Metadata.Evidence()
	}
	if uuid, e, ok := c.udevUUID("block/"+a.Name, "MD_UUID"); ok {
		return redundancy.ID("raid:" + uuid), e
	}
	if id, e, ok := c.byMembers(a); ok {
		return id, e
	}
	return redundancy.ID("raid:name/" + a.Name), redundancy.Evidence{}
}

// placeID names an array after its container's kernel name, which a reboot may change, and its place in it, as package
// blockid does.
func placeID(m Metadata) redundancy.ID { return redundancy.ID("raid:" + m.Container + "/" + m.Index) }

// byMembers is the UUID that every device of the array has in its metadata.
func (c *Collector) byMembers(a Array) (id redundancy.ID, e redundancy.Evidence, ok bool) {
	for _, d := range a.Devices {
		block := "block/" + a.Name + "/md/" + devicePrefix + strings.ReplaceAll(d.Name, "/", "!") + "/block"
		kind, _, _ := c.udevSays(block, "ID_FS_TYPE")
		uuid, said, known := c.udevUUID(block, "ID_FS_UUID")
		its := redundancy.ID("raid:" + uuid)
		if kind != "linux_raid_member" || !known || id != "" && id != its {
			return "", redundancy.Evidence{}, false
		}
		id, e = its, said
	}
	return id, e, id != ""
}
