package topology

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"plimsoll/internal/blockid"
	"plimsoll/internal/sysfs"
	"plimsoll/internal/udevdb"
	"plimsoll/redundancy"
)

// Source is the collector's name.
const Source = "topology"

// Config says where to look.
type Config struct {
	Sys  sysfs.FS
	Proc sysfs.FS
	Run  sysfs.FS // for udev's database, which knows the types of partitions; the zero value is none
	// Routes reads the default routes: ReadRoutes on a host; nil: none are told of.
	Routes func(context.Context) ([]Route, error)
}

// Collector looks at what stands on what. Collect and Watch may run at the same time, each once.
type Collector struct {
	sys, proc, run sysfs.FS
	routes         func(context.Context) ([]Route, error)

	// What earlier looks found, all owned by Collect.
	look       uint64
	blocks     map[string]*knownDevice
	links      map[string]*knownLink
	enclosures map[string]string // the logical ids by the kernel's names
	facts      Facts
	mounts     string // the table as it was read
	swaps      string
	news       news
	last       redundancy.Observation
	seen       bool // whether there is a last one
}

// New makes a collector that has looked at nothing yet.
func New(cfg Config) *Collector {
	return &Collector{
		sys: cfg.Sys, proc: cfg.Proc, run: cfg.Run, routes: cfg.Routes,
		blocks: map[string]*knownDevice{}, links: map[string]*knownLink{},
	}
}

// Name is the source's name.
func (c *Collector) Name() string { return Source }

// Collect takes one look. It reads what is new, and what can change, of devices and links; where nothing has, it gives what
// the look before gave. An error means that something could not be read on which much depends (the list of devices, the
// mounts, the routes); then nothing is told, since a use that is left out would look like one that is no more.
func (c *Collector) Collect(ctx context.Context) (redundancy.Observation, error) {
	c.look++
	for _, read := range []func(context.Context) error{c.readDevices, c.readLinks, c.readTables, c.readRoutes} {
		if err := read(ctx); err != nil {
			return redundancy.Observation{}, err // what has changed so far is told by the next look that is whole
		}
	}
	c.readPools()
	if c.seen && c.news == (news{}) {
		return c.last, nil
	}
	c.gather()
	c.last = c.facts.Observe()
	c.last.Notes = c.notes()
	c.seen, c.news = true, news{}
	return c.last, nil
}

// news is what has changed since the last look that was whole.
type news struct{ devices, links, rest bool }

// gather brings the facts up to date with what has changed.
func (c *Collector) gather() {
	if c.news.devices {
		c.facts.Devices = c.facts.Devices[:0:0]
		for _, known := range c.blocks {
			c.facts.Devices = append(c.facts.Devices, known.device)
		}
		slices.SortFunc(c.facts.Devices, func(a, b Device) int { return cmp.Compare(a.Name, b.Name) })
	}
	if c.news.links {
		c.facts.Links = c.facts.Links[:0:0]
		for _, known := range c.links {
			c.facts.Links = append(c.facts.Links, known.link)
		}
		slices.SortFunc(c.facts.Links, func(a, b Link) int { return cmp.Compare(a.Name, b.Name) })
	}
	if c.news.devices || c.news.links {
		c.facts.Slots, c.facts.VirtualOf = c.readSlots(), c.readVirtual()
	}
	c.facts.PartTypes = c.readPartTypes()
	c.facts.Known = c.facts.known()
}

// notes are what is not here and why. A captured host may have nothing of all this.
func (c *Collector) notes() []string {
	var notes []string
	_, err := c.sys.Stat(classBlock)
	switch noDevices, noMounts := errors.Is(err, fs.ErrNotExist), c.facts.MountTable == ""; {
	case noDevices && noMounts:
		return []string{"what stands on what is not known: there is no " + c.sys.Path(classBlock)}
	case noDevices:
		notes = append(notes, "block devices are not seen: there is no "+c.sys.Path(classBlock))
	case noMounts:
		notes = append(notes, "filesystems are not seen: there is no "+c.proc.Path("self/mountinfo"))
	}
	if c.routes == nil {
		notes = append(notes, "default routes are not looked for on a captured host")
	}
	return notes
}

