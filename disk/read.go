package disk

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"plimsoll/internal/blockid"
	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

// reader reads what the kernel shows of disks. It keeps open what it reads at every look, which then takes a quarter of the calls.
type reader struct {
	sys    sysfs.FS
	keep   *sysfs.Keeper
	used   map[string]bool // the directories that the look under way has opened
	errors bool            // count what PCIe ports have reported
	behind []string        // the disks that controllers hide
	// ids are who the disks are, by name and incarnation: asked once each, since that takes several attributes.
	ids map[incarnation]who
}

// incarnation is a disk for as long as the kernel has it.
type incarnation struct {
	name string
	dir  sysfs.Ident
}

// who is what of a disk stays the same for as long as the kernel has it.
type who struct {
	id    redundancy.ID
	model string
	flash bool
	paths []string // directories of its paths, below the mount point
	place string   // where a SCSI or ATA disk is in the tree of devices; empty: not known
}

func newReader(cfg Config) *reader {
	return &reader{sys: cfg.Sys, keep: sysfs.NewKeeper(cfg.Sys), used: map[string]bool{}, errors: cfg.PCIeErrors, behind: cfg.Behind, ids: map[incarnation]who{}}
}

// drives are the disks there are, sorted by id. Several block devices of one id are one disk that is reached by several paths.
func (r *reader) drives() ([]Drive, error) {
	names, err := r.sys.Names("block", "")
	if err != nil {
		return nil, err
	}
	var out []Drive
	clear(r.used)
	seen := map[incarnation]bool{}
	for _, name := range names {
		if !isDisk(name) {
			continue
		}
		if d, at, ok := r.drive(name); ok {
			out = append(out, d)
			seen[at] = true
		}
	}
	for at := range r.ids {
		if !seen[at] {
			delete(r.ids, at)
		}
	}
	r.keep.Keep(func(path string) bool { return r.used[path] })
	out = append(out, r.hidden()...)
	slices.SortStableFunc(out, func(a, b Drive) int { return cmp.Compare(a.ID, b.ID) })
	out = merged(out)
	measure(out)
	return out, nil
}

// open opens a directory that is read at every look.
func (r *reader) open(path string) (*sysfs.Dir, error) {
	r.used[path] = true
	return r.keep.Open(path)
}

// merged makes one of neighbours that are the same disk. Which is the first is the order of their names.
func merged(all []Drive) []Drive {
	var out []Drive
	for _, d := range all {
		if n := len(out); n > 0 && out[n-1].ID == d.ID {
			last := &out[n-1]
			last.Paths = append(last.Paths, d.Paths...)
			continue
		}
		out = append(out, d)
	}
	return out
}

// drive reads one disk, and is false for what is none: gone again, without hardware behind it, or a slot for media.
func (r *reader) drive(name string) (Drive, incarnation, bool) {
	at := "block/" + name
	dir, err := r.open(at)
	if err != nil {
		return Drive{}, incarnation{}, false
	}
	defer dir.Close()
	ident, err := dir.Ident()
	if err != nil {
		return Drive{}, incarnation{}, false
	}
	inc := incarnation{name, ident}
	is, known := r.ids[inc]
	if !known {
		var ok bool
		if is, ok = r.who(dir, name); !ok {
			return Drive{}, inc, false
		}
		r.ids[inc] = is
	}
	d := Drive{
		ID: is.id, Name: name, Model: is.model, Flash: is.flash, NVMe: strings.HasPrefix(name, "nvme"),
		Size: fact(dir, "size"),
	}
	for _, p := range is.paths {
		if p == at {
			d.Paths = append(d.Paths, r.device(dir, name, is.place))
			continue
		}
		d.Paths = append(d.Paths, r.controller(p))
	}
	return d, inc, true
}

// who asks what stays the same.
func (r *reader) who(dir *sysfs.Dir, name string) (who, bool) {
	if removable, err := dir.Read("removable"); err == nil && removable == "1" {
		return who{}, false // what is in a card reader comes and goes as people like
	}
	device, err := dir.Readlink("device")
	if err != nil {
		return who{}, false
	}
	is := who{id: blockid.Read(dir, ".", name).WholeID()}
	is.model, _ = dir.Read("device/model") // may be missing, and is for people only
	rotational, err := dir.Read("queue/rotational")
	is.flash = err == nil && rotational == "0"
	switch base := path.Base(device); {
	case !strings.HasPrefix(name, "nvme"):
		is.paths = []string{"block/" + name}
		is.place, _ = r.sys.Readlink("block/" + name) // without it nothing is known of its link
	case isController(base):
		is.paths = []string{"class/nvme/" + base}
	default: // a subsystem, which several controllers may lead to
		controllers, err := r.sys.Names("block/"+name+"/device", "nvme")
		if err != nil {
			return who{}, false
		}
		for _, c := range controllers {
			if isController(c) {
				is.paths = append(is.paths, "class/nvme/"+c)
			}
		}
	}
	return is, len(is.paths) > 0
}

// device reads the one path of a SCSI or ATA disk, whose directory is dir.
func (r *reader) device(dir *sysfs.Dir, name, place string) Path {
	p := Path{Name: name, State: fact(dir, "device/state"), Timeouts: fact(dir, "device/iotmo_cnt")}
	if p.Link = r.sataLink(place); p.Link == (Link{}) {
		p.Link = r.sasLink(place)
	}
	return p
}

