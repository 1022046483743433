package netbond

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"slices"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// kindBond is the kind of a bond's link, and of what makes a link its member.
const kindBond = "bond"

// IFLA_BOND_SLAVE_AD_CHURN_ACTOR_STATE and …_PARTNER_STATE, which kernels tell of late; before, only the report did.
const (
	churnActor   = 11
	churnPartner = 12
)

var errShort = errors.New("shorter than struct ifinfomsg")

// attribute is one netlink attribute.
type attribute struct {
	kind uint16
	data []byte
}

const (
	attrHeader   = 4
	attrKindMask = 0x3fff // without NLA_F_NESTED and NLA_F_NET_BYTEORDER
)

// attributes cuts b into attributes and says whether all of b was. The last one may be cut short: what is left of it counts,
// since it may hold others.
func attributes(b []byte) (list []attribute, whole bool) {
	for len(b) >= attrHeader {
		size := int(binary.NativeEndian.Uint16(b))
		if size < attrHeader {
			return list, false
		}
		kind := binary.NativeEndian.Uint16(b[2:]) & attrKindMask
		if size > len(b) {
			return append(list, attribute{kind, b[attrHeader:]}), false
		}
		list = append(list, attribute{kind, b[attrHeader:size]})
		b = b[min(aligned(size), len(b)):]
	}
	return list, len(b) == 0
}

// aligned is n rounded up to netlink's alignment of four bytes.
func aligned(n int) int { return (n + 3) &^ 3 }

// link is one RTM_NEWLINK message, before it is known to be a bond or a member.
type link struct {
	index      int32
	name       string
	flags      LinkFlags
	master     Reading[uint32]
	oper       Reading[uint8]
	address    Reading[string]
	permanent  Reading[string]
	kind       string // of the link itself
	memberKind string // of what it is a member of
	data       []attribute
	memberData []attribute
	moved      bool // it is leaving for another network namespace
	broken     bool // some of it could not be cut into attributes
}

// bondIndex is the bond that l is, or is a member of, and false where it is neither, or where the master is unread.
func (l *link) bondIndex() (index int32, ok bool) {
	if l.kind == kindBond {
		return l.index, true
	}
	return int32(l.master.Value), l.memberKind == kindBond && l.master.Known
}

func parseLink(b []byte) (link, error) {
	if len(b) < unix.SizeofIfInfomsg {
		return link{}, errShort
	}
	l := link{
		index: int32(binary.NativeEndian.Uint32(b[4:])),
		flags: LinkFlags(binary.NativeEndian.Uint32(b[8:])),
	}
	l.name = fmt.Sprintf("if%d", l.index)
	list, whole := attributes(b[unix.SizeofIfInfomsg:])
	l.broken = !whole
	for _, a := range list {
		switch a.kind {
		case unix.IFLA_IFNAME:
			if name := text(a.data); len(name) < len(a.data) { // closed by a zero, so it is not cut
				l.name = name
			}
		case unix.IFLA_MASTER:
			l.master = read32(a.data)
		case unix.IFLA_OPERSTATE:
			l.oper = read8(a.data)
		case unix.IFLA_ADDRESS:
			l.address = readAddress(a.data)
		case unix.IFLA_PERM_ADDRESS:
			l.permanent = readAddress(a.data)
		case unix.IFLA_NEW_NETNSID: // only in the message with which it leaves this one
			l.moved = true
		case unix.IFLA_LINKINFO:
			l.parseInfo(a.data)
		}
	}
	return l, nil
}

func (l *link) parseInfo(b []byte) {
	list, whole := attributes(b)
	l.broken = l.broken || !whole
	for _, a := range list {
		switch a.kind {
		case nl.IFLA_INFO_KIND:
			l.kind = text(a.data)
		case nl.IFLA_INFO_SLAVE_KIND:
			l.memberKind = text(a.data)
		case nl.IFLA_INFO_DATA:
			l.data, whole = attributes(a.data)
			l.broken = l.broken || !whole
		case nl.IFLA_INFO_SLAVE_DATA:
			l.memberData, whole = attributes(a.data)
			l.broken = l.broken || !whole
		}
	}
}

