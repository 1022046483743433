package main

import (
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/vishvananda/netlink"

	"plimsoll/netbond"
)

// bondName is the bond that is asked about; it is alone in its namespace.
const bondName = "bond0"

// What the kernel is set to. The monitor's interval is short, so that little time is spent waiting for it; ARP's is long
// enough for an answer from a busy emulated machine.
const (
	miimon      = 100 // milliseconds
	arpInterval = 500 // milliseconds
)

func here() net.IP  { return net.IPv4(10, 9, 0, 1) }
func there() net.IP { return net.IPv4(10, 9, 0, 2) }

// near and far are the ends of link i; partner is what the ports of group p are in, if not the bridge.
func near(i int) string    { return fmt.Sprintf("near%d", i) }
func far(i int) string     { return fmt.Sprintf("far%d", i) }
func partner(p int) string { return fmt.Sprintf("partner%d", p) }

// lan is the bridge that is the network behind partners, or the switch itself.
const lan = "lan"

// world is one shape, made.
type world struct {
	shape     shape
	near, far *place
	masters   []string // by link, what its far end is in
	echo      *echo
	dump      netbond.Dump
	gone      subset // what is away now
}

// newWorld makes the bond, the partners and the cables between them, and somebody beyond who answers. Every link is still
// away.
func newWorld(s shape) (*world, error) {
	w := &world{shape: s, dump: netbond.FromKernel()}
	if err := w.make(); err != nil {
		w.end()
		return nil, fmt.Errorf("make %s: %w", s, err)
	}
	return w, nil
}

func (w *world) make() (err error) {
	if w.near, err = newPlace(); err != nil {
		return err
	}
	if w.far, err = newPlace(); err != nil {
		return err
	}
	for _, step := range []struct {
		at *place
		do func() error
	}{{w.far, w.makePartners}, {w.near, w.makeBond}, {w.far, w.plugIn}} {
		if err := step.at.do(step.do); err != nil {
			return err
		}
	}
	w.echo, err = newEcho(w.near, w.far)
	return err
}

func (w *world) end() {
	if w.echo != nil {
		w.echo.close()
	}
	for _, p := range []*place{w.near, w.far} {
		if p != nil {
			// A namespace lives as long as a socket of it, and would go on looking after its bonds.
			_ = p.do(removeLinks)
			p.leave()
		}
	}
}

// removeLinks removes all links but those that every namespace has.
func removeLinks() error {
	links, err := netlink.LinkList()
	for _, l := range links {
		err = errors.Join(err, netlink.LinkDel(l)) // of a pair the second is gone by then, and lo stays
	}
	return err
}

// makePartners makes what the mode of the bond must be plugged into: for modes that need no help of the switch a bridge, for
// LACP partners that speak it, for the rest a group of ports without a protocol.
func (w *world) makePartners() error {
	var mode netlink.BondMode
	switch w.shape.mode {
	case netlink.BOND_MODE_802_3AD:
		mode = netlink.BOND_MODE_802_3AD
	case netlink.BOND_MODE_BALANCE_RR, netlink.BOND_MODE_BALANCE_XOR, netlink.BOND_MODE_BROADCAST:
		mode = netlink.BOND_MODE_BALANCE_XOR
	case netlink.BOND_MODE_ACTIVE_BACKUP, netlink.BOND_MODE_BALANCE_TLB, netlink.BOND_MODE_BALANCE_ALB, netlink.BOND_MODE_UNKNOWN:
		mode = netlink.BOND_MODE_UNKNOWN
	}
	// A bridge takes on the least address of its ports, and would change it as they come and go.
	bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: lan, HardwareAddr: net.HardwareAddr{2, 0, 0, 0, 0, 0x0b}}}
	if err := netlink.LinkAdd(bridge); err != nil {
		return err
	}
	for p, n := range w.shape.ports {
		master := lan
		if mode != netlink.BOND_MODE_UNKNOWN {
			master = partner(p)
			b := newBond(master, mode)
			if err := errors.Join(netlink.LinkAdd(b), enslave(master, lan), setUp(master)); err != nil {
				return err
			}
		}
		for range n {
			w.masters = append(w.masters, master)
		}
	}
	return errors.Join(answerOnly(), setUp("lo", lan), address(lan, there()))
}

// answerOnly lets ARP be answered only where the address is, so that a port that has left the bridge is mute indeed.
func answerOnly() error {
	return os.WriteFile("/proc/sys/net/ipv4/conf/all/arp_ignore", []byte("1"), 0)
}

