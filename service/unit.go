package service

import (
	"time"
)

// Unit is one unit in systemd's words.
type Unit struct {
	Name       string
	Load       string // LoadState: loaded, not-found, masked, bad-setting, error
	Active     string // ActiveState
	Sub        string // SubState: of a service, what it is doing exactly
	Type       string // of a service: simple, notify, oneshot, …
	Remains    bool   // RemainAfterExit
	Result     string // how its last run ended: success, exit-code, start-limit-hit, …
	Restart    string // when systemd starts it again by itself: no, always, on-failure, …
	Invocation string // of the run that goes on, or of the last one; empty: none since it was loaded
	Job        string // of a job that is queued or runs; empty: there is none
	Restarts   uint32 // NRestarts: how often systemd itself has started it again since a person last did

	LimitBurst    uint32        // systemd refuses to start it more often than this
	LimitInterval time.Duration // within this long; 0: as often as anybody likes

	Lasts   time.Duration // for how long ActiveState has not changed
	Entered time.Duration // when it last became active, by CLOCK_MONOTONIC; tells one time of being active from the next
	Started bool          // it has been started since it was loaded

	Err string // why nothing is known of it; all but Name is empty then
}

// The words of ActiveState.
const (
	active       = "active"
	reloading    = "reloading"
	refreshing   = "refreshing" // systemd 257 and later: its mounts are made anew while it runs
	activating   = "activating"
	deactivating = "deactivating"
	inactive     = "inactive"
	failed       = "failed"
	maintenance  = "maintenance"
)

// The other words that are looked at.
const (
	loaded         = "loaded"
	notFound       = "not-found"
	masked         = "masked"
	startLimitHit  = "start-limit-hit"
	oneshot        = "oneshot"
	success        = "success"
	autoRestart    = "auto-restart" // activating: it waits for RestartSec
	autoRestartDue = "auto-restart-queued"
)

// runs says whether u is active in the sense that its work goes on.
func (u Unit) runs() bool {
	return u.Active == active || u.Active == reloading || u.Active == refreshing
}

// restarts says whether systemd is about to start u again by itself.
func (u Unit) restarts() bool {
	return u.Active == activating && (u.Sub == autoRestart || u.Sub == autoRestartDue)
}

// givenUp says whether systemd has started u again by itself as often as the start limit lets it, and does not any more.
// Result alone does not tell: after failures it stays that of the last run (systemd 252).
func (u Unit) givenUp() bool {
	automatic := u.Restart != "" && u.Restart != "no"
	return u.Active == failed && (u.Result == startLimitHit || automatic && u.limited() && u.Restarts+1 >= u.LimitBurst)
}

// errand says whether u does its work by running to its end.
func (u Unit) errand() bool { return u.Type == oneshot && !u.Remains }

// word is the state as systemctl prints it.
func (u Unit) word() string { return u.Active + " (" + u.Sub + ")" }
