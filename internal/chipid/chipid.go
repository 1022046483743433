package chipid

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"plimsoll/internal/sysfs"
)

// Class is where the kernel lists the chips, below the mount point of sysfs.
const Class = "class/hwmon"

// Chip is one chip.
type Chip struct {
	Dir   string // below the mount point of sysfs: class/hwmon/hwmon3
	Name  string // the driver's word for it: coretemp, nct6775, pfe3000
	Place string // where it is, for good; no two chips share one
	Room  Room
	// Repeats says that the chip's device is in the class power_supply, which says the same and more.
	Repeats bool
	Err     error    // why its name could not be read; then nobody knows whose it is
	path    []string // of its device, below /sys/devices
}

// Short is the chip for people: the driver's word, and where it is unless that says the same.
func (c Chip) Short() string {
	last := c.Place[strings.LastIndexByte(c.Place, '/')+1:]
	if strings.HasPrefix(last, c.Name) {
		return last
	}
	return c.Name + " " + last
}

// Room is who tells of a chip.
type Room uint8

// The rooms. Hwmon tells of every chip that is no other's; a chip whose name can't be read is nobody's.
const (
	RoomUnknown Room = iota
	Hwmon
	Power
	Disk
)

// supplies are the names by which the kernel's PMBus drivers call whole power supplies (drivers/hwmon/pmbus). A voltage
// regulator speaks PMBus too, measures input and output alike, and is no supply that covers for another; nothing but the name
// tells them apart.
var supplies = []string{
	"acbel_fsg032", "aps-379", "bpa-rs600", "bpd-rs600", "cffps", "cffps1", "cffps2", "crps185", "dps460", "dps650ab", "dps800",
	"dps920ab", "fsg032", "hac300s", "intel_crps185", "ipsps1", "pfe1100", "pfe3000", "sgd009", "ym2151e", "yh5151e",
}

// PowerMeter is the name of ACPI's power meters (drivers/hwmon/acpi_power_meter.c).
const PowerMeter = "power_meter"

// room is who tells of the chip. One that repeats the class power_supply (drivers/power/supply/power_supply_hwmon.c) goes with
// it. A disk's is the disk's own SMART log over again, and reading drivetemp's may keep the disk from falling asleep
// (https://docs.kernel.org/hwmon/drivetemp.html).
func (c Chip) room() Room {
	switch {
	case c.Repeats, c.Name == PowerMeter, slices.Contains(supplies, c.Name):
		return Power
	case c.Name == "nvme", c.Name == "drivetemp":
		return Disk
	default:
		return Hwmon
	}
}

// List is every chip that the kernel lists, sorted by place. A chip that leaves meanwhile is left out. An error is of the list
// itself; fs.ErrNotExist means that this kernel has none.
func List(sys sysfs.FS) ([]Chip, error) {
	names, err := sys.Names(Class, "hwmon")
	if err != nil {
		return nil, fmt.Errorf("list chips: %w", err)
	}
	var chips []Chip
	for _, entry := range names {
		if c := read(sys, entry); !errors.Is(c.Err, fs.ErrNotExist) {
			chips = append(chips, c)
		}
	}
	slices.SortStableFunc(chips, func(a, b Chip) int { return cmp.Compare(a.Place, b.Place) })
	apart(chips)
	return chips, nil
}

func read(sys sysfs.FS, entry string) Chip {
	c := Chip{Dir: Class + "/" + entry}
	link, err := sys.Readlink(c.Dir)
	if err != nil {
		c.Err = err
		return c
	}
	c.path = devicePath(link)
	if c.Name, c.Err = sys.Read(c.Dir + "/name"); c.Err == nil {
		c.Repeats = slices.Contains(c.path, "power_supply")
		c.Room = c.room()
	}
	c.Place = place(c.path, func(upTo int) string {
		name, err := sys.Read("devices/" + strings.Join(c.path[:upTo+1], "/") + "/name")
		if err != nil {
			return ""
		}
		return name
	})
	if c.Place == "" || c.Place == "virtual" {
		c.Place = "virtual/" + c.Name
	}
	return c
}

// apart gives chips that share a place different ones: by the driver's word, and then by their order.
func apart(chips []Chip) {
	seen := map[string]int{}
	for _, c := range chips {
		seen[c.Place]++
	}
	for i := range chips {
		if seen[chips[i].Place] > 1 {
			chips[i].Place += "/" + chips[i].Name
		}
	}
	clear(seen)
	for i := range chips {
		place := chips[i].Place
		if seen[place]++; seen[place] > 1 {
			chips[i].Place = fmt.Sprintf("%s#%d", place, seen[place])
		}
	}
}

// devicePath is the way from /sys/devices to the device that a class link belongs to.
func devicePath(link string) []string {
	_, path, found := strings.Cut(link, "devices/")
	if !found {
		return nil
	}
	parts := strings.Split(path, "/")
	parts = parts[:len(parts)-1] // hwmonN itself
	if n := len(parts); n > 0 && parts[n-1] == "hwmon" {
		parts = parts[:n-1]
	}
	return parts
}

var (
	pciFunction = regexp.MustCompile(`^[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$`)
	i2cAdapter  = regexp.MustCompile(`^i2c-[0-9]+$`)
	i2cMux      = regexp.MustCompile(`^i2c-[0-9]+-mux`)
	i2cClient   = regexp.MustCompile(`^[0-9]+-([0-9a-f]{4})$`)
	usbRoot     = regexp.MustCompile(`^usb[0-9]+$`)
	usbPort     = regexp.MustCompile(`^[0-9]+-([0-9.]+(:[0-9.]+)?)$`)
	hidDevice   = regexp.MustCompile(`^([0-9A-F]{4}:[0-9A-F]{4}:[0-9A-F]{4})\.[0-9A-F]{4}$`)
	ioAddress   = regexp.MustCompile(` at [0-9a-fx]+$`)
	unprintable = regexp.MustCompile(`[^A-Za-z0-9._:-]+`)
)

// place is a path without what the kernel numbers in passing; adapter says what an I2C adapter in it calls itself.
func place(path []string, adapter func(upTo int) string) string {
	from := 0
	for i, part := range path {
		if pciFunction.MatchString(part) {
			from = i
		}
	}
	var kept []string
	for i := from; i < len(path); i++ {
		part := path[i]
		switch {
		case i2cAdapter.MatchString(part):
			part = adapter(i)
			part = ioAddress.ReplaceAllString(i2cMux.ReplaceAllString(part, "mux"), "") // neither survives a reboot
			part = strings.Trim(unprintable.ReplaceAllString(part, "_"), "_")
		case usbRoot.MatchString(part):
			part = "usb"
		case i2cClient.MatchString(part):
			part = i2cClient.FindStringSubmatch(part)[1]
		case usbPort.MatchString(part):
			part = usbPort.FindStringSubmatch(part)[1]
		case hidDevice.MatchString(part):
			part = hidDevice.FindStringSubmatch(part)[1]
		}
		if part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "/")
}
