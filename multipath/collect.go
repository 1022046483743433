package multipath

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plimsoll/internal/priv"
	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

// Source is the collector's name.
const Source = "multipath"

// askTime is how long device-mapper may take to answer for one device: it looks at memory. What it waits for if it waits (a
// table that is being loaded) is not over in a moment, and the others are to be asked too.
const askTime = 2 * time.Second

// Senses is what can ask device-mapper: the privileged helper.
type Senses interface {
	MultipathStatus(ctx context.Context, uuid string) (string, error)
}

// Config says where multipath devices are read.
type Config struct {
	Sys    sysfs.FS
	Senses Senses // nil: nobody asks device-mapper, and NotAsked says why

	NotAsked string
}

// Collector looks at multipath devices, and hears of changes. Collect and Watch may run at the same time, each once.
type Collector struct {
	cfg    Config
	reader *reader // owned by Collect
}

// New is a collector that has looked at nothing yet.
func New(cfg Config) *Collector { return &Collector{cfg: cfg, reader: newReader(cfg.Sys)} }

// Name is the name of the source.
func (c *Collector) Name() string { return Source }

// Collect looks at every multipath device. What device-mapper does not say of one leaves its paths unread; an error means that
// devices cannot be listed.
func (c *Collector) Collect(ctx context.Context) (redundancy.Observation, error) {
	devices, err := c.reader.devices()
	if err != nil {
		return redundancy.Observation{}, err
	}
	var o redundancy.Observation
	for i, d := range devices {
		if i > 0 && d.WWID == devices[i-1].WWID {
			o.Notes = append(o.Notes, fmt.Sprintf("%s says that it is the device %s, and is not told of", d.Name, devices[i-1].Name))
			continue
		}
		if d.Status, d.StatusErr = c.status(ctx, d); d.StatusErr != nil {
			o.Notes = append(o.Notes, fmt.Sprintf("which paths device-mapper has given up of %s is not read: %v", d.Name, d.StatusErr))
		}
		o.Groups = append(o.Groups, d.Group())
	}
	if len(devices) == 0 {
		o.Notes = append(o.Notes, "no multipath devices: device-mapper lists none")
	}
	return o, nil
}

func (c *Collector) status(ctx context.Context, d Device) (Status, error) {
	if c.cfg.Senses == nil {
		return Status{}, errors.New(c.cfg.NotAsked)
	}
	if !priv.IsMultipath(prefix + d.WWID) {
		return Status{}, errors.New("its uuid is none that can be asked for")
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	text, err := c.cfg.Senses.MultipathStatus(ctx, prefix+d.WWID)
	if err != nil {
		return Status{}, err
	}
	return ParseStatus(text)
}