// readTables reads mounts and swap. A captured host may have neither.
func (c *Collector) readTables(context.Context) error {
	mounts, table, err := c.mountTable()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read mounts: %w", err)
	}
	swaps, err := c.proc.ReadAll("swaps") // a kernel without swap has none
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read swaps: %w", err)
	}
	if mounts != c.mounts || table != c.facts.MountTable {
		c.mounts, c.facts.Mounts, c.facts.MountTable, c.news.rest = mounts, ParseMounts(mounts), table, true
	}
	if swaps != c.swaps {
		// Not compared as a whole: how much is used changes all the time.
		parsed := ParseSwaps(swaps)
		c.news.rest = c.news.rest || !slices.Equal(parsed, c.facts.Swaps)
		c.swaps, c.facts.Swaps, c.facts.SwapTable = swaps, parsed, c.proc.Path("swaps")
	}
	return nil
}

// mountTable is the text of mountinfo, and where it was read: of the first process, whose mounts are the host's, or where
// that is hidden our own.
func (c *Collector) mountTable() (text, table string, err error) {
	for _, process := range []string{"1", "self"} {
		file := process + "/mountinfo"
		if text, err = c.proc.ReadAll(file); err == nil {
			return text, c.proc.Path(file), nil
		}
	}
	return "", "", err
}

func (c *Collector) readRoutes(ctx context.Context) error {
	if c.routes == nil {
		return nil
	}
	routes, err := c.routes(ctx)
	if err != nil {
		return err
	}
	if !slices.EqualFunc(routes, c.facts.Routes, sameRoute) {
		c.facts.Routes, c.news.rest = routes, true
	}
	return nil
}

func sameRoute(a, b Route) bool {
	return a.Family == b.Family && a.Metric == b.Metric && slices.Equal(a.Links, b.Links)
}

// readPools reads which devices each mounted btrfs has.
func (c *Collector) readPools() {
	const dir = "fs/btrfs"
	names, err := c.sys.Names(dir, "")
	if err != nil {
		names = nil // no driver
	}
	var pools []Pool
	for _, uuid := range names {
		devices, err := c.sys.Names(dir+"/"+uuid+"/devices", "")
		if err != nil {
			continue // features, and what else is no filesystem
		}
		for i := range devices {
			devices[i] = blockid.Pretty(devices[i])
		}
		p := Pool{UUID: uuid, Devices: devices, Count: len(devices)}
		if all, err := c.sys.Names(dir+"/"+uuid+"/devinfo", ""); err == nil { // Linux 5.6 and later: with those missing
			p.Count = max(p.Count, len(all))
		}
		pools = append(pools, p)
	}
	if !slices.EqualFunc(pools, c.facts.Pools, samePool) {
		c.facts.Pools, c.news.rest = pools, true
	}
}

func samePool(a, b Pool) bool {
	return a.UUID == b.UUID && a.Count == b.Count && slices.Equal(a.Devices, b.Devices)
}

// readSlots reads which PCI device is in which slot, as far as firmware names them.
func (c *Collector) readSlots() map[string]string {
	const dir = "bus/pci/slots"
	names, err := c.sys.Names(dir, "")
	if err != nil {
		return nil
	}
	slots := make(map[string]string, len(names))
	for _, name := range names {
		if address, err := c.sys.Read(dir + "/" + name + "/address"); err == nil && address != "" {
			slots[address] = name
		}
	}
	return slots
}

// readVirtual reads which PCI functions in use are virtual ones of another.
func (c *Collector) readVirtual() map[string]string {
	of := map[string]string{}
	note := func(p Place) {
		name := p.Function()
		if _, asked := of[name]; asked || name == "" {
			return
		}
		link, err := c.sys.Readlink("bus/pci/devices/" + name + "/physfn")
		if err != nil {
			link = "" // most are not
		}
		of[name] = strings.TrimPrefix(path.Base(link), ".")
	}
	for _, d := range c.facts.Devices {
		for _, p := range d.Places {
			note(p)
		}
	}
	for _, l := range c.facts.Links {
		note(l.Place)
	}
	return of
}

// readPartTypes asks udev's database for the types of the partitions that may be the EFI system partition.
func (c *Collector) readPartTypes() map[string]string {
	types := map[string]string{}
	for _, m := range c.facts.Mounts {
		if m.Type != "vfat" && m.Type != "msdos" {
			continue
		}
		entry, _ := udevdb.Read(c.run, m.Device) // none: no udev, or not of this host
		if kind, ok := entry.Property("ID_PART_ENTRY_TYPE"); ok {
			types[m.Device] = strings.ToLower(kind)
		}
	}
	return types
}
