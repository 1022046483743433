package netbond

import (
	"testing"

	"github.com/vishvananda/netlink"

	"plimsoll/redundancy"
)

// lag makes an 802.3ad bond that expects to hear of its partner every second, altered by change.
func (s *stage) lag(name string, change func(*netlink.Bond)) *netlink.Bond {
	s.t.Helper()
	return s.bond(name, func(b *netlink.Bond) {
		b.Mode, b.LacpRate = netlink.BOND_MODE_802_3AD, netlink.BOND_LACP_RATE_FAST
		if change != nil {
			change(b)
		}
	})
}

func TestRealLAGMissesAPortWithoutPartner(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	b, partner := s.lag("bond0", nil), s.lag("switch", nil)
	cable(t, "near0", "far0")
	cable(t, "near1", "far1")
	s.enslave(b, "near0", "near1")
	s.enslave(partner, "far0", "far1")
	full := shown{
		redundancy.FullyRedundant, whole(1), redundancy.Yes,
		states{"near0": redundancy.Enabled, "near1": redundancy.Enabled},
		nil,
	}
	s.await("lacp whole", "bond0", full)
	s.must(netlink.LinkSetNoMaster(s.link("far1")))
	s.up("far1")
	s.await("lacp one port without partner", "bond0", shown{
		redundancy.Lost,
		redundancy.Margin{Least: 0, Most: 0, Full: 1},
		redundancy.Yes,
		states{"near0": redundancy.Enabled, "near1": redundancy.Disabled},
		nil,
	})
	s.must(netlink.LinkSetNoMaster(s.link("far0")))
	s.up("far0")
	s.await("lacp no partner", "bond0", shown{
		redundancy.StatusUnknown,
		redundancy.Margin{Least: -1, Most: 0, Full: 1},
		redundancy.Unread,
		states{"near0": redundancy.Enabled, "near1": redundancy.Disabled},
		[]string{WarnNoPartner},
	})
}

func TestRealLAGWithTwoPartnersMovesFromOneToTheOther(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	b, one, other := s.lag("bond0", nil), s.lag("switch0", nil), s.lag("switch1", nil)
	cable(t, "near0", "far0")
	cable(t, "near1", "far1")
	s.enslave(b, "near0", "near1")
	s.enslave(one, "far0")
	s.await("lacp one of two partners", "bond0", shown{
		redundancy.Lost, between(0, 0, 1), redundancy.Yes,
		states{"near0": redundancy.Enabled, "near1": redundancy.Disabled},
		nil,
	})
	s.enslave(other, "far1")
	s.await("lacp two partners", "bond0", shown{
		redundancy.FullyRedundant, whole(1), redundancy.Yes,
		states{"near0": redundancy.Enabled, "near1": redundancy.Standby},
		nil,
	})
	s.down("far0")
	s.await("lacp two partners one cut", "bond0", shown{
		redundancy.Lost, between(0, 0, 1), redundancy.Yes,
		states{"near0": redundancy.Disabled, "near1": redundancy.Enabled},
		nil,
	})
	s.up("far0")
	s.await("lacp two partners back", "bond0", shown{
		redundancy.FullyRedundant, whole(1), redundancy.Yes,
		states{"near0": redundancy.Standby, "near1": redundancy.Enabled},
		nil,
	})
}

// TestRealLAGMovesBelowMinLinksUnlessItIsStable gives a bond of four two partners with two ports each. It wants two ports,
// and loses one of those in use.
func TestRealLAGMovesBelowMinLinksUnlessItIsStable(t *testing.T) {
	t.Parallel()
	on, by, off := redundancy.Enabled, redundancy.Standby, redundancy.Disabled
	twoOfTwo := states{"near0": on, "near1": on, "near2": by, "near3": by}
	for name, tc := range map[string]struct {
		choose     netlink.BondAdSelect
		whole, cut shown
	}{
		"stable": {
			netlink.BOND_AD_SELECT_STABLE,
			shown{redundancy.NotRedundant, whole(0), redundancy.Yes, twoOfTwo, nil},
			shown{redundancy.Failed, between(-1, -1, 0), redundancy.No, states{"near0": off, "near1": on, "near2": by, "near3": by}, nil},
		},
		"bandwidth": {
			netlink.BOND_AD_SELECT_BANDWIDTH,
			shown{redundancy.FullyRedundant, whole(1), redundancy.Yes, twoOfTwo, nil},
			shown{redundancy.Lost, between(0, 0, 1), redundancy.Yes, states{"near0": off, "near1": by, "near2": on, "near3": on}, nil},
		},
		"count": {
			netlink.BOND_AD_SELECT_COUNT,
			shown{redundancy.FullyRedundant, whole(1), redundancy.Yes, twoOfTwo, nil},
			shown{redundancy.Lost, between(0, 0, 1), redundancy.Yes, states{"near0": off, "near1": by, "near2": on, "near3": on}, nil},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			b := s.lag("bond0", func(b *netlink.Bond) { b.MinLinks, b.AdSelect = 2, tc.choose })
			one, other := s.lag("switch0", nil), s.lag("switch1", nil)
			for _, n := range []string{"0", "1", "2", "3"} {
				cable(t, "near"+n, "far"+n)
			}
			s.enslave(b, "near0", "near1", "near2", "near3")
			s.enslave(one, "far0", "far1")
			s.await("lacp min_links "+name+" one partner", "bond0", shown{
				redundancy.Lost, between(0, 0, 2), redundancy.Yes,
				states{"near0": on, "near1": on, "near2": off, "near3": off},
				nil,
			})
			s.enslave(other, "far2", "far3")
			s.await("lacp min_links "+name+" two partners", "bond0", tc.whole)
			s.down("far0")
			s.await("lacp min_links "+name+" one port cut", "bond0", tc.cut)
		})
	}
}
