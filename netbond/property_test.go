package netbond

import (
	"fmt"
	"slices"
	"testing"

	"plimsoll/redundancy"
)

// everyBond calls yield with every bond of three members whose conditions are drawn from those that matter to its mode.
func everyBond(yield func(Bond)) {
	links := []func(*Member){
		func(*Member) {},
		func(m *Member) { m.Flags = FlagUp },
		func(m *Member) { m.MII = known(MIIDown) },
		func(m *Member) { m.MII = known(MIIGoingBack) },
	}
	ports := []func(*Member){
		func(*Member) {},
		func(m *Member) { m.Aggregator, m.Role = known(uint16(2)), known(RoleBackup) },
		func(m *Member) { defaulted(m, 3) },
		func(m *Member) { m.Aggregator = Reading[uint16]{} },
		func(m *Member) { m.Actor = known(PortState(0xbf)) },
		func(m *Member) { m.Actor = known(PortState(0x0f)) },
		func(m *Member) { m.Flags = FlagUp },
	}
	settings := []func(*Bond){
		func(*Bond) {},
		func(b *Bond) { b.MIIMon = known(uint32(0)) },
		func(b *Bond) { b.Active = Reading[uint32]{} },
	}
	lag := []func(*Bond){
		func(*Bond) {},
		func(b *Bond) { b.MinLinks = known(uint32(2)) },
		func(b *Bond) { b.MinLinks, b.ADSelect = known(uint32(2)), known(uint8(1)) },
		func(b *Bond) { b.Aggregator.Value.ID = 2 },
		func(b *Bond) { b.MIIMon = known(uint32(0)) },
	}
	for _, mode := range []Mode{ActiveBackup, BalanceRR, BalanceALB} {
		every(mode, links, settings, yield)
	}
	every(LACP, ports, lag, yield)
}

func every(mode Mode, conditions []func(*Member), settings []func(*Bond), yield func(Bond)) {
	const members = 3
	total := 1
	for range members {
		total *= len(conditions)
	}
	for _, set := range settings {
		for n := range total {
			b := bonded(mode, members)
			set(&b)
			for i := range b.Members {
				conditions[n%len(conditions)](&b.Members[i])
				n /= len(conditions)
			}
			if !carries(b) {
				b.Flags = FlagUp
			}
			yield(b)
		}
	}
}

// carries says whether bonding would give b a carrier: some member's link is up, in 802.3ad min_links of the active
// aggregator. The kernel counts ports that still agree with their partner as well; those are left out here, since they are
// Recovering, and the proof that a carrier then gives would be of something that no member is counted for.
func carries(b Bond) bool {
	var up uint32
	for _, m := range b.Members {
		port := m.Actor.Value&portCarries == portCarries && m.Aggregator == known(b.Aggregator.Value.ID)
		if m.Flags.Has(FlagLowerUp) && m.MII.Value == MIIUp && (port || b.Mode.Value != LACP) {
			up++
		}
	}
	return up >= max(1, b.MinLinks.Value)
}

func clone(b Bond) Bond {
	b.Members = slices.Clone(b.Members)
	return b
}

func TestLessKnowledgeNeverNarrowsAMargin(t *testing.T) {
	t.Parallel()
	masks := map[string]func(*Bond){
		"mode":         func(b *Bond) { b.Mode = malformed[Mode]() },
		"active":       func(b *Bond) { b.Active = malformed[uint32]() },
		"miimon":       func(b *Bond) { b.MIIMon = malformed[uint32]() },
		"arp_interval": func(b *Bond) { b.ARPInterval = malformed[uint32]() },
		"min_links":    func(b *Bond) { b.MinLinks = malformed[uint32]() },
		"ad_select":    func(b *Bond) { b.ADSelect = malformed[uint8]() },
		"ad_info":      func(b *Bond) { b.Aggregator = malformed[Aggregator]() },
		"mii":          func(b *Bond) { b.Members[1].MII = malformed[MII]() },
		"role":         func(b *Bond) { b.Members[1].Role = malformed[Role]() },
		"actor":        func(b *Bond) { b.Members[1].Actor = malformed[PortState]() },
		"aggregator":   func(b *Bond) { b.Members[1].Aggregator = malformed[uint16]() },
		"address":      func(b *Bond) { b.Members[1].Address = malformed[string]() },
	}
	everyBond(func(b Bond) {
		knew := floored(checked(t, b))
		for name, mask := range masks {
			blind := clone(b)
			mask(&blind)
			knows := floored(checked(t, blind))
			if knows.Least > knew.Least || knows.Most < knew.Most {
				t.Fatalf("without %s %v became %v:\n%s", name, knew, knows, describe(b))
			}
		}
	})
}

func TestALostLinkNeverImprovesAMargin(t *testing.T) {
	t.Parallel()
	everyBond(func(b Bond) {
		was := checked(t, b)
		for i := range b.Members {
			worse := clone(b)
			worse.Members[i].Flags = FlagUp
			is := checked(t, worse)
			was.Serving, is.Serving = redundancy.Unread, redundancy.Unread // what is proved by then is another matter
			if w, i := floored(was), floored(is); i.Least > w.Least || i.Most > w.Most {
				t.Fatalf("with %s cut %v became %v:\n%s", worse.Members[0].Name, w, i, describe(worse))
			}
		}
	})
}

// floored is g's margin with all that is below zero as one: unmet is unmet.
func floored(g redundancy.Group) redundancy.Margin {
	m := g.Margin()
	m.Least, m.Most = max(m.Least, -1), max(m.Most, -1)
	return m
}

func describe(b Bond) string {
	out := fmt.Sprintf("%s active %v aggregator %v min_links %v miimon %v\n", b.Mode.Value, b.Active, b.Aggregator, b.MinLinks, b.MIIMon)
	for _, m := range b.Members {
		out += fmt.Sprintf("%s %s mii %s role %s aggregator %v actor %s\n", m.Name, m.Flags, m.MII.Value, m.Role.Value, m.Aggregator, m.Actor.Value)
	}
	return out
}
