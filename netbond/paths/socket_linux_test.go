package paths

import (
	"context"
	"encoding/binary"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// patience is how long a frame may take from one end of a cable to the other.
const patience = 10 * time.Second

// cable is a veth pair in a network namespace of the calling thread's own, which ends with the test.
func cable(t *testing.T, near, far string) (nearIndex, farIndex int) {
	t.Helper()
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skipf("no network namespace of its own: %v", err)
	}
	attrs := netlink.NewLinkAttrs()
	attrs.Name = near
	if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: far}); err != nil {
		t.Skipf("no veth here: %v", err)
	}
	var index []int
	for _, end := range []string{near, far} {
		l, err := netlink.LinkByName(end)
		if err == nil {
			err = netlink.LinkSetUp(l)
		}
		if err != nil {
			t.Fatal(err)
		}
		index = append(index, l.Attrs().Index)
	}
	for _, end := range []string{near, far} {
		running(t, end)
	}
	return index[0], index[1]
}

// running waits until the kernel sends through a link; before, it drops what is to be sent.
func running(t *testing.T, link string) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); <-tick.C {
		if l, err := netlink.LinkByName(link); err == nil && l.Attrs().OperState == netlink.OperUp {
			return
		}
	}
	t.Fatalf("%s does not come up", link)
}

// open is a packet socket as the helper makes it.
func open(t *testing.T, index int, protocol uint16) *os.File {
	t.Helper()
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "packet socket")
	t.Cleanup(func() { _ = f.Close() })
	wire := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, protocol))
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: wire, Ifindex: index}); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestSocketSendsAndHearsAndSaysWhere(t *testing.T) {
	t.Parallel()
	near, far := cable(t, "near", "far")
	asker, err := prepare(open(t, near, unix.ETH_P_ARP), near, mac(1))
	if err != nil {
		t.Fatal(err)
	}
	answerer, err := prepare(open(t, far, unix.ETH_P_ARP), far, mac(2))
	if err != nil {
		t.Fatal(err)
	}
	if err := asker.Send(question(mac(1), mac(2), target("10.9.0.2", 0))); err != nil {
		t.Fatal(err)
	}
	if err := answerer.file.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, frameLen)
	n, link, err := answerer.Receive(buf)
	if f, ok := parseARP(buf[:n]); err != nil || !ok || link != "far" || f.from != mac(1) {
		t.Errorf("%+v on %s: %v", f, link, err)
	}
	if err := asker.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := asker.Receive(buf); err == nil {
		t.Error("a socket that is closed hears")
	}
}

func TestAnnouncementIsSeenOnItsWayOutAlone(t *testing.T) {
	t.Parallel()
	near, far := cable(t, "near", "far")
	witness := open(t, near, unix.ETH_P_ALL)
	announce := func(index int, ip string) {
		f := question(mac(1), broadcast(), target(ip, 0))
		copy(f[headerLen+14:], f[headerLen+24:headerLen+28]) // the sender's address is the one that is asked for
		if _, err := open(t, index, 0).Write(f); err != nil {
			t.Fatal(err)
		}
	}
	announce(far, "10.9.0.7") // comes in
	announce(near, "10.9.0.8")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if got, heard := Announcement(ctx, witness, mac(1)); !heard || got.String() != "10.9.0.8" {
		t.Errorf("%s, %v", got, heard)
	}
	cancel()
	if got, heard := Announcement(ctx, witness, mac(1)); heard {
		t.Errorf("%s after the end", got)
	}
}
