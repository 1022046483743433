package hands_test

import (
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"plimsoll/internal/priv"
	"plimsoll/internal/priv/hands"
)

// forbidden is how the kernel refuses a device that the unit may not open.
func forbidden(string) (string, error) {
	return "", &os.PathError{Op: "open", Path: "/dev/mapper/control", Err: unix.EPERM}
}

// queue is a socket as systemd holds it: who connects waits until a helper takes it over.
type queue struct {
	name string
	held *os.File
}

func newQueue(t *testing.T) queue {
	t.Helper()
	l, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: "@" + t.Name() + strconv.Itoa(os.Getpid()), Net: "unixpacket"})
	if err != nil {
		t.Fatal(err)
	}
	held, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close() // held goes on listening
	t.Cleanup(func() { _ = held.Close() })
	return queue{l.Addr().String(), held}
}

// serve has a helper that was started so that it may start anew after fresh take the socket over, and says when it has ended.
func (q queue) serve(t *testing.T, status func(string) (string, error), fresh time.Duration) <-chan error {
	t.Helper()
	h := newHost(t)
	h.part, h.multipath = priv.Senses, status
	given, err := net.FileListener(q.held)
	if err != nil {
		t.Fatal(err)
	}
	l, ok := given.(*net.UnixListener)
	if !ok {
		t.Fatalf("a %T", given)
	}
	s := hands.NewServer(h.hands(), uint32(os.Getuid()))
	s.StartsAnewAfter(fresh)
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(t.Context(), l) }()
	return ended
}

func TestWhatTheKernelForbidsOneHelperTheNextIsAskedFor(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	first := q.serve(t, forbidden, 0)
	got := make(chan string, 1)
	go func() {
		said, err := priv.NewClient(q.name).MultipathStatus(t.Context(), mapping)
		if err != nil {
			said = err.Error()
		}
		got <- said
	}()
	select {
	case err := <-first:
		if err != nil {
			t.Fatalf("the first ended: %v", err)
		}
	case <-time.After(patience):
		t.Fatal("the first stays")
	}
	q.serve(t, func(string) (string, error) { return "2 0 0 0 1 1 E 0 0", nil }, 0)
	if said := <-got; said != "2 0 0 0 1 1 E 0 0" {
		t.Errorf("told %q", said)
	}
}

func TestAHelperStaysForWhoeverCannotGainByTheNext(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		says  error
		fresh time.Duration
	}{
		"started just now": {unix.EPERM, time.Hour},
		"not there":        {&os.PathError{Op: "open", Path: "/dev/mapper/control", Err: unix.ENOENT}, 0},
		"of no kind":       {hands.ErrNotMultipath, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := newQueue(t)
			var asked atomic.Int32
			ended := q.serve(t, func(string) (string, error) { asked.Add(1); return "", c.says }, c.fresh)
			client := priv.NewClient(q.name)
			for range 2 { // it is still there to be asked again
				if _, err := client.MultipathStatus(t.Context(), mapping); reasonOf(err) == "" || reasonOf(err) == priv.ReasonAnew {
					t.Errorf("%v", err)
				}
			}
			if n := asked.Load(); n != 2 {
				t.Errorf("asked %d times", n)
			}
			select {
			case err := <-ended:
				t.Errorf("it ended: %v", err)
			default:
			}
		})
	}
}

func TestAHelperWithSomethingElseToDoStays(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	busy, release := make(chan struct{}), make(chan struct{})
	other := "mpath-" + mapping
	q.serve(t, func(uuid string) (string, error) {
		if uuid == other {
			close(busy)
			<-release
			return "well", nil
		}
		return forbidden(uuid)
	}, 0)
	client := priv.NewClient(q.name)
	got := make(chan string, 1)
	go func() {
		said, _ := client.MultipathStatus(t.Context(), other)
		got <- said
	}()
	<-busy
	if _, err := client.MultipathStatus(t.Context(), mapping); reasonOf(err) != priv.ReasonUnread {
		t.Errorf("%v", err)
	}
	close(release)
	if said := <-got; said != "well" {
		t.Errorf("told %q", said)
	}
}