// Parse makes bonds of a dump, sorted by name. Links that are neither bond nor member are left out; notes name messages
// that could not be read in full. It never fails: a value that is not as it should be is unread, and nothing else changes.
func Parse(dump [][]byte) (bonds []Bond, notes []string) {
	at := map[int32]int{}
	var members []link
	for _, b := range dump {
		l, err := parseLink(b)
		if err != nil {
			notes = append(notes, fmt.Sprintf("a link's message of %d bytes: %v", len(b), err))
			continue
		}
		if l.broken {
			notes = append(notes, fmt.Sprintf("%s: the kernel's message is cut short; what is missing counts as unread", l.name))
		}
		if _, again := at[l.index]; l.kind == kindBond && !again {
			at[l.index] = len(bonds)
			bonds = append(bonds, l.bond())
		}
		if l.memberKind == kindBond {
			members = append(members, l)
		}
	}
	for _, l := range members {
		if !l.master.Known {
			notes = append(notes, l.name+": IFLA_MASTER is unread: it is not known which bond it belongs to")
			continue
		}
		if i, ok := at[int32(l.master.Value)]; ok {
			bonds[i].add(l.member())
		}
	}
	for _, b := range bonds {
		slices.SortFunc(b.Members, func(x, y Member) int { return cmp.Compare(x.Name, y.Name) })
	}
	slices.SortFunc(bonds, func(x, y Bond) int { return cmp.Compare(x.Name, y.Name) })
	return bonds, notes
}

// add appends m unless a dump told it twice.
func (b *Bond) add(m Member) {
	if !slices.ContainsFunc(b.Members, func(have Member) bool { return have.Index == m.Index }) {
		b.Members = append(b.Members, m)
	}
}

func (l *link) bond() Bond {
	b := Bond{Index: l.index, Name: l.name, Address: l.address, Flags: l.flags, OperState: l.oper}
	for _, a := range l.data {
		switch a.kind {
		case nl.IFLA_BOND_MODE:
			b.Mode = numbered(read8(a.data), ModeUnknown, modeWords)
		case nl.IFLA_BOND_ACTIVE_SLAVE:
			b.Active = read32(a.data)
		case nl.IFLA_BOND_PRIMARY:
			b.Primary = read32(a.data)
		case nl.IFLA_BOND_PRIMARY_RESELECT:
			b.PrimaryReselect = read8(a.data)
		case nl.IFLA_BOND_FAIL_OVER_MAC:
			b.FailOverMAC = read8(a.data)
		case nl.IFLA_BOND_MIIMON:
			b.MIIMon = read32(a.data)
		case nl.IFLA_BOND_ARP_INTERVAL:
			b.ARPInterval = read32(a.data)
		case nl.IFLA_BOND_UPDELAY:
			b.UpDelay = read32(a.data)
		case nl.IFLA_BOND_DOWNDELAY:
			b.DownDelay = read32(a.data)
		case nl.IFLA_BOND_MIN_LINKS:
			b.MinLinks = read32(a.data)
		case nl.IFLA_BOND_AD_SELECT:
			b.ADSelect = read8(a.data)
		case nl.IFLA_BOND_AD_LACP_RATE:
			b.LACPRate = read8(a.data)
		case nl.IFLA_BOND_XMIT_HASH_POLICY:
			b.XmitHash = read8(a.data)
		case nl.IFLA_BOND_NUM_PEER_NOTIF:
			b.PeerNotices = read8(a.data)
		case nl.IFLA_BOND_AD_INFO:
			b.Aggregator = readAggregator(a.data)
		}
	}
	if l.broken {
		unread(&b.Active)
		unread(&b.Primary)
		unread(&b.Aggregator)
	}
	return b
}

// unread marks what is not there in a message that was cut short: its absence is no answer.
func unread[T any](r *Reading[T]) {
	if !r.Known && r.Problem == "" {
		r.Problem = "the message is cut short"
	}
}

func readAggregator(b []byte) Reading[Aggregator] {
	list, whole := attributes(b)
	var id, ports Reading[uint16]
	partner := Reading[string]{}
	for _, a := range list {
		switch a.kind {
		case nl.IFLA_BOND_AD_INFO_AGGREGATOR:
			id = read16(a.data)
		case nl.IFLA_BOND_AD_INFO_NUM_PORTS:
			ports = read16(a.data)
		case nl.IFLA_BOND_AD_INFO_PARTNER_MAC:
			partner = known(net.HardwareAddr(a.data).String())
		}
	}
	if !whole || !id.Known {
		return Reading[Aggregator]{Problem: "malformed"}
	}
	return known(Aggregator{ID: id.Value, Ports: ports.Value, Partner: partner.Value})
}

