package raid_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"plimsoll/internal/hosttest"
	"plimsoll/raid"
)

// watched runs Watch over h until the test ends, past its first poke; pokes come out of the channel.
func watched(t *testing.T, h *hosttest.Host) <-chan struct{} {
	t.Helper()
	const room = 1000 // more than any test makes, and a poke must never wait
	pokes := make(chan struct{}, room)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- collector(h).Watch(ctx, func() { pokes <- struct{}{} }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("watch ended: %v", err)
		}
	})
	poked(t, pokes, "beginning to listen")
	return pokes
}

func poked(t *testing.T, pokes <-chan struct{}, by string) {
	t.Helper()
	select {
	case <-pokes:
	case <-time.After(time.Minute):
		t.Fatalf("%s did not poke", by)
	}
}

func TestWatchPokesWhenItBeginsAndEndsWithItsContext(t *testing.T) {
	t.Parallel()
	watched(t, hosttest.Root(t, "testdata/raid1-healthy-with-spare.txtar"))
}

func TestABlockDevicesEventPokes(t *testing.T) {
	t.Parallel()
	devices, err := filepath.Glob("/sys/block/*/uevent")
	if err != nil || len(devices) == 0 {
		t.Skipf("this machine has no block device: %v", err)
	}
	pokes := watched(t, hosttest.Root(t, "testdata/no-md.txtar"))
	if err := os.WriteFile(devices[0], []byte("change"), 0o200); err != nil {
		t.Skipf("making the kernel send an event needs root: %v", err)
	}
	poked(t, pokes, "a block event")
}

// TestMdstatsAnnouncementPokes puts another file of the kernel in mdstat's place, which announces changes as it does.
func TestMdstatsAnnouncementPokes(t *testing.T) {
	t.Parallel()
	const domain = "/proc/sys/kernel/domainname"
	value, err := os.ReadFile(domain)
	if err != nil {
		t.Fatal(err)
	}
	h := hosttest.Root(t, "testdata/no-md.txtar")
	if err := os.Symlink(domain, filepath.Join(h.Root, "proc/mdstat")); err != nil {
		t.Fatal(err)
	}
	pokes := watched(t, h)
	for range 3 {
		if err := os.WriteFile(domain, value, 0o644); err != nil { // its own value
			t.Skipf("writing %s needs CAP_SYS_ADMIN: %v", domain, err)
		}
		poked(t, pokes, "mdstat")
	}
}

func TestOnlyWordsOfAWorkingArrayAreTheSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		was, is string
		want    bool
	}{
		{"clean", "active", true},
		{"write-pending", "active-idle", true},
		{"clean", "broken", false},
		{"readonly", "clean", false},
		{"", "clean", false},
		{"idle", "recover", false},
		{"in_sync", "faulty", false},
	} {
		if got := raid.SameWork(c.was, c.is); got != c.want {
			t.Errorf("%q to %q: %t", c.was, c.is, got)
		}
	}
}
