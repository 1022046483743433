package topology

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"plimsoll/redundancy"
)

// Facts are all that one look knows, and of what is gone what is still needed.
type Facts struct {
	Devices []Device // sorted by name
	Links   []Link   // sorted by name
	Mounts  []Mount
	Swaps   []Swap
	Routes  []Route
	Pools   []Pool // btrfs

	Slots      map[string]string        // of PCI: the name of a slot by the address of what is in it, 0000:03:00
	VirtualOf  map[string]string        // the PCI function that a virtual one (SR-IOV) is of
	PartTypes  map[string]string        // by major:minor: the type of a partition
	Known      map[string]redundancy.ID // by major:minor: a mounted device, also once it has left
	MountTable string                   // where mounts were read, as evidence
	SwapTable  string
}

// Pool is a mounted btrfs.
type Pool struct {
	UUID    string
	Devices []string // the names of those that are there
	Count   int      // how many it has, with those that are missing
}

// frame is what Observe builds on.
type frame struct {
	Facts
	byNumber map[string]*Device
	byName   map[string]*Device // also by the name that device-mapper gives
	links    map[string]*Link
	parts    map[redundancy.ID]redundancy.Part
	seenAs   map[redundancy.ID][]string // disks: by which names
	paths    map[string]bool            // names of disks that are paths of a multipath device
	uses     map[redundancy.ID]redundancy.Use
}

// Observe tells the facts as parts and uses.
func (f Facts) Observe() redundancy.Observation {
	x := frame{
		Facts:    f,
		byNumber: make(map[string]*Device, len(f.Devices)), byName: make(map[string]*Device, len(f.Devices)),
		links: make(map[string]*Link, len(f.Links)), parts: make(map[redundancy.ID]redundancy.Part, 2*len(f.Devices)),
		seenAs: map[redundancy.ID][]string{}, uses: map[redundancy.ID]redundancy.Use{},
	}
	for i := range f.Devices {
		d := &f.Devices[i]
		x.byNumber[d.Number], x.byName[d.Name] = d, d
		if d.Mapped.Name != "" {
			x.byName["mapper/"+d.Mapped.Name] = d
		}
	}
	for i := range f.Links {
		x.links[f.Links[i].Name] = &f.Links[i]
	}
	x.paths = x.multipaths()
	for i := range f.Devices {
		x.device(&f.Devices[i])
	}
	for id, names := range x.seenAs {
		if len(names) > 1 {
			p := x.parts[id]
			p.Opaque = fmt.Sprintf("multipath over %d paths (%s)", len(names), strings.Join(names, ", "))
			x.parts[id] = p
		}
	}
	for i := range f.Links {
		x.link(&f.Links[i])
	}
	x.filesystems()
	x.swap()
	x.routes()
	return redundancy.Observation{
		Parts: slices.SortedFunc(maps.Values(x.parts), func(a, b redundancy.Part) int { return cmp.Compare(a.ID, b.ID) }),
		Uses:  slices.SortedFunc(maps.Values(x.uses), func(a, b redundancy.Use) int { return cmp.Compare(a.ID, b.ID) }),
	}
}

// part adds p; to one that is there already, what p knows besides.
func (x *frame) part(p redundancy.Part) {
	if before, there := x.parts[p.ID]; there {
		p.Name, p.StandsOn = before.Name, append(slices.Clone(before.StandsOn), p.StandsOn...)
		p.Opaque = cmp.Or(before.Opaque, p.Opaque)
		if len(before.Labels) > 0 {
			labels := maps.Clone(before.Labels)
			maps.Copy(labels, p.Labels)
			p.Labels = labels
		}
	}
	p.StandsOn = ids(p.StandsOn)
	x.parts[p.ID] = p
}

// ids are those of all that are set, sorted, each once.
func ids(all []redundancy.ID) []redundancy.ID {
	all = slices.DeleteFunc(all, func(id redundancy.ID) bool { return id == "" })
	slices.Sort(all)
	return slices.Clip(slices.Compact(all))
}

// device adds what there is to tell of a block device. An array is a group.
func (x *frame) device(d *Device) {
	p := redundancy.Part{ID: d.Identity.PartID(), Name: d.pretty()}
	switch d.Kind {
	case Disk:
		x.disk(d, p)
	case Partition:
		p.StandsOn = []redundancy.ID{d.Identity.WholeID()}
		x.part(p)
	case DeviceMapper:
		p.StandsOn, p.Opaque = x.devices(d.Slaves), x.unclear(d)
		if on, ok := x.multipath(d); ok {
			p.StandsOn = on
		}
		x.part(p)
	case Loop:
		if d.inUse() {
			p.StandsOn = x.keeping(d.File)
			x.part(p)
		}
	case Other:
		if what := layered(d.Name); what != "" {
			p.StandsOn, p.Opaque = x.devices(d.Slaves), what
		}
		if d.inUse() {
			x.part(p)
		}
	case Array:
	}
}

