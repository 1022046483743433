package hwmon

import (
	"cmp"
	"slices"
	"time"

	"plimsoll/redundancy"
)

// quiet is how long an alarm must have been gone for its warning to end. What is close to a limit crosses it all the time, and
// many chips take an alarm back as soon as somebody has read it, until they measure anew.
const quiet = 2 * time.Minute

// holds keep warnings up that have only just ended.
type holds struct {
	quiet  time.Duration
	raised map[alarm]held
}

// alarm is one warning of one component.
type alarm struct {
	id  redundancy.ID
	key string
}

// held is a warning as it was last seen.
type held struct {
	warning redundancy.Warning
	at      time.Time
}

// apply puts warnings back on all that have ended less than quiet ago. While a sensor can't be read, nothing says that its
// alarms have ended.
func (h *holds) apply(all []redundancy.Component, now time.Time) {
	next := map[alarm]held{}
	for i := range all {
		c := &all[i]
		for _, w := range c.Warnings {
			next[alarm{c.ID, w.Key}] = held{w, now}
		}
		unread := slices.Contains(c.Doubts, redundancy.DoubtUnread)
		for key := range texts {
			a := alarm{c.ID, key}
			was, raised := h.raised[a]
			if _, still := next[a]; still || !raised || c.State == redundancy.Standby {
				continue
			}
			if unread {
				was.at = now
			} else if now.Sub(was.at) >= h.quiet {
				continue
			}
			next[a] = was
			c.Warnings = append(c.Warnings, dated(was.warning, was.at))
		}
		slices.SortFunc(c.Warnings, func(x, y redundancy.Warning) int { return cmp.Compare(x.Key, y.Key) })
	}
	h.raised = next
}

// dated is w with evidence of an earlier time.
func dated(w redundancy.Warning, at time.Time) redundancy.Warning {
	w.Evidence = slices.Clone(w.Evidence)
	for i := range w.Evidence {
		if w.Evidence[i].At.IsZero() {
			w.Evidence[i].At = at
		}
	}
	return w
}
