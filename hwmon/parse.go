package hwmon

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// items are those that are looked at.
var items = []Item{
	Input, Label, Enable, Fault, Alarm, MinAlarm, MaxAlarm, LowCritAlarm, CritAlarm, EmergencyAlarm, Min, Max, LowCrit, Crit, Emergency,
}

// ParseName takes the name of an attribute apart: temp2_crit_alarm is the second temperature's crit_alarm. It is false for what
// is not looked at.
func ParseName(name string) (s Sense, number int, item Item, ok bool) {
	channel, rest, found := strings.Cut(name, "_")
	if !found || !slices.Contains(items, Item(rest)) {
		return SenseUnknown, 0, "", false
	}
	for s = Fan; int(s) < len(senseWords); s++ {
		digits, is := strings.CutPrefix(channel, senseWords[s])
		if !is {
			continue
		}
		number, err := strconv.ParseUint(digits, 10, 16)
		if err != nil || digits != strconv.FormatUint(number, 10) {
			break // "+1" and "01" are no names of the kernel's
		}
		return s, int(number), Item(rest), true
	}
	return SenseUnknown, 0, "", false
}

// ParseChannels sorts a chip's attributes into channels, and leaves out those that can't tell that something is wrong.
func ParseChannels(names []string) []Channel {
	type key struct {
		sense  Sense
		number int
	}
	has := map[key]map[Item]bool{}
	for _, name := range names {
		s, n, item, ok := ParseName(name)
		if !ok {
			continue
		}
		k := key{s, n}
		if has[k] == nil {
			has[k] = map[Item]bool{}
		}
		has[k][item] = true
	}
	var channels []Channel
	for k, items := range has {
		if c := (Channel{Sense: k.sense, Number: k.number, has: items}); c.Tells() {
			channels = append(channels, c)
		}
	}
	slices.SortFunc(channels, func(a, b Channel) int {
		return cmp.Or(cmp.Compare(a.Sense, b.Sense), cmp.Compare(a.Number, b.Number))
	})
	return channels
}

// withoutCores leaves out the cores of a processor whose package tells too, which is as hot as its hottest core (coretemp): there
// may be a hundred of them, and one that is taken offline goes without being missed.
func withoutCores(channels []Channel) []Channel {
	begins := func(prefix string) func(Channel) bool {
		return func(c Channel) bool { return c.Sense == Temperature && strings.HasPrefix(c.Label, prefix) }
	}
	if !slices.ContainsFunc(channels, begins("Package id ")) {
		return channels
	}
	return slices.DeleteFunc(channels, begins("Core "))
}

// ParseValue reads a whole number.
func ParseValue(raw string) (int64, error) {
	v, err := strconv.ParseInt(raw, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("parse %q: want a whole number", raw)
	}
	return v, nil
}

// ParseFlag reads what is either so or not.
func ParseFlag(raw string) (int64, error) {
	v, err := ParseValue(raw)
	if err == nil && v != 0 && v != 1 {
		err = fmt.Errorf("parse %q: want 0 or 1", raw)
	}
	return v, err
}
