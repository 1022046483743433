package agent

import (
	"context"
	"log/slog"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// pulse carries signs of life from the loop to systemd. The loop never waits for it.
type pulse struct {
	every time.Duration // how often one is due; zero: nobody asks
	beats chan struct{}
}

// beat says that the loop is alive.
func (p pulse) beat() {
	select {
	case p.beats <- struct{}{}:
	default:
	}
}

// newWatchdog says READY with the first beat, WATCHDOG with every one after, and STOPPING when ctx ends. A beat is due three
// times within what the unit allows, so that one late step is no death.
func newWatchdog(log *slog.Logger) (pulse, func(context.Context)) {
	const perPeriod = 3
	p := pulse{beats: make(chan struct{}, 1)}
	period, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("the watchdog's period is not understood", "cause", err.Error())
	}
	p.every = period / perPeriod
	notify := func(state string) {
		if _, err := daemon.SdNotify(false, state); err != nil {
			log.Warn("systemd was not told", "state", state, "cause", err.Error())
		}
	}
	return p, func(ctx context.Context) {
		state := daemon.SdNotifyReady
		for {
			select {
			case <-ctx.Done():
				notify(daemon.SdNotifyStopping)
				return
			case <-p.beats:
				notify(state)
				state = daemon.SdNotifyWatchdog
			}
		}
	}
}
