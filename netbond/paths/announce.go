package paths

import (
	"context"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Announcement waits until a gratuitous ARP of this address leaves through the member that f, a packet socket for both ways, is
// bound to, and says whose IP address it announces. It is false when ctx ends first.
func Announcement(ctx context.Context, f *os.File, own MAC) (netip.Addr, bool) {
	stop := context.AfterFunc(ctx, func() {
		_ = f.SetReadDeadline(time.Unix(1, 0)) // wakes the read; a closed file needs no waking
	})
	defer stop()
	buf := make([]byte, frameLen)
	for {
		n, from, err := receive(f, buf)
		if err != nil {
			return netip.Addr{}, false
		}
		if frame, ok := parseARP(buf[:n]); ok && from.Pkttype == unix.PACKET_OUTGOING && frame.announces(own) {
			return netip.AddrFrom4(frame.senderIP), true
		}
	}
}

// announces says whether f tells everybody where an IP address of own's is (RFC 5227, 3).
func (f arp) announces(own MAC) bool {
	return f.broadcasts && f.from == own && f.senderIP == f.subjectIP && f.senderIP != [4]byte{}
}
