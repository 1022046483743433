package netbond

import (
	"fmt"
	"strconv"

	"plimsoll/redundancy"
)

// evidence is what a verdict on b as a whole rests on.
func (b Bond) evidence() []redundancy.Evidence {
	list := []redundancy.Evidence{
		told(b.Name, "IFLA_BOND_MODE", b.Mode, Mode.String),
		b.flagsEvidence(),
		told(b.Name, "IFLA_OPERSTATE", b.OperState, func(v uint8) string { return word(operWords, v) }),
	}
	if hasActive(b.Mode.Value) {
		list = append(list, b.activeEvidence())
	}
	list = append(list, b.monitoringEvidence()...)
	if b.Mode.Value == LACP {
		list = append(list,
			told(b.Name, "IFLA_BOND_MIN_LINKS", b.MinLinks, decimal),
			told(b.Name, "IFLA_BOND_AD_SELECT", b.ADSelect, func(v uint8) string { return word(adSelectWords, v) }),
			told(b.Name, "IFLA_BOND_AD_INFO", b.Aggregator, func(a Aggregator) string {
				return fmt.Sprintf("aggregator %d, ports %d, partner %s", a.ID, a.Ports, a.Partner)
			}))
	}
	return list
}

// hasActive says whether a mode has one active member that others stand in for.
func hasActive(m Mode) bool { return m == ActiveBackup || m == BalanceTLB || m == BalanceALB }

func (b Bond) activeEvidence() redundancy.Evidence {
	const attribute = "IFLA_BOND_ACTIVE_SLAVE"
	if !b.Active.Known && b.Active.Problem == "" {
		return redundancy.Evidence{Where: where(b.Name, attribute), Value: "none"}
	}
	return told(b.Name, attribute, b.Active, b.activeName)
}

func (b Bond) activeName(index uint32) string {
	if name, ok := b.memberName(known(index)); ok {
		return name
	}
	return "interface index " + decimal(index)
}

func (b Bond) flagsEvidence() redundancy.Evidence {
	return redundancy.Evidence{Where: where(b.Name, "ifi_flags"), Value: b.Flags.String()}
}

func (b Bond) monitoringEvidence() []redundancy.Evidence {
	return []redundancy.Evidence{
		told(b.Name, "IFLA_BOND_MIIMON", b.MIIMon, decimal),
		told(b.Name, "IFLA_BOND_ARP_INTERVAL", b.ARPInterval, decimal),
	}
}

func (m Member) evidence() []redundancy.Evidence {
	list := []redundancy.Evidence{
		{Where: where(m.Name, "ifi_flags"), Value: m.Flags.String()},
		told(m.Name, "IFLA_BOND_SLAVE_MII_STATUS", m.MII, MII.String),
		told(m.Name, "IFLA_BOND_SLAVE_STATE", m.Role, Role.String),
		told(m.Name, "IFLA_BOND_SLAVE_LINK_FAILURE_COUNT", m.LinkFailures, decimal),
	}
	if !m.Address.Known {
		list = append(list, told(m.Name, "IFLA_PERM_ADDRESS", m.Address, func(s string) string { return s }))
	}
	return list
}

// lacpEvidence is what a verdict on m as a port rests on.
func (m Member) lacpEvidence() []redundancy.Evidence {
	list := []redundancy.Evidence{
		told(m.Name, "IFLA_BOND_SLAVE_AD_AGGREGATOR_ID", m.Aggregator, func(v uint16) string { return decimal(uint32(v)) }),
		told(m.Name, "IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE", m.Actor, PortState.String),
		told(m.Name, "IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE", m.Partner, PortState.String),
	}
	if m.Churn.Known {
		c := m.Churn.Value
		list = append(list, redundancy.Evidence{Where: m.ChurnAt, Value: fmt.Sprintf("actor %s, partner %s", c.Actor, c.Partner)})
	}
	if m.Peer.Known {
		list = append(list, redundancy.Evidence{Where: m.PeerAt, Value: m.Peer.Value.String(), At: m.PeerSeen})
	}
	return list
}

func told[T any](link, attribute string, r Reading[T], say func(T) string) redundancy.Evidence {
	e := redundancy.Evidence{Where: where(link, attribute)}
	switch {
	case r.Known:
		e.Value = say(r.Value)
	case r.Problem != "":
		e.Err = r.Problem
	default:
		e.Err = "not told"
	}
	return e
}

func where(link, attribute string) string { return "rtnetlink " + link + " " + attribute }

func decimal(v uint32) string { return strconv.FormatUint(uint64(v), 10) }
