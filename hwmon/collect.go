package hwmon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"time"

	"plimsoll/internal/chipid"
	"plimsoll/internal/patience"
	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

// Source is the collector's name.
const Source = "hwmon"

// enough is how long a look waits for its chips, all of them together. Reading every attribute of a slow chip takes half a
// second (two hundred transfers on an I2C bus of 100 kHz), and a look has to end before its own deadline.
const enough = 3 * time.Second

// Config says where the host's file systems are mounted.
type Config struct {
	Sys sysfs.FS
}

// Collector looks at every chip of the host that is no other room's, and hears of changes. Collect and Watch may run at the same
// time, each once.
type Collector struct {
	sys      sysfs.FS
	patience time.Duration
	fill     func(*reader, chipid.Chip, []Channel) bool

	// What earlier looks found, owned by Collect.
	asker *patience.Asker[answer]
	chips map[string]*watched // by place
	holds holds
}

// watched is a chip from one look to the next.
type watched struct {
	reader *reader // of whoever is asked, while that is so
	last   Chip    // as it was read last, or else what there is to read
}

// answer is what came of reading a chip.
type answer struct {
	channels []Channel
	there    bool
}

// New is a collector that has looked at nothing yet.
func New(cfg Config) *Collector {
	return &Collector{
		sys: cfg.Sys, patience: enough, fill: (*reader).fill, asker: patience.New[answer](), chips: map[string]*watched{},
		holds: holds{quiet: quiet},
	}
}

// Name is the source's name.
func (c *Collector) Name() string { return Source }

// Collect looks at every chip. What can't be read of a channel makes that unknown, and nothing else; a chip that does not
// answer in time is unknown and is not asked again before it has answered. An error means that not even the chips could be
// listed, or that ctx has ended.
func (c *Collector) Collect(ctx context.Context) (redundancy.Observation, error) {
	chips, err := chipid.List(c.sys)
	if errors.Is(err, fs.ErrNotExist) {
		return redundancy.Observation{Notes: []string{"this kernel has no hardware monitoring: " + c.sys.Path(chipid.Class) + " is not there"}}, nil
	}
	if err != nil {
		return redundancy.Observation{}, err
	}
	var o redundancy.Observation
	there := map[string]bool{}
	for _, chip := range chips {
		switch {
		case chip.Room == chipid.Hwmon:
			there[chip.Place] = c.ask(chip)
		case chip.Err != nil:
			o.Notes = append(o.Notes, fmt.Sprintf("whose chip %s is, is not known: %v", chip.Dir, chip.Err))
		}
	}
	maps.DeleteFunc(c.chips, func(place string, w *watched) bool {
		if !there[place] && !c.asker.Waiting(place) {
			w.reader.keep.Close()
		}
		return !there[place]
	})
	if err := c.hear(ctx); err != nil {
		return redundancy.Observation{}, err
	}
	for _, w := range c.chips {
		o.Components = append(o.Components, w.last.Components()...)
	}
	c.holds.apply(o.Components, time.Now())
	slices.SortFunc(o.Components, func(a, b redundancy.Component) int { return cmp.Compare(a.ID, b.ID) })
	if len(chips) == 0 {
		o.Notes = append(o.Notes, "no hardware monitoring chip: the kernel lists none")
	}
	return o, nil
}

// ask has the chip read, unless it has not answered yet, and says whether it is there.
func (c *Collector) ask(id chipid.Chip) bool {
	w, known := c.chips[id.Place]
	if !known {
		w = &watched{reader: newReader(c.sys)}
		c.chips[id.Place] = w
	}
	if c.asker.Waiting(id.Place) {
		return true
	}
	scanned, there := w.reader.scan(id)
	if scanned.Silent != nil {
		scanned.Channels = w.last.Channels // those that were there
	}
	w.last = scanned
	if !there || scanned.Asleep != nil || scanned.Silent != nil {
		return there
	}
	fill, channels := c.fill, slices.Clone(scanned.Channels)
	c.asker.Ask(id.Place, func() answer { return answer{channels, fill(w.reader, id, channels)} })
	return true
}

// hear takes the answers that come in time. A chip that has left instead is forgotten.
func (c *Collector) hear(ctx context.Context) error {
	answers, silent, err := c.asker.Hear(ctx, c.patience)
	if err != nil {
		return fmt.Errorf("look at chips: %w", err)
	}
	for place, a := range answers {
		w, watched := c.chips[place]
		switch {
		case !watched: // it had left before it answered
		case a.there:
			w.last.Channels, w.last.Silent = a.channels, nil
		default:
			w.reader.keep.Close()
			delete(c.chips, place)
		}
	}
	for place, since := range silent {
		if w, watched := c.chips[place]; watched {
			w.last.Silent = &redundancy.Evidence{Where: w.last.Dir, Err: "no answer since " + since.UTC().Format(time.RFC3339)}
		}
	}
	return nil
}
