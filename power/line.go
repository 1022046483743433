package power

import (
	"cmp"
	"slices"

	"plimsoll/redundancy"
)

// LineID is the id of the group of the line and of the batteries that cover for it. It is a group of its own: a battery does
// not cover for a power supply that fails.
const LineID redundancy.ID = "power:line"

// LineGroup is the line and the batteries that feed this host, and false where there is no battery: a line alone covers for
// nothing. A battery that no line is told beside has one of its own, of which its status tells.
func (k Kernel) LineGroup(cfg Settings) (redundancy.Group, bool) {
	var batteries, lines []Supply
	all := slices.DeleteFunc(slices.Clone(k.Lines), func(l Line) bool { return slices.Contains(cfg.Empty, l.Name) })
	for _, l := range all {
		switch l.kind() {
		case typeMains:
			lines = append(lines, l.line("", ""))
		case typeBattery, typeUPS:
			batteries = append(batteries, l.battery())
		}
	}
	if len(batteries) == 0 {
		return redundancy.Group{}, false
	}
	for _, l := range all {
		if kind := l.kind(); kind == typeUPS || kind == typeBattery && len(lines) == 0 {
			batteries = append(batteries, l.line("/input", " input"))
		}
	}
	g := redundancy.Group{
		ID: LineID, Name: "line and batteries", Kind: redundancy.KindPower, Type: redundancy.NPlusM, Serving: redundancy.Yes,
		Evidence: []redundancy.Evidence{{Where: "this host", Value: "runs"}},
	}
	need := redundancy.Need{Needed: redundancy.Exactly(1)}
	supplies := slices.Concat(batteries, lines)
	slices.SortFunc(supplies, func(a, b Supply) int { return cmp.Compare(a.ID, b.ID) })
	for _, s := range supplies {
		g.Members = append(g.Members, s.component())
		need.Members = append(need.Members, s.ID)
		g.Warnings = append(g.Warnings, s.warnings()...)
	}
	g.Needs.AllOf = []redundancy.Need{need}
	slices.SortFunc(g.Warnings, func(a, b redundancy.Warning) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Member, b.Member))
	})
	return g, true
}

// kind is what the entry is to this host: one of typeMains, typeBattery and typeUPS, and empty for what is none of its own. A
// port that can be fed through (USB) is not one: what is not plugged in is no loss.
func (l Line) kind() string {
	switch {
	case l.UPS:
		return typeUPS
	case l.Scope.Value == scopeDevice:
		return ""
	case l.Type.Value == typeMains, l.Type.Value == typeBattery, l.Type.Value == typeUPS:
		return l.Type.Value
	default:
		return ""
	}
}

// title is the entry for people: the kernel names the battery of a HID device after its serial number.
func (l Line) title() string {
	if l.UPS && l.Model.Known() && l.Model.Value != "" {
		return l.Model.Value
	}
	return l.Name
}

// supply is the entry, or what the endings of its id and of its name say of it.
func (l Line) supply(id, name string) (Supply, Report) {
	s := Supply{ID: LineID + "/" + redundancy.ID(ParseName(l.Name)+id), Name: l.title() + name}
	r := Report{Source: "power_supply", Says: map[Fact]bool{}}
	if l.Silent != nil {
		r.Unread, r.Evidence = l.Silent.Err, []redundancy.Evidence{*l.Silent}
	}
	return s, r
}

// line is the line that the entry tells of: by online, or else, of a battery, by whether it is used.
func (l Line) line(id, name string) Supply {
	s, r := l.supply(id, name)
	online, known := l.Online.flag()
	status := l.Status.Known() && l.Status.Value != statusUnknown
	switch {
	case r.Unread != "":
	case known && l.kind() != typeBattery && !l.UPS:
		r.Evidence = evidence(l.Online)
		r.Says[InputLost] = !online
	case status && l.kind() != typeMains:
		r.Evidence = evidence(l.Status)
		r.Says[InputLost] = l.Status.Value == statusDischarging
	default:
		r.Evidence = evidence(l.Online, l.Status)
		r.Unread = "nothing says whether the line is there"
	}
	s.Reports = []Report{r}
	return s
}

// battery is the battery that the entry tells of. One that is nearly empty is about to fail, used or not: it would not last.
func (l Line) battery() Supply {
	s, r := l.supply("", "")
	s.Product, s.Serial = l.Model.Value, ParseSerial(l.Serial.Value)
	s.Reports = []Report{r}
	if r.Unread != "" {
		return s
	}
	r.Evidence = evidence(l.Present, l.Status, l.Health, l.Capacity, l.Level, l.Low)
	present, told := l.Present.flag()
	low, known := l.low()
	switch {
	case told && !present || l.Health.Value == healthNoBattery:
		r.Says[Present] = false
	case !l.Present.Missing() && !told:
		r.Unread = cmp.Or(l.Present.Evidence().Err, "present says neither yes nor no")
	case !known:
		r.Unread = "nothing says how much is in it"
	default:
		r.Says[Present], r.Says[Predicted] = true, low
		r.Says[Failed] = l.Health.Value == healthDead || l.Health.Value == healthFailure
		r.Beside = l.beside(low)
	}
	s.Reports = []Report{r}
	return s
}

// beside are the warnings on a battery that is there.
func (l Line) beside(low bool) []redundancy.Warning {
	var out []redundancy.Warning
	warn := func(key, text string, words ...Word) {
		out = append(out, redundancy.Warning{Key: key, Text: l.title() + text, Evidence: evidence(words...)})
	}
	if low {
		warn(WarnLow, " is nearly empty", l.Capacity, l.Level)
	}
	if l.Status.Value == statusDischarging {
		warn(WarnDischarging, " discharges: this host takes its power from it", l.Status)
	}
	if l.Health.Known() && !wellEnough(l.Health.Value) {
		warn(WarnHealth, " is not well: "+l.Health.Value, l.Health)
	}
	return out
}
