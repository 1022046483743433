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
	due   time.Time // of the next beat; the loop's own
}

// beat says that the loop is alive, unless it has just said so: telling systemd takes longer than a step, and in a storm of
// faults there is better to do.
func (p *pulse) beat() {
	now := time.Now()
	if now.Before(p.due) {
		return
	}
	p.due = now.Add(p.every)
	select {
	case p.beats <- struct{}{}:
	default:
	}
}

// newWatchdog says READY with the first beat, WATCHDOG with every one after, and STOPPING when ctx ends. A beat is due twice
// within what the unit allows, as sd_watchdog_enabled(3) advises: telling systemd costs more than a step.
func newWatchdog(log *slog.Logger) (*pulse, func(context.Context)) {
	const perPeriod = 2
	p := &pulse{beats: make(chan struct{}, 1)}
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
