package raid

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"plimsoll/actions"
	"plimsoll/internal/blockid"
	"plimsoll/internal/udevdb"
	"plimsoll/redundancy"
)

// candidates are the devices that could be taken into the array: those of its own that are in none of its places, and, where it
// lacks a spare, the disks of the pool. g is what it is.
func (c *Collector) candidates(a Array, g redundancy.Group) []redundancy.Candidate {
	if g.Type != redundancy.NPlusM {
		return nil
	}
	short := firstBroken(g)
	var out []redundancy.Candidate
	if short != "" {
		out = append(out, c.failed(a, short)...)
		for _, d := range c.strangers() {
			if c.belongs(d, a.ID) {
				out = append(out, c.returned(a, d, short))
			}
		}
	}
	if len(c.pool) > 0 && lacksSpare(g) {
		for _, d := range c.strangers() {
			if _, held := a.holds(d.identity.Disk); !held && slices.Contains(c.pool, d.identity.ID()) {
				out = append(out, c.blank(a, d))
			}
		}
	}
	slices.SortStableFunc(out, func(x, y redundancy.Candidate) int {
		return cmp.Or(cmp.Compare(x.Verb, y.Verb), cmp.Compare(x.Device, y.Device))
	})
	return out
}

// firstBroken is the first place of the array that surely does not work; empty: none. Spares and failed devices have none.
func firstBroken(g redundancy.Group) redundancy.ID {
	for _, m := range g.Members {
		if isSlot(g.ID, m.ID) && m.Broken() && m.State != redundancy.Recovering {
			return m.ID
		}
	}
	return ""
}

// isSlot says whether id is a slot of the array with the id array.
func isSlot(array, id redundancy.ID) bool {
	return strings.HasPrefix(string(id), string(array)+"/slot")
}

// failed are the devices that md has failed and still holds, to be taken back into place.
func (c *Collector) failed(a Array, place redundancy.ID) []redundancy.Candidate {
	var out []redundancy.Candidate
	for _, d := range a.Devices {
		if !d.Thrown() || d.Gone() || d.Is(DevJournal) {
			continue
		}
		out = append(out, redundancy.Candidate{
			Verb: string(actions.RaidReadmit), Device: d.Identity.Disk, Name: d.Name, Member: place, Stayed: true,
			Tried: c.refusals.of(d.Identity.Disk, 0), Against: a.withoutBitmap(),
		})
	}
	return out
}

// withoutBitmap is what speaks against taking members back of an array that has no bitmap.
func (a Array) withoutBitmap() []redundancy.Objection {
	if a.Bitmap.Known() && a.Bitmap.Value != NoBitmap {
		return nil
	}
	return []redundancy.Objection{{
		Text: blockid.Pretty(a.Name) + " has no write-intent bitmap: a member is taken back by that, or copied anew as a whole",
	}}
}

// stranger is a block device of the host that no array holds as far as the look before knew.
type stranger struct {
	path     string // of its directory below the mount point of sysfs
	name     string
	identity blockid.Identity
	udev     udevdb.Entry
	arrived  time.Duration // by udev's clock
	known    bool          // whether udev has taken it up
}

// strangers are all block devices but arrays, each with its partitions, read once for a whole look that needs them. An urgent one
// has no time for them: with what to repair an array is less urgent than that it is broken.
func (c *Collector) strangers() []stranger {
	if c.urgent || c.around != nil {
		return c.around
	}
	c.around = []stranger{}
	disks, err := c.sys.Names("block", "")
	if err != nil {
		return nil
	}
	for _, disk := range disks {
		if strings.HasPrefix(disk, "md") {
			continue
		}
		c.around = append(c.around, c.stranger("block/"+disk, disk))
		parts, err := c.sys.Names("block/"+disk, disk)
		if err != nil {
			continue
		}
		for _, part := range parts {
			c.around = append(c.around, c.stranger("block/"+disk+"/"+part, part))
		}
	}
	return c.around
}

func (c *Collector) stranger(path, name string) stranger {
	d := stranger{path: path, name: name, identity: blockid.Named(name)}
	if dir, err := c.sys.Open(path); err == nil {
		d.identity = blockid.Read(dir, ".", name)
		dir.Close()
	}
	d.udev, _ = c.udevOf(path)
	d.arrived, d.known = d.udev.TakenUp()
	return d
}

// belongs says whether the device has the metadata of a member of the array on it, and is in none.
func (c *Collector) belongs(d stranger, array redundancy.ID) bool {
	kind, _ := d.udev.Property("ID_FS_TYPE")
	text, _ := d.udev.Property("ID_FS_UUID")
	uuid, ok := blockid.ParseUUID(text)
	if kind != "linux_raid_member" || !ok || redundancy.ID("raid:"+uuid) != array {
		return false
	}
	holder, held := c.holder(d)
	return !held || "raid:"+c.uuidOf(holder) != string(array)
}