// newBond is a bond that watches its links, and spreads flows between the same two hosts over them.
func newBond(name string, mode netlink.BondMode) *netlink.Bond {
	b := netlink.NewLinkBond(netlink.LinkAttrs{Name: name})
	b.Mode, b.Miimon = mode, miimon
	switch mode {
	case netlink.BOND_MODE_802_3AD:
		b.LacpRate, b.XmitHashPolicy = netlink.BOND_LACP_RATE_FAST, netlink.BOND_XMIT_HASH_POLICY_LAYER3_4
	case netlink.BOND_MODE_BALANCE_XOR:
		b.XmitHashPolicy = netlink.BOND_XMIT_HASH_POLICY_LAYER3_4
	case netlink.BOND_MODE_BALANCE_RR, netlink.BOND_MODE_ACTIVE_BACKUP, netlink.BOND_MODE_BROADCAST,
		netlink.BOND_MODE_BALANCE_TLB, netlink.BOND_MODE_BALANCE_ALB, netlink.BOND_MODE_UNKNOWN:
	}
	return b
}

func (w *world) makeBond() error {
	b := newBond(bondName, w.shape.mode)
	b.MinLinks = w.shape.minLinks
	if b.Mode == netlink.BOND_MODE_802_3AD {
		b.AdSelect = w.shape.selectBy
	}
	switch w.shape.watch {
	case byMII:
	case byARP:
		b.Miimon, b.ArpInterval, b.ArpIpTargets = -1, arpInterval, []net.IP{there()}
	case byNothing:
		b.Miimon = 0
	}
	if err := netlink.LinkAdd(b); err != nil {
		return err
	}
	for i := range w.shape.links() {
		cable := netlink.NewVeth(netlink.LinkAttrs{Name: near(i)})
		cable.PeerName, cable.PeerNamespace = far(i), netlink.NsFd(int(w.far.fd.Fd()))
		if err := errors.Join(netlink.LinkAdd(cable), enslave(near(i), bondName)); err != nil {
			return err
		}
	}
	return errors.Join(setUp(bondName), address(bondName, here()))
}

// plugIn leads every link to its partner; all are away until they are brought back.
func (w *world) plugIn() error {
	w.gone = w.shape.all()
	var errs []error
	for i, master := range w.masters {
		errs = append(errs, enslave(far(i), master), setDown(far(i))) // bonding sets up what it takes in
	}
	return errors.Join(errs...)
}

// without takes these links away, and brings all others back.
func (w *world) without(gone subset) error {
	return w.far.do(func() error {
		for _, i := range (gone &^ w.gone).members() {
			if err := w.takeAway(i); err != nil {
				return fmt.Errorf("take %s away: %w", near(i), err)
			}
		}
		for _, i := range (w.gone &^ gone).members() {
			if err := w.bringBack(i); err != nil {
				return fmt.Errorf("bring %s back: %w", near(i), err)
			}
		}
		w.gone = gone
		return nil
	})
}

func (w *world) takeAway(i int) error {
	switch w.shape.fault {
	case cut:
		return setDown(far(i))
	case mute:
		// Bonding sets a port down that it lets go.
		return errors.Join(enslave(far(i), ""), setUp(far(i)))
	default:
		return os.ErrInvalid
	}
}

func (w *world) bringBack(i int) error {
	if w.shape.fault == mute {
		if err := errors.Join(setDown(far(i)), enslave(far(i), w.masters[i])); err != nil {
			return err
		}
	}
	return setUp(far(i))
}

// The least of what ip(8) does, in the namespace of the thread.

func setUp(names ...string) error {
	for _, name := range names {
		l, err := netlink.LinkByName(name)
		if err == nil {
			err = netlink.LinkSetUp(l)
		}
		if err != nil {
			return fmt.Errorf("set %s up: %w", name, err)
		}
	}
	return nil
}

func setDown(name string) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return netlink.LinkSetDown(l)
}

// enslave puts a link into another, or with no other out of the one it is in.
func enslave(name, master string) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	if master == "" {
		return netlink.LinkSetNoMaster(l)
	}
	m, err := netlink.LinkByName(master)
	if err == nil {
		err = netlink.LinkSetMaster(l, m)
	}
	if err != nil {
		return fmt.Errorf("put %s into %s: %w", name, master, err)
	}
	return nil
}

func address(name string, ip net.IP) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return netlink.AddrAdd(l, &netlink.Addr{IPNet: &net.IPNet{IP: ip, Mask: net.CIDRMask(24, 32)}})
}
