package member

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"

	"plimsoll/fleet"
	"plimsoll/fleet/wire"
)

// Archive has the fleet keep what the host is known good as. It is a [fleet.Companion].
type Archive struct {
	fleet, host string // as tokens
	known       func() (b wire.Baseline, some bool, err error)
	changed     chan struct{}
	log         *slog.Logger
	kept        string // the digest of what the fleet keeps, as far as is known
	problem     string // said last
}

// NewArchive is that of the host with this token. known is what it is known good as, if anything, and may be called at any time.
func NewArchive(fleetToken, host string, known func() (wire.Baseline, bool, error), log *slog.Logger) *Archive {
	return &Archive{fleet: fleetToken, host: host, known: known, changed: make(chan struct{}, 1), log: log}
}

// Changed has it looked soon whether the host is known good as something else. It never waits.
func (a *Archive) Changed() {
	select {
	case a.changed <- struct{}{}:
	default:
	}
}

// Attend is fleet.Companion. Whether there is something else to keep it looks after each change, once the connection is back, and
// as often as the host asks for its place.
func (a *Archive) Attend(ctx context.Context, nc *nats.Conn) {
	up := nc.StatusChanged(nats.CONNECTED)
	defer nc.RemoveStatusListener(up)
	a.kept = "" // the store may be another: an arbiter writes nothing that it has
	timer := time.NewTimer(soon)
	defer timer.Stop()
	wait := soon
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.changed:
			wait = soon
		case <-up:
			wait = soon
		case <-timer.C:
		}
		err := a.keep(ctx, nc)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			wait, a.problem = Again, ""
		} else {
			a.say(err)
		}
		timer.Reset(wait/2 + rand.N(wait/2))
		if wait *= 2; wait > late {
			wait = late
		}
	}
}

// say says once why the fleet does not keep it. That nobody is there to ask is said elsewhere.
func (a *Archive) say(err error) {
	if text := err.Error(); text != a.problem && !errors.Is(err, fleet.ErrNoArbiter) {
		a.problem = text
		a.log.Warn("the fleet does not keep what this host is known good as", "cause", text)
	}
}

// keep has an arbiter keep the baseline, if it is another than the one that was kept last.
func (a *Archive) keep(ctx context.Context, nc *nats.Conn) error {
	b, some, err := a.known()
	if err != nil || !some || b.Digest == a.kept {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	k, err := fleet.Ask[wire.Kept](ctx, nc, wire.Subject(a.fleet, a.host, wire.Known), b)
	if err != nil {
		return err
	}
	if k.Refused != "" {
		return errors.New(k.Refused)
	}
	a.kept = b.Digest
	a.log.Info("the fleet keeps what this host is known good as", "revision", k.Revision)
	return nil
}
