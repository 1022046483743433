package topology

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"plimsoll/internal/linkid"
	"plimsoll/internal/sysfs"
)

// knownLink is a link as earlier looks found it.
type knownLink struct {
	ino  uint64 // its incarnation
	link Link
	look uint64
}

const classNet = "class/net"

// readLinks brings what is known of network links up to date. A kernel without a network has none.
func (c *Collector) readLinks(ctx context.Context) error {
	dir, err := c.sys.Open(classNet)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for network links: %w", err)
	}
	defer dir.Close()
	entries, err := dir.Entries()
	if err != nil {
		return fmt.Errorf("look for network links: %w", err)
	}
	for _, e := range entries {
		name := e.Name
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("look at network link %s: %w", name, err)
		}
		if name == "lo" || name == "bonding_masters" { // the latter is an attribute of bonding's
			continue
		}
		known, ok := c.links[name]
		if !ok || known.ino != e.Ino {
			known = &knownLink{ino: e.Ino, link: meetLink(dir, name)}
			c.links[name], c.news.links = known, true
		}
		if first := known.look == 0; first || !known.link.fixed() {
			c.news.links = c.renewLink(name, &known.link) || c.news.links
		}
		known.look = c.look
	}
	for name, known := range c.links {
		if known.look != c.look {
			delete(c.links, name)
			c.news.links = true
		}
	}
	return nil
}

// meetLink asks a link what it will go on saying for as long as it lives.
func meetLink(dir *sysfs.Dir, name string) Link {
	l := Link{Name: name}
	l.Index, _ = strconv.Atoi(said(dir, name+"/ifindex"))
	other, err := strconv.Atoi(said(dir, name+"/iflink"))
	l.Far = err == nil && other != l.Index
	has := func(attr string) bool { _, err := dir.Stat(name + "/" + attr); return err == nil }
	switch {
	case has("bonding"):
		l.Sort = Bond
	case has("bridge"):
		l.Sort = Bridge
	case has("device"):
		l.Sort = Physical
		link, _ := dir.Readlink(name) // without it nothing is known of where it is
		l.Place = ParsePlace(link)
	}
	return l
}

// fixed says whether what is below a link is so for good: a VLAN is tied to its parent, one end of a pair to the other.
func (l Link) fixed() bool {
	return l.Sort == Virtual && l.Far || l.Sort == Physical && l.Address != ""
}

// renewLink asks a link what may have changed since the last look, and says whether anything has.
func (c *Collector) renewLink(name string, l *Link) (changed bool) {
	switch l.Sort {
	case Bond: // its members are netbond's
		return false
	case Physical:
		if l.Address == "" {
			l.Address, changed = strings.CutPrefix(string(linkid.Of(c.sys, name)), "nic:")
			if !changed {
				l.Address = ""
			}
		}
		return changed
	case Virtual, Bridge:
	}
	lower, err := c.sys.Names(classNet+"/"+name, "lower_")
	if err != nil {
		lower = nil
	}
	for i := range lower {
		lower[i] = strings.TrimPrefix(lower[i], "lower_")
	}
	if !slices.Equal(lower, l.Lower) {
		l.Lower, changed = lower, true
	}
	return changed
}
