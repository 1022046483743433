package power

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"plimsoll/internal/chipid"
	"plimsoll/internal/patience"
	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

// classLine is where the kernel lists lines and batteries, below the mount point of sysfs.
const classLine = "class/power_supply"

// enough is how long a look waits for the kernel's sources, all of them together. A PMBus supply answers in a tenth of a second;
// a power meter of ACPI's may ask the BMC, and wait for it.
const enough = 3 * time.Second

// Kernel is what the kernel tells of supplies, apart from IPMI.
type Kernel struct {
	Lines  []Line  // by name
	Buses  []Bus   // by place
	Meters []Meter // by place
}

// Reader reads it, or a part of it. It belongs to one goroutine.
type Reader struct {
	sys   sysfs.FS
	list  func(r *Reader, there map[string]bool) error // asks for all that there is, and says what that is
	asker *patience.Asker[answer]
	wait  time.Duration
	known map[string]known // by what it was asked for

	before func(key string) // called before a source is read
}

// known is what is kept of a source from one look to the next.
type known struct {
	keep *sysfs.Keeper // of whoever is asked, while that is so
	last answer
}

// answer is what came of reading one source: one of them.
type answer struct {
	line  *Line
	bus   *Bus
	meter *Meter
}

// LineReader reads lines and batteries.
func LineReader(sys sysfs.FS) *Reader { return newReader(sys, (*Reader).askLines) }

// ChipReader reads supplies that speak PMBus, and power meters.
func ChipReader(sys sysfs.FS) *Reader { return newReader(sys, (*Reader).askChips) }

func newReader(sys sysfs.FS, list func(*Reader, map[string]bool) error) *Reader {
	return &Reader{
		sys: sys, list: list, asker: patience.New[answer](), wait: enough, known: map[string]known{}, before: func(string) {},
	}
}

// Read looks at all of its part that the kernel tells. What does not answer in time, or can't be read, is in it as silent, and nothing else
// changes. An error means that not even the lists could be read, or that ctx has ended.
func (r *Reader) Read(ctx context.Context) (Kernel, error) {
	there := map[string]bool{}
	if err := r.list(r, there); err != nil {
		return Kernel{}, err
	}
	answers, silent, err := r.asker.Hear(ctx, r.wait)
	if err != nil {
		return Kernel{}, fmt.Errorf("look at supplies: %w", err)
	}
	for key, k := range r.known {
		if there[key] {
			continue
		}
		if _, waiting := silent[key]; !waiting {
			k.keep.Close()
		}
		delete(r.known, key)
	}
	for key, a := range answers {
		if k, watched := r.known[key]; watched {
			a.remember(k.last)
			k.last = a
			r.known[key] = k
		}
	}
	var out Kernel
	for key, k := range r.known {
		a := k.last
		if since, is := silent[key]; is {
			a = a.silenced(redundancy.Evidence{Where: r.sys.Path(key), Err: "no answer since " + since.UTC().Format(time.RFC3339)})
		}
		out.add(a)
	}
	out.sort()
	return out, nil
}

// askLines asks for every entry of the class power_supply.
func (r *Reader) askLines(there map[string]bool) error {
	names, err := r.sys.Names(classLine, "")
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a kernel without the class
	}
	if err != nil {
		return fmt.Errorf("list power supplies: %w", err)
	}
	for _, name := range names {
		key := classLine + "/" + name
		there[key] = true
		keep := r.keeper(key, answer{line: &Line{Name: name}})
		r.ask(key, func() answer {
			l := readLine(keep, key, name)
			return answer{line: &l}
		})
	}
	return nil
}

// askChips asks for every hwmon chip that is this room's and does not repeat the class power_supply.
func (r *Reader) askChips(there map[string]bool) error {
	chips, err := chipid.List(r.sys)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, chip := range chips {
		switch {
		case chip.Room != chipid.Power || chip.Repeats:
		case chip.Name == chipid.PowerMeter:
			there[chip.Dir] = true
			keep := r.keeper(chip.Dir, answer{meter: &Meter{}})
			r.ask(chip.Dir, func() answer {
				m := readMeter(keep, chip.Dir)
				return answer{meter: &m}
			})
		default:
			b := Bus{Place: chip.Place, Name: chip.Short(), Dir: r.sys.Path(chip.Dir), Product: chip.Name}
			there[chip.Dir] = true
			keep := r.keeper(chip.Dir, answer{bus: &b})
			r.ask(chip.Dir, func() answer {
				b := readBus(keep, chip.Dir, b)
				return answer{bus: &b}
			})
		}
	}
	return nil
}

