package topology

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"plimsoll/redundancy"
)

// held is a filesystem by what keeps it.
type held struct {
	key      string // tells filesystems apart
	standsOn []redundancy.ID
	missing  string // the device number that sysfs does not know (any more)
}

// filesystems adds a use for every filesystem that is kept on block devices. Of two that are mounted at one place the later
// is told of: it hides the earlier.
func (x *frame) filesystems() {
	shortest := map[string]int{} // by filesystem: which mount
	for i, m := range x.Mounts {
		h, ok := x.hold(m)
		if !ok {
			continue
		}
		before, there := shortest[h.key]
		if !there || cmp.Or(cmp.Compare(len(m.Point), len(x.Mounts[before].Point)), cmp.Compare(m.Point, x.Mounts[before].Point)) < 0 {
			shortest[h.key] = i
		}
	}
	for _, i := range slices.Sorted(maps.Values(shortest)) {
		x.filesystem(x.Mounts[i])
	}
}

func (x *frame) filesystem(m Mount) {
	h, _ := x.hold(m)
	use := redundancy.Use{
		ID: redundancy.ID("use:filesystem" + m.Point), What: m.Point, Kind: "filesystem", StandsOn: ids(h.standsOn),
		Evidence: []redundancy.Evidence{{
			Where: x.MountTable, Value: strings.Join([]string{m.Device, m.Point, m.Type, m.Source}, " "),
		}},
	}
	if x.isESP(m) {
		use.ID, use.Kind = redundancy.ID("use:esp"+m.Point), "esp"
	}
	if h.missing != "" {
		use.Evidence = append(use.Evidence, redundancy.Evidence{Where: "sysfs dev " + h.missing, Value: "not there"})
	}
	x.uses[use.ID] = use
}

// isESP says whether m is the EFI system partition: by its type, or where that is not known by where it is mounted.
func (x *frame) isESP(m Mount) bool {
	if m.Type != "vfat" && m.Type != "msdos" {
		return false
	}
	switch x.PartTypes[m.Device] {
	case "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "0xef": // of a GPT, of an MBR
		return true
	case "":
		return slices.Contains([]string{"/boot/efi", "/efi", "/boot"}, m.Point)
	default:
		return false
	}
}

// hold finds what keeps a filesystem, and is false for one that is not kept on block devices, or is no more than an image
// to be read. It adds the parts that only such filesystems have.
func (x *frame) hold(m Mount) (held, bool) {
	major, _, _ := strings.Cut(m.Device, ":")
	switch {
	case m.Type == "btrfs":
		return x.holdPool(m), true
	case m.Type == "zfs":
		pool, _, _ := strings.Cut(m.Source, "/")
		id := redundancy.ID("zfs:" + pool)
		x.part(redundancy.Part{ID: id, Name: pool, Opaque: "ZFS"})
		return held{key: string(id), standsOn: []redundancy.ID{id}}, true
	case m.Type == "bcachefs":
		return x.holdSources(m), true
	case major == "0":
		return held{}, false
	}
	d, here := x.byNumber[m.Device]
	if here && image(m.Type) && d.Kind == Loop {
		return held{}, false
	}
	h := held{key: m.Device}
	switch known := x.Known[m.Device]; {
	case here:
		h.standsOn = []redundancy.ID{d.Identity.PartID()}
	case known != "":
		h.standsOn, h.missing = []redundancy.ID{known}, m.Device
	default:
		h.standsOn, h.missing = []redundancy.ID{redundancy.ID("block:" + m.Device)}, m.Device
	}
	for _, option := range []string{"logdev", "rtdev"} { // XFS
		if dev, ok := m.option(option); ok {
			h.standsOn = append(h.standsOn, x.named(dev))
		}
	}
	return h, true
}

// image says whether filesystems of this type can only be read.
func image(kind string) bool {
	return slices.Contains([]string{"squashfs", "erofs", "cramfs", "iso9660", "udf", "romfs"}, kind)
}

// named is the block device at a path in /dev, as a part.
func (x *frame) named(dev string) redundancy.ID {
	name := strings.TrimPrefix(dev, "/dev/")
	if d, ok := x.byName[name]; ok {
		return d.Identity.PartID()
	}
	return redundancy.ID("block:" + name)
}

