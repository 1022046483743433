package announce

import (
	"context"
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"

	"plimsoll/internal/sysfs"
	"plimsoll/internal/uevent"
)

// Listener is what a source makes of announcements.
type Listener struct {
	// Concerns says whether an event may tell of a change.
	Concerns func(uevent.Event) bool
	// Event is called for every event that concerns, and when some were lost, from a goroutine of its own; it may wake the
	// poller.
	Event func(*sysfs.Poller)
	// Attend sets what the poller watches and waits for it until ctx ends or the poller fails. Events are being listened to
	// when it is called.
	Attend func(context.Context, *sysfs.Poller) error
}

// Listen listens until ctx ends, and answers with its error, or with the first of what kept it from listening.
func (l Listener) Listen(ctx context.Context) error {
	poller, err := sysfs.NewPoller()
	if err != nil {
		return err
	}
	defer poller.Close()
	events, err := uevent.Open()
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	ended := make(chan error, 1)
	go func() {
		err := l.hear(ctx, events, poller)
		stop(err)
		ended <- errors.Join(err, events.Close())
	}()
	err = l.Attend(ctx, poller)
	stop(err)
	if other := <-ended; !errors.Is(other, context.Canceled) {
		err = other
	}
	return err
}

// Events pokes at every event that concerns, at those that were lost, and once when it has begun to listen, for what changed
// before was announced to nobody. It listens until ctx ends, and answers as Listen does.
func Events(ctx context.Context, concerns func(uevent.Event) bool, poke func()) error {
	return Listener{
		Concerns: concerns,
		Event:    func(*sysfs.Poller) { poke() },
		Attend: func(ctx context.Context, poller *sysfs.Poller) error {
			poke()
			for {
				if _, err := poller.Wait(ctx); err != nil {
					return err
				}
			}
		},
	}.Listen(ctx)
}

// hear waits for events. Its error is ctx's, or why nothing can be heard any more.
func (l Listener) hear(ctx context.Context, events *uevent.Listener, poller *sysfs.Poller) error {
	for {
		e, err := events.Next(ctx)
		switch {
		case errors.Is(err, uevent.ErrOverflow):
			l.Event(poller)
		case err != nil:
			return err
		case l.Concerns(e):
			l.Event(poller)
		}
	}
}

// Set makes paths all that the poller watches. What can't be watched is no trouble where the next look says so or there is
// nothing to say: attributes that a device does not have or that just left, that we may not read, and files of a fixture,
// which can't be polled.
func Set(poller *sysfs.Poller, paths []string) error {
	err := poller.Set(paths)
	joined, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // errors.Join's own shape
	if !ok {
		return err
	}
	for _, e := range joined.Unwrap() {
		if !errors.Is(e, fs.ErrNotExist) && !errors.Is(e, fs.ErrPermission) && !errors.Is(e, unix.ENODEV) {
			return e
		}
	}
	return nil
}