// devices are these block devices as parts.
func (x *frame) devices(names []string) []redundancy.ID {
	all := make([]redundancy.ID, 0, len(names))
	for _, name := range names {
		if d, ok := x.byName[name]; ok {
			all = append(all, d.Identity.PartID())
		} else {
			all = append(all, redundancy.ID("block:"+name))
		}
	}
	return all
}

// unclear is why a device-mapper device can't be judged by what it stands on, and empty if it can: a linear or striped
// volume, a thin pool, a cache, a snapshot need all of it.
func (x *frame) unclear(d *Device) string {
	uuid := d.Mapped.UUID
	switch {
	case strings.HasPrefix(uuid, mpathPrefix):
		if _, ok := x.multipath(d); !ok {
			return "multipath over what is not one disk"
		}
		return ""
	case strings.HasPrefix(uuid, dmraidPrefix):
		return "dmraid"
	case strings.HasPrefix(uuid, lvmPrefix):
		return x.unclearVolume(d)
	case len(d.Slaves) > 1:
		return fmt.Sprintf("device-mapper of an unknown kind over %d devices", len(d.Slaves))
	default:
		return ""
	}
}

// unclearVolume tells LVM's redundant volumes from the others by the names of their sub-volumes, which LVM reserves
// (lvm(8)): their tables can be read by root alone.
func (x *frame) unclearVolume(d *Device) string {
	if strings.Contains(d.Mapped.Name, "-pvmove") && len(d.Slaves) > 1 {
		return "LVM pvmove"
	}
	for _, name := range d.Slaves {
		below, ok := x.byName[name]
		if !ok {
			continue
		}
		switch sub := below.Mapped.Name; {
		case strings.Contains(sub, "_rimage_"), strings.Contains(sub, "_rmeta_"):
			return "LVM RAID"
		case strings.Contains(sub, "_mimage_"), strings.HasSuffix(sub, "_mlog"):
			return "LVM mirror"
		}
	}
	return ""
}

// disk adds a disk and what it is attached to.
func (x *frame) disk(d *Device, p redundancy.Part) {
	p.Domain, p.Opaque, p.Labels = "disk", d.Opaque, d.Labels
	var anchors []redundancy.ID
	for _, place := range d.Places {
		anchors = append(anchors, x.anchor(place))
	}
	if x.paths[d.Name] { // the disk outlives this way to it; the room multipath says how many it has
		x.part(redundancy.Part{ID: redundancy.ID(pathPart + d.Name), Name: "path " + d.Name, StandsOn: anchors})
	} else {
		p.StandsOn = anchors
		x.seenAs[p.ID] = append(x.seenAs[p.ID], d.Name)
	}
	if len(d.Places) > 1 && p.Opaque == "" {
		p.Opaque = fmt.Sprintf("NVMe multipath over %d controllers", len(d.Places))
	}
	if d.Bay.Enclosure != "" {
		id := redundancy.ID("enclosure:" + d.Bay.Enclosure)
		x.part(redundancy.Part{ID: id, Name: d.Bay.Enclosure, Domain: "enclosure"})
		p.StandsOn = append(p.StandsOn, id)
		p.Labels = maps.Clone(p.Labels)
		if p.Labels == nil {
			p.Labels = map[string]string{}
		}
		p.Labels["enclosure"], p.Labels["slot"] = d.Bay.Enclosure, d.Bay.Slot
	}
	x.part(p)
}

// anchor adds what stands between a device and the host, and is what the device itself stands on: the nearest SAS expander
// or its PCI function; empty where there is neither.
func (x *frame) anchor(p Place) redundancy.ID {
	below := x.function(p)
	for _, expander := range p.Expanders {
		id := redundancy.ID("expander:" + expander)
		x.part(redundancy.Part{ID: id, Name: expander, Domain: "expander", StandsOn: []redundancy.ID{below}})
		below = id
	}
	return below
}

// function adds a PCI function and its card.
func (x *frame) function(p Place) redundancy.ID {
	name := p.Function()
	if name == "" {
		return ""
	}
	id := redundancy.ID("pci:" + name)
	part := redundancy.Part{ID: id, Name: name, Domain: "controller", StandsOn: []redundancy.ID{x.card(p)}}
	if of := x.VirtualOf[name]; of != "" {
		part.StandsOn = append(part.StandsOn, x.function(Place{Functions: append(slices.Clone(p.Functions[:len(p.Functions)-1]), of)}))
	}
	x.part(part)
	return id
}

// card adds the card that a function is on: what is in the nearest slot on the way to it, or else all functions of its
// device.
func (x *frame) card(p Place) redundancy.ID {
	address, _, _ := strings.Cut(p.Function(), ".")
	var labels map[string]string
	for _, function := range slices.Backward(p.Functions) {
		device, _, _ := strings.Cut(function, ".")
		if slot, ok := x.Slots[device]; ok {
			address, labels = device, map[string]string{"slot": slot}
			break
		}
	}
	id := redundancy.ID("card:" + address)
	x.part(redundancy.Part{ID: id, Name: address, Domain: "card", Labels: labels})
	return id
}
