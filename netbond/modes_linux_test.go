package netbond

import (
	"fmt"
	"net"
	"os"
	"slices"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"plimsoll/redundancy"
)

func TestRealBondOfEveryModeLosesItsLinks(t *testing.T) {
	t.Parallel()
	for _, mode := range []netlink.BondMode{
		netlink.BOND_MODE_BALANCE_RR, netlink.BOND_MODE_ACTIVE_BACKUP, netlink.BOND_MODE_BALANCE_XOR, netlink.BOND_MODE_BROADCAST,
		netlink.BOND_MODE_BALANCE_TLB, netlink.BOND_MODE_BALANCE_ALB,
	} {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			b := s.bond("bond0", func(b *netlink.Bond) { b.Mode = mode })
			cable(t, "near0", "far0")
			cable(t, "near1", "far1")
			s.enslave(b, "near0", "near1")
			s.up("far0")
			on, other, off := redundancy.Enabled, redundancy.Enabled, redundancy.Disabled
			if mode == netlink.BOND_MODE_ACTIVE_BACKUP {
				other = redundancy.Standby
			}
			one := shown{redundancy.Lost, between(0, 0, 1), redundancy.Yes, states{"near0": on, "near1": off}, nil}
			s.await(mode.String()+" one link", "bond0", one)
			s.up("far1")
			s.await(mode.String()+" whole", "bond0", shown{
				redundancy.FullyRedundant, whole(1), redundancy.Yes, states{"near0": on, "near1": other}, nil,
			})
			s.down("far1")
			s.await(mode.String()+" one link", "bond0", one)
			s.down("far0")
			s.await(mode.String()+" no link", "bond0", shown{
				redundancy.Failed, between(-1, -1, 1), redundancy.No, states{"near0": off, "near1": off}, nil,
			})
		})
	}
}

// abroad is another network namespace.
type abroad struct {
	t          *testing.T
	home, away int
}

func (s *stage) abroad() *abroad {
	s.t.Helper()
	a := &abroad{t: s.t, home: ownNamespace(s.t)}
	s.must(unix.Unshare(unix.CLONE_NEWNET))
	a.away = ownNamespace(s.t)
	s.must(unix.Setns(a.home, unix.CLONE_NEWNET))
	return a
}

// ownNamespace is a descriptor of the network namespace of the calling goroutine's thread.
func ownNamespace(t *testing.T) int {
	t.Helper()
	f, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return int(f.Fd())
}

// do calls what there.
func (a *abroad) do(what func()) {
	a.t.Helper()
	if err := unix.Setns(a.away, unix.CLONE_NEWNET); err != nil {
		a.t.Fatal(err)
	}
	what()
	if err := unix.Setns(a.home, unix.CLONE_NEWNET); err != nil {
		a.t.Fatal(err)
	}
}

func (s *stage) address(link, cidr string) {
	s.t.Helper()
	ip, network, err := net.ParseCIDR(cidr)
	s.must(err)
	s.must(netlink.AddrAdd(s.link(link), &netlink.Addr{IPNet: &net.IPNet{IP: ip, Mask: network.Mask}}))
}

// TestRealARPMonitoringSeesADeadPathBehindALiveLink watches by ARP alone. Both cables end in a bridge, where the target is;
// one is taken out of it, and its link stays.
func TestRealARPMonitoringSeesADeadPathBehindALiveLink(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	b := s.bond("bond0", func(b *netlink.Bond) {
		b.Miimon, b.ArpInterval, b.ArpIpTargets = 0, 100, []net.IP{net.IPv4(192, 0, 2, 2)}
	})
	cable(t, "near0", "far0")
	cable(t, "near1", "far1")
	away := s.abroad()
	for _, far := range []string{"far0", "far1"} {
		s.must(netlink.LinkSetNsFd(s.link(far), away.away))
	}
	away.do(func() { // a host answers for all its addresses on every link, and a bridge answers for none but its own
		s.must(os.WriteFile("/proc/sys/net/ipv4/conf/all/arp_ignore", []byte("1"), 0o644))
		attrs := netlink.NewLinkAttrs()
		attrs.Name = "bridge"
		bridge := &netlink.Bridge{LinkAttrs: attrs}
		s.must(netlink.LinkAdd(bridge))
		for _, far := range []string{"far0", "far1"} {
			s.must(netlink.LinkSetMaster(s.link(far), bridge))
		}
		s.address("bridge", "192.0.2.2/24")
		s.up("far0", "far1", "bridge")
	})
	s.enslave(b, "near0", "near1")
	s.address("bond0", "192.0.2.1/24")
	s.await("arp monitoring whole", "bond0", shown{
		redundancy.FullyRedundant, whole(1), redundancy.Yes,
		states{"near0": redundancy.Enabled, "near1": redundancy.Standby},
		nil,
	})
	away.do(func() { s.must(netlink.LinkSetNoMaster(s.link("far0"))) })
	s.await("arp monitoring dead path", "bond0", shown{
		redundancy.Lost, between(0, 0, 1), redundancy.Yes,
		states{"near0": redundancy.Disabled, "near1": redundancy.Enabled},
		nil,
	})
}

func TestRealMemberThatMovesToAnotherNamespaceIsNamed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	b := s.bond("bond0", nil)
	cable(t, "near0", "far0")
	cable(t, "near1", "far1")
	s.enslave(b, "near0", "near1")
	s.up("far0", "far1")
	s.await("moved", "bond0", shown{
		redundancy.FullyRedundant, whole(1), redundancy.Yes,
		states{"near0": redundancy.Enabled, "near1": redundancy.Standby},
		nil,
	})
	s.must(netlink.LinkSetNsFd(s.link("near1"), s.abroad().away))
	s.await("active-backup member moved to another namespace", "bond0", shown{
		redundancy.NotRedundant, whole(0), redundancy.Yes,
		states{"near0": redundancy.Enabled},
		[]string{WarnSingleMember},
	})
	want := "near1 has been moved to another network namespace: bond0 is without it"
	s.awaitNote(want)
}

// awaitNote looks at every hint until a look brings the note.
func (s *stage) awaitNote(want string) {
	s.t.Helper()
	for {
		o, err := s.bonds.Collect(s.t.Context())
		s.must(err)
		if slices.Contains(o.Notes, want) {
			return
		}
		awaitPoke(s.t, s.hints, fmt.Sprintf("while the notes were %q", o.Notes))
	}
}
