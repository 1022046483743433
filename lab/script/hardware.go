package script

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

var (
	supplyNumber = regexp.MustCompile(`^[1-4]$`)
	nvmeName     = regexp.MustCompile(`^nvme[01]$`)
	sensorName   = regexp.MustCompile(`^(ps[1-4]|redundancy|unit)$`)
)

// The statements about the BMC and the disks that a machine has only if the script asks for them.
type (
	// BMCStart starts the BMC, or starts it anew, with these supplies, all of them working.
	BMCStart struct{ Supplies []int }
	// BMCAdd puts another supply into the machine: its sensors appear while the BMC runs.
	BMCAdd struct{ Supply int }
	// BMCProcess stops the BMC's program, lets it go on, or kills it: freeze, thaw or kill.
	BMCProcess struct{ Verb string }
	// BMCSupply says how a supply is.
	BMCSupply struct {
		Supply int
		Is     string
	}
	// BMCWatts sets what a supply takes in.
	BMCWatts struct{ Supply, Watts int }
	// BMCRedundancy says what the BMC thinks of all supplies together.
	BMCRedundancy struct{ Is string }
	// BMCBit sets or clears one state of a sensor.
	BMCBit struct {
		Sensor string
		Bit    int
		On     bool
	}
	// Mains plugs the machine into the mains, or out, and says what its battery has left.
	Mains struct {
		Online  bool
		Percent int
	}
	// NVMeWarns sets the bits of an NVMe device's critical warning.
	NVMeWarns struct {
		Disk string   // by the kernel's name, as it is now
		Of   []string // empty: of nothing
	}
	// NVMeToggles sets bits and clears them, so many times: they are set for three quarters of a time, then clear.
	NVMeToggles struct {
		NVMeWarns

		N     int
		Every time.Duration
	}
)

func (BMCStart) statement()      {}
func (BMCAdd) statement()        {}
func (BMCProcess) statement()    {}
func (BMCSupply) statement()     {}
func (BMCWatts) statement()      {}
func (BMCRedundancy) statement() {}
func (BMCBit) statement()        {}
func (Mains) statement()         {}
func (NVMeWarns) statement()     {}
func (NVMeToggles) statement()   {}

// SupplyStates are what a supply can be, as scripts write it.
func SupplyStates() []string {
	return []string{"ok", "absent", "failed", "predicted", "input-lost", "input-lost-or-out", "input-out", "misconfigured"}
}

// RedundancyStates are the states of a redundancy sensor in the order of their offsets (IPMI 2.0 table 42-2, type 0Bh).
func RedundancyStates() []string {
	return []string{"full", "lost", "degraded", "sufficient-from-redundant", "sufficient-from-insufficient", "insufficient", "degraded-from-full", "degraded-from-none"}
}

// NVMeWarnings are the bits of the critical warning from bit 0 on (NVM Express Base Specification 2.0, figure 207).
func NVMeWarnings() []string {
	return []string{"spare", "temperature", "reliability", "read-only", "backup", "persistent-memory"}
}

