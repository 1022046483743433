package power

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"plimsoll/redundancy"
)

// noInput is the voltage in millivolts below which nothing comes in: no feed is that low, and one that is cut off is measured as
// a volt or two.
const noInput = 10_000

// Supply tells the supply in the words of the room.
func (b Bus) Supply() Supply {
	s := Supply{ID: GroupID + "/" + redundancy.ID(b.Place), Name: b.Name, Product: b.Product, Serial: b.Serial}
	r := Report{Source: "PMBus", Says: map[Fact]bool{Present: true}}
	if b.Silent != nil {
		r.Says, r.Unread, r.Evidence = nil, b.Silent.Err, []redundancy.Evidence{*b.Silent}
		s.Reports = []Report{r}
		return s
	}
	for _, c := range b.Channels {
		words := c.words()
		r.Evidence = append(r.Evidence, evidence(words...)...)
		for _, w := range words {
			if decides := c.Quantity == InputVoltage || c.Quantity == OutputVoltage; decides && r.Unread == "" && !w.Known() && !w.Missing() {
				r.Unread = w.Evidence().Err
			}
		}
	}
	if r.Unread != "" {
		r.Says = nil // what it would still say may be half of it
		s.Reports = []Report{r}
		return s
	}
	b.saysOfInput(r.Says)
	failed := b.raised(OutputVoltage, "crit_alarm", "lcrit_alarm", "alarm", "fault")
	r.Says[Failed] = failed && !r.Says[InputLost] // what gets nothing gives nothing, and is well
	r.Says[Predicted] = b.raised(Cooling, "fault", "crit_alarm")
	r.Input, r.Output, s.Rated = b.power(InputPower), b.power(OutputPower), b.rated()
	r.Beside = b.alarms()
	s.Reports = []Report{r}
	return s
}

// words are all that the channel was asked for.
func (c Channel) words() []Word {
	words := []Word{c.Input}
	for _, item := range slices.Sorted(maps.Keys(c.Alarms)) {
		words = append(words, c.Alarms[item])
	}
	return words
}

// saysOfInput adds what the supply says of its input, where it has any channel for it.
func (b Bus) saysOfInput(says map[Fact]bool) {
	for _, c := range b.Channels {
		if c.Quantity != InputVoltage {
			continue
		}
		alarm := c.raised("alarm", "min_alarm", "max_alarm", "lcrit_alarm", "crit_alarm")
		volts, measured := c.Input.number()
		volts = math.Abs(volts) // of a feed of -48 V
		switch {
		case measured:
			says[InputLost] = volts < noInput
			says[InputOutOfRange] = alarm && volts >= noInput
		case alarm:
			says[InputLostOrOutOfRange] = true
		case len(c.Alarms) > 0:
			says[InputLost] = false
		}
	}
}

// raised says whether any of these alarms of the channel is.
func (c Channel) raised(items ...string) bool {
	return slices.ContainsFunc(items, func(item string) bool {
		yes, _ := c.Alarms[item].flag()
		return yes
	})
}

// raised says whether any of these alarms is, of any channel that measures q.
func (b Bus) raised(q Quantity, items ...string) bool {
	return slices.ContainsFunc(b.Channels, func(c Channel) bool { return c.Quantity == q && c.raised(items...) })
}

// power is the sum of what its channels measure of q, known where each does.
func (b Bus) power(q Quantity) Watts {
	return b.sum(q, func(c Channel) Watts { return c.Input.watts() })
}

// rated is what it can give, known where each of its outputs says so.
func (b Bus) rated() Watts {
	return b.sum(OutputPower, func(c Channel) Watts { return c.Rated.watts() })
}

func (b Bus) sum(q Quantity, of func(Channel) Watts) Watts {
	sum := Watts{}
	for _, c := range b.Channels {
		if c.Quantity != q {
			continue
		}
		w := of(c)
		if !w.Known {
			return Watts{}
		}
		sum = Watts{Known: true, Value: sum.Value + w.Value}
	}
	return sum
}

// alarms is one warning of all alarms that no fact tells.
func (b Bus) alarms() []redundancy.Warning {
	var names []string
	var seen []redundancy.Evidence
	for _, c := range b.Channels {
		for _, item := range slices.Sorted(maps.Keys(c.Alarms)) {
			told := c.Quantity == InputVoltage || c.Quantity == OutputVoltage && item != "min_alarm" && item != "max_alarm" ||
				c.Quantity == Cooling && (item == "fault" || item == "crit_alarm")
			if !told && c.raised(item) {
				names = append(names, strings.TrimSpace(c.Label+" "+c.Key+"_"+item))
				seen = append(seen, c.Alarms[item].Evidence())
			}
		}
	}
	if names == nil {
		return nil
	}
	return []redundancy.Warning{{Key: WarnAlarm, Text: b.Name + " raises alarms: " + strings.Join(names, ", "), Evidence: seen}}
}

// Load is what the host takes, as the power meters have it that do not measure batteries, and the warnings of those that hold
// the host down.
func (k Kernel) Load() (Watts, []redundancy.Warning) {
	sum := Watts{}
	var warned []redundancy.Warning
	for _, m := range k.Meters {
		if battery, _ := m.Battery.flag(); battery || m.Silent != nil {
			continue
		}
		if w := m.Average.watts(); w.Known {
			sum = Watts{Known: true, Value: sum.Value + w.Value}
		}
		if capping, _ := m.Capping.flag(); capping && warned == nil {
			warned = []redundancy.Warning{{
				Key: WarnCapped, Text: "the firmware holds this host's power down: it takes as much as it is allowed to",
				Evidence: evidence(m.Capping),
			}}
		}
	}
	return sum, warned
}

func (k *Kernel) sort() {
	slices.SortFunc(k.Lines, func(a, b Line) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(k.Buses, func(a, b Bus) int { return cmp.Compare(a.Place, b.Place) })
}

// Supplies are those that the kernel tells of through PMBus, sorted by id, each by the name that the settings give it.
func (k Kernel) Supplies(cfg Settings) []Supply {
	names := make(map[string]string, len(cfg.Names))
	for _, name := range slices.Sorted(maps.Keys(cfg.Names)) {
		names[cfg.Names[name]] = name
	}
	out := make([]Supply, 0, len(k.Buses))
	for _, b := range k.Buses {
		s := b.Supply()
		s.Name = cmp.Or(names[b.Name], b.Name)
		out = append(out, s)
	}
	return out
}
