package multipath

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"plimsoll/internal/sysfs"
)

// prefix begins the uuids of multipath devices.
const prefix = "mpath-"

// reader reads what the kernel shows of multipath devices.
type reader struct {
	sys sysfs.FS
	// ways are what names each path for good, by the device's WWID and the path's name. A path that leaves before its table does
	// is still the one that it was.
	ways map[[2]string]way
}

type way struct{ link, number, name string }

func newReader(sys sysfs.FS) *reader { return &reader{sys: sys, ways: map[[2]string]way{}} }

// devices are the multipath devices there are, sorted by WWID, without their status. Errors are those of listing devices.
func (r *reader) devices() ([]Device, error) {
	names, err := r.sys.Names("block", "dm-")
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // a captured host may have none
	}
	if err != nil {
		return nil, err
	}
	var out []Device
	seen := map[[2]string]bool{}
	for _, name := range names {
		d, ok := r.device(name)
		if !ok {
			continue
		}
		for _, p := range d.Paths {
			seen[[2]string{d.WWID, p.Name}] = true
		}
		out = append(out, d)
	}
	for key := range r.ways {
		if !seen[key] {
			delete(r.ways, key)
		}
	}
	slices.SortFunc(out, func(a, b Device) int { return cmp.Compare(a.WWID, b.WWID) })
	return out, nil
}

// device reads one device, and is false for what is none of ours or gone again.
func (r *reader) device(name string) (Device, bool) {
	dir, err := r.sys.Open("block/" + name)
	if err != nil {
		return Device{}, false
	}
	defer dir.Close()
	uuid, err := dir.Read("dm/uuid")
	wwid, ours := strings.CutPrefix(uuid, prefix)
	if err != nil || !ours || wwid == "" {
		return Device{}, false
	}
	d := Device{WWID: wwid, Name: name, Where: dir.Path("dm"), Suspended: fact(dir, "dm/suspended")}
	if named, err := dir.Read("dm/name"); err == nil && named != "" {
		d.Name = named
	}
	slaves, err := r.sys.Names("block/"+name+"/slaves", "")
	if err != nil {
		return Device{}, false // it is going
	}
	for _, slave := range slaves {
		d.Paths = append(d.Paths, r.path(wwid, slave))
	}
	d.distinguish()
	return d, true
}

// path reads one path.
func (r *reader) path(wwid, name string) Path {
	key := [2]string{wwid, name}
	p := Path{Name: name}
	known := r.ways[key]
	link, err := r.sys.Readlink("block/" + name)
	if err == nil && (known.name == "" || link != known.link) {
		known = way{link: link, name: r.way(parsePlace(link))}
		known.number, _ = r.sys.Read("block/" + name + "/dev") // without it the status says nothing of it
		r.ways[key] = known
	}
	p.Way, p.Number = cmp.Or(known.name, name), known.number
	p.Gone = errors.Is(err, fs.ErrNotExist)
	p.State.Where = r.sys.Path("block", name, "device/state")
	if p.State.Value, p.State.Err = r.sys.Read("block/" + name + "/device/state"); p.Gone {
		p.State.Err = nil
	}
	return p
}

// way is what names a path for good: what this host sends through, and whom it reaches there.
func (r *reader) way(p place) string {
	attribute := map[string]string{"sas_device": "sas_address", "fc_remote_ports": "port_name"}
	at := p.port
	if session, ok := strings.CutPrefix(p.port, "session"); ok {
		at, attribute[p.class] = "connection"+session+":0", "persistent_address"
	}
	if p.port != "" {
		if text, err := r.sys.Read("class/" + p.class + "/" + at + "/" + attribute[p.class]); err == nil && text != "" {
			return p.host + "/" + text
		}
	}
	return p.host + "/" + p.number
}

// distinguish gives paths that nothing else tells apart the kernel's name too.
func (d *Device) distinguish() {
	count := map[string]int{}
	for _, p := range d.Paths {
		count[p.Way]++
	}
	for i := range d.Paths {
		if p := &d.Paths[i]; count[p.Way] > 1 {
			p.Way += "/" + p.Name
		}
	}
}

func fact(dir *sysfs.Dir, name string) Fact {
	value, err := dir.Read(name)
	return Fact{Where: dir.Path(name), Value: value, Err: err}
}
