package netbond

import (
	"context"
	"fmt"
	"maps"
	"sync/atomic"
	"time"

	"plimsoll/redundancy"
)

// Source is the collector's name.
const Source = "bond"

// Collector looks at the bonds of the host.
type Collector struct {
	dump Dump
	// seen are the interface indexes of the newest look, bonds and members; Collect stores, Watch loads. It tells Watch
	// which links matter when a message itself no longer does (a member that has just left its bond).
	seen atomic.Pointer[map[int32]bool]
	// begun is by interface index since when there is a bond to judge, and long ago for one that has served. Owned by Collect.
	begun map[int32]time.Time
}

// forming is how long whoever makes a bond may take from its first member to its first carrier. A new bond that does not
// serve is judged (it has failed) only when that lasts. It is as long as changes of a bond take to count by default.
const forming = 2 * time.Second

// New is a collector that looks by dump: ReadLinks on a host, FromCapture on a captured one.
func New(dump Dump) *Collector { return &Collector{dump: dump, begun: map[int32]time.Time{}} }

// Name is the name of the source.
func (c *Collector) Name() string { return Source }

// Collect takes one look: all bonds, and a note where there are none.
func (c *Collector) Collect(ctx context.Context) (redundancy.Observation, error) {
	links, err := c.dump(ctx)
	if err != nil {
		return redundancy.Observation{}, err
	}
	bonds, notes := Parse(links)
	first, now := c.seen.Load() == nil, time.Now()
	c.remember(bonds)
	if len(bonds) == 0 {
		notes = append(notes, "no bonds: the kernel lists no link of the kind bond")
	}
	var groups []redundancy.Group
	for _, b := range bonds {
		if len(b.Members) == 0 && !b.Flags.Has(FlagUp) {
			// The bonding module makes such a bond0 by itself when it is loaded.
			notes = append(notes, fmt.Sprintf("%s is down and has no members: not judged", b.Name))
			delete(c.begun, b.Index)
			continue
		}
		g := b.Group()
		if _, known := c.begun[b.Index]; !known {
			c.begun[b.Index] = now
		}
		if first || g.Serving != redundancy.No {
			c.begun[b.Index] = now.Add(-forming)
		}
		if now.Sub(c.begun[b.Index]) < forming {
			notes = append(notes, b.Name+" is being made: not judged yet")
			continue
		}
		groups = append(groups, g)
	}
	sortGroups(groups)
	return redundancy.Observation{Groups: groups, Notes: notes}, nil
}

func (c *Collector) remember(bonds []Bond) {
	seen := map[int32]bool{}
	for _, b := range bonds {
		seen[b.Index] = true
		for _, m := range b.Members {
			seen[m.Index] = true
		}
	}
	c.seen.Store(&seen)
	maps.DeleteFunc(c.begun, func(index int32, _ time.Time) bool { return !seen[index] })
}

// Watch calls poke when the kernel announces a change of a bond or a member, once as soon as it hears (what happened before
// went unheard), and once after every overflow. It returns when ctx ends or the socket fails.
func (c *Collector) Watch(ctx context.Context, poke func()) error {
	ear, err := listen()
	if err != nil {
		return err
	}
	return ear.hear(ctx, c.concerns, poke)
}

// concerns says whether a link's message may tell of a change of a bond or a member. One that can't be read may.
func (c *Collector) concerns(message []byte) bool {
	l, err := parseLink(message)
	if err != nil || l.kind == kindBond || l.memberKind == kindBond {
		return true
	}
	seen := c.seen.Load()
	return seen != nil && (*seen)[l.index]
}
