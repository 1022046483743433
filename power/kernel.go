package power

import (
	"errors"
	"io/fs"

	"plimsoll/redundancy"
)

// Word is one attribute of the kernel's: what it says, or why that is not known.
type Word struct {
	Where string // its path
	Value string // as the kernel spells it; meaningful only where Err is nil
	Err   error
}

// Known says whether the attribute could be read.
func (w Word) Known() bool { return w.Where != "" && w.Err == nil }

// Missing says whether the driver has no such attribute.
func (w Word) Missing() bool { return w.Where == "" || errors.Is(w.Err, fs.ErrNotExist) }

// Evidence is where the word comes from and what was there.
func (w Word) Evidence() redundancy.Evidence {
	if w.Err == nil {
		return redundancy.Evidence{Where: w.Where, Value: w.Value}
	}
	cause := w.Err.Error()
	if e, ok := errors.AsType[*fs.PathError](w.Err); ok {
		cause = e.Err.Error()
	}
	return redundancy.Evidence{Where: w.Where, Err: cause}
}

// evidence is that of all words that there are.
func evidence(words ...Word) []redundancy.Evidence {
	var out []redundancy.Evidence
	for _, w := range words {
		if !w.Missing() {
			out = append(out, w.Evidence())
		}
	}
	return out
}

// Line is an entry of the class power_supply, in the kernel's words: the line, or a battery. Its name is the driver's.
type Line struct {
	Name string
	UPS  bool // it is the battery of a UPS on USB, as its report descriptor says
	// Silent is why nothing of it was read; nil: it was.
	Silent *redundancy.Evidence

	Type, Scope, Online, Present, Status, Health, Capacity, Level, Low Word
	Model, Serial                                                      Word
}

// The words of the class that are looked at, from drivers/power/supply/power_supply_sysfs.c. A word that is none of these is
// no evidence of anything.
const (
	typeMains         = "Mains"
	typeBattery       = "Battery"
	typeUPS           = "UPS"
	scopeDevice       = "Device" // it feeds a mouse, not the host
	statusUnknown     = "Unknown"
	statusDischarging = "Discharging"
	levelCritical     = "Critical"
	levelLow          = "Low"
	healthDead        = "Dead"
	healthFailure     = "Unspecified failure"
	healthNoBattery   = "No battery"
)

// wellEnough are the healths that nobody needs to be told of.
func wellEnough(health string) bool {
	switch health {
	case "Good", "Unknown", "Warm", "Cool", "Calibration required":
		return true
	default:
		return false
	}
}

// emptySoon is the capacity in percent at which a battery whose driver names none is taken to be nearly empty. It is what UPS
// makers and desktops warn at.
const emptySoon = 10

// Quantity is what a channel of a PMBus chip measures.
type Quantity uint8

// The quantities, told by the labels that drivers/hwmon/pmbus/pmbus_core.c gives: vin, vout1, iin, iout1, pin, pout1.
const (
	QuantityUnknown Quantity = iota
	InputVoltage
	OutputVoltage
	InputPower
	OutputPower
	Cooling // a fan, or a temperature
	Other   // a current, a capacitor's voltage
)

// Channel is one channel of a PMBus chip.
type Channel struct {
	Key      string // as the kernel names it: in1
	Label    string
	Quantity Quantity
	Input    Word
	Rated    Word
	// Alarms are fault and alarm attributes, by what stands behind the "_" in their names.
	Alarms map[string]Word
}

// Bus is a supply that speaks PMBus, as hwmon tells of it.
type Bus struct {
	Place    string // who it is, for good
	Name     string // for people
	Dir      string
	Product  string // the driver's word for it
	Serial   string
	Silent   *redundancy.Evidence // why nothing of it was read; nil: it was
	Channels []Channel            // sorted by key
}

// Meter is a power meter of ACPI's.
type Meter struct {
	Silent                    *redundancy.Evidence
	Average, Battery, Capping Word
}
