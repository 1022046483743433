package disk

import (
	"context"
	"sync/atomic"
	"time"

	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

// Source is the collector's name.
const Source = "disk"

const (
	// firstAnswers is how long the first look waits for the disks' pages: an agent that starts would else tell for a moment
	// that nothing is known of a disk that is about to fail. Two hundred disks that are well take less.
	firstAnswers = 3 * time.Second
	// keepsFor is how many paces old pages may be and still stand: one that was held up, and one more.
	keepsFor = 3
	// delay is how much later a disk's turn may come because others do not answer.
	delay = 2 * most * answerTime
)

// Config says where disks are read.
type Config struct {
	Sys      sysfs.FS
	Senses   Senses // who asks disks; nil: nobody does, and NotAsked says why
	NotAsked string
	Second   Second // who asks smartctl, where Pace has it asked; nil: nobody does
	// Behind are the disks that RAID controllers hide, in the form of priv.HiddenDisk; smartctl asks them.
	Behind []string
	Pace   Pace
	// PCIeErrors has the errors counted that the ports of NVMe controllers have reported.
	PCIeErrors bool
	Random     func() float64 // from 0 up to 1, as rand.Float64 of math/rand/v2
}

// Collector looks at disks, and hears of changes. Collect and Watch may run at the same time, each once; disks are asked for
// their pages while Watch runs.
type Collector struct {
	cfg    Config
	reader *reader // owned by Collect
	asker  *asker
	waited bool                   // for the first answers; owned by Collect
	deaf   atomic.Pointer[string] // why uevents are not heard; nil: they are, or nobody listens yet
}

// New is a collector that has looked at nothing yet.
func New(cfg Config) *Collector {
	if cfg.Pace.Smartctl == 0 || cfg.Senses == nil {
		cfg.Second, cfg.Behind = nil, nil
	}
	return &Collector{cfg: cfg, reader: newReader(cfg), asker: newAsker(cfg)}
}

// Name is the name of the source.
func (c *Collector) Name() string { return Source }

// Collect reads what the kernel shows of every disk, and adds what they last said of themselves, however long ago; it never
// waits for a disk but for a moment at first. An error means that sysfs cannot be read.
func (c *Collector) Collect(ctx context.Context) (redundancy.Observation, error) {
	drives, err := c.reader.drives()
	if err != nil {
		return redundancy.Observation{}, err
	}
	courses, away, silent := c.asker.know(drives, time.Now())
	if !c.waited && c.cfg.Senses != nil && len(drives) > 0 {
		c.wait(ctx)
		courses, away, silent = c.asker.know(drives, time.Now())
	}
	c.waited = true
	now := time.Now()
	var o redundancy.Observation
	for _, d := range drives {
		o.Components = append(o.Components, d.component(courses[d.ID], now, keepsFor*c.cfg.Pace.of(d)+delay))
	}
	o.Notes = c.notes(len(drives), away, silent)
	return o, nil
}

// notes are what is not read and why.
func (c *Collector) notes(disks int, away, smartctl string) []string {
	var out []string
	if disks > 0 && away != "" {
		out = append(out, "what disks say of their own health is not read: "+away)
	}
	if smartctl != "" {
		out = append(out, "smartctl is not asked: "+smartctl)
	}
	if why := c.deaf.Load(); why != nil {
		out = append(out, "disks are polled only: "+*why)
	}
	return out
}

// wait gives the disks, once, the time for their first answers.
func (c *Collector) wait(ctx context.Context) {
	enough := time.NewTimer(firstAnswers)
	defer enough.Stop()
	select {
	case <-c.asker.first:
	case <-enough.C:
	case <-ctx.Done():
	}
}
