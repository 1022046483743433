package raid

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"plimsoll/internal/sysfs"
	"plimsoll/internal/udevdb"
	"plimsoll/redundancy"
)

// Config says where the host's file systems are mounted.
type Config struct {
	Sys  sysfs.FS
	Proc sysfs.FS
	Run  sysfs.FS // for udev's database; the zero value is none
	// Pool are the disks that arrays may be given, by their identities (wwn:…).
	Pool []redundancy.ID
	// Monotonic is the clock of udev's database; nil: the host's.
	Monotonic func() (time.Duration, error)
}

// Collector looks at every md array of the host, and hears of changes. Collect and Watch may run at the same time, each
// once.
type Collector struct {
	cfg            Config
	sys, proc, run sysfs.FS
	pool           []redundancy.ID
	monotonic      func() (time.Duration, error)

	// What earlier looks found, all owned by Collect.
	keep    *sysfs.Keeper // of the arrays' directories
	look    uint64
	devices map[member]knownDevice
	arrays  map[string]knownArray
	last    map[string]sighting
	said    []string // the notes of the last whole look
	stat    stat
	urgent  bool       // this look is at some arrays alone
	around  []stranger // what the last whole look has found beside arrays; nil: it has not looked

	refusals refusals // operators fill them, Collect reads them
	hints    hints    // Watch fills them, Collect takes them
}

// sighting is what one look made of an array.
type sighting struct {
	group  redundancy.Group
	place  redundancy.Part // an array of a container, by its place in it
	judged bool            // false: it is there, and nothing is to be judged
	at     time.Time
}

// New makes a collector that has looked at nothing yet.
func New(cfg Config) *Collector {
	if cfg.Monotonic == nil {
		cfg.Monotonic = udevdb.Now
	}
	return &Collector{
		cfg: cfg, pool: cfg.Pool, monotonic: cfg.Monotonic,
		sys: cfg.Sys, proc: cfg.Proc, run: cfg.Run, keep: sysfs.NewKeeper(cfg.Sys),
		devices: map[member]knownDevice{}, arrays: map[string]knownArray{}, last: map[string]sighting{},
	}
}

// Name is the source's name.
func (c *Collector) Name() string { return "raid" }

// Collect looks at every array, or, where Watch has heard which ones have changed, at those and any that are new: the others
// stand as the look before left them, with the age that gives them, and so do the disks that could be taken in. Whoever pokes
// looks again a moment later, and that look is a whole one. What can't be read of an array makes that unknown, and nothing
// else; an error means that not even the list of block devices could be read, or that ctx has ended.
func (c *Collector) Collect(ctx context.Context) (redundancy.Observation, error) {
	hinted := c.hints.take()
	names, err := c.sys.Names("block", "md")
	if err != nil {
		return redundancy.Observation{}, fmt.Errorf("look for md arrays: %w", err)
	}
	c.look++
	if c.urgent = len(hinted) > 0; !c.urgent {
		c.around = nil
	}
	var seen redundancy.Observation
	now := make(map[string]sighting, len(names))
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return redundancy.Observation{}, fmt.Errorf("look at md array %s: %w", name, err)
		}
		s, there := c.last[name]
		if there && c.urgent && !hinted[name] {
			s.group = s.group.Dated(s.at)
			if s.judged {
				seen.Kept = append(seen.Kept, s.group.ID)
			}
		} else if s, there = c.sight(name, seen.Groups); !there {
			continue
		}
		now[name] = s
		if s.judged {
			seen.Groups = append(seen.Groups, s.group)
		}
		if s.place.ID != "" {
			seen.Parts = append(seen.Parts, s.place)
		}
	}
	c.last = now
	slices.SortFunc(seen.Parts, func(x, y redundancy.Part) int { return cmp.Compare(x.ID, y.ID) })
	slices.Sort(seen.Kept)
	slices.SortStableFunc(seen.Groups, func(x, y redundancy.Group) int { return cmp.Compare(x.ID, y.ID) })
	if !c.urgent {
		c.forget()
		c.said = c.notes(slices.Collect(maps.Keys(now)))
	}
	seen.Notes = c.said
	return seen, nil
}

// Ask has the next look read all arrays anew.
func (c *Collector) Ask(redundancy.ID) { c.hints.any() }

// sight reads and judges one array, beside those that this look has found before it. There is none if it has left.
func (c *Collector) sight(name string, others []redundancy.Group) (s sighting, there bool) {
	s.at = time.Now()
	a, there := c.readArray(name)
	if !there || a.nothing() {
		return s, there
	}
	// Two halves of one mirror, started apart, have one UUID. Each is an array of its own.
	a.Twin = slices.ContainsFunc(others, func(g redundancy.Group) bool { return g.ID == a.ID })
	if a.Twin {
		a.ID += redundancy.ID("@" + name)
	}
	s.group, s.judged = a.Group(), true
	s.group.Candidates = c.candidates(a, s.group)
	s.group.Unsought = c.urgent && c.around == nil
	if m := a.Metadata.Value; a.Metadata.Known() && m.Container != "" && a.ID != placeID(m) {
		// What stands on it names it after the kernel's name for the container.
		s.place = redundancy.Part{ID: placeID(m), Name: m.Container + "/" + m.Index, StandsOn: []redundancy.ID{a.ID}}
	}
	return s, true
}

// nothing says whether this is no array to be judged: a name without an array behind it, or a container, whose arrays are
// judged themselves.
func (a Array) nothing() bool {
	if a.Metadata.Known() && a.Metadata.Value.IsContainer() {
		return true
	}
	return a.State.Known() && a.State.Value == Clear && len(a.Devices) == 0
}

// forget drops what was known of arrays and devices that this look did not find.
func (c *Collector) forget() {
	maps.DeleteFunc(c.devices, func(_ member, d knownDevice) bool { return d.look != c.look })
	maps.DeleteFunc(c.arrays, func(_ string, a knownArray) bool { return a.look != c.look })
	those := make(map[string]bool, len(c.arrays))
	for name := range c.arrays {
		those[mdDir(name)] = true
	}
	c.keep.Keep(func(path string) bool { return those[path] })
}
