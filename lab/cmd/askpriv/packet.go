package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"plimsoll/internal/priv"
)

// The ARP frame as far as it is looked at (RFC 826).
const (
	arpLength = 42
	operation = 20
	sender    = 28
	target    = 38
	request   = 1
	reply     = 2
)

// local is a locally administered address that nothing else in the guest has.
func local() net.HardwareAddr { return net.HardwareAddr{0x02, 0, 0, 0, 0, 0x77} }

// probe asks for address through a member, and waits for the answer on the same socket.
func (q question) probe(bond, member, address string) (string, error) {
	asked, err := netip.ParseAddr(address)
	if err != nil {
		return "", err
	}
	f, err := q.client.PacketSocket(q.ctx, bond, member, priv.HearIncoming)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	if err := register(f, member); err != nil {
		return "", err
	}
	for range 5 {
		if _, err := f.Write(whoHas(asked)); err != nil {
			return "", err
		}
		if from, ok := hear(f, reply, sender, asked, time.Second); ok {
			return fmt.Sprintf("done: %s answered from %s through %s", asked, from, member), nil
		}
	}
	return "", fmt.Errorf("%s does not answer through %s", asked, member)
}

// listen has the host itself ask for address, and hears that on a standby.
func (q question) listen(bond, member, address string) (string, error) {
	asked, err := netip.ParseAddr(address)
	if err != nil {
		return "", err
	}
	f, err := q.client.PacketSocket(q.ctx, bond, member, priv.HearIncoming)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	var dialer net.Dialer
	for range 5 {
		if conn, err := dialer.DialContext(q.ctx, "udp", net.JoinHostPort(address, "9")); err == nil {
			_, _ = conn.Write([]byte("who are you")) // nobody has to be there
			_ = conn.Close()
		}
		if from, ok := hear(f, request, target, asked, time.Second); ok {
			return fmt.Sprintf("done: %s heard %s ask for %s", member, from, asked), nil
		}
	}
	return "", fmt.Errorf("%s does not hear who asks for %s", member, asked)
}

// register has the link let frames for our address through; virtio and real cards filter them otherwise.
func register(f *os.File, member string) error {
	link, err := net.InterfaceByName(member)
	if err != nil {
		return err
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	mreq := unix.PacketMreq{Ifindex: int32(link.Index), Type: unix.PACKET_MR_UNICAST, Alen: uint16(len(local()))}
	copy(mreq.Address[:], local())
	var set error
	err = raw.Control(func(fd uintptr) {
		set = unix.SetsockoptPacketMreq(int(fd), unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &mreq)
	})
	return errors.Join(err, set)
}

// whoHas is an ARP request for address that says nothing about who asks.
func whoHas(address netip.Addr) []byte {
	b := append(net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, local()...)
	b = binary.BigEndian.AppendUint16(b, unix.ETH_P_ARP)
	b = append(b, 0, 1, 8, 0, 6, 4, 0, request)
	b = append(b, local()...)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	return append(b, address.AsSlice()...)
}

// hear waits for an ARP frame of this operation that has address in the field at.
func hear(f *os.File, op byte, at int, address netip.Addr, within time.Duration) (net.HardwareAddr, bool) {
	if err := f.SetReadDeadline(time.Now().Add(within)); err != nil {
		return nil, false
	}
	buf := make([]byte, 2048)
	for {
		n, err := f.Read(buf)
		if err != nil {
			return nil, false
		}
		if n >= arpLength && buf[operation+1] == op && netip.AddrFrom4([4]byte(buf[at:at+4])) == address {
			return net.HardwareAddr(append([]byte(nil), buf[6:12]...)), true
		}
	}
}
