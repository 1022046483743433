package sysfs_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"plimsoll/internal/sysfs"
)

func poller(t *testing.T) *sysfs.Poller {
	t.Helper()
	p, err := sysfs.NewPoller()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	p := poller(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := p.Wait(ctx)
		ended <- err
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestAWakeIsKeptForTheNextWait(t *testing.T) {
	t.Parallel()
	p := poller(t)
	p.Wake()
	p.Wake()
	if notices, err := p.Wait(t.Context()); err != nil || len(notices) != 0 {
		t.Errorf("%+v, %v", notices, err)
	}
}

func TestWakeAfterCloseDoesNothing(t *testing.T) {
	t.Parallel()
	p, err := sysfs.NewPoller()
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	p.Wake()
	p.Close()
}

func TestWhatCannotBeWatchedIsNamedAndTheRestIsWatched(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(file, []byte("x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	err := poller(t).Set([]string{file, file + "-absent", "/proc/sys/kernel/hostname"})
	if !errors.Is(err, fs.ErrNotExist) || !errors.Is(err, unix.EPERM) {
		t.Errorf("%v", err)
	}
	var path *fs.PathError
	if !errors.As(err, &path) || path.Path != file {
		t.Errorf("%v", err)
	}
}

// TestAnAnnouncedChangeIsReadOnce changes a file of the kernel that announces its changes as attributes do, by POLLPRI and
// POLLERR: the host name, to its own value.
func TestAnAnnouncedChangeIsReadOnce(t *testing.T) { // not parallel: the host name belongs to the machine
	const hostname = "/proc/sys/kernel/hostname"
	before, err := sysfs.New("/").Read(hostname)
	if err != nil {
		t.Fatal(err)
	}
	p := poller(t)
	if err := p.Set([]string{hostname}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(hostname, []byte(before), 0o644); err != nil {
		t.Skipf("writing %s needs CAP_SYS_ADMIN: %v", hostname, err)
	}
	notices, err := p.Wait(t.Context())
	if err != nil || len(notices) != 1 || notices[0].Path != hostname || notices[0].Value != before {
		t.Fatalf("%+v, %v", notices, err)
	}
	p.Wake()
	if notices, err := p.Wait(t.Context()); err != nil || len(notices) != 0 {
		t.Errorf("announced again: %+v, %v", notices, err)
	}
	if err := p.Set(nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(hostname, []byte(before), 0o644); err != nil {
		t.Fatal(err)
	}
	p.Wake()
	if notices, err := p.Wait(t.Context()); err != nil || len(notices) != 0 {
		t.Errorf("announced after it was let go: %+v, %v", notices, err)
	}
}
