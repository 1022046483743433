package power

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"plimsoll/internal/ipmi"
	"plimsoll/redundancy"
)

// bay is a place for a supply, as the BMC's records tell of it.
type bay struct {
	id        redundancy.ID
	name      string
	status    []ipmi.Sensor // what condition it is in
	input     *ipmi.Sensor  // what it takes, in watts; nil: not measured
	output    *ipmi.Sensor  // what it gives, likewise
	inventory *ipmi.Inventory
}

// catalogue is what a BMC's records have about power.
type catalogue struct {
	bays     []bay         // sorted by id
	together []ipmi.Sensor // verdicts on all supplies
	units    []ipmi.Sensor // of what is behind the supplies
	load     *ipmi.Sensor  // what the host takes, in watts; nil: not measured
}

// newCatalogue finds what has to do with power among a BMC's records. A sensor or inventory of another controller, behind that
// one, can't be read and is left out.
func newCatalogue(records []ipmi.Record) catalogue {
	var c catalogue
	var all []ipmi.Sensor
	for _, r := range records {
		for _, s := range r.Sensors {
			if s.Own() {
				all = append(all, s)
			}
		}
	}
	keys := keysOf(all)
	bays := map[string]*bay{}
	for _, s := range all {
		switch {
		case isVerdict(s):
			c.together = append(c.together, s)
		case isStatus(s):
			key := keys.of(s)
			if bays[key] == nil {
				bays[key] = &bay{id: redundancy.ID("power:system/" + key)}
			}
			bays[key].status = append(bays[key].status, s)
		case s.Type == ipmi.TypePowerUnit && s.Reads == ipmi.ReadsSpecific:
			c.units = append(c.units, s)
		}
	}
	for _, s := range all {
		if s.Unit == ipmi.UnitWatts && !s.Percent && s.Measures() {
			c.measure(s, bays[keys.of(s)])
		}
	}
	for _, r := range records {
		if i := r.Inventory; i != nil && i.Own() && bays[i.Entity.String()] != nil {
			bays[i.Entity.String()].inventory = i
		}
	}
	for _, id := range slices.Sorted(maps.Keys(bays)) {
		c.bays = append(c.bays, *bays[id])
	}
	slices.SortFunc(c.bays, func(a, b bay) int { return cmp.Compare(a.id, b.id) })
	c.name()
	return c
}

// isStatus says whether s tells the condition of one supply.
func isStatus(s ipmi.Sensor) bool {
	return s.Type == ipmi.TypePowerSupply &&
		(s.Reads == ipmi.ReadsSpecific || s.Reads == ipmi.ReadsPresence || s.Reads == ipmi.ReadsPredictive)
}

// isVerdict says whether s judges the supplies together. Which entity such a sensor is of differs from maker to maker: the
// system board, the power unit, the power management, or a supply that there is not.
func isVerdict(s ipmi.Sensor) bool {
	return s.Reads == ipmi.ReadsRedundancy && (s.Type == ipmi.TypePowerSupply || s.Type == ipmi.TypePowerUnit)
}

// isLoad says whether s measures what the whole host takes. Boards have other sensors in watts, of processors and memory, for
// the same entity; only the name tells them apart.
func isLoad(s ipmi.Sensor) bool {
	name := strings.ToLower(s.Name)
	of := s.Entity.ID == ipmi.EntitySystemBoard || s.Entity.ID == ipmi.EntityPowerUnit || s.Entity.ID == ipmi.EntityPowerMgmt ||
		s.Entity.ID == ipmi.EntityChassis
	return of && slices.ContainsFunc([]string{"consumption", "power meter", "total power", "sys power", "system power"},
		func(word string) bool { return strings.Contains(name, word) })
}

// measure takes s, which reads watts, as what the supply in its bay gives, if its name says so, or takes; or as the load.
func (c *catalogue) measure(s ipmi.Sensor, b *bay) {
	if b == nil {
		if c.load == nil && isLoad(s) {
			c.load = &s
		}
		return
	}
	if strings.Contains(strings.ToLower(s.Name), "out") {
		b.output = &s
	} else if b.input == nil {
		b.input = &s
	}
}

// keys tells bays apart: by entity, and, where a maker gives all supplies the same entity, by the number in the sensor's name.
type keys struct{ shared map[ipmi.Entity]bool }

func keysOf(all []ipmi.Sensor) keys {
	k := keys{shared: map[ipmi.Entity]bool{}}
	numbers := map[ipmi.Entity]int{}
	for _, s := range all {
		if !isStatus(s) || s.Reads != ipmi.ReadsSpecific {
			continue
		}
		n, known := number(s.Name)
		if first, seen := numbers[s.Entity]; seen && known && n != first {
			k.shared[s.Entity] = true
		}
		numbers[s.Entity] = n
	}
	return k
}

func (k keys) of(s ipmi.Sensor) string {
	if n, known := number(s.Name); known && k.shared[s.Entity] {
		return fmt.Sprintf("%s.%d", s.Entity, n)
	}
	return s.Entity.String()
}

// number is the first number in a sensor's name.
func number(name string) (int, bool) {
	isDigit := func(r rune) bool { return r >= '0' && r <= '9' }
	from := strings.IndexFunc(name, isDigit)
	if from < 0 {
		return 0, false
	}
	rest := name[from:]
	if to := strings.IndexFunc(rest, func(r rune) bool { return !isDigit(r) }); to >= 0 {
		rest = rest[:to]
	}
	n, err := strconv.Atoi(rest)
	return n, err == nil
}

// name gives bays the names that people call supplies by: psu and the number that their sensors have in their names, which is
// what is printed on the machine; or, where those are not there for all or are no different, the entity's instance.
func (c *catalogue) name() {
	for _, numbered := range []func(bay) (int, bool){
		func(b bay) (int, bool) { return number(b.status[0].Name) },
		func(b bay) (int, bool) { return b.status[0].Entity.Number(), true },
		func(b bay) (int, bool) { return int(b.status[0].Number), true },
	} {
		taken := map[int]bool{}
		for i := range c.bays {
			n, known := numbered(c.bays[i])
			if known {
				taken[n] = true
				c.bays[i].name = fmt.Sprintf("psu%d", n)
			}
		}
		if len(taken) == len(c.bays) {
			return
		}
	}
}