func (l *link) member() Member {
	m := Member{Index: l.index, Name: l.name, Flags: l.flags, OperState: l.oper, Address: l.permanent}
	var actor, partner Reading[ChurnState]
	for _, a := range l.memberData {
		switch a.kind {
		case nl.IFLA_BOND_SLAVE_STATE:
			m.Role = numbered(read8(a.data), RoleUnknown, roleWords)
		case nl.IFLA_BOND_SLAVE_MII_STATUS:
			m.MII = numbered(read8(a.data), MIIUnknown, miiWords)
		case nl.IFLA_BOND_SLAVE_LINK_FAILURE_COUNT:
			m.LinkFailures = read32(a.data)
		case nl.IFLA_BOND_SLAVE_PERM_HWADDR:
			if !m.Address.Known {
				m.Address = readAddress(a.data)
			}
		case nl.IFLA_BOND_SLAVE_AD_AGGREGATOR_ID:
			m.Aggregator = read16(a.data)
		case nl.IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE:
			m.Actor = portState(a.data)
		case nl.IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE:
			m.Partner = portState(a.data)
		case churnActor:
			actor = numbered(read8(a.data), ChurnUnknown, churnWords)
		case churnPartner:
			partner = numbered(read8(a.data), ChurnUnknown, churnWords)
		}
	}
	if actor.Known && partner.Known {
		m.Churn, m.ChurnAt = known(Churn{actor.Value, partner.Value}), where(l.name, "IFLA_BOND_SLAVE_AD_CHURN_ACTOR_STATE")
	}
	if l.broken {
		unread(&m.Aggregator)
	}
	return m
}

// numbered makes one of our words of the kernel's number: the word for 0 is the one after unknown.
func numbered[T ~uint8](r Reading[uint8], unknown T, words []string) Reading[T] {
	if !r.Known {
		return Reading[T]{Value: unknown, Problem: r.Problem}
	}
	if int(r.Value)+1 >= len(words) {
		return Reading[T]{Value: unknown, Problem: fmt.Sprintf("%d is a number without a known meaning", r.Value)}
	}
	return known(T(r.Value + 1))
}

// portState reads the octet; the kernel gives the actor's as one byte and the partner's as two.
func portState(b []byte) Reading[PortState] {
	if len(b) >= 2 {
		wide := read16(b)
		return known(PortState(wide.Value))
	}
	r := read8(b)
	return Reading[PortState]{Value: PortState(r.Value), Known: r.Known, Problem: r.Problem}
}

func read8(b []byte) Reading[uint8] {
	if len(b) < 1 {
		return short[uint8](b, 1)
	}
	return known(b[0])
}

func read16(b []byte) Reading[uint16] {
	if len(b) < 2 {
		return short[uint16](b, 2)
	}
	return known(binary.NativeEndian.Uint16(b))
}

func read32(b []byte) Reading[uint32] {
	if len(b) < 4 {
		return short[uint32](b, 4)
	}
	return known(binary.NativeEndian.Uint32(b))
}

func short[T any](b []byte, want int) Reading[T] {
	return Reading[T]{Problem: fmt.Sprintf("%d bytes where %d are due", len(b), want)}
}

const (
	infinibandLen  = 20 // IPoIB: flags and queue pair, then the GID
	infinibandPort = 8  // the port's GUID, the end of the GID; what stands before it changes at every start
)

// readAddress reads a hardware address; one of InfiniBand is cut to the part that lasts. All zero is no address.
func readAddress(b []byte) Reading[string] {
	if len(b) == infinibandLen {
		b = b[infinibandLen-infinibandPort:]
	}
	if len(bytes.Trim(b, "\x00")) == 0 {
		return Reading[string]{Problem: "no address"}
	}
	return known(net.HardwareAddr(b).String())
}

// text is a string attribute without its closing zero.
func text(b []byte) string {
	return string(bytes.TrimRight(b, "\x00"))
}
