package announce_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"plimsoll/internal/announce"
	"plimsoll/internal/sysfs"
	"plimsoll/internal/uevent"
)

// untilWoken attends to nothing but wakes, after it has called begun.
func untilWoken(begun func()) func(context.Context, *sysfs.Poller) error {
	return func(ctx context.Context, poller *sysfs.Poller) error {
		begun()
		for {
			if _, err := poller.Wait(ctx); err != nil {
				return err
			}
		}
	}
}

func TestListeningEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	err := announce.Listener{
		Concerns: func(uevent.Event) bool { return false }, Event: func(*sysfs.Poller) {}, Attend: untilWoken(cancel),
	}.Listen(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestWhatKeepsOneFromListeningEndsBoth(t *testing.T) {
	t.Parallel()
	broken := errors.New("no more polling")
	err := announce.Listener{
		Concerns: func(uevent.Event) bool { return false }, Event: func(*sysfs.Poller) {},
		Attend: func(context.Context, *sysfs.Poller) error { return broken },
	}.Listen(t.Context())
	if !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

func TestOnlyAnEventThatConcernsIsTold(t *testing.T) {
	t.Parallel()
	const loopback = "/sys/devices/virtual/net/lo" // every kernel has it
	ctx, cancel := context.WithCancel(t.Context())
	told := false // the goroutine that sets it has ended when it is read
	var refused error
	err := announce.Listener{
		Concerns: func(e uevent.Event) bool { return "/sys"+e.DevPath == loopback },
		Event:    func(*sysfs.Poller) { told = true; cancel() },
		Attend: untilWoken(func() {
			if refused = os.WriteFile(filepath.Join(loopback, "uevent"), []byte("change"), 0); refused != nil {
				cancel()
			}
		}),
	}.Listen(ctx)
	if refused != nil {
		t.Skipf("making the kernel send an event needs root: %v", refused)
	}
	if !errors.Is(err, context.Canceled) || !told {
		t.Errorf("told %t, ended by %v", told, err)
	}
}

func TestWhatCannotBeWatchedIsNoTrouble(t *testing.T) {
	t.Parallel()
	poller, err := sysfs.NewPoller()
	if err != nil {
		t.Fatal(err)
	}
	defer poller.Close()
	file := filepath.Join(t.TempDir(), "fixture")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := announce.Set(poller, []string{file, file + "-that-is-not-there"}); err != nil {
		t.Error(err)
	}
	if err := announce.Set(poller, []string{"a\x00b"}); err == nil {
		t.Error("a path that no kernel takes is taken")
	}
}
