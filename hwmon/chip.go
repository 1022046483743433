package hwmon

import (
	"fmt"

	"plimsoll/internal/fact"
	"plimsoll/redundancy"
)

// Sense is what a channel measures.
type Sense uint8

// The senses. Other channels (currents, powers, humidities) are left alone.
const (
	SenseUnknown Sense = iota
	Fan
	Temperature
	Voltage
)

// senseWords are the kernel's, in the order of the senses.
var senseWords = []string{"unknown", "fan", "temp", "in"}

// String is the kernel's word, which begins the names of attributes.
func (s Sense) String() string {
	if int(s) < len(senseWords) {
		return senseWords[s]
	}
	return fmt.Sprintf("#%d", uint8(s))
}

// Item is what an attribute tells of its channel: what stands after the "_" in its name.
type Item string

// The items that are looked at.
const (
	Input          Item = "input"
	Label          Item = "label"
	Enable         Item = "enable"
	Fault          Item = "fault" // the sensor itself: an open diode, a fan that has failed
	Alarm          Item = "alarm" // of chips that do not say which limit
	MinAlarm       Item = "min_alarm"
	MaxAlarm       Item = "max_alarm"
	LowCritAlarm   Item = "lcrit_alarm"
	CritAlarm      Item = "crit_alarm"
	EmergencyAlarm Item = "emergency_alarm"
	Min            Item = "min"
	Max            Item = "max"
	LowCrit        Item = "lcrit"
	Crit           Item = "crit"
	Emergency      Item = "emergency"
)

// alarms are the items that say that a limit was passed, each with the limits that it may be about.
var alarms = []struct {
	item   Item
	limits []Item
}{
	{Alarm, []Item{Min, Max}},
	{MinAlarm, []Item{Min}},
	{MaxAlarm, []Item{Max}},
	{LowCritAlarm, []Item{LowCrit}},
	{CritAlarm, []Item{Crit}},
	{EmergencyAlarm, []Item{Emergency}},
}

// Channel is one sensor of a chip.
type Channel struct {
	Sense  Sense
	Number int
	Label  string                  // the driver's or the board's word for it; empty: none
	Items  map[Item]fact.Of[int64] // what was read of it; in millidegrees, millivolts, rpm, or 1 for what is so
	has    map[Item]bool           // what there is to read
}

// Key names the channel within its chip, as the kernel does: fan2. The label is no part of it: boards reword theirs, and a
// driver changes it with what the firmware has a sensor measure.
func (c Channel) Key() string { return fmt.Sprintf("%s%d", c.Sense, c.Number) }

// attribute is the name of the attribute that tells an item.
func (c Channel) attribute(i Item) string { return c.Key() + "_" + string(i) }

// Tells says whether the channel can say that something is wrong.
func (c Channel) Tells() bool {
	if c.has[Fault] || c.overLimit() {
		return true
	}
	for _, a := range alarms {
		if c.has[a.item] {
			return true
		}
	}
	return false
}

// overLimit says whether it is for us to compare a temperature with its limit, since the driver has no alarm that does.
func (c Channel) overLimit() bool {
	return c.Sense == Temperature && c.has[Input] && (c.has[Crit] && !c.has[CritAlarm] || c.has[Emergency] && !c.has[EmergencyAlarm])
}

// is says whether the item was read and says yes.
func (c Channel) is(i Item) bool {
	f, read := c.Items[i]
	return read && f.Known() && f.Value != 0
}

// Chip is one chip in the kernel's words.
type Chip struct {
	Dir      string               // where the kernel lists it now, for evidence
	Place    string               // who it is, for good
	Short    string               // for people
	Asleep   *redundancy.Evidence // why it is left alone; nil: it is awake
	Silent   *redundancy.Evidence // why nothing of it was read; nil: it was
	Channels []Channel            // those that tell, sorted by sense and number
}
