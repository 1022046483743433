package power

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"plimsoll/redundancy"
)

// GroupID is the id of the group of this host's supplies.
const GroupID redundancy.ID = "power:system"

// Settings are what the configuration says of the supplies.
type Settings struct {
	Needed int               // how many of them the host needs; 0: not told
	Feeds  map[string]string // which feed a supply hangs on, by its name
	Names  map[string]string // what the kernel calls a supply that speaks PMBus, by its name
	Empty  []string          // supplies of which a sensor tells and whose bay is empty for good, by name
}

// Verdict is what a source says of all supplies together, in the words of event type 0Bh (IPMI 2.0 table 42-2).
type Verdict uint8

// The verdicts.
const (
	VerdictUnknown Verdict = iota
	FullyRedundant
	RedundancyLost
	RedundancyDegraded
	SufficientFromRedundant
	SufficientFromInsufficient
	Insufficient
	DegradedFromFull
	DegradedFromNone
)

// redundant says whether it surely leaves one failure to survive.
func (v Verdict) redundant() bool {
	return v == FullyRedundant || v == RedundancyDegraded || v == DegradedFromFull || v == DegradedFromNone
}

// Said is one source's verdict on the supplies as a whole.
type Said struct {
	Verdict  Verdict
	Evidence redundancy.Evidence
}

// System is all that one look found out about this host's supplies.
type System struct {
	Supplies []Supply // sorted by id
	Said     []Said
	Ran      int   // the fewest supplies that the host has been seen to run on; 0: not seen yet
	Load     Watts // what the host takes, where a source measures it as a whole
	Peak     Watts // the highest load that was seen
	// Beyond are warnings of the sources' own, of what is behind the supplies.
	Beyond []redundancy.Warning
}

// Group tells the supplies as a group that covers for itself, and the feeds that its members hang on. That it is told at all
// proves that it serves: the host runs.
func (s System) Group(cfg Settings) (redundancy.Group, []redundancy.Part) {
	g := redundancy.Group{
		ID: GroupID, Name: "power", Kind: redundancy.KindPower, Type: redundancy.NPlusM, Serving: redundancy.Yes,
	}
	var feeds []redundancy.Part
	need := redundancy.Need{}
	for _, supply := range s.Supplies {
		c := supply.component()
		if feed := cfg.Feeds[c.Name]; feed != "" {
			id := redundancy.ID("feed:" + feed)
			c.StandsOn = []redundancy.ID{id}
			feeds = append(feeds, redundancy.Part{ID: id, Name: feed, Domain: "feed"})
		}
		g.Members = append(g.Members, c)
		need.Members = append(need.Members, c.ID)
	}
	var why []redundancy.Evidence
	need.Needed, need.Untold, why = s.needed(cfg, g.Members)
	g.Needs.AllOf = []redundancy.Need{need}
	g.Evidence = append(why, redundancy.Evidence{Where: "this host", Value: "runs"})
	for _, said := range s.Said {
		g.Evidence = append(g.Evidence, said.Evidence)
	}
	if cfg.Needed > 0 {
		g.Settings = map[string]string{"needed": fmt.Sprint(cfg.Needed)}
	}
	g.Warnings = s.warnings(g)
	slices.SortFunc(feeds, func(a, b redundancy.Part) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return g, slices.CompactFunc(feeds, func(a, b redundancy.Part) bool { return a.ID == b.ID })
}

// needed is how many of the supplies must work, whether that is a guess, and where it is from.
func (s System) needed(cfg Settings, members []redundancy.Component) (redundancy.Interval, bool, []redundancy.Evidence) {
	if cfg.Needed > 0 {
		return redundancy.Exactly(cfg.Needed), false,
			[]redundancy.Evidence{{Where: "configuration power.needed", Value: fmt.Sprint(cfg.Needed)}}
	}
	most, why := len(members), []redundancy.Evidence(nil)
	working := 0
	for _, c := range members {
		if !c.Broken() {
			working++
		}
	}
	if working > 0 && working < most {
		most = working
		why = append(why, redundancy.Evidence{Where: "this host", Value: fmt.Sprintf("runs on %d", working)})
	}
	if s.Ran > 0 && s.Ran < most {
		most = s.Ran
		why = append(why, redundancy.Evidence{Where: "this host", Value: fmt.Sprintf("has run on %d", s.Ran)})
	}
	if n, from, known := s.byLoad(); known {
		return redundancy.Exactly(min(n, most)), false, append(why, from)
	}
	redundant := slices.ContainsFunc(s.Said, func(v Said) bool { return v.Verdict.redundant() })
	if redundant && working > 1 { // of those that it counts on, which are no more than these, one can go
		most = min(most, working-1)
	}
	return redundancy.Interval{Low: 1, High: most}, most > 1, why
}

// byLoad is how many supplies the measured load takes: as many as it takes of the weakest.
func (s System) byLoad() (int, redundancy.Evidence, bool) {
	load, rated := s.Peak, s.weakest()
	if !load.Known || !rated.Known || rated.Value <= 0 {
		return 0, redundancy.Evidence{}, false
	}
	return max(1, int(math.Ceil(load.Value/rated.Value))), redundancy.Evidence{
		Where: "load", Value: fmt.Sprintf("%.0f W at the most so far, one supply gives %.0f W", load.Value, rated.Value),
	}, true
}

// weakest is what the weakest of the supplies can give, known where it is known of each that is there.
func (s System) weakest() Watts {
	weakest := Watts{}
	for _, supply := range s.Supplies {
		switch {
		case supply.absent():
			continue
		case !supply.Rated.Known:
			return Watts{}
		}
		if !weakest.Known || supply.Rated.Value < weakest.Value {
			weakest = supply.Rated
		}
	}
	return weakest
}

// Takes is what the host takes: as it is measured for the whole, or else what its working supplies give together.
func (s System) Takes() Watts {
	if s.Load.Known {
		return s.Load
	}
	sum := Watts{}
	for _, supply := range s.Supplies {
		if supply.component().Broken() {
			continue
		}
		one := supply.power()
		if !one.Known {
			return Watts{}
		}
		sum = Watts{Known: true, Value: sum.Value + one.Value}
	}
	return sum
}

// power is what the supply gives, or, where nobody measures that, what it takes, which is a little more.
func (s Supply) power() Watts {
	for _, r := range s.Reports {
		if r.Output.Known {
			return r.Output
		}
	}
	for _, r := range s.Reports {
		if r.Input.Known {
			return r.Input
		}
	}
	return Watts{}
}
