package logind

import (
	"context"
	"errors"
	"fmt"

	"github.com/godbus/dbus/v5"
)

// Names of logind's interface, org.freedesktop.login1(5). going has one argument: whether the host is about to go down (true)
// or has been called back (false).
const (
	name    = "org.freedesktop.login1"
	path    = "/org/freedesktop/login1"
	manager = "org.freedesktop.login1.Manager"
	going   = "PrepareForShutdown"
	isGoing = manager + ".PreparingForShutdown"
)

// queue is how many signals may wait for us. logind sends two in the life of a host; who else sends us some, we do not wait for.
const queue = 16

// ErrGone is the end of a Watch whose connection to the system bus has ended.
var ErrGone = errors.New("the system bus is gone")

// Watch calls tell with whether the host is going down: as it is now, and whenever logind says so, until ctx ends or the
// system bus is lost; the caller starts it again. tell is called from one goroutine.
func Watch(ctx context.Context, tell func(down bool)) error {
	conn, err := dbus.ConnectSystemBus(dbus.WithContext(ctx))
	if err != nil {
		return fmt.Errorf("connect to the system bus: %w", err)
	}
	defer func() { _ = conn.Close() }() // nothing of ours is on its way
	return watch(ctx, conn, tell)
}

func watch(ctx context.Context, conn *dbus.Conn, tell func(down bool)) error {
	signals := make(chan *dbus.Signal, queue)
	conn.Signal(signals)
	err := conn.AddMatchSignalContext(ctx, dbus.WithMatchSender(name), dbus.WithMatchInterface(manager), dbus.WithMatchMember(going))
	if err != nil {
		return fmt.Errorf("ask for signals of logind: %w", err)
	}
	if now, err := conn.Object(name, path).GetProperty(isGoing); err == nil { // else there is no logind yet
		if down, understood := now.Value().(bool); understood {
			tell(down)
		}
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case s, open := <-signals:
			if !open {
				return ErrGone
			}
			if down, understood := announced(ctx, conn, s); understood {
				tell(down)
			}
		}
	}
}

// announced is what a signal says, and false if it is another one, or not logind's: any user of the host can send us signals.
func announced(ctx context.Context, conn *dbus.Conn, s *dbus.Signal) (down, understood bool) {
	if s.Name != manager+"."+going || len(s.Body) != 1 {
		return false, false
	}
	var owner string
	err := conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.GetNameOwner", 0, name).Store(&owner)
	if err != nil || s.Sender != owner {
		return false, false
	}
	down, understood = s.Body[0].(bool)
	return down, understood
}
