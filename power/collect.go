package power

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

// Source is the collector's name.
const Source = "power"

// ranLooks is how many looks in a row must have found the host running on so few supplies for that to be remembered: for good,
// so one odd reading must not do.
const ranLooks = 3

// Config says where supplies are looked for.
type Config struct {
	Sys      sysfs.FS
	BMC      BMC // nil: it is not asked
	Settings Settings
}

// Collector looks at the host's power supplies. Collect and Watch may run at the same time, each once.
type Collector struct {
	sys      sysfs.FS
	settings Settings
	chips    *Reader       // supplies that the kernel can ask by itself
	board    *board        // nil: the BMC is not asked
	again    chan struct{} // holds a token when another look has more to read

	// What earlier looks found, all owned by Collect.
	seen map[redundancy.ID]bool // supplies that were in their bays
	on   []int                  // how many supplies the last looks found the host running on
	ran  int                    // the fewest; 0: not known
	peak Watts
}

// New is a collector that has looked at nothing yet.
func New(cfg Config) *Collector {
	c := &Collector{
		sys: cfg.Sys, settings: cfg.Settings, chips: ChipReader(cfg.Sys), again: make(chan struct{}, 1), seen: map[redundancy.ID]bool{},
	}
	if cfg.BMC != nil {
		c.board = newBoard(cfg.BMC)
	}
	return c
}

// Name is the name of the source.
func (c *Collector) Name() string { return Source }

// Collect asks the kernel, and the BMC, if there is one. A BMC that does not answer makes what it tells unread; where nobody else
// tells of any supply, or its records have not been read to their end yet, that is an error: nothing is known then that is newer
// than before.
func (c *Collector) Collect(ctx context.Context) (redundancy.Observation, error) {
	var o redundancy.Observation
	kernel, err := c.chips.Read(ctx)
	if err != nil {
		return o, err
	}
	chips := kernel.Supplies(c.settings)
	s, note, err := c.ask(ctx)
	if err != nil {
		if errors.Is(err, errWalking) {
			c.more()
		}
		if len(chips) == 0 || !c.board.learned {
			return o, err // without its records, nobody knows which of the supplies the kernel's are
		}
		s, note = c.board.tell(err.Error()), err.Error()
	}
	if note != "" {
		o.Notes = []string{note}
	}
	var apart []Supply
	s.Supplies, apart = Merge(c.settings, s.Supplies, chips)
	s.Beyond = append(s.Beyond, unmatched(apart)...)
	load, capped := kernel.Load()
	if !s.Load.Known {
		s.Load = load
	}
	s.Beyond = append(s.Beyond, capped...)
	s, empty := c.present(s)
	o.Notes = append(o.Notes, empty...)
	if len(s.Supplies) > 0 {
		s = c.remember(s)
		g, feeds := s.Group(c.settings)
		o.Groups, o.Parts = []redundancy.Group{g}, feeds
	}
	return o, nil
}

// ask is what the BMC tells, or why there is none to ask.
func (c *Collector) ask(ctx context.Context) (System, string, error) {
	if c.board == nil {
		return System{}, "", nil
	}
	if note, err := c.reachable(); note != "" || err != nil {
		return System{}, note, err
	}
	if err := c.board.look(ctx); err != nil {
		return System{}, "", err
	}
	s := c.board.tell("")
	if len(s.Supplies) == 0 {
		return s, "the BMC tells of no power supplies", nil
	}
	return s, "", nil
}

// reachable is why no BMC can be asked; empty: it can.
func (c *Collector) reachable() (note string, err error) {
	_, err = c.sys.Stat("class/ipmi/ipmi0")
	if err == nil {
		return "", nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("look for a BMC: %w", err)
	}
	if found, err := c.sys.Names("devices/platform", "ipmi_bmc"); err == nil && len(found) > 0 {
		return "there is a BMC, and no way to ask it: load the kernel module ipmi_devintf", nil
	}
	return "no BMC: the kernel has no /dev/ipmi0", nil
}

// present is s without the supplies whose bays are empty, unless they were seen in them: a bay that was empty all along is none
// that a supply is missing from. What was there before the agent began, the baseline knows.
func (c *Collector) present(s System) (System, []string) {
	var notes []string
	s.Supplies = slices.DeleteFunc(s.Supplies, func(one Supply) bool {
		switch {
		case one.told() && !one.absent():
			c.seen[one.ID] = true
			return false
		case slices.Contains(c.settings.Empty, one.Name):
			return true
		case one.told() && !c.seen[one.ID]:
			notes = append(notes, fmt.Sprintf("the bay of %s is empty", one.Name))
			return true
		}
		return false
	})
	return s, notes
}

// remember adds what looks before have found out, and keeps what this one has.
func (c *Collector) remember(s System) System {
	working := 0
	for _, one := range s.Supplies {
		if !one.component().Broken() {
			working++
		}
	}
	c.on = append(c.on, working)
	c.on = c.on[max(0, len(c.on)-ranLooks):]
	// Nothing runs on nothing: a host whose supplies all seem dead shows that they are read wrongly.
	if most := slices.Max(c.on); len(c.on) == ranLooks && slices.Min(c.on) > 0 && (c.ran == 0 || most < c.ran) {
		c.ran = most
	}
	if load := s.Takes(); load.Known && load.Value > c.peak.Value {
		c.peak = load
	}
	s.Ran, s.Peak = c.ran, c.peak
	slices.SortFunc(s.Supplies, func(a, b Supply) int { return cmp.Compare(a.ID, b.ID) })
	return s
}

// more has another look begin soon.
func (c *Collector) more() {
	select {
	case c.again <- struct{}{}:
	default:
	}
}

// Watch pokes while the BMC's records are being read: the next look goes on with them. It hears of nothing else; a BMC's own
// events are found in its log.
func (c *Collector) Watch(ctx context.Context, poke func()) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-c.again:
			poke()
		}
	}
}
