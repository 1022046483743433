package netbond

import (
	"fmt"
	"slices"

	"plimsoll/redundancy"
)

// The keys of this room's warnings.
const (
	WarnMonitoringOff       = "link-monitoring-off"   // neither miimon nor arp_interval: a failed link goes unnoticed
	WarnAdminDown           = "admin-down"            // somebody has set the bond down
	WarnNoPartner           = "lacp-no-partner"       // 802.3ad, and nobody at the other end speaks LACP
	WarnChurned             = "lacp-churned"          // a port and its partner have not agreed for a minute
	WarnSingleMember        = "single-member"         // a bond of one
	WarnOneBase             = "one-function"          // all members are carried by one PCI function, device or link
	WarnSlow                = "speed-below-peers"     // a member's link is slower than another's
	WarnHalfDuplex          = "duplex-below-peers"    // a member's link is half duplex, another's is not
	WarnMinLinksIgnored     = "min-links-ignored"     // min_links outside 802.3ad
	WarnOutweighed          = "min-links-outweighed"  // ad_select=bandwidth may lead where min_links is not met
	WarnFailOverIgnored     = "fail-over-mac-ignored" // fail_over_mac outside active-backup
	WarnWrongVLAN           = "wrong-vlan"            // a standby hears others than the member in use does
	WarnFailOverUnannounced = "failover-unannounced"  // the bond's address changes with its active member, and nobody is told
)

// warnings are those that need no judgement of the members first.
func (b Bond) warnings() []redundancy.Warning {
	out := slices.Concat(b.ownWarnings(), b.memberWarnings())
	for _, m := range b.Members {
		out = append(out, b.linkWarnings(m)...)
		out = append(out, b.pathWarnings(m)...)
	}
	return out
}

// ownWarnings are of the bond's own settings.
func (b Bond) ownWarnings() []redundancy.Warning {
	var out []redundancy.Warning
	warn := func(key string, evidence []redundancy.Evidence, text string, args ...any) {
		out = append(out, redundancy.Warning{Key: key, Text: b.Name + fmt.Sprintf(text, args...), Evidence: evidence})
	}
	mode := told(b.Name, "IFLA_BOND_MODE", b.Mode, Mode.String)
	if !b.Flags.Has(FlagUp) {
		warn(WarnAdminDown, []redundancy.Evidence{b.flagsEvidence()}, " is set down: it carries nothing until somebody sets it up")
	}
	if b.monitoring() == monitoringOff {
		warn(WarnMonitoringOff, b.monitoringEvidence(),
			" does not watch its links (miimon 0, arp_interval 0): it goes on using a link that has failed")
	}
	if b.Mode.Known && b.Mode.Value != LACP && b.MinLinks.Value > 0 {
		warn(WarnMinLinksIgnored, []redundancy.Evidence{mode, told(b.Name, "IFLA_BOND_MIN_LINKS", b.MinLinks, decimal)},
			" has min_links %d, which counts in 802.3ad alone: in %s one link is enough", b.MinLinks.Value, b.Mode.Value)
	}
	failOver := told(b.Name, "IFLA_BOND_FAIL_OVER_MAC", b.FailOverMAC, failOverWord)
	switch {
	case !b.Mode.Known || b.FailOverMAC.Value == failOverNone:
	case b.Mode.Value != ActiveBackup:
		warn(WarnFailOverIgnored, []redundancy.Evidence{mode, failOver},
			" has fail_over_mac %s, which counts in active-backup alone", failOver.Value)
	case is(b.FailOverMAC, failOverActive) && is(b.PeerNotices, 0):
		warn(WarnFailOverUnannounced, []redundancy.Evidence{
			failOver, told(b.Name, "IFLA_BOND_NUM_PEER_NOTIF", b.PeerNotices, func(n uint8) string { return decimal(uint32(n)) }),
		}, " takes its active member's address (fail_over_mac active) and announces that to nobody (num_grat_arp 0): "+
			"after a failover neighbours send to the address that was")
	}
	return out
}