// holder is what has the device in use, and false where nothing has.
func (c *Collector) holder(d stranger) (string, bool) {
	holders, err := c.sys.Names(d.path+"/holders", "")
	if err != nil || len(holders) == 0 {
		return "", false
	}
	return holders[0], true
}

func (c *Collector) uuidOf(array string) string {
	text, _ := c.sys.Read(mdDir(array) + "/uuid")
	uuid, _ := blockid.ParseUUID(text)
	return uuid
}

// returned is a device of the array's own that no array holds. place is where it would go.
func (c *Collector) returned(a Array, d stranger, place redundancy.ID) redundancy.Candidate {
	known := c.arrays[a.Name]
	var seen time.Duration // when it was last known to be in its place, or at least in this host
	if array, taken := c.udevOf("block/" + a.Name); taken {
		seen, _ = array.TakenUp()
	}
	if n := slices.Index(a.Last, d.identity.ID()); n >= 0 && n < len(known.seated) {
		place, seen = a.ID+"/slot"+redundancy.ID(strconv.Itoa(n)), max(seen, known.seated[n])
	}
	return redundancy.Candidate{
		Verb: string(actions.RaidReadmit), Device: d.identity.Disk, Name: blockid.Pretty(d.name), Member: place,
		Stayed:  d.known && d.arrived <= seen,
		Tried:   c.refusals.of(d.identity.Disk, d.arrived),
		Against: slices.Concat(a.withoutBitmap(), a.stillHolds(d), c.busy(d)),
	}
}

// stillHolds is what speaks against taking a device back whose former self md has not let go of.
func (a Array) stillHolds(d stranger) []redundancy.Objection {
	for _, held := range a.Devices {
		if held.Gone() && held.Identity.ID() == d.identity.ID() {
			return []redundancy.Objection{{Text: blockid.Pretty(a.Name) + " still holds " + held.Name + ", which has left: mdadm --remove detached"}}
		}
	}
	return nil
}

// busy is what speaks against touching a device: something has it, or udev is not done with it.
func (c *Collector) busy(d stranger) []redundancy.Objection {
	var out []redundancy.Objection
	if holder, held := c.holder(d); held {
		out = append(out, redundancy.Objection{Text: fmt.Sprintf("%s is held by %s", d.name, holder)})
	}
	now, err := c.monotonic()
	switch {
	case !d.known || err != nil:
		out = append(out, redundancy.Objection{Text: d.name + " has not been taken up by udev"})
	case now < d.arrived+udevdb.Turn:
		out = append(out, redundancy.Objection{
			Text:  fmt.Sprintf("%s has come less than %s ago: it is udev's", d.name, udevdb.Turn),
			Until: time.Now().Add(d.arrived + udevdb.Turn - now),
		})
	}
	return out
}

// blank is a disk of the pool, to become a spare of the array.
func (c *Collector) blank(a Array, d stranger) redundancy.Candidate {
	out := redundancy.Candidate{
		Verb: string(actions.RaidAddSpare), Device: d.identity.Disk, Name: blockid.Pretty(d.name),
		Member: a.ID + "/dev/" + d.identity.ID(), Tried: c.refusals.of(d.identity.Disk, d.arrived), Against: c.busy(d),
	}
	object := func(so bool, format string, args ...any) {
		if so {
			out.Against = append(out.Against, redundancy.Objection{Text: d.name + " " + fmt.Sprintf(format, args...)})
		}
	}
	for _, mark := range []string{"ID_FS_TYPE", "ID_PART_TABLE_TYPE"} {
		kind, marked := d.udev.Property(mark)
		object(marked && kind != "", "is not blank: %s", kind)
	}
	const size = "/queue/logical_block_size"
	its, err := c.sys.Read(d.path + size)
	wanted, errs := c.sys.Read("block/" + a.Name + size)
	object(err != nil || errs != nil, "cannot be compared with %s: the size of their sectors is not known", a.Name)
	object(err == nil && errs == nil && its != wanted, "has sectors of %s bytes, %s has such of %s", its, a.Name, wanted)
	const perKiB = 2
	text, _ := c.sys.Read(d.path + "/size")
	sectors, err := ParseNumber(text)
	need, errs := c.sys.Read(mdDir(a.Name) + "/component_size")
	kib, bad := ParseNumber(need)
	object(err == nil && errs == nil && bad == nil && sectors < kib*perKiB, "is smaller than the members of %s", a.Name)
	return out
}
