package netbond

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// patience bounds waits for what must happen; nothing waits that long unless the test fails.
const patience = 40 * time.Second // LACP on an emulated CPU takes its time

// ownNetwork puts the calling goroutine's thread, which ends with the test, into a network namespace of its own.
func ownNetwork(tb testing.TB) {
	tb.Helper()
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		tb.Skipf("a network namespace can't be made here: %v", err)
	}
}

// cable makes a veth pair, both ends down.
func cable(tb testing.TB, near, far string) netlink.Link {
	tb.Helper()
	attrs := netlink.NewLinkAttrs()
	attrs.Name = near
	err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: far})
	if errors.Is(err, unix.EOPNOTSUPP) {
		tb.Skipf("this kernel has no veth driver: %v", err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	l, err := netlink.LinkByName(near)
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// hear hears on e until the test ends, and gives each poke.
func hear(t *testing.T, e ear, who hearer) <-chan struct{} {
	t.Helper()
	pokes := make(chan struct{}, 64) // the start's poke must not swallow the next where the test is late
	ended := make(chan error, 1)
	go func() {
		ended <- e.hear(t.Context(), who, func() {
			select {
			case pokes <- struct{}{}:
			default:
			}
		})
	}()
	t.Cleanup(func() {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("hear ended with %v, want %v", err, context.Canceled)
		}
	})
	return pokes
}

func awaitPoke(t *testing.T, pokes <-chan struct{}, why string) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-pokes:
	case <-late.C:
		t.Fatalf("no poke %s", why)
	}
}

func listening(t *testing.T) ear {
	t.Helper()
	e, err := listen()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestWatchPokesAtTheStartAndForEveryChangeOfALinkThatWasSeen(t *testing.T) {
	t.Parallel()
	ownNetwork(t)
	l := cable(t, "near0", "far0")
	c := New(Config{Dump: FromKernel()})
	c.seen.Store(&map[int32]int32{int32(l.Attrs().Index): 100})
	pokes := hear(t, listening(t), c)
	awaitPoke(t, pokes, "at the start")
	if err := netlink.LinkSetUp(l); err != nil {
		t.Fatal(err)
	}
	awaitPoke(t, pokes, "when a link is set up")
	if err := netlink.LinkDel(l); err != nil {
		t.Fatal(err)
	}
	awaitPoke(t, pokes, "when a link goes")
}

func TestAnOverflowIsAPokeAndNoEnd(t *testing.T) {
	t.Parallel()
	ownNetwork(t)
	l := cable(t, "near0", "far0")
	e := listening(t)
	raw, err := e.file.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Control(func(fd uintptr) { // 0 is the least that the kernel grants
		if err := unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 0); err != nil {
			t.Fatal(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if err := netlink.LinkSetMTU(l, 1400); err != nil {
			t.Fatal(err)
		}
		if err := netlink.LinkSetMTU(l, 1500); err != nil {
			t.Fatal(err)
		}
	}
	who := deaf{told: make(chan struct{}, 1)}
	pokes := hear(t, e, who)
	awaitPoke(t, pokes, "at the start")
	awaitPoke(t, pokes, "for what was lost")
	select {
	case <-who.told:
	default:
		t.Error("nobody was told that messages were lost")
	}
}

// deaf makes nothing of any link: whatever was not lost pokes nobody.
type deaf struct{ told chan struct{} }

func (deaf) link([]byte) bool { return false }

func (d deaf) lost() {
	select {
	case d.told <- struct{}{}:
	default:
	}
}

func TestWatchEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	err := New(Config{Dump: FromKernel()}).Watch(ctx, cancel)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Watch: %v, want %v", err, context.Canceled)
	}
}

func TestTheKernelAnswersWithoutBonds(t *testing.T) {
	t.Parallel()
	ownNetwork(t)
	cable(t, "near0", "far0")
	o, err := New(Config{Dump: FromKernel()}).Collect(t.Context())
	if err != nil || len(o.Groups) != 0 || len(o.Notes) != 1 {
		t.Errorf("groups %v, notes %q, error %v: want one note", o.Groups, o.Notes, err)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := FromKernel()(done); !errors.Is(err, context.Canceled) {
		t.Errorf("a look that was called off: %v", err)
	}
}