// The numbers of fail_over_mac: the bond keeps its address, or takes that of its active member.
const (
	failOverNone   = 0
	failOverActive = 1
)

func failOverWord(v uint8) string { return word(failOverWords, v) }

// memberWarnings are of the members together.
func (b Bond) memberWarnings() []redundancy.Warning {
	if len(b.Members) == 1 {
		return []redundancy.Warning{{
			Key:      WarnSingleMember,
			Text:     fmt.Sprintf("%s has one member, %s: nothing covers for it", b.Name, b.Members[0].Name),
			Evidence: []redundancy.Evidence{{Where: "rtnetlink " + b.Name + " IFLA_MASTER", Value: b.Members[0].Name}},
		}}
	}
	var names []redundancy.Evidence
	for _, m := range b.Members {
		if m.Base == "" || m.Base != b.Members[0].Base {
			return nil
		}
		names = append(names, redundancy.Evidence{Where: m.BaseAt, Value: m.Base})
	}
	if len(names) == 0 {
		return nil
	}
	return []redundancy.Warning{{
		Key:      WarnOneBase,
		Text:     fmt.Sprintf("all members of %s are carried by %s: if that goes, all go", b.Name, b.Members[0].Base),
		Evidence: names,
	}}
}

// linkWarnings are of one member beside the others. A link that is down has neither speed nor duplex.
func (b Bond) linkWarnings(m Member) []redundancy.Warning {
	var out []redundancy.Warning
	warn := func(key string, evidence []redundancy.Evidence, text string, args ...any) {
		out = append(out, redundancy.Warning{Key: key, Member: b.memberID(m), Text: m.Name + fmt.Sprintf(text, args...), Evidence: evidence})
	}
	report := func(m Member, what, value string) redundancy.Evidence {
		return redundancy.Evidence{Where: b.Report + " " + m.Name + " " + what, Value: value}
	}
	speed := func(m Member) redundancy.Evidence { return report(m, "Speed", decimal(m.Speed.Value)+" Mbps") }
	duplex := func(m Member) redundancy.Evidence { return report(m, "Duplex", m.Duplex.Value.String()) }

	fastest, best := m, m
	for _, other := range b.Members {
		if !other.linked() {
			continue
		}
		if other.Speed.Value > fastest.Speed.Value {
			fastest = other
		}
		if other.Duplex.Value > best.Duplex.Value {
			best = other
		}
	}
	if m.linked() && m.Speed.Known && fastest.Speed.Value > m.Speed.Value {
		warn(WarnSlow, []redundancy.Evidence{speed(m), speed(fastest)},
			" runs at %d Mb/s, %s at %d", m.Speed.Value, fastest.Name, fastest.Speed.Value)
	}
	if m.linked() && m.Duplex.Known && best.Duplex.Value > m.Duplex.Value {
		warn(WarnHalfDuplex, []redundancy.Evidence{duplex(m), duplex(best)}, " is %s duplex, %s is %s",
			m.Duplex.Value, best.Name, best.Duplex.Value)
	}
	if b.churned(m) {
		warn(WarnChurned, m.lacpEvidence(), " has a partner, and the two have not agreed to carry for a minute: keys or settings differ")
	}
	return out
}

// linked says whether m has a link in the eyes of the kernel and of the bond.
func (m Member) linked() bool { return m.Flags.Has(FlagUp|FlagLowerUp) && is(m.MII, MIIUp) }

// churned says whether m should carry and has not come to for a minute. A port outside the active aggregator is not meant
// to, so the detection calls it churned by design; and one that nobody answers is told as such.
func (b Bond) churned(m Member) bool {
	if b.Mode.Value != LACP || !m.linked() || !m.Churn.Known || !b.Aggregator.Known || !is(m.Aggregator, b.Aggregator.Value.ID) {
		return false
	}
	alone := !m.Actor.Known || m.Actor.Value&PortDefaulted != 0
	return !alone && (m.Churn.Value.Actor == Churned || m.Churn.Value.Partner == Churned)
}