func (r *Reader) ask(key string, read func() answer) {
	before := r.before
	r.asker.Ask(key, func() answer {
		before(key)
		return read()
	})
}

// keeper is what keeps the source's attributes open. First is what is known of it before it has ever answered.
func (r *Reader) keeper(key string, first answer) *sysfs.Keeper {
	k, watched := r.known[key]
	if !watched {
		k = known{keep: sysfs.NewKeeper(r.sys), last: first}
		r.known[key] = k
	}
	return k.keep
}

// remember keeps who a supply is: one that is pulled out no longer says so.
func (a answer) remember(before answer) {
	if a.bus != nil && before.bus != nil && a.bus.Serial == "" {
		a.bus.Serial = before.bus.Serial
	}
}

// silenced is a without what it last said.
func (a answer) silenced(why redundancy.Evidence) answer {
	switch {
	case a.line != nil:
		l := *a.line
		l.Silent = &why
		return answer{line: &l}
	case a.bus != nil:
		b := *a.bus
		b.Silent = &why
		return answer{bus: &b}
	default:
		return answer{meter: &Meter{Silent: &why}}
	}
}

func (k *Kernel) add(a answer) {
	switch {
	case a.line != nil:
		k.Lines = append(k.Lines, *a.line)
	case a.bus != nil:
		k.Buses = append(k.Buses, *a.bus)
	case a.meter != nil:
		k.Meters = append(k.Meters, *a.meter)
	}
}

// attributes reads the attributes of one directory.
type attributes struct {
	dir *sysfs.Dir
	err error // why it could not be opened, which then is every attribute's
	at  string
}

func (a attributes) word(name string) Word {
	if a.err != nil {
		return Word{Where: a.at + "/" + name, Err: a.err}
	}
	value, err := a.dir.Read(name)
	return Word{Where: a.dir.Path(name), Value: value, Err: err}
}

func (a attributes) close() {
	if a.err == nil {
		a.dir.Close()
	}
}

func open(keep *sysfs.Keeper, at string) attributes {
	dir, err := keep.Open(at)
	return attributes{dir: dir, err: err, at: at}
}

func readLine(keep *sysfs.Keeper, at, name string) Line {
	in := open(keep, at)
	defer in.close()
	l := Line{
		Name: name,
		Type: in.word("type"), Scope: in.word("scope"), Online: in.word("online"), Present: in.word("present"),
		Status: in.word("status"), Health: in.word("health"), Capacity: in.word("capacity"), Level: in.word("capacity_level"),
		Low: in.word("capacity_alert_min"), Model: in.word("model_name"), Serial: in.word("serial_number"),
	}
	if l.Scope.Value == scopeDevice {
		descriptor := in.word("device/report_descriptor")
		l.UPS = descriptor.Known() && ParseUPS(descriptor.Value)
	}
	return l
}

func readBus(keep *sysfs.Keeper, at string, b Bus) Bus {
	in := open(keep, at)
	defer in.close()
	var names []string
	if in.err == nil {
		names, in.err = in.dir.Names("")
	}
	if in.err != nil {
		why := Word{Where: b.Dir, Err: in.err}.Evidence()
		b.Silent = &why
		return b
	}
	b.Channels = ParseChannels(names)
	for i := range b.Channels {
		c := &b.Channels[i]
		if label := in.word(c.Key + "_label"); label.Known() {
			c.Label = label.Value
		}
		c.Quantity = ParseQuantity(c.Key, c.Label)
		if c.Quantity == InputVoltage || c.Quantity == InputPower || c.Quantity == OutputPower {
			c.Input = in.word(c.Key + "_input")
		}
		if c.Quantity == OutputPower {
			c.Rated = in.word(c.Key + "_rated_max")
		}
		for item := range c.Alarms {
			c.Alarms[item] = in.word(c.Key + "_" + item)
		}
	}
	if slices.Contains(names, "serial_number") { // inspur-ipsps has one beside its channels
		b.Serial = ParseSerial(in.word("serial_number").Value)
	}
	return b
}

func readMeter(keep *sysfs.Keeper, at string) Meter {
	in := open(keep, at)
	defer in.close()
	return Meter{Average: in.word("power1_average"), Battery: in.word("power1_is_battery"), Capping: in.word("power1_alarm")}
}
