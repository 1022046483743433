package lldp

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"plimsoll/internal/linkid"
	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

// Config says where neighbours are heard of.
type Config struct {
	Sys sysfs.FS // names, addresses and carriers of links
	Run sysfs.FS // /run: networkd's files and lldpd's socket; the zero value: there are neither
	Ask func(context.Context) ([]byte, error)
}

// Collector looks at who is at the other end of the links.
type Collector struct {
	sys, run sysfs.FS
	ask      func(context.Context) ([]byte, error)
	seen     map[string]sighting // by link; owned by Collect
}

// remembered is for how long what was heard counts: the time to live that switches give by default.
const remembered = 120 * time.Second

// New is a collector that has heard of nobody yet; AskLLDPD is what asks on a host.
func New(cfg Config) *Collector {
	return &Collector{sys: cfg.Sys, run: cfg.Run, ask: cfg.Ask, seen: map[string]sighting{}}
}

// Name is the name of the source.
func (c *Collector) Name() string { return "lldp" }

// Collect tells of links, ports and switches as parts, and in notes why there are none or not all. An error means that ctx has
// ended: that nobody answers is no failure of the source, since most hosts have nobody to ask.
func (c *Collector) Collect(ctx context.Context) (redundancy.Observation, error) {
	now := time.Now()
	heard, notes := c.networkd(now)
	more, why := c.lldpd(ctx)
	if err := ctx.Err(); err != nil {
		return redundancy.Observation{}, fmt.Errorf("listen for neighbours: %w", err)
	}
	notes = append(notes, why...)
	byLink := map[string][]Neighbour{}
	for _, n := range append(heard, more...) {
		byLink[n.Link] = append(byLink[n.Link], n)
	}
	for link, all := range byLink {
		n, ok := opposite(all)
		if !ok {
			notes = append(notes, fmt.Sprintf("%s hears several neighbours, and which of them is at its other end can't be told: none is taken", link))
			delete(c.seen, link)
			continue
		}
		c.seen[link] = sighting{link: linkid.Of(c.sys, link), Neighbour: n, heard: now, until: now.Add(remembered)}
	}
	c.forget(now)
	if len(c.seen) == 0 && len(notes) == 0 {
		notes = append(notes, "no switches: neither systemd-networkd nor lldpd tells of neighbours")
	}
	slices.Sort(notes)
	seen := slices.SortedFunc(maps.Values(c.seen), func(x, y sighting) int { return cmp.Compare(x.Link, y.Link) })
	return redundancy.Observation{Parts: parts(seen, now), Notes: notes}, nil
}

// forget drops what was heard too long ago, and what was heard on links that are gone. A link without a carrier can hear
// nobody: its time does not pass.
func (c *Collector) forget(now time.Time) {
	for link, s := range c.seen {
		if s.heard.Equal(now) {
			continue
		}
		if _, err := c.sys.Stat("class/net/" + link); err != nil {
			delete(c.seen, link)
			continue
		}
		const up = "1"
		if carrier, err := c.sys.Read("class/net/" + link + "/carrier"); err != nil || carrier != up { // EINVAL: set down
			s.until = now.Add(remembered)
			c.seen[link] = s
		} else if now.After(s.until) {
			delete(c.seen, link)
		}
	}
}
