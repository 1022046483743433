package hwmon

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"plimsoll/redundancy"
)

// The keys of the warnings.
const (
	WarnFan         = "fan-alarm"
	WarnTemperature = "temperature-alarm"
	WarnCritical    = "temperature-critical"
	WarnVoltage     = "voltage-alarm"
	WarnSensor      = "sensor-fault"
)

// Components are the chip's channels, one component each.
func (c Chip) Components() []redundancy.Component {
	out := make([]redundancy.Component, 0, len(c.Channels))
	for _, ch := range c.Channels {
		k := redundancy.Component{
			ID:   redundancy.ID("hwmon:" + c.Place + "/" + ch.Key()),
			Name: c.Short + " " + cmp.Or(ch.Label, ch.Key()),
			Kind: redundancy.KindHwmon,
		}
		switch {
		case c.Silent != nil:
			k.Doubts, k.Evidence = []redundancy.Doubt{redundancy.DoubtUnread}, []redundancy.Evidence{*c.Silent}
		case c.Asleep != nil:
			k.State, k.Evidence = redundancy.Standby, []redundancy.Evidence{*c.Asleep}
		default:
			ch.judge(&k)
		}
		out = append(out, k)
	}
	return out
}

// judge says how the channel fares.
func (c Channel) judge(k *redundancy.Component) {
	k.Evidence = c.evidence()
	if f, asked := c.Items[Enable]; asked && f.Known() && f.Value == 0 {
		k.State = redundancy.Standby // it measures nothing, by somebody's wish
		return
	}
	if c.is(Fault) && c.Sense == Fan {
		k.State, k.Health = redundancy.Disabled, redundancy.Critical
		return
	}
	k.State, k.Health = redundancy.Enabled, redundancy.OK
	if c.unread() || c.is(Fault) {
		k.State, k.Health, k.Doubts = redundancy.StateUnknown, redundancy.HealthUnknown, []redundancy.Doubt{redundancy.DoubtUnread}
	}
	if c.is(Fault) {
		k.Warnings = []redundancy.Warning{{
			Key: WarnSensor, Text: k.Name + " can't be measured: its sensor is broken, or there is none",
			Evidence: []redundancy.Evidence{c.Items[Fault].Evidence()},
		}}
		return // what it measures without a sensor means nothing
	}
	k.Warnings = c.warnings(k.Name)
}

// unread says whether anything that could tell that something is wrong could not be read.
func (c Channel) unread() bool {
	telling := []Item{Fault}
	for _, a := range alarms {
		telling = append(telling, a.item)
	}
	if c.overLimit() {
		telling = append(telling, Input, Crit, Emergency)
	}
	return slices.ContainsFunc(telling, func(i Item) bool {
		f, asked := c.Items[i]
		return asked && !f.Known()
	})
}

// evidence is all that was read, in the order of items.
func (c Channel) evidence() []redundancy.Evidence {
	var all []redundancy.Evidence
	for _, i := range items {
		if f, read := c.Items[i]; read {
			all = append(all, f.Evidence())
		}
	}
	return all
}

// warnings are the alarms that are raised, those of one key in one warning.
func (c Channel) warnings(name string) []redundancy.Warning {
	said := map[string][]Item{}
	for _, a := range alarms {
		if c.is(a.item) && !c.unset(a.item, a.limits) {
			key := c.key(a.item)
			said[key] = append(said[key], a.item)
		}
	}
	for _, limit := range []Item{Crit, Emergency} {
		if c.overLimit() && c.over(limit) {
			said[WarnCritical] = append(said[WarnCritical], limit)
		}
	}
	var out []redundancy.Warning
	for key, items := range said {
		w := redundancy.Warning{Key: key}
		var names []string
		for _, i := range items {
			names = append(names, c.attribute(i))
			w.Evidence = append(w.Evidence, c.Items[i].Evidence())
		}
		if f, read := c.Items[Input]; read {
			w.Evidence = append(w.Evidence, f.Evidence())
		}
		w.Text = fmt.Sprintf("%s %s (%s)", name, texts[key], strings.Join(names, ", "))
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b redundancy.Warning) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

// texts say what an alarm means.
var texts = map[string]string{
	WarnFan:         "turns slower or faster than its limits allow",
	WarnTemperature: "is outside its limits",
	WarnCritical:    "is past its critical limit",
	WarnVoltage:     "is outside its limits",
}

// key is the warning that an alarm is told as.
func (c Channel) key(i Item) string {
	switch c.Sense {
	case Fan:
		return WarnFan
	case Voltage:
		return WarnVoltage
	case Temperature:
		if i == CritAlarm || i == EmergencyAlarm || i == LowCritAlarm {
			return WarnCritical
		}
		return WarnTemperature
	case SenseUnknown:
	}
	panic("internal error: an alarm of a channel that measures nothing")
}

// over says whether the temperature has reached a limit that somebody has set.
func (c Channel) over(limit Item) bool {
	is, at := c.Items[Input], c.Items[limit]
	_, read := c.Items[limit]
	return read && is.Known() && at.Known() && at.Value > 0 && is.Value >= at.Value
}

// unset says whether the alarm is about limits that nobody has set: each that there is says 0. For a temperature 0 is a limit to
// fall below, and none to rise above.
func (c Channel) unset(alarm Item, limits []Item) bool {
	found := false
	for _, i := range limits {
		low := i == Min || i == LowCrit
		if c.Sense == Temperature && low {
			if alarm == i+"_alarm" {
				return false
			}
			continue
		}
		f, read := c.Items[i]
		if !read {
			continue
		}
		if !f.Known() || f.Value != 0 {
			return false
		}
		found = true
	}
	return found
}