func hardwareForms() []Form {
	return []Form{
		{
			Words: "bmc start", Usage: "bmc start SUPPLY...",
			Help:  "start the BMC, or start it anew, with these supplies of 1 to 4, all working; its event log stays (boot with bmc, which starts it with 1 and 2)",
			parse: parseBMCStart,
		},
		{
			Words: "bmc add", Usage: "bmc add SUPPLY", Help: "put another supply in: its sensors and records appear while the BMC runs",
			parse: func(a *args) Statement { return BMCAdd{Supply: a.supply()} },
		},
		{Words: "bmc freeze", Usage: "bmc freeze", Help: "the BMC falls silent", parse: bmcProcess("freeze")},
		{Words: "bmc thaw", Usage: "bmc thaw", Help: "it goes on where it was", parse: bmcProcess("thaw")},
		{Words: "bmc kill", Usage: "bmc kill", Help: "the BMC is gone, until it is started", parse: bmcProcess("kill")},
		{
			Words: "bmc supply", Usage: "bmc supply SUPPLY STATE", Help: "what the supply's sensor says, with entries in the event log; STATE is one of " + strings.Join(SupplyStates(), ", "),
			parse: func(a *args) Statement { return BMCSupply{Supply: a.supply(), Is: a.oneOf(SupplyStates()...)} },
		},
		{
			Words: "bmc watts", Usage: "bmc watts SUPPLY WATTS", Help: "what the supply takes in, in steps of 4 W",
			parse: func(a *args) Statement {
				w := BMCWatts{Supply: a.supply(), Watts: a.number("watts")}
				if w.Watts < 0 || w.Watts > 1020 {
					a.fail("watts are 0 to 1020")
				}
				return w
			},
		},
		{
			Words: "bmc redundancy", Usage: "bmc redundancy STATE", Help: "what the redundancy sensor says; STATE is one of " + strings.Join(RedundancyStates(), ", "),
			parse: func(a *args) Statement { return BMCRedundancy{Is: a.oneOf(RedundancyStates()...)} },
		},
		{
			Words: "bmc bit", Usage: "bmc bit SENSOR BIT on|off", Help: "set or clear one state of a sensor: ps1 to ps4, redundancy, or unit, the power unit",
			parse: parseBMCBit,
		},
		{
			Words: "mains", Usage: "mains online|offline [PERCENT]", Help: "what the mains adapter LAC0 and the battery LBAT say from now on, the battery being full if nothing is said; the kernel keeps what the battery last said for a second (boot with battery)",
			parse: parseMains,
		},
		{
			Words: "nvme", Usage: "nvme DISK warns nothing|WARNING... [toggling N every D]", Help: "set the critical warning of nvme0 or nvme1, as the kernel calls them now (boot with drives); toggling, it is set N times, each time for three quarters of D; WARNING is one of " + strings.Join(NVMeWarnings(), ", "),
			parse: parseNVMe,
		},
	}
}

func (a *args) supply() int {
	if w := a.matching("supply, 1 to 4", supplyNumber); w != "" && a.err == nil {
		return int(w[0] - '0')
	}
	return 0
}

func parseBMCStart(a *args) Statement {
	s := BMCStart{Supplies: []int{a.supply()}}
	for len(a.words) > 0 && a.err == nil {
		n := a.supply()
		if slices.Contains(s.Supplies, n) {
			a.fail("supply %d is named twice", n)
		}
		s.Supplies = append(s.Supplies, n)
	}
	return s
}

func bmcProcess(verb string) func(*args) Statement {
	return func(*args) Statement { return BMCProcess{Verb: verb} }
}

func parseBMCBit(a *args) Statement {
	b := BMCBit{Sensor: a.matching("sensor", sensorName), Bit: a.number("bit")}
	if b.Bit < 0 || b.Bit > 7 {
		a.fail("bits are 0 to 7")
	}
	b.On = a.oneOf("on", "off") == "on"
	return b
}

func parseMains(a *args) Statement {
	m := Mains{Online: a.oneOf("online", "offline") == "online", Percent: 100}
	if len(a.words) > 0 {
		m.Percent = a.number("percent")
	}
	if m.Percent < 0 || m.Percent > 100 {
		a.fail("percent are 0 to 100")
	}
	return m
}

func parseNVMe(a *args) Statement {
	w := NVMeWarns{Disk: a.matching("NVMe device", nvmeName)}
	if !a.accept("warns") {
		a.fail("warns is missing")
	}
	if a.accept("nothing") {
		return w
	}
	for len(w.Of) == 0 || len(a.words) > 0 && a.err == nil && a.peek() != "toggling" {
		w.Of = append(w.Of, a.oneOf(NVMeWarnings()...))
	}
	if !a.accept("toggling") {
		return w
	}
	t := NVMeToggles{NVMeWarns: w, N: a.number("toggling")}
	if t.N < 1 {
		a.fail("toggling takes a number above 0")
	}
	if !a.accept("every") {
		a.fail("every is missing")
	}
	t.Every = a.duration("every")
	return t
}
