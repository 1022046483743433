package hwmon

import (
	"plimsoll/internal/chipid"
	"plimsoll/internal/fact"
	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

// reader reads one chip. It keeps open what it has read, and belongs to one goroutine at a time.
type reader struct {
	sys  sysfs.FS
	keep *sysfs.Keeper
}

func newReader(sys sysfs.FS) *reader { return &reader{sys: sys, keep: sysfs.NewKeeper(sys)} }

// scan lists what there is to read of the chip, which asks no hardware and does not hang. It is false where the chip has left.
func (r *reader) scan(id chipid.Chip) (Chip, bool) {
	c := Chip{Dir: r.sys.Path(id.Dir), Place: id.Place, Short: id.Short()}
	dir, err := r.keep.Open(id.Dir)
	if err == nil {
		defer dir.Close()
		c.Channels, err = list(dir)
	}
	switch {
	case fact.Gone(err):
		return c, false
	case err != nil:
		c.Silent = &redundancy.Evidence{Where: c.Dir, Err: fact.Cause(err)}
	default:
		c.Asleep = sleeps(dir)
	}
	return c, true
}

// list are the channels that tell, with their labels.
func list(dir *sysfs.Dir) ([]Channel, error) {
	names, err := dir.Names("")
	if err != nil {
		return nil, err
	}
	channels := ParseChannels(names)
	for i := range channels {
		if c := &channels[i]; c.has[Label] {
			c.Label, _ = dir.Read(c.attribute(Label)) // a channel without one goes by its number
		}
	}
	return withoutCores(channels), nil
}

// fill reads what scan found. It is false where the chip has left meanwhile, and what could not be read says nothing.
func (r *reader) fill(id chipid.Chip, channels []Channel) bool {
	dir, err := r.keep.Open(id.Dir)
	if err != nil {
		return false
	}
	defer dir.Close()
	for i := range channels {
		readChannel(dir, &channels[i])
	}
	_, err = r.sys.Stat(id.Dir)
	return err == nil
}

// sleeps says whether the chip's device is suspended, and where that stands; nil: it is not. What is on its way there counts:
// reading would turn it back.
func sleeps(dir *sysfs.Dir) *redundancy.Evidence {
	const status = "device/power/runtime_status"
	word, err := dir.Read(status)
	if err != nil || word != "suspended" && word != "suspending" {
		return nil
	}
	return &redundancy.Evidence{Where: dir.Path(status), Value: word}
}

// readChannel reads what tells whether something is wrong, and what that was measured by where something is.
func readChannel(dir *sysfs.Dir, c *Channel) {
	c.Items = map[Item]fact.Of[int64]{}
	read := func(item Item, parse func(string) (int64, error)) {
		if c.has[item] {
			c.Items[item] = fact.Read(dir, c.attribute(item), parse)
		}
	}
	read(Enable, ParseValue)
	if f, asked := c.Items[Enable]; asked && f.Known() && f.Value == 0 {
		return // it measures nothing
	}
	read(Fault, ParseFlag)
	for _, a := range alarms {
		read(a.item, ParseFlag)
	}
	for _, a := range alarms {
		if !c.is(a.item) {
			continue
		}
		read(Input, ParseValue)
		for _, limit := range a.limits {
			read(limit, ParseValue)
		}
	}
	if c.overLimit() {
		read(Input, ParseValue)
		read(Crit, ParseValue)
		read(Emergency, ParseValue)
	}
}
