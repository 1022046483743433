package paths

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"

	"plimsoll/internal/priv"
)

// Socket hears ARP on one member and sends through it. Close may be called while the others are.
type Socket interface {
	// Receive waits for a frame and puts it into b. link is where the kernel says that it was received: for the member in use
	// the bond or the VLAN on top of it that the frame is for, for others the member itself.
	Receive(b []byte) (n int, link string, err error)
	// Send sends a frame, or fails at once.
	Send(frame []byte) error
	Close() error
}

// Open opens a socket on a member of a bond that also hears what is sent to address.
type Open func(ctx context.Context, bond string, m Member, address MAC) (Socket, error)

// Helper hands over packet sockets.
type Helper interface {
	PacketSocket(ctx context.Context, bond, member string, hear priv.Hearing) (*os.File, error)
}

// FromHelper opens sockets through the privileged helper.
func FromHelper(h Helper) Open {
	return func(ctx context.Context, bond string, m Member, address MAC) (Socket, error) {
		f, err := h.PacketSocket(ctx, bond, m.Name, priv.HearIncoming)
		if err != nil {
			return nil, err
		}
		s, err := prepare(f, m.Index, address)
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return s, nil
	}
}

// packetSocket is packet(7).
type packetSocket struct {
	file  *os.File
	links map[int]string // names by index, as far as they were needed; owned by Receive
}

// prepare has the link's filter let through what is sent to address: virtio and most cards drop a stranger's frames before
// anybody could hear them.
func prepare(f *os.File, index int, address MAC) (*packetSocket, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("prepare packet socket: %w", err)
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		member := unix.PacketMreq{Ifindex: int32(index), Type: unix.PACKET_MR_UNICAST, Alen: uint16(len(address))}
		copy(member.Address[:], address[:])
		failed = unix.SetsockoptPacketMreq(int(fd), unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &member)
	})
	if err := errors.Join(err, failed); err != nil {
		return nil, fmt.Errorf("hear what is sent to %s: %w", address, err)
	}
	return &packetSocket{file: f, links: map[int]string{}}, nil
}

// Receive waits for a frame.
func (s *packetSocket) Receive(b []byte) (n int, link string, err error) {
	n, from, err := receive(s.file, b)
	if err != nil {
		return 0, "", err
	}
	name, known := s.links[from.Ifindex]
	if !known {
		name = fmt.Sprintf("link %d", from.Ifindex)
		if i, err := net.InterfaceByIndex(from.Ifindex); err == nil {
			name = i.Name
		}
		s.links[from.Ifindex] = name
	}
	return n, name, nil
}

// receive waits for a frame, and says on which link it was and which way it went.
func receive(f *os.File, b []byte) (n int, from unix.SockaddrLinklayer, err error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return 0, from, err
	}
	var failed error
	err = raw.Read(func(fd uintptr) bool {
		var address unix.Sockaddr
		n, address, failed = unix.Recvfrom(int(fd), b, 0)
		if link, ok := address.(*unix.SockaddrLinklayer); ok {
			from = *link
		}
		return !errors.Is(failed, unix.EAGAIN) && !errors.Is(failed, unix.EINTR)
	})
	return n, from, errors.Join(err, failed)
}

// Send sends a frame. A queue that is full is an error rather than a wait.
func (s *packetSocket) Send(frame []byte) error {
	raw, err := s.file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Write(func(fd uintptr) bool {
		_, failed = unix.Write(int(fd), frame)
		return true
	})
	return errors.Join(err, failed)
}

// Close closes the socket; whoever waits for a frame is told.
func (s *packetSocket) Close() error { return s.file.Close() }
