package uevent_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/uevent"
)

// removed is what kernel 6.1 sends when a SCSI disk is pulled, by lib/kobject_uevent.c.
const removed = "remove@/devices/pci0000:00/0000:00:05.0/virtio2/host2/target2:0:1/2:0:1:0/block/sdb\x00" +
	"ACTION=remove\x00DEVPATH=/devices/pci0000:00/0000:00:05.0/virtio2/host2/target2:0:1/2:0:1:0/block/sdb\x00" +
	"SUBSYSTEM=block\x00MAJOR=8\x00MINOR=16\x00DEVNAME=sdb\x00DEVTYPE=disk\x00DISKSEQ=10\x00SEQNUM=1811\x00"

func TestAKernelMessageIsRead(t *testing.T) {
	t.Parallel()
	e, err := uevent.Parse([]byte(removed))
	if err != nil {
		t.Fatal(err)
	}
	if e.Action != "remove" || !strings.HasSuffix(e.DevPath, "/block/sdb") || e.Subsystem != "block" {
		t.Errorf("%+v", e)
	}
	if name, ok := e.Var("DEVNAME"); name != "sdb" || !ok {
		t.Errorf("DEVNAME %q, %t", name, ok)
	}
	if name, ok := e.Var("NVME_AEN"); ok {
		t.Errorf("NVME_AEN %q", name)
	}
}

func TestOtherMessagesAreRefused(t *testing.T) {
	t.Parallel()
	for _, msg := range []string{"", "\x00", "libudev\x00\xfe\xed\xca\xfe", "add@/devices/x", "@/devices/x\x00", "add@devices/x\x00"} {
		if e, err := uevent.Parse([]byte(msg)); !errors.Is(err, uevent.ErrFormat) {
			t.Errorf("%q: %+v, %v", msg, e, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(removed))
	f.Add([]byte("add@/devices/x\x00"))
	f.Add([]byte("change@/x\x00SUBSYSTEM=\x00=\x00\x00K"))
	f.Fuzz(func(t *testing.T, msg []byte) {
		e, err := uevent.Parse(msg)
		if err != nil {
			if !errors.Is(err, uevent.ErrFormat) {
				t.Errorf("%v is not ErrFormat", err)
			}
			return
		}
		if !strings.HasPrefix(string(msg), e.Action+"@"+e.DevPath+"\x00") {
			t.Errorf("%q is read as %+v", msg, e)
		}
		if sub, ok := e.Var("SUBSYSTEM"); sub != e.Subsystem || !ok && sub != "" {
			t.Errorf("subsystem %q, in the message %q", e.Subsystem, sub)
		}
	})
}

func listener(t *testing.T) *uevent.Listener {
	t.Helper()
	l, err := uevent.Open()
	if err != nil {
		t.Skipf("no uevents here: %v", err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func TestNextEndsWithItsContext(t *testing.T) {
	t.Parallel()
	l := listener(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		for {
			if _, err := l.Next(ctx); err != nil { // devices of the machine may come and go meanwhile
				ended <- err
				return
			}
		}
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// loopback is a device that every kernel has, and whose uevent file makes the kernel send one.
const loopback = "/sys/devices/virtual/net/lo"

func TestTheKernelsOwnMessageIsHeard(t *testing.T) {
	t.Parallel()
	l := listener(t)
	trigger(t, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		e, err := l.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if e.Action == "change" && "/sys"+e.DevPath == loopback && e.Subsystem == "net" {
			return
		}
	}
}

func TestAnOverflowIsToldAndListeningGoesOn(t *testing.T) {
	t.Parallel()
	l := listener(t)
	uevent.Shrink(t, l)
	const storm = 200
	trigger(t, storm)
	overflows, events := 0, 0
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for overflows == 0 || events == 0 {
		_, err := l.Next(ctx)
		switch {
		case errors.Is(err, uevent.ErrOverflow):
			overflows++
		case err != nil:
			t.Fatalf("after %d overflows and %d events: %v", overflows, events, err)
		default:
			events++
		}
	}
}

func trigger(t *testing.T, times int) {
	t.Helper()
	for range times {
		if err := os.WriteFile(loopback+"/uevent", []byte("change"), 0o200); err != nil {
			t.Skipf("making the kernel send an event needs root: %v", err)
		}
	}
}
