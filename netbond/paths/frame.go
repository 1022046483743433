package paths

import (
	"crypto/sha256"
	"encoding/binary"
	"net"
	"net/netip"
)

// MAC is an Ethernet address.
type MAC [6]byte

// String is the address in lower case, with colons.
func (m MAC) String() string { return net.HardwareAddr(m[:]).String() }

// ParseMAC reads an Ethernet address, and is false for anything else, the address of an InfiniBand port among it.
func ParseMAC(s string) (MAC, bool) {
	a, err := net.ParseMAC(s)
	if err != nil || len(a) != len(MAC{}) {
		return MAC{}, false
	}
	return MAC(a), true
}

// broadcast is everybody's address.
func broadcast() MAC { return MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff} }

// Target is who is asked whether a path carries.
type Target struct {
	Address netip.Addr // IPv4
	VLAN    uint16     // the tag it is asked with; 0: none
}

// The bits of an address's first byte (IEEE 802, 8.2): for a group, and given by whoever runs the network.
const (
	groupBit = 1 << 0
	localBit = 1 << 1
)

// probeAddress is the address that probes of a member are sent from: its permanent one with the bit for locally administered
// addresses, so that no switch takes it for the bond's, which is a member's permanent address by default. Where the bit is
// set already (virtual machines), it is a hash of that.
func probeAddress(permanent MAC) MAC {
	if permanent[0]&localBit != 0 {
		sum := sha256.Sum256(append([]byte("plimsoll path probe "), permanent[:]...))
		permanent = MAC(sum[:len(MAC{})])
	}
	permanent[0] = permanent[0]&^groupBit | localBit
	return permanent
}

// The shape of an ARP packet for IPv4 over Ethernet (RFC 826), behind an Ethernet header and at most one VLAN tag.
const (
	typeARP  = 0x0806
	type8021 = 0x8100
	type88A8 = 0x88a8

	headerLen = 14
	tagLen    = 4
	arpLen    = 28
	// shortest is the least length of an Ethernet frame without its check sum: drivers pad, but not all raw frames.
	shortest = 60

	opRequest = 1
	opReply   = 2
)

// preamble is how every ARP packet for IPv4 over Ethernet begins: hardware, protocol, and the lengths of their addresses.
const preamble = uint64(1)<<32 | 0x0800<<16 | 6<<8 | 4

// arp is one ARP frame. It can be compared: the same frame heard on two links is equal, whatever tag it had.
type arp struct {
	to, from   MAC // of the Ethernet header
	op         uint16
	sender     MAC
	senderIP   [4]byte
	subject    MAC
	subjectIP  [4]byte
	broadcasts bool
}

// parseARP reads a frame, and is false for what is none of ARP for IPv4. A tag is passed over.
func parseARP(b []byte) (f arp, ok bool) {
	if len(b) < headerLen {
		return arp{}, false
	}
	copy(f.to[:], b)
	copy(f.from[:], b[len(MAC{}):])
	kind, b := binary.BigEndian.Uint16(b[headerLen-2:]), b[headerLen:]
	if kind == type8021 || kind == type88A8 {
		if len(b) < tagLen {
			return arp{}, false
		}
		kind, b = binary.BigEndian.Uint16(b[2:]), b[tagLen:]
	}
	if kind != typeARP || len(b) < arpLen || uint64(binary.BigEndian.Uint32(b))<<16|uint64(binary.BigEndian.Uint16(b[4:])) != preamble {
		return arp{}, false
	}
	f.op = binary.BigEndian.Uint16(b[6:])
	copy(f.sender[:], b[8:])
	copy(f.senderIP[:], b[14:])
	copy(f.subject[:], b[18:])
	copy(f.subjectIP[:], b[24:])
	f.broadcasts = f.to == broadcast()
	return f, true
}

// question is the frame that asks t, at its address to, whether it hears what is sent from this one. Nobody learns an
// address from it: the sender's IP address is none (RFC 5227, 2.1.1).
func question(from, to MAC, t Target) []byte {
	b := append(append([]byte{}, to[:]...), from[:]...)
	if t.VLAN != 0 {
		b = binary.BigEndian.AppendUint16(b, type8021)
		b = binary.BigEndian.AppendUint16(b, t.VLAN)
	}
	b = binary.BigEndian.AppendUint16(b, typeARP)
	b = binary.BigEndian.AppendUint32(b, uint32(preamble>>16))
	b = binary.BigEndian.AppendUint16(b, uint16(preamble&0xffff))
	b = binary.BigEndian.AppendUint16(b, opRequest)
	b = append(b, from[:]...)
	b = append(b, 0, 0, 0, 0)
	b = append(b, make([]byte, len(MAC{}))...)
	ip := t.Address.As4()
	b = append(b, ip[:]...)
	return append(b, make([]byte, max(0, shortest-len(b)))...)
}
