package netbond

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"plimsoll/internal/sysfs"
	"plimsoll/netbond/paths"
	"plimsoll/redundancy"
)

// Source is the collector's name.
const Source = "bond"

// Config says where a host's bonds are read.
type Config struct {
	Dump Dump     // FromKernel on a host, FromCapture on a captured one
	Sys  sysfs.FS // what carries each member; the zero value: not known
	Proc sysfs.FS // the kernel's reports; the zero value: none

	Helper Helper                   // opens packet sockets, and knows what the kernel hides of LACP; nil: there is none
	Listen []string                 // active-backup bonds whose members are listened to
	Probes map[string]paths.Probing // whom to ask through their members, by bond
}

// Collector looks at the bonds of the host, and hears of changes. Collect and Watch may run at the same time, each once.
type Collector struct {
	dump      Dump
	sys, proc sysfs.FS
	helper    Helper       // nil: there is none
	paths     *paths.Watch // Watch runs it, Collect tells it what there is and takes what it finds; nil: nobody listens

	// seen tells which links matter when a message itself no longer does (a member that has just left its bond), and whose
	// they are: interface indexes of bonds and members to those of their bonds. Collect stores, Watch loads.
	seen atomic.Pointer[map[int32]int32]

	hints hints         // Watch fills them, Collect takes them
	heard announcements // operators add to them, Collect reads them

	// What earlier looks found, all owned by Collect. begun is by interface index since when there is a bond to judge, and
	// long ago for one that has served.
	last  map[int32]sighting
	whole time.Time // when all bonds were looked at
	said  []string  // the notes of that look
	begun map[int32]time.Time
	bases map[int32]base

	details map[int32]details // by interface index
}

// sighting is what one look made of a bond.
type sighting struct {
	bond  Bond
	group redundancy.Group
	note  string // why it is not judged; empty: it is
	at    time.Time
}

const (
	// forming is how long whoever makes a bond may take from its first member to its first carrier. A new bond that does not
	// serve is judged (it has failed) only when that lasts. It is as long as changes of a bond take to count by default.
	forming = 2 * time.Second

	// wholly is how old the newest look at all bonds may be when a hint comes for one. In 802.3ad changes are announced by
	// nobody, and a bond that flaps without end must not keep us from the others. It is the default pace.
	wholly = 5 * time.Second
)

// New is a collector that has looked at nothing yet.
func New(cfg Config) *Collector {
	c := &Collector{
		dump: cfg.Dump, sys: cfg.Sys, proc: cfg.Proc, helper: cfg.Helper,
		begun: map[int32]time.Time{}, bases: map[int32]base{}, details: map[int32]details{},
	}
	if cfg.Helper != nil && len(cfg.Listen) > 0 {
		c.paths = paths.New(paths.Config{
			Open: paths.FromHelper(cfg.Helper), Bonds: cfg.Listen, Probes: cfg.Probes, Random: rand.Float64,
		})
	}
	return c
}

// Name is the name of the source.
func (c *Collector) Name() string { return Source }

// Collect looks at every bond, or, where Watch has heard which ones have changed, at those: the others stand as the look
// before left them, with the age that gives them. Whoever pokes looks again a moment later, and that look is a whole one.
// Where there are no bonds, a note says so.
func (c *Collector) Collect(ctx context.Context) (redundancy.Observation, error) {
	now := time.Now()
	bonds, notes, whole, err := c.read(ctx, c.due(now))
	if err != nil {
		c.hints.any() // what was heard is not looked at yet
		return redundancy.Observation{}, err
	}
	first, before := c.last == nil, c.last
	last := map[int32]sighting{}
	if !whole {
		maps.Copy(last, before)
		notes = append(slices.Clone(c.said), notes...)
	} else {
		c.whole = now
	}
	for _, b := range bonds {
		notes = append(notes, c.complete(&b)...)
		c.detail(ctx, &b, now)
		notes = append(notes, b.hear(c.paths)...)
		c.heard.add(&b, now)
		last[b.Index] = c.sight(b, first, now)
	}
	if whole {
		c.said = notes
	}
	c.remember(before, last)
	c.showPaths()
	return c.tell(now, notes), nil
}

// due are the bonds to look at, none for all of them: those that were heard of, if they are known and all bonds have been
// looked at lately.
func (c *Collector) due(now time.Time) []int32 {
	heard := c.hints.take()
	unknown := func(index int32) bool { _, known := c.last[index]; return !known }
	if now.Sub(c.whole) > wholly || slices.ContainsFunc(heard, unknown) {
		return nil
	}
	return heard
}

// read reads these bonds; all, where there are none, and where one of them is there no longer.
func (c *Collector) read(ctx context.Context, only []int32) (bonds []Bond, notes []string, whole bool, err error) {
	if len(only) > 0 {
		if links, err := c.dump(ctx, only...); err == nil {
			bonds, notes = Parse(links)
			bonds = slices.DeleteFunc(bonds, func(b Bond) bool { return !slices.Contains(only, b.Index) })
			if len(bonds) == len(only) {
				return bonds, notes, false, nil
			}
		}
	}
	links, err := c.dump(ctx)
	if err != nil {
		return nil, nil, true, err
	}
	bonds, notes = Parse(links)
	if len(bonds) == 0 {
		notes = append(notes, "no bonds: the kernel lists no link of the kind bond")
	}
	return bonds, notes, true, nil
}