// holdPool finds the devices of a btrfs, which its mounts name one of.
func (x *frame) holdPool(m Mount) held {
	name := strings.TrimPrefix(m.Source, "/dev/")
	if d, ok := x.byName[name]; ok {
		name = d.Name
	}
	i := slices.IndexFunc(x.Pools, func(p Pool) bool { return slices.Contains(p.Devices, name) })
	if i < 0 && len(x.Pools) == 1 {
		i = 0 // the device that it was mounted by has left
	}
	if i < 0 {
		id := redundancy.ID("btrfs:" + m.Source)
		x.part(redundancy.Part{ID: id, Name: m.Source, Opaque: "btrfs whose devices are not told"})
		return held{key: "btrfs " + m.Device, standsOn: []redundancy.ID{id}}
	}
	pool := x.Pools[i]
	below := x.devices(pool.Devices)
	if pool.Count == 1 && len(below) == 1 {
		return held{key: "btrfs " + pool.UUID, standsOn: below}
	}
	id := redundancy.ID("btrfs:" + pool.UUID)
	x.part(redundancy.Part{
		ID: id, Name: m.Source, StandsOn: below, Opaque: fmt.Sprintf("btrfs over %d devices", pool.Count),
	})
	return held{key: "btrfs " + pool.UUID, standsOn: []redundancy.ID{id}}
}

// holdSources finds the devices of a bcachefs, which names all of them.
func (x *frame) holdSources(m Mount) held {
	var below []redundancy.ID
	for dev := range strings.SplitSeq(m.Source, ":") {
		below = append(below, x.named(dev))
	}
	below = ids(below)
	if len(below) == 1 {
		return held{key: "bcachefs " + m.Device, standsOn: below}
	}
	id := redundancy.ID("bcachefs:") + below[0]
	x.part(redundancy.Part{
		ID: id, Name: m.Source, StandsOn: below, Opaque: fmt.Sprintf("bcachefs over %d devices", len(below)),
	})
	return held{key: "bcachefs " + m.Device, standsOn: []redundancy.ID{id}}
}

// swap adds a use for every swap that is not in memory.
func (x *frame) swap() {
	for _, s := range x.Swaps {
		use := redundancy.Use{
			What: "swap on " + s.File, Kind: "swap",
			Evidence: []redundancy.Evidence{{Where: x.SwapTable, Value: s.File + " " + s.Type}},
		}
		if s.Type == "file" {
			use.ID, use.StandsOn = redundancy.ID("use:swap"+s.File), x.keeping(s.File)
			x.uses[use.ID] = use
			continue
		}
		name := strings.TrimPrefix(s.File, "/dev/")
		if strings.HasPrefix(name, "zram") {
			continue
		}
		id := x.named(s.File)
		use.ID, use.StandsOn = "use:swap/"+id, []redundancy.ID{id}
		if d, ok := x.byName[name]; ok {
			use.What = "swap on " + d.pretty()
		}
		x.uses[use.ID] = use
	}
}

// keeping is what the filesystem that a file is in stands on; nothing for one in memory, or on the network.
func (x *frame) keeping(file string) []redundancy.ID {
	var best Mount
	for _, m := range x.Mounts {
		if inside(file, m.Point) && len(m.Point) >= len(best.Point) { // of two at one place the later hides the earlier
			best = m
		}
	}
	if best.Point == "" {
		return nil
	}
	h, ok := x.hold(best)
	if !ok {
		return nil
	}
	return ids(slices.Clone(h.standsOn))
}

// inside says whether a file is at or below a mount point.
func inside(file, point string) bool {
	rest, ok := strings.CutPrefix(path.Clean(file), point)
	return ok && (rest == "" || rest[0] == '/' || strings.HasSuffix(point, "/"))
}

// known are the devices that mounts refer to, by number, with those that have left since.
func (f Facts) known() map[string]redundancy.ID {
	byNumber := make(map[string]redundancy.ID, len(f.Devices))
	for _, d := range f.Devices {
		byNumber[d.Number] = d.Identity.PartID()
	}
	known := map[string]redundancy.ID{}
	for _, m := range f.Mounts {
		if id := cmp.Or(byNumber[m.Device], f.Known[m.Device]); id != "" {
			known[m.Device] = id
		}
	}
	return known
}
