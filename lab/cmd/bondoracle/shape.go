package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
)

// shape is one bond and what its links lead to.
type shape struct {
	mode     netlink.BondMode
	ports    []int // how many links lead to each partner
	minLinks int
	selectBy netlink.BondAdSelect
	watch    watch
	fault    fault
	telling  bool // part of the short form
}

// watch is how the bond watches its links.
type watch int

const (
	byMII watch = iota
	byARP
	byNothing
)

// fault is how a link is taken away.
type fault int

const (
	cut  fault = iota // the cable is pulled: no carrier
	mute              // the port leaves its partner's group, or the bridge; the carrier stays
)

// links is how many links the bond has.
func (s shape) links() int {
	n := 0
	for _, p := range s.ports {
		n += p
	}
	return n
}

// String names the shape by all that sets it apart.
func (s shape) String() string {
	ports := make([]string, len(s.ports))
	for i, p := range s.ports {
		ports[i] = strconv.Itoa(p)
	}
	name := s.mode.String() + " " + strings.Join(ports, "+")
	lacp := s.mode == netlink.BOND_MODE_802_3AD
	if lacp || s.minLinks > 0 {
		name += fmt.Sprintf(" min_links %d", s.minLinks)
	}
	if lacp {
		name += fmt.Sprintf(" ad_select %s", s.selectBy)
	}
	switch s.watch {
	case byMII:
	case byARP:
		name += " watched by ARP"
	case byNothing:
		name += " unwatched"
	}
	if s.fault == mute {
		name += ", ports go mute"
	}
	return name
}

// mayBeOpen says whether the kernel tells so little of this shape without these links that the answer may be left open: of
// an unwatched bond it doesn't tell which links it still uses in vain, of one that goes by bandwidth, by which port an
// aggregator is weighed, and of one that speaks LACP with nobody, whether its one port reaches anything.
func (s shape) mayBeOpen(gone subset) bool {
	return s.watch == byNothing || s.outweighs() || s.fault == mute && s.mode == netlink.BOND_MODE_802_3AD && gone == s.all()
}

// pathMatters says whether what is left depends on what failed first: the bond stays with an aggregator that falls short of
// min_links, and so on which one it is.
func (s shape) pathMatters() bool {
	return len(s.ports) > 1 && s.minLinks > 1 && s.selectBy == netlink.BOND_AD_SELECT_STABLE
}

// outweighs says whether the bond may go to a partner that is short of ports though another has enough: an aggregator weighs
// nothing while the first port on its list is down.
func (s shape) outweighs() bool {
	if s.selectBy != netlink.BOND_AD_SELECT_BANDWIDTH || s.minLinks < 2 || len(s.ports) < 2 {
		return false
	}
	return slices.ContainsFunc(s.ports, func(n int) bool { return n > s.minLinks })
}

// helps says whether taking more away, on top of what is gone, makes a bond move that stayed with its first partner: once the
// last port of that one is down it goes to the next, which may have as many as it needs. A failure that helps is one that
// nobody counts on: no verdict gets better by a failure more, so what-if says Failed.
func (s shape) helps(gone, more subset) bool {
	first := s.first()
	if !s.pathMatters() || s.fault != cut || gone&first == first || (gone|more)&first != first {
		return false
	}
	at := s.ports[0]
	for _, n := range s.ports[1:] {
		next := subset(1<<n-1) << at
		if n-len(((gone|more)&next).members()) >= s.minLinks {
			return true
		}
		at += n
	}
	return false
}

// fullMargin is how many links may fail while all are there: of those that each can do alone all but one, and of partners as
// many as it takes to leave each with too few links. A bond that stays with a partner has only that one's, which is the
// first that it met.
func (s shape) fullMargin() int {
	if s.mode != netlink.BOND_MODE_802_3AD {
		return s.links() - 1
	}
	needed := max(1, s.minLinks)
	if s.pathMatters() {
		return s.ports[0] - needed
	}
	margin := -1
	for _, p := range s.ports {
		margin += max(0, p-needed+1)
	}
	return margin
}