// complete adds to b what stands elsewhere than in rtnetlink.
func (c *Collector) complete(b *Bond) (notes []string) {
	if err := readReport(c.proc, b); err != nil && !errors.Is(err, fs.ErrNotExist) {
		notes = append(notes, fmt.Sprintf("speed, duplex and churn of %s's members are not known: %v", b.Name, err))
	}
	for i := range b.Members {
		m := &b.Members[i]
		carrier, known := c.bases[m.Index]
		if !known || carrier.link != m.Name {
			carrier = readBase(c.sys, m.Name)
			c.bases[m.Index] = carrier
		}
		m.Base, m.BaseAt, m.Part = carrier.name, carrier.at, carrier.part
	}
	return notes
}

// sight judges one bond.
func (c *Collector) sight(b Bond, first bool, now time.Time) sighting {
	s := sighting{bond: b, at: now}
	if len(b.Members) == 0 && !b.Flags.Has(FlagUp) {
		// The bonding module makes such a bond0 by itself when it is loaded.
		s.note = b.Name + " is down and has no members: not judged"
		delete(c.begun, b.Index)
		return s
	}
	s.group = b.Group()
	if _, known := c.begun[b.Index]; !known {
		c.begun[b.Index] = now
	}
	if first || s.group.Serving != redundancy.No {
		c.begun[b.Index] = now.Add(-forming)
	}
	if now.Sub(c.begun[b.Index]) < forming {
		s.note = b.Name + " is being made: not judged yet"
	}
	return s
}

// remember keeps what this look and the one before it saw, and forgets the rest.
func (c *Collector) remember(before, last map[int32]sighting) {
	seen := map[int32]int32{}
	for _, look := range []map[int32]sighting{before, last} {
		for index, s := range look {
			seen[index] = index
			for _, m := range s.bond.Members {
				seen[m.Index] = index
			}
		}
	}
	c.last = last
	c.seen.Store(&seen)
	maps.DeleteFunc(c.details, func(index int32, _ details) bool { _, there := last[index]; return !there })
	maps.DeleteFunc(c.begun, func(index int32, _ time.Time) bool { _, there := last[index]; return !there })
	maps.DeleteFunc(c.bases, func(index int32, _ base) bool { _, there := seen[index]; return !there })
}

// tell makes an observation of all that is known.
func (c *Collector) tell(now time.Time, notes []string) redundancy.Observation {
	o := redundancy.Observation{Notes: notes}
	for _, s := range c.last {
		switch {
		case s.note != "":
			o.Notes = append(o.Notes, s.note)
		case s.at.Equal(now):
			o.Groups = append(o.Groups, s.group)
		default:
			o.Groups = append(o.Groups, s.group.Dated(s.at))
			o.Kept = append(o.Kept, s.group.ID)
		}
	}
	for _, d := range c.hints.departed(c.last) {
		o.Notes = append(o.Notes, fmt.Sprintf("%s has been moved to another network namespace: %s is without it", d.name, c.last[d.bond].bond.Name))
	}
	slices.SortFunc(o.Groups, func(x, y redundancy.Group) int { return cmp.Compare(x.ID, y.ID) })
	slices.Sort(o.Notes)
	slices.Sort(o.Kept)
	return o
}

// Watch listens on the members of the bonds that are to be listened to, and calls poke when the kernel announces a change of a bond or a member, once as soon as it hears (what happened before
// went unheard), and once after every overflow, and when something new was found of a path. It returns when ctx ends or the socket fails.
func (c *Collector) Watch(ctx context.Context, poke func()) error {
	ear, err := listen()
	if err != nil {
		return err
	}
	c.hints.any()
	if c.paths == nil {
		return ear.hear(ctx, c, poke)
	}
	ctx, cancel := context.WithCancel(ctx)
	var listening sync.WaitGroup
	listening.Go(func() { c.paths.Run(ctx, poke) })
	err = ear.hear(ctx, c, poke)
	cancel()
	listening.Wait()
	return err
}

// link says whether a link's message may tell of a change of a bond or a member, and notes whose. One that can't be read
// may be of any.
func (c *Collector) link(message []byte) bool {
	l, err := parseLink(message)
	if err != nil || l.memberKind == kindBond && !l.master.Known {
		c.hints.any()
		return true
	}
	bond, known := l.bondIndex()
	if !known {
		if seen := c.seen.Load(); seen != nil {
			bond, known = (*seen)[l.index]
		}
	}
	if known {
		c.hints.bond(bond)
		if l.moved && bond != l.index {
			c.hints.gone(l.index, departure{bond: bond, name: l.name})
		}
	}
	return known
}

// Ask has the next look read all bonds anew.
func (c *Collector) Ask(redundancy.ID) { c.hints.any() }

// lost notes that messages were lost: nobody knows what they said.
func (c *Collector) lost() { c.hints.any() }
