package hands_test

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"plimsoll/internal/priv"
	"plimsoll/internal/priv/hands"
)

// cables is a network namespace of its own with veth pairs, by the names of their near ends. The calling goroutine stays on
// the thread that lives in it, and that thread ends with the test.
type cables struct{ t *testing.T }

func newCables(t *testing.T, names ...string) cables {
	t.Helper()
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skipf("no network namespace of its own: %v", err)
	}
	c := cables{t}
	for _, name := range names {
		attrs := netlink.NewLinkAttrs()
		attrs.Name = name
		if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: far(name)}); err != nil {
			t.Skipf("no veth here: %v", err)
		}
		for _, end := range []string{name, far(name)} {
			c.must(netlink.LinkSetUp(c.link(end)))
		}
	}
	return c
}

func far(name string) string { return name + "-far" }

func (c cables) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c cables) link(name string) netlink.Link {
	c.t.Helper()
	l, err := netlink.LinkByName(name)
	c.must(err)
	return l
}

func (c cables) index(name string) int { return c.link(name).Attrs().Index }

// open is the helper's socket on member.
func (c cables) open(member, bond string, hear priv.Hearing) *os.File {
	c.t.Helper()
	f, err := hands.OpenPacket(hands.Socket{Member: c.index(member), Bond: c.index(bond), Hear: hear})
	c.must(err)
	c.t.Cleanup(func() { _ = f.Close() })
	return f
}

// send puts a frame of this EtherType and mark on a link.
func (c cables) send(link string, etherType uint16, mark byte) {
	c.t.Helper()
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	c.must(err)
	defer func() { _ = unix.Close(fd) }()
	frame := append(net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 2, 0, 0, 0, 0, 1)
	frame = binary.BigEndian.AppendUint16(frame, etherType)
	if etherType == unix.ETH_P_8021Q {
		frame = append(frame, 0, 7) // VLAN 7
		frame = binary.BigEndian.AppendUint16(frame, unix.ETH_P_ARP)
	}
	frame = append(frame, make([]byte, 200)...)
	frame[len(frame)-200] = mark
	c.must(unix.Sendto(fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: c.index(link)}))
}

// mustHear waits for a frame with this mark and is its length; nothing may come before it.
func (c cables) mustHear(f *os.File, mark byte) int {
	c.t.Helper()
	c.must(f.SetReadDeadline(time.Now().Add(patience)))
	buf := make([]byte, 2048)
	n, err := f.Read(buf)
	c.must(err)
	at := 14
	if binary.BigEndian.Uint16(buf[12:]) == unix.ETH_P_8021Q {
		at = 18
	}
	if buf[at] != mark {
		c.t.Fatalf("frame %d was heard before frame %d", buf[at], mark)
	}
	return n
}

func TestSocketHearsARPOfItsMemberAndNothingElse(t *testing.T) {
	t.Parallel()
	c := newCables(t, "eth1", "eth2")
	f := c.open("eth1", "eth2", priv.HearIncoming)
	c.send(far("eth2"), unix.ETH_P_ARP, 1) // another link's
	c.send(far("eth1"), unix.ETH_P_IPV6, 2)
	c.send("eth1", unix.ETH_P_ARP, 3) // outgoing
	c.send(far("eth1"), unix.ETH_P_ARP, 4)
	if n := c.mustHear(f, 4); n > 128 {
		t.Errorf("%d bytes of the frame, more than an ARP frame has", n)
	}
}

func TestSocketHearsLinksOnTopOfTheBondAndNoOther(t *testing.T) {
	t.Parallel()
	c := newCables(t, "eth1", "eth2", "eth3", "eth4")
	f, err := hands.OpenPacket(hands.Socket{
		Member: c.index("eth1"), Bond: c.index("eth2"), Above: []int{c.index("eth3")}, Hear: priv.HearIncoming,
	})
	c.must(err)
	t.Cleanup(func() { _ = f.Close() })
	raw, err := f.SyscallConn()
	c.must(err)
	// What the kernel calls a VLAN's comes to the socket of the member; here the socket goes to the link instead.
	for mark, link := range []string{"eth4", "eth3"} {
		c.must(raw.Control(func(fd uintptr) {
			err = unix.Bind(int(fd), &unix.SockaddrLinklayer{Protocol: binary.NativeEndian.Uint16([]byte{8, 6}), Ifindex: c.index(link)})
		}))
		c.must(err)
		c.send(far(link), unix.ETH_P_ARP, byte(mark))
	}
	c.mustHear(f, 1)
}

func TestSocketForBothWaysHearsWhatLeavesAsWell(t *testing.T) {
	t.Parallel()
	c := newCables(t, "eth1", "eth2")
	f := c.open("eth1", "eth2", priv.HearBoth)
	c.send("eth1", unix.ETH_P_IPV6, 1)
	c.send("eth1", unix.ETH_P_ARP, 2)
	c.mustHear(f, 2)
	c.send("eth1", unix.ETH_P_8021Q, 3)
	c.mustHear(f, 3)
	c.send(far("eth1"), unix.ETH_P_ARP, 4)
	c.mustHear(f, 4)
}

func TestHolderOfASocketCannotHearMore(t *testing.T) {
	t.Parallel()
	c := newCables(t, "eth1", "eth2", "eth3")
	f := c.open("eth1", "eth2", priv.HearIncoming)
	raw, err := f.SyscallConn()
	c.must(err)
	var got []error
	c.must(raw.Control(func(fd uintptr) {
		everything := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 1 << 16}
		got = append(
			got,
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0),
			unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &everything}),
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_LOCK_FILTER, 0),
		)
	}))
	for _, err := range got {
		if !errors.Is(err, unix.EPERM) {
			t.Errorf("the filter can be changed: %v", err)
		}
	}
	// Another protocol on another link is possible, and brings nothing but the bond's own ARP.
	all := binary.NativeEndian.Uint16([]byte{0, unix.ETH_P_ALL}) // in the order of the wire
	bind := func(link string) {
		c.must(raw.Control(func(fd uintptr) {
			err = unix.Bind(int(fd), &unix.SockaddrLinklayer{Protocol: all, Ifindex: c.index(link)})
		}))
		c.must(err)
	}
	bind("eth3")
	c.send(far("eth3"), unix.ETH_P_ARP, 1)
	c.send(far("eth3"), unix.ETH_P_IPV6, 2)
	bind("eth2")
	c.send(far("eth2"), unix.ETH_P_IPV6, 3)
	c.send(far("eth2"), unix.ETH_P_ARP, 4)
	c.mustHear(f, 4)
}

func TestSocketSendsWithAnyAddress(t *testing.T) {
	t.Parallel()
	c := newCables(t, "eth1", "eth2")
	f, witness := c.open("eth1", "eth2", priv.HearIncoming), c.open(far("eth1"), "eth2", priv.HearIncoming)
	frame := append(net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 2, 0, 0, 0, 0, 9, 8, 6, 5)
	frame = append(frame, make([]byte, 45)...)
	_, err := f.Write(frame)
	c.must(err)
	c.must(witness.SetReadDeadline(time.Now().Add(patience)))
	buf := make([]byte, 2048)
	n, err := witness.Read(buf)
	c.must(err)
	if diff := cmp.Diff([]byte(frame), buf[:n]); diff != "" {
		t.Error(diff)
	}
}
