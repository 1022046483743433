package service

import (
	"context"
	"errors"
	"fmt"

	"github.com/godbus/dbus/v5"
)

// heardAtOnce is how many signals may be queued before the library has to keep them for us: a restart of a unit is a dozen.
const heardAtOnce = 64

// errHungUp is why a connection ends that nobody here has ended.
var errHungUp = errors.New("the message bus has hung up")

// Hear listens on a connection of its own, to systemd alone: anybody may send a signal, but the bus says who did.
func (b *Bus) Hear(ctx context.Context, names []string, heard func()) error {
	way, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	conn, end, err := dial(way, b.address)
	if err != nil {
		return err
	}
	defer end()
	signals := make(chan *dbus.Signal, heardAtOnce)
	conn.Signal(signals)
	for _, name := range names {
		err := conn.AddMatchSignalContext(way, dbus.WithMatchSender(systemd), dbus.WithMatchObjectPath(unitPath(name)),
			dbus.WithMatchInterface(properties), dbus.WithMatchMember(changedProperty))
		if err != nil {
			return fmt.Errorf("listen to %s: %w", name, err)
		}
	}
	// Until somebody subscribes, systemd sends no signals of units; it stops once the connection of the last one is gone.
	if err := conn.Object(systemd, managerPath).CallWithContext(way, systemd+".Manager.Subscribe", 0).Err; err != nil {
		return fmt.Errorf("subscribe to systemd: %w", err)
	}
	heard()
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, open := <-signals:
			if !open {
				return errHungUp
			}
			heard()
		}
	}
}
