package power

import (
	"context"
	"fmt"
	"slices"

	"plimsoll/internal/announce"
	"plimsoll/internal/sysfs"
	"plimsoll/internal/uevent"
	"plimsoll/redundancy"
)

// LineSource is the name of the collector of lines and batteries. It is a source of its own: a BMC that does not answer is no
// reason not to know that the host runs on its battery.
const LineSource = "line"

// LineConfig says where lines and batteries are looked for.
type LineConfig struct {
	Sys      sysfs.FS
	Settings Settings
}

// LineCollector looks at the line and the batteries that feed this host, and hears of changes. Collect and Watch may run at the
// same time, each once.
type LineCollector struct {
	reader   *Reader
	settings Settings
	seen     map[redundancy.ID]bool // batteries that were in their bays; owned by Collect
}

// NewLine is a collector that has looked at nothing yet.
func NewLine(cfg LineConfig) *LineCollector {
	return &LineCollector{reader: LineReader(cfg.Sys), settings: cfg.Settings, seen: map[redundancy.ID]bool{}}
}

// Name is the name of the source.
func (c *LineCollector) Name() string { return LineSource }

// Collect looks at all that the class power_supply lists. What can't be read of an entry makes that unknown, and nothing else; an
// error means that not even the class could be listed, or that ctx has ended. A bay that was empty all along is none that a
// battery is missing from; what was there before the agent began, the baseline knows.
func (c *LineCollector) Collect(ctx context.Context) (redundancy.Observation, error) {
	k, err := c.reader.Read(ctx)
	if err != nil {
		return redundancy.Observation{}, err
	}
	var o redundancy.Observation
	k.Lines = slices.DeleteFunc(k.Lines, func(l Line) bool {
		kind := l.kind()
		if kind != typeBattery && kind != typeUPS {
			return false
		}
		b := l.battery()
		switch {
		case b.told() && !b.absent():
			c.seen[b.ID] = true
		case b.told() && !c.seen[b.ID]:
			o.Notes = append(o.Notes, fmt.Sprintf("the bay of %s is empty", b.Name))
			return true
		}
		return false
	})
	g, batteries := k.LineGroup(c.settings)
	if !batteries {
		o.Notes = append(o.Notes, "no battery feeds this host, as far as the kernel knows")
		return o, nil
	}
	o.Groups = []redundancy.Group{g}
	return o, nil
}

// Watch pokes when a line or a battery changes, and once when it has begun to listen, until ctx ends; poke is called from two
// goroutines. It listens to uevents of the subsystem power_supply, which every driver sends that is told of a change.
func (c *LineCollector) Watch(ctx context.Context, poke func()) error {
	concerns := func(e uevent.Event) bool { return e.Subsystem == "power_supply" }
	return fmt.Errorf("watch power supplies: %w", announce.Events(ctx, concerns, poke))
}
