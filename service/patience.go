package service

import (
	"fmt"
	"time"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// course is what one unit has been through, as far as looks have seen it. It is kept in memory: an agent that starts has seen
// nothing, and the limits of the rules and of the day, which are in its log, hold all the same.
type course struct {
	run      string // the invocation that was seen last
	judged   bool   // that one has been counted among the bad
	bad      int    // how many runs in a row have failed or were sick
	restarts uint32 // systemd's own count, as of that look
	well     time.Time
}

const (
	// proven is how long a run must have been well for those before it to be forgotten.
	proven = 10 * time.Minute
	// inVain is how many runs in a row may be bad before nothing is done any more: one that failed, and three that were begun
	// to mend that.
	inVain = 4
)

// waits is how long a unit is left alone after its bad runs, by how many in a row there were: what did not help is not hurried.
func waits(bad int) time.Duration {
	switch {
	case bad <= 1:
		return 0
	case bad == 2:
		return time.Minute
	default:
		return 5 * time.Minute
	}
}

// see is c after one more look: bad says whether the unit has failed, or runs and is sick; good that it surely does its work.
func (c course) see(u Unit, bad, good bool, now time.Time) course {
	if u.Err != "" {
		return c
	}
	if u.Invocation != c.run {
		if lost := int64(u.Restarts) - int64(c.restarts); c.run != "" && lost > 1 {
			c.bad += int(min(lost-1, inVain)) // systemd has restarted them, so they had failed, and no look has seen them
		}
		c.run, c.judged, c.well = u.Invocation, false, time.Time{}
	}
	c.restarts = u.Restarts
	switch {
	case bad && !c.judged:
		c.judged, c.well = true, time.Time{}
		c.bad = min(c.bad+1, inVain)
	case bad || !good:
		c.well = time.Time{}
	case c.well.IsZero():
		c.well = now
	case now.Sub(c.well) >= proven:
		c.bad, c.judged = 0, false
	}
	return c
}

// spent says whether restarts have been in vain.
func (c course) spent() bool { return c.bad >= inVain }

// against is what speaks against touching u as it is: that it is changing, which is systemd's affair; and for a restart, that it
// would come too soon, or in vain.
//
// A restart has to leave systemd's own start limit alone. systemd counts every start, whoever asked for it, and one that goes
// over StartLimitBurst within StartLimitInterval leaves the unit dead. So a unit is touched only if its state has not changed
// for the whole interval: then no start has been made within it, and ours is the first of the burst. The last one of a burst
// is never ours, which takes a burst of two.
func (c course) against(u Unit, now time.Time) []redundancy.Objection {
	var out []redundancy.Objection
	object := func(verb actions.Verb, format string, args ...any) {
		out = append(out, redundancy.Objection{Verb: string(verb), Text: fmt.Sprintf(format, args...)})
	}
	switch {
	case u.Err != "":
		object("", "%s cannot be read", u.Name)
		return out
	case u.restarts():
		object("", "systemd restarts %s by itself", u.Name)
	case u.Active == activating, u.Active == deactivating, u.Active == reloading, u.Active == refreshing, u.Active == maintenance:
		object("", "%s is %s", u.Name, u.Active)
	case u.Job != "":
		object("", "systemd has a job under way for %s", u.Name)
	}
	say := func(format string, args ...any) { object(actions.ServiceRestart, format, args...) }
	switch {
	case u.Load != loaded:
		say("%s is %s: it could not be started", u.Name, u.Load)
	case u.givenUp():
		say("systemd has given up starting %s: its start limit is reached", u.Name)
	}
	if u.limited() && u.LimitBurst < 2 {
		say("%s may be started only once within %s (StartLimitBurst): that is not ours to use up", u.Name, u.LimitInterval)
	}
	if wait := max(u.limit(), waits(c.bad)); wait > 0 && u.Lasts <= wait {
		say("%s has changed within the last %s, and %s", u.Name, wait, c.why(u))
		out[len(out)-1].Until = now.Add(wait - u.Lasts)
	}
	if c.spent() {
		say("%d runs of %s in a row have failed or were sick: another is not tried before one has been well for %s", c.bad, u.Name, proven)
	}
	return out
}

func (u Unit) limit() time.Duration {
	if !u.limited() {
		return 0
	}
	return u.LimitInterval
}

// why is what asks for the wait.
func (c course) why(u Unit) string {
	if u.limit() >= waits(c.bad) {
		return "systemd counts its starts for as long (StartLimitIntervalSec)"
	}
	return fmt.Sprintf("%d runs in a row have failed or were sick", c.bad)
}