// settle is how long the kernel may take over a change before traffic is asked: a few rounds of its monitor, and in LACP the
// two times three seconds after which a port without a partner goes by defaults.
func (s shape) settle() time.Duration {
	switch {
	case s.mode == netlink.BOND_MODE_802_3AD && s.fault == mute:
		return 8 * time.Second
	case s.watch == byARP:
		return 3 * time.Second
	default:
		return time.Second
	}
}

// all is the subset of all links.
func (s shape) all() subset { return 1<<s.links() - 1 }

// first is the subset of the links that lead to the first partner.
func (s shape) first() subset { return 1<<s.ports[0] - 1 }

// subset is a set of links, by their numbers as bits.
type subset uint

func (s subset) has(i int) bool { return s&(1<<i) != 0 }

// members are the numbers of the links in the subset.
func (s subset) members() []int {
	var out []int
	for i := 0; s>>i != 0; i++ {
		if s.has(i) {
			out = append(out, i)
		}
	}
	return out
}

func (s subset) String() string {
	var out []string
	for _, i := range s.members() {
		out = append(out, near(i))
	}
	if out == nil {
		return "nothing"
	}
	return strings.Join(out, " ")
}

// shapes are all that are tried, long ones first so that none is left alone at the end.
func shapes() []shape {
	all := lacpShapes()
	for _, mode := range []netlink.BondMode{
		netlink.BOND_MODE_BALANCE_RR, netlink.BOND_MODE_ACTIVE_BACKUP, netlink.BOND_MODE_BALANCE_XOR,
		netlink.BOND_MODE_BROADCAST, netlink.BOND_MODE_BALANCE_TLB, netlink.BOND_MODE_BALANCE_ALB,
	} {
		for n := 4; n >= 2; n-- {
			all = append(all, shape{mode: mode, ports: []int{n}, telling: n == 2})
		}
		all = append(all, shape{mode: mode, ports: []int{2}, watch: byNothing, telling: mode == netlink.BOND_MODE_ACTIVE_BACKUP})
	}
	for n := 3; n >= 2; n-- {
		for _, f := range []fault{cut, mute} {
			all = append(all, shape{mode: netlink.BOND_MODE_ACTIVE_BACKUP, ports: []int{n}, watch: byARP, fault: f, telling: n == 2})
		}
	}
	// min_links is 802.3ad's alone: the kernel keeps the number and makes nothing of it.
	return append(all, shape{mode: netlink.BOND_MODE_BALANCE_XOR, ports: []int{3}, minLinks: 2, telling: true})
}

func lacpShapes() []shape {
	const stable, bandwidth, count = netlink.BOND_AD_SELECT_STABLE, netlink.BOND_AD_SELECT_BANDWIDTH, netlink.BOND_AD_SELECT_COUNT
	var all []shape
	add := func(min int, by netlink.BondAdSelect, f fault, ports ...int) {
		s := shape{mode: netlink.BOND_MODE_802_3AD, ports: ports, minLinks: min, selectBy: by, fault: f}
		// Those whose path matters are made anew for every subset, which takes minutes; so does going mute.
		cuts := f == cut && s.links() == 3 && min%2 == 0 && !s.pathMatters()
		mutes := f == mute && s.links() == 2
		s.telling = cuts || mutes
		all = append(all, s)
	}
	for _, by := range []netlink.BondAdSelect{stable, bandwidth} {
		for _, min := range []int{0, 2} {
			add(min, by, cut, 2, 2)
			add(min, by, cut, 3, 1)
			add(min, by, mute, 2, 1)
			add(min, by, cut, 2, 1)
		}
		add(0, by, cut, 1, 1)
		add(0, by, mute, 1, 1)
	}
	// Where links are equally fast, the count decides as the bandwidth does.
	for _, min := range []int{0, 2} {
		add(min, count, cut, 3, 1)
	}
	for _, min := range []int{0, 1, 2, 3} {
		for n := 4; n >= max(2, min); n-- {
			add(min, stable, cut, n)
		}
		add(min, stable, mute, 3)
	}
	add(0, stable, mute, 2)
	return all
}