// controller reads the path through an NVMe controller, by its directory.
func (r *reader) controller(at string) Path {
	p := Path{Name: path.Base(at)}
	dir, err := r.open(at)
	if err != nil {
		p.State = Fact{Where: r.sys.Path(at, "state"), Err: err}
		return p
	}
	defer dir.Close()
	p.State, p.Link = fact(dir, "state"), pcieLink(dir)
	if r.errors {
		p.PCIe = pcieErrors(dir)
	}
	return p
}

// pcieErrors are the totals of what a controller's port has reported since the host booted
// (https://docs.kernel.org/PCI/pcieaer-howto.html). There are none where the firmware has kept the reports to itself.
func pcieErrors(dir *sysfs.Dir) []Fact {
	var out []Fact
	for _, severity := range []string{"correctable", "nonfatal", "fatal"} {
		if f := fact(dir, "device/aer_dev_"+severity); f.Err != nil || f.Value != "" {
			f.Value = parseTotal(f.Value)
			out = append(out, f)
		}
	}
	return out
}

// pcieLink reads a controller's link: what it does now, and the best that it and the port above it both can.
func pcieLink(dir *sysfs.Dir) Link {
	speed, err := dir.Read("device/current_link_speed")
	if err != nil {
		return Link{} // no PCIe: a fabric
	}
	l := Link{Where: dir.Path("device/current_link_speed"), Speed: parseSpeed(speed)}
	l.Best = parseSpeed(text(dir, "device/max_link_speed"))
	if above := parseSpeed(text(dir, "device/../max_link_speed")); above > 0 {
		l.Best = min(l.Best, above)
	}
	l.Width, l.Wide = parseWidth(text(dir, "device/current_link_width")), parseWidth(text(dir, "device/max_link_width"))
	if above := parseWidth(text(dir, "device/../max_link_width")); above > 0 {
		l.Wide = min(l.Wide, above)
	}
	return l
}

// sataLink is what a disk's SATA link does now, and the best that the port can; of SCSI disks there is none. at is where the
// disk is in the tree of devices: …/ata1/host0/target0:0:0/0:0:0:0/block/sda.
func (r *reader) sataLink(at string) Link {
	port, _, ok := strings.Cut(at, "/host")
	number, isPort := strings.CutPrefix(path.Base(port), "ata")
	if !ok || !isPort || !digits(number) {
		return Link{}
	}
	link := strings.TrimPrefix(port, "../") + "/link" + number
	dir, err := r.open(link + "/ata_link/link" + number)
	if err != nil {
		return Link{} // behind a port multiplier links have other names
	}
	defer dir.Close()
	return Link{
		Where: dir.Path("sata_spd"), Speed: parseSpeed(text(dir, "sata_spd")), Best: parseSpeed(text(dir, "hw_sata_spd_limit")),
	}
}

// sasLink is what the link to a disk behind a SAS controller does now, and the best that our end of it can: the phy of the
// controller, or of the expander that the disk is plugged into. at is where the disk is in the tree of devices:
// …/host0/port-0:0/expander-0:0/port-0:0:1/end_device-0:0:1/target0:0:1/0:0:1:0/block/sda.
func (r *reader) sasLink(at string) Link {
	port, _, ok := strings.Cut(at, "/end_device-")
	if !ok {
		return Link{}
	}
	phys, err := r.sys.Names(strings.TrimPrefix(port, "../"), "phy-")
	if err != nil || len(phys) == 0 {
		return Link{}
	}
	dir, err := r.open("class/sas_phy/" + phys[0]) // a port to a disk has one
	if err != nil {
		return Link{}
	}
	defer dir.Close()
	return Link{
		Where: dir.Path("negotiated_linkrate"), SAS: true,
		Speed: parseSpeed(text(dir, "negotiated_linkrate")), Best: parseSpeed(text(dir, "maximum_linkrate")),
	}
}

// measure notes of SAS links what those to disks of the same model do.
func measure(all []Drive) {
	does := map[string]float64{}
	for _, d := range all {
		for _, p := range d.Paths {
			if p.Link.SAS && d.Model != "" {
				does[d.Model] = max(does[d.Model], p.Link.Speed)
			}
		}
	}
	for _, d := range all {
		for i := range d.Paths {
			if l := &d.Paths[i].Link; l.SAS {
				l.Proven = does[d.Model]
			}
		}
	}
}

// holders are what is made of the block device name and its partitions: md0, dm-1.
func holders(sys sysfs.FS, name string) []string {
	at := "block/" + name
	out, _ := sys.Names(at+"/holders", "") // none where they can't be read
	parts, _ := sys.Names(at, name)
	for _, part := range parts {
		more, _ := sys.Names(at+"/"+part+"/holders", "")
		out = append(out, more...)
	}
	return out
}

func fact(dir *sysfs.Dir, name string) Fact {
	value, err := dir.Read(name)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // this kernel does not say
	}
	return Fact{Where: dir.Path(name), Value: value, Err: err}
}

func text(dir *sysfs.Dir, name string) string {
	value, err := dir.Read(name)
	if err != nil {
		return ""
	}
	return value
}
