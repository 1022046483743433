package power

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"plimsoll/redundancy"
)

// The keys of this room's warnings.
const (
	WarnNeededUnknown = "needed-unknown"      // nobody knows how many supplies the host needs
	WarnInputLost     = "input-lost"          // a supply is not fed
	WarnInputRange    = "input-out-of-range"  // a supply is fed what it should not be
	WarnConfiguration = "configuration-error" // a supply does not fit
	WarnContradiction = "sources-disagree"    // two sources say opposite things of one supply
	WarnOverload      = "load-too-high"       // one supply less could not carry the load
	WarnSaidLost      = "redundancy-denied"   // a source says that there is no redundancy, and supplies enough seem well
	WarnUnmatched     = "supply-unmatched"    // two sources tell of supplies, and nobody can tell which are the same
	WarnAlarm         = "supply-alarm"        // a supply raises an alarm that is none of the facts
	WarnCapped        = "power-capped"        // the firmware holds the host's power down
	WarnDischarging   = "discharging"         // the host runs on a battery
	WarnLow           = "battery-low"         // a battery is nearly empty
	WarnHealth        = "battery-health"      // a battery says that it is not well
	WarnSilent        = "bmc-silent"          // the BMC does not answer, and others tell of supplies
	WarnUnit          = "power-unit"          // the BMC says that something behind the supplies is wrong
)

// warnings are all warnings of g, which s was told as.
func (s System) warnings(g redundancy.Group) []redundancy.Warning {
	out := slices.Concat(s.Beyond, s.ofAll(g))
	for _, supply := range s.Supplies {
		out = append(out, supply.warnings()...)
	}
	slices.SortStableFunc(out, func(a, b redundancy.Warning) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Member, b.Member))
	})
	return slices.CompactFunc(out, func(a, b redundancy.Warning) bool { return a.Key == b.Key && a.Member == b.Member })
}

// ofAll are the warnings of the supplies together.
func (s System) ofAll(g redundancy.Group) []redundancy.Warning {
	var out []redundancy.Warning
	warn := func(key, text string, evidence ...redundancy.Evidence) {
		out = append(out, redundancy.Warning{Key: key, Text: text, Evidence: evidence})
	}
	need := g.Needs.AllOf[0]
	if need.Untold && need.Needed.High >= len(need.Members) {
		warn(WarnNeededUnknown, fmt.Sprintf(
			"nobody has told how many of %d supplies this host needs: set power.needed in the configuration", len(need.Members)))
	}
	if n, from, known := s.byLoad(); known && len(s.Supplies) > 1 && n >= len(s.Supplies) {
		warn(WarnOverload, "with one supply less, the others could not carry the load that was measured", from)
	}
	for _, said := range s.Said {
		if denied(said.Verdict) && g.Margin().Least > 0 {
			warn(WarnSaidLost, "the BMC says that the supplies are not redundant, and supplies enough seem to be well", said.Evidence)
		}
	}
	return out
}

// denied says whether v is that no failure is survived.
func denied(v Verdict) bool {
	return v == RedundancyLost || v == SufficientFromRedundant || v == SufficientFromInsufficient || v == Insufficient
}

// warnings are those of one supply.
func (s Supply) warnings() []redundancy.Warning {
	var out []redundancy.Warning
	warn := func(key, text string) {
		out = append(out, redundancy.Warning{Key: key, Member: s.ID, Text: s.Name + text, Evidence: s.evidence()})
	}
	if facts := s.contradicted(); len(facts) > 0 {
		words := make([]string, len(facts))
		for i, f := range facts {
			words[i] = f.String()
		}
		warn(WarnContradiction, ": its sources contradict each other: "+strings.Join(words, ", "))
	}
	for _, r := range s.Reports {
		for _, w := range r.Beside {
			w.Member = s.ID
			out = append(out, w)
		}
	}
	if s.absent() {
		return out
	}
	if s.is(InputLost) {
		warn(WarnInputLost, " is not fed: its input is lost")
	}
	if s.is(InputOutOfRange) || s.is(InputLostOrOutOfRange) && !s.is(InputLost) {
		warn(WarnInputRange, ": its input is out of range")
	}
	if s.is(ConfigurationError) {
		warn(WarnConfiguration, " does not fit the others or this host")
	}
	return out
}
