package hands

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/coreos/go-systemd/v22/dbus"

	"plimsoll/internal/priv"
)

const (
	// lookTime is how long systemd may take to let us in, and to say what a unit is like.
	lookTime = 5 * time.Second
	// jobTime is how long a job may take until nobody waits for it any more: more than systemd's own limit for stopping a
	// unit and starting it again (DefaultTimeoutStopSec and DefaultTimeoutStartSec, 90 s each).
	jobTime = 4 * time.Minute
	// jobMode gives way to a job that somebody else has queued for the unit and that conflicts, where systemctl's own mode
	// would replace it: a person's word, or the host's shutdown, goes first.
	jobMode = "fail"
)

// Systemd is the host's systemd, by its private socket: no message bus is needed, and no policy of one applies. Each request
// has a connection of its own, so that a systemd that was executed anew is no special case.
type Systemd struct{}

// Open connects. The connection outlives ctx, which bounds only the way in: a helper that is told to stop still looks at
// what it has done.
func (Systemd) Open(ctx context.Context) (Manager, error) {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	hurry := time.AfterFunc(lookTime, end)
	defer hurry.Stop()
	stopped := context.AfterFunc(ctx, end)
	defer stopped()
	conn, err := dbus.NewSystemdConnectionContext(life)
	if err != nil {
		end()
		return nil, fmt.Errorf("connect to systemd: %w", err)
	}
	return &manager{conn: conn, end: end}, nil
}

// manager is systemd at the other end of one connection.
type manager struct {
	conn *dbus.Conn
	end  context.CancelFunc
}

// Close ends the connection; jobs go on without it.
func (m *manager) Close() {
	m.conn.Close()
	m.end()
}

// Look is the unit's ActiveState and InvocationID.
func (m *manager) Look(ctx context.Context, unit string) (priv.State, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	properties, err := m.conn.GetUnitPropertiesContext(ctx, unit)
	if err != nil {
		return priv.State{}, fmt.Errorf("look at %s: %w", unit, err)
	}
	if loaded := properties["LoadState"]; loaded != "loaded" {
		return priv.State{}, fmt.Errorf("look at %s: its LoadState is %v", unit, loaded)
	}
	s := priv.State{}
	s.Unit, _ = properties["ActiveState"].(string)
	if id, ok := properties["InvocationID"].([]byte); ok {
		s.Invocation = hex.EncodeToString(id)
	}
	return s, nil
}

// Restart restarts the unit, or starts it where it does not run.
func (m *manager) Restart(ctx context.Context, unit string) (string, error) {
	return job(ctx, unit, "restart", m.conn.RestartUnitContext)
}

// Stop stops the unit.
func (m *manager) Stop(ctx context.Context, unit string) (string, error) {
	return job(ctx, unit, "stop", m.conn.StopUnitContext)
}

// ask is the library's way to ask for a job.
type ask func(ctx context.Context, unit, mode string, ended chan<- string) (int, error)

func job(ctx context.Context, unit, verb string, start ask) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, jobTime)
	defer cancel()
	// With room for the word: the library holds a lock while it hands it over, also to somebody who has gone.
	ended := make(chan string, 1)
	if _, err := start(ctx, unit, jobMode, ended); err != nil {
		return "", fmt.Errorf("%s %s: %w", verb, unit, err)
	}
	select {
	case result := <-ended:
		return result, nil
	case <-ctx.Done():
		return "", fmt.Errorf("%s %s: wait for its job: %w", verb, unit, ctx.Err())
	}
}
