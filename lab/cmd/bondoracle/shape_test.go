package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
)

func TestEveryShapeHasANameOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, s := range shapes() {
		if seen[s.String()] {
			t.Errorf("%s: there are two", s)
		}
		seen[s.String()] = true
	}
}

func TestEveryModeIsAmongTheMostTellingShapes(t *testing.T) {
	t.Parallel()
	got := make(map[netlink.BondMode]bool)
	for _, s := range shapes() {
		if s.telling {
			got[s.mode] = true
		}
	}
	want := make(map[netlink.BondMode]bool)
	for mode := range netlink.BOND_MODE_UNKNOWN {
		want[mode] = true
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("modes (-want +got):\n%s", d)
	}
}

func TestAFailureHelpsWhereItMakesTheBondMoveToAPartnerWithEnough(t *testing.T) {
	t.Parallel()
	const stable, bandwidth = netlink.BOND_AD_SELECT_STABLE, netlink.BOND_AD_SELECT_BANDWIDTH
	for _, c := range []struct {
		ports      []int
		by         netlink.BondAdSelect
		gone, more subset
		want       bool
	}{
		{[]int{2, 2}, stable, 0, 0b0011, true},
		{[]int{2, 2}, stable, 0b0001, 0b0010, true},
		{[]int{2, 2}, stable, 0b0011, 0b0100, false}, // it has moved before
		{[]int{2, 2}, stable, 0b0001, 0b0110, false},
		{[]int{2, 2}, stable, 0, 0b0001, false},
		{[]int{3, 1}, stable, 0, 0b0111, false},
		{[]int{2, 2}, bandwidth, 0, 0b0011, false},
	} {
		s := shape{mode: netlink.BOND_MODE_802_3AD, ports: c.ports, minLinks: 2, selectBy: c.by}
		if got := s.helps(c.gone, c.more); got != c.want {
			t.Errorf("%s: %s on top of %s: %t", s, c.more, c.gone, got)
		}
	}
}

func TestOnlyBandwidthMayLeadToAPartnerThatIsShort(t *testing.T) {
	t.Parallel()
	for _, s := range shapes() {
		want := s.String() == "802.3ad 3+1 min_links 2 ad_select bandwidth"
		if got := s.outweighs(); got != want {
			t.Errorf("%s: %t", s, got)
		}
	}
}

func TestFullMarginsOfTwoPartners(t *testing.T) {
	t.Parallel()
	const stable, bandwidth = netlink.BOND_AD_SELECT_STABLE, netlink.BOND_AD_SELECT_BANDWIDTH
	for _, c := range []struct {
		ports    []int
		minLinks int
		by       netlink.BondAdSelect
		want     int
	}{
		{[]int{2, 2}, 0, stable, 3},
		{[]int{2, 2}, 2, bandwidth, 1},
		{[]int{2, 2}, 2, stable, 0},
		{[]int{3, 1}, 2, bandwidth, 1},
		{[]int{3}, 2, stable, 1},
	} {
		s := shape{mode: netlink.BOND_MODE_802_3AD, ports: c.ports, minLinks: c.minLinks, selectBy: c.by}
		if got := s.fullMargin(); got != c.want {
			t.Errorf("%s: %d, want %d", s, got, c.want)
		}
	}
}
