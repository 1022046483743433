package hands

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"plimsoll/internal/priv"
)

// Socket says what a packet socket is bound to and what it lets through.
type Socket struct {
	Member int // interface indexes
	Bond   int
	Above  []int // of the links stacked on the bond
	Hear   priv.Hearing
}

// maxAbove is how many links on top of a bond are heard, the first by name. Each is one more instruction of a filter whose
// jumps are of one byte.
const maxAbove = 128

// packetSocket opens a packet socket on a member and hands it over.
func (h *Hands) packetSocket(_ context.Context, r priv.Request) (priv.Answer, *os.File, error) {
	d, err := h.openBond(r.Bond)
	if err != nil {
		return priv.Answer{}, nil, err
	}
	defer d.Close()
	members, err := d.Read("slaves")
	if err != nil {
		return priv.Answer{}, nil, priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	if !slices.Contains(strings.Fields(members), r.Member) {
		return priv.Answer{}, nil, priv.Refuse(priv.ReasonUnfit, "%s is no member of %s", r.Member, r.Bond)
	}
	s := Socket{Hear: r.Hear}
	for name, to := range map[string]*int{r.Member: &s.Member, r.Bond: &s.Bond} {
		if *to, err = h.ifindex(name); err != nil {
			return priv.Answer{}, nil, err
		}
	}
	if s.Above, err = h.above(r.Bond); err != nil {
		return priv.Answer{}, nil, err
	}
	f, err := h.world.Open(s)
	if err != nil {
		return priv.Answer{}, nil, priv.Refuse(priv.ReasonUnread, "open packet socket on %s: %w", r.Member, err)
	}
	h.world.Log.Info("packet socket handed over", "target", "bond "+r.Bond, "member", r.Member, "hear", string(r.Hear))
	return priv.Answer{Outcome: priv.Done}, f, nil
}

// above are the links stacked on a bond: what its active member receives in a VLAN, the kernel calls the VLAN's.
func (h *Hands) above(bond string) ([]int, error) {
	const upper = "upper_"
	names, err := h.world.Sysfs.Names("class/net/"+bond, upper)
	if err != nil {
		return nil, priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	var out []int
	for _, name := range names[:min(len(names), maxAbove)] {
		index, err := h.ifindex(strings.TrimPrefix(name, upper))
		if err != nil {
			continue // it has gone; whatever was taken for it would be another's
		}
		out = append(out, index)
	}
	return out, nil
}

func (h *Hands) ifindex(name string) (int, error) {
	text, err := h.world.Sysfs.Read("class/net/" + name + "/ifindex")
	if err != nil {
		return 0, priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	n, err := strconv.Atoi(text)
	if err != nil || n <= 0 {
		return 0, priv.Refuse(priv.ReasonUnread, "ifindex of %s: %q", name, text)
	}
	return n, nil
}

// OpenPacket opens the socket that s says. It hears nothing before its filter is there and locked: it is made for no
// protocol, and gets one when it is bound. Whoever holds it can bind it anew, to another link and protocol, and the filter
// then lets nothing through.
func OpenPacket(s Socket) (*os.File, error) {
	const none = 0
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, none)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	f := os.NewFile(uintptr(fd), "packet socket")
	program := arpOf(append([]int{s.Member, s.Bond}, s.Above...))
	if err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}); err != nil {
		_ = f.Close() // nothing was written to it
		return nil, fmt.Errorf("attach filter: %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_LOCK_FILTER, 1); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock filter: %w", err)
	}
	protocol := uint16(unix.ETH_P_ARP)
	if s.Hear == priv.HearBoth {
		protocol = unix.ETH_P_ALL // the only one that sees what leaves
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: wireOrder(protocol), Ifindex: s.Member}); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("bind: %w", err)
	}
	return f, nil
}

// wireOrder is n as packet(7) wants a protocol: in the order of the wire.
func wireOrder(n uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, n))
}

// The places in an Ethernet frame, and how much of one is let through: an ARP frame with its tag and its padding.
const (
	typeAt      = 12 // EtherType, or that of a VLAN tag
	innerTypeAt = 16 // EtherType behind one tag
	enough      = 128
)

// Where the kernel puts what is no part of the packet (linux/filter.h): SKF_AD_OFF + SKF_AD_IFINDEX.
const adIfindex = uint32(0xfffff000 + 8)

// arpOf lets ARP through, tagged or not, that is on one of these links: a member, its bond, and those on top of that, which is
// what the kernel calls the link of a frame that the active member received.
func arpOf(links []int) []unix.SockFilter {
	const (
		load   = unix.BPF_LD | unix.BPF_ABS | unix.BPF_W
		loadH  = unix.BPF_LD | unix.BPF_ABS | unix.BPF_H
		equals = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		ret    = unix.BPF_RET | unix.BPF_K
	)
	program := []unix.SockFilter{{Code: load, K: adIfindex}}
	for i, link := range links { // over the other links, and over the end for none of them
		program = append(program, unix.SockFilter{Code: equals, K: uint32(link), Jt: uint8(len(links) - i)})
	}
	return append(append(program, unix.SockFilter{Code: ret, K: 0}), []unix.SockFilter{
		0: {Code: loadH, K: typeAt},
		1: {Code: equals, K: unix.ETH_P_ARP, Jt: 4},    // to 6
		2: {Code: equals, K: unix.ETH_P_8021Q, Jt: 1},  // to 4
		3: {Code: equals, K: unix.ETH_P_8021AD, Jf: 3}, // to 7
		4: {Code: loadH, K: innerTypeAt},
		5: {Code: equals, K: unix.ETH_P_ARP, Jf: 1}, // to 6 or 7
		6: {Code: ret, K: enough},
		7: {Code: ret, K: 0},
	}...)
}
