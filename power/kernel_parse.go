package power

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// channelName takes the name of an attribute apart: in1_lcrit_alarm.
var channelName = regexp.MustCompile(`^((?:in|curr|power|temp|fan)(?:0|[1-9][0-9]{0,3}))_([a-z_]+)$`)

// ParseChannels sorts the attributes of a PMBus chip into channels: what each has to be asked for.
func ParseChannels(names []string) []Channel {
	at := map[string]*Channel{}
	for _, name := range names {
		m := channelName.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		key, item := m[1], m[2]
		if at[key] == nil {
			at[key] = &Channel{Key: key, Alarms: map[string]Word{}}
		}
		if item == "fault" || item == "alarm" || strings.HasSuffix(item, "_alarm") {
			at[key].Alarms[item] = Word{}
		}
	}
	var out []Channel
	for _, c := range at {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Channel) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

// ParseQuantity is what the channel measures that has this name and this label.
func ParseQuantity(key, label string) Quantity {
	is := func(prefix, word string) bool {
		return strings.HasPrefix(key, prefix) && strings.HasPrefix(label, word)
	}
	switch {
	case is("in", "vin"):
		return InputVoltage
	case is("in", "vout"):
		return OutputVoltage
	case is("power", "pin"):
		return InputPower
	case is("power", "pout"):
		return OutputPower
	case strings.HasPrefix(key, "fan"), strings.HasPrefix(key, "temp"):
		return Cooling
	default:
		return Other
	}
}

// number is the whole number that w says.
func (w Word) number() (float64, bool) {
	if !w.Known() {
		return 0, false
	}
	n, err := strconv.ParseInt(w.Value, 10, 64)
	return float64(n), err == nil
}

// flag is the yes or no that w says.
func (w Word) flag() (yes, known bool) {
	return w.Known() && w.Value == "1", w.Known() && (w.Value == "0" || w.Value == "1")
}

// watts are the microwatts that w says.
func (w Word) watts() Watts {
	const micro = 1e6
	n, known := w.number()
	return Watts{Known: known && n >= 0, Value: max(n, 0) / micro}
}

// ParseSerial is a serial number without what makers fill its field up with, and empty for what is none.
func ParseSerial(raw string) string {
	s := strings.TrimFunc(raw, func(r rune) bool { return r <= ' ' || r > '~' })
	if strings.Trim(s, "0-. ") == "" || strings.EqualFold(s, "n/a") || strings.EqualFold(s, "unknown") || strings.EqualFold(s, "none") {
		return ""
	}
	return s
}

// ParseUPS says whether a HID report descriptor begins with the application collection of a UPS: usage page Power Device (84h),
// usage UPS (04h) (Universal Serial Bus Usage Tables for HID Power Devices 1.1, section 4.1).
func ParseUPS(descriptor string) bool {
	const application = "\x05\x84\x09\x04\xa1\x01"
	return strings.HasPrefix(descriptor, application)
}

// hidName is the name that the kernel gives to the battery of a HID device without a serial number: the device's bus, maker,
// product, and a number given out in passing.
var hidName = regexp.MustCompile(`^(hid-[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4})\.[0-9A-Fa-f]{4}(-battery)$`)

// busName is the name that the driver sbs-battery gives: the number of the I2C bus, given out in passing, and the address on it.
var busName = regexp.MustCompile(`^(sbs-)[0-9]+-([0-9a-f]{4})$`)

// ParseName is the lasting part of a power supply's name.
func ParseName(name string) string {
	for _, numbered := range []*regexp.Regexp{hidName, busName} {
		if m := numbered.FindStringSubmatch(name); m != nil {
			return m[1] + m[2]
		}
	}
	return name
}

// low says whether the battery is nearly empty, and whether that is known. ACPI calls a level normal until the capacity is at an
// alarm that nobody may have set, so either of both is enough.
func (l Line) low() (yes, known bool) {
	told := l.Level.Known() && l.Level.Value != statusUnknown
	if told && (l.Level.Value == levelCritical || l.Level.Value == levelLow) {
		return true, true
	}
	capacity, measured := l.Capacity.number()
	floor, set := l.Low.number()
	if !set || floor <= 0 {
		floor = emptySoon
	}
	return measured && capacity <= floor, measured || told
}

// String is the quantity for people.
func (q Quantity) String() string {
	words := []string{"unknown", "input voltage", "output voltage", "input power", "output power", "cooling", "other"}
	if int(q) < len(words) {
		return words[q]
	}
	return fmt.Sprintf("#%d", uint8(q))
}
