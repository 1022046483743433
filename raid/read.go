package raid

import (
	"errors"
	"strings"
	"time"

	"plimsoll/internal/blockid"
	"plimsoll/internal/fact"
	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

// attrs is an array's md directory, or the reason why it could not be opened, which then is every attribute's.
type attrs struct {
	dir  *sysfs.Dir
	path string
	err  error
}

// read is one attribute as a fact. parse is not asked about what could not be read.
func read[T any](a attrs, name string, parse func(string) (T, error)) fact.Of[T] {
	if a.err != nil {
		return fact.Of[T]{Where: a.path + "/" + name, Err: a.err}
	}
	return fact.Read(a.dir, name, parse)
}

// mdDir is where md speaks of an array, below the mount point of sysfs.
func mdDir(array string) string { return "block/" + array + "/md" }

// readArray reads what md says of the array name, and is false where there is no such array, not yet or no longer.
func (c *Collector) readArray(name string) (Array, bool) {
	path := mdDir(name)
	dir, err := c.keep.Open(path)
	if fact.Gone(err) {
		return Array{}, false
	}
	in := attrs{dir: dir, path: c.sys.Path(path), err: err}
	if err == nil {
		defer dir.Close()
	}
	a := Array{
		Name:       name,
		Dir:        in.path,
		State:      read(in, "array_state", ParseWord[ArrayState]),
		Level:      read(in, "level", ParseWord[Level]),
		Layout:     read(in, "layout", ParseShape),
		Disks:      read(in, "raid_disks", ParseDisks),
		Degraded:   read(in, "degraded", ParseCount),
		Metadata:   read(in, "metadata_version", ParseMetadata),
		ChunkSize:  read(in, "chunk_size", ParseShape),
		Policy:     read(in, "consistency_policy", ParseWord[Policy]),
		Bitmap:     read(in, "bitmap/location", ParseWord[Bitmap]),
		Keeper:     read(in, "bitmap/metadata", ParseWord[Keeper]),
		Action:     read(in, "sync_action", ParseWord[SyncAction]),
		LastAction: read(in, "last_sync_action", ParseWord[SyncAction]),
		Start:      read(in, "resync_start", ParseStart),
		Mismatches: read(in, "mismatch_cnt", ParseNumber),
		ScrubFrom:  read(in, "sync_min", ParseNumber),
	}
	if a.working() {
		a.Progress = read(in, "sync_completed", ParseProgress)
		a.Speed = read(in, "sync_speed", ParseSpeed)
	}
	c.readDevices(&a, in)
	if fact.Gone(a.State.Err) {
		if _, err := c.sys.Stat(path); fact.Gone(err) {
			return Array{}, false // it vanished while it was read
		}
	}
	if a.incomplete() { // it may have been stopped since its state was read
		a.State = read(in, "array_state", ParseWord[ArrayState])
	}
	c.identify(&a, read(in, "uuid", ParseUUID), path)
	now := time.Now()
	a.Frozen = c.frozen(a, now)
	return a, !c.passing(a, now)
}

// incomplete says whether fewer slots are taken than the array has.
func (a Array) incomplete() bool {
	taken := 0
	for _, d := range a.Devices {
		if d.Slot.Known() && d.Slot.Value.Taken {
			taken++
		}
	}
	return taken < a.slots()
}

// working says whether md is at work on the redundancy, or waits for its turn.
func (a Array) working() bool {
	if !a.Action.Known() {
		return false
	}
	switch a.Action.Value {
	case Idle, Frozen:
		return false
	case Resync, Recover, Check, Repair, Reshape:
		return true
	default:
		return false
	}
}

// devicePrefix begins the name of the directory that md makes for each of its devices.
const devicePrefix = "dev-"

// readDevices reads the devices that md holds. One that leaves meanwhile is left out.
func (c *Collector) readDevices(a *Array, in attrs) {
	a.Held = fact.Of[int]{Where: in.path + "/" + devicePrefix + "*", Err: in.err}
	if in.err != nil {
		return
	}
	names, err := in.dir.Names(devicePrefix)
	a.Held.Value, a.Held.Err = len(names), err
	hurt := false
	for _, dir := range names {
		if d, ok := c.readDevice(a.Name, in, dir); ok {
			a.Devices = append(a.Devices, d)
			hurt = hurt || d.BadBlocks.Known() && len(d.BadBlocks.Value) > 0
		}
	}
	if hurt {
		a.readPlaces(in)
	}
	if a.Metadata.Known() && a.Metadata.Value.Container != "" {
		c.readFree(a, a.Metadata.Value.Container)
	}
}

// readFree adds the devices of the array's container that are in none of its arrays: that have no holder but the container.
func (c *Collector) readFree(a *Array, container string) {
	path := "block/" + container + "/md"
	dir, err := c.sys.Open(path)
	if err != nil {
		return // the array says what it has
	}
	defer dir.Close()
	names, err := dir.Names(devicePrefix)
	if err != nil {
		return
	}
	for _, name := range names {
		holders, err := c.sys.Names(path+"/"+name+"/block/holders", "")
		if err != nil || len(holders) != 1 || holders[0] != container {
			continue
		}
		if d, ok := c.readDevice(container, attrs{dir: dir, path: c.sys.Path(path)}, name); ok {
			d.Free = true
			a.Devices = append(a.Devices, d)
		}
	}
}

// readPlaces reads what it takes to say which data the bad blocks of one device share with those of another.
func (a *Array) readPlaces(in attrs) {
	a.Size = read(in, "component_size", ParseNumber)
	for i := range a.Devices {
		dir := devicePrefix + strings.ReplaceAll(a.Devices[i].Name, "/", "!")
		a.Devices[i].Offset = read(in, dir+"/offset", ParseNumber)
		a.Devices[i].Recovered = read(in, dir+"/recovery_start", ParseRecovered)
	}
}

func (c *Collector) readDevice(array string, in attrs, dir string) (Device, bool) {
	name := strings.TrimPrefix(dir, devicePrefix)
	d := Device{
		Name:      blockid.Pretty(name),
		State:     read(in, dir+"/state", ParseDeviceState),
		Slot:      read(in, dir+"/slot", ParseSlot),
		Errors:    read(in, dir+"/errors", ParseNumber),
		BadBlocks: read(in, dir+"/bad_blocks", ParseBadBlocks),
	}
	if fact.Gone(d.State.Err) {
		return d, false
	}
	if !d.Slot.Known() {
		d.Slot = slotByLink(in, dir, d.Slot)
	}
	link := dir + "/block"
	block, err := in.dir.Stat(link)
	if _, e := in.dir.Readlink(link); fact.Gone(err) && fact.Gone(e) && d.Slot.Known() && !d.Slot.Value.Taken {
		// md makes a device's directory before this link and takes the link away before the directory: the device is on its
		// way in or out. One that was pulled leaves a link that leads nowhere.
		return d, false
	}
	d.Block = fact.Of[struct{}]{Where: in.dir.Path(link), Raw: "present", Err: err}
	d.Identity = c.identity(in, member{array, dir}, block, err)
	return d, true
}

// slotByLink finds the slot of a device by the links that md makes for those that have one (rd0 -> dev-sda), for when
// dev-*/slot could not be read.
func slotByLink(in attrs, dir string, unread fact.Of[Slot]) fact.Of[Slot] {
	links, err := in.dir.Names("rd")
	if err != nil {
		return unread
	}
	for _, link := range links {
		target, err := in.dir.Readlink(link)
		if err != nil || target != dir {
			continue
		}
		if slot, err := ParseSlot(strings.TrimPrefix(link, "rd")); err == nil {
			return fact.Of[Slot]{Where: in.dir.Path(link), Raw: target, Value: slot}
		}
	}
	return unread
}

// identify finds the array's id: its UUID; the one it had when that can't be read just now; its place in a container; the
// link that udev made for it; and where it has no lasting name at all the kernel's.
func (c *Collector) identify(a *Array, uuid fact.Of[string], path string) {
	known := c.arrays[a.Name]
	incarnation, err := c.sys.Stat(path)
	if err != nil {
		incarnation = known.incarnation // that it can't be asked makes it no other
	}
	var lasting redundancy.ID
	if uuid.Known() {
		lasting = redundancy.ID("raid:" + uuid.Value)
	} else if known.incarnation == incarnation && !errors.Is(uuid.Err, ErrNonsense) {
		lasting = known.id
	}
	a.Last = c.remember(*a, incarnation, lasting)
	a.ID, a.IDSource = lasting, uuid.Evidence()
	if lasting != "" {
		return
	}
	id, source := c.named(*a, a.Metadata.Value)
	if a.ID = id; source.Where != "" {
		a.IDSource = source
	}
}
