package raid

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/prometheus/procfs"

	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

// Config says where the host's file systems are mounted.
type Config struct {
	Sys  sysfs.FS
	Proc sysfs.FS
	Dev  sysfs.FS // only for kernels without md/uuid; the zero value is none
}

// Collector looks at every md array of the host, and hears of changes. Collect and Watch may run at the same time, each
// once.
type Collector struct {
	sys, proc, dev sysfs.FS

	// What earlier looks found, all owned by Collect.
	look    uint64
	devices map[member]knownDevice
	arrays  map[string]knownArray
}

// New makes a collector that has looked at nothing yet.
func New(cfg Config) *Collector {
	return &Collector{
		sys: cfg.Sys, proc: cfg.Proc, dev: cfg.Dev,
		devices: map[member]knownDevice{}, arrays: map[string]knownArray{},
	}
}

// Name is the source's name.
func (c *Collector) Name() string { return "raid" }

// Collect looks at every array. What can't be read of one makes that unknown, and nothing else; an error means that not
// even the list of block devices could be read, or that ctx has ended.
func (c *Collector) Collect(ctx context.Context) (redundancy.Observation, error) {
	names, err := c.sys.Names("block", "md")
	if err != nil {
		return redundancy.Observation{}, fmt.Errorf("look for md arrays: %w", err)
	}
	c.look++
	var seen redundancy.Observation
	listed := names[:0]
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return redundancy.Observation{}, fmt.Errorf("look at md array %s: %w", name, err)
		}
		a, ok := c.readArray(name)
		if !ok {
			continue
		}
		listed = append(listed, name)
		if a.nothing() {
			continue
		}
		// Two halves of one mirror, started apart, have one UUID. Each is an array of its own.
		a.Twin = slices.ContainsFunc(seen.Groups, func(g redundancy.Group) bool { return g.ID == a.ID })
		if a.Twin {
			a.ID += redundancy.ID("@" + name)
		}
		seen.Groups = append(seen.Groups, a.Group())
	}
	c.forget()
	slices.SortStableFunc(seen.Groups, func(x, y redundancy.Group) int { return cmp.Compare(x.ID, y.ID) })
	seen.Notes = c.notes(listed)
	return seen, nil
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
}

// notes compare with /proc/mdstat, which lists the running arrays too. listed are the arrays found in sysfs.
func (c *Collector) notes(listed []string) []string {
	if _, err := c.proc.Stat("mdstat"); errors.Is(err, fs.ErrNotExist) && len(listed) == 0 {
		return []string{"this kernel has no md driver (there is no " + c.proc.Path("mdstat") + ")"}
	}
	proc, err := procfs.NewFS(c.proc.Path())
	if err != nil {
		return []string{"md arrays are not cross-checked: " + err.Error()}
	}
	stats, err := proc.MDStat()
	if err != nil {
		return []string{"md arrays are not cross-checked: " + err.Error()}
	}
	var notes []string
	for _, s := range stats {
		if s.ActivityState != "inactive" && !slices.Contains(listed, s.Name) {
			notes = append(notes, fmt.Sprintf("%s is running by %s and is not in %s: it is not judged",
				s.Name, c.proc.Path("mdstat"), c.sys.Path("block")))
		}
	}
	return notes
}
