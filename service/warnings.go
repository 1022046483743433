package service

import (
	"fmt"

	"plimsoll/redundancy"
)

// The keys of this room's warnings.
const (
	WarnGivenUp   = "restarts-in-vain" // run after run failed or was sick: nothing more is tried
	WarnNotLoaded = "unit-not-loaded"  // systemd holds no unit file that it could start it from
	WarnLimit     = "start-limit-hit"  // systemd has given up starting it
)

func (m member) warnings() []redundancy.Warning {
	var out []redundancy.Warning
	warn := func(key, text string, args ...any) {
		out = append(out, redundancy.Warning{
			Key: key, Member: m.id, Text: m.unit.Name + fmt.Sprintf(text, args...), Evidence: m.unit.evidence(),
		})
	}
	if u := m.unit; u.Err == "" && u.Load != loaded && u.Name != "" {
		warn(WarnNotLoaded, " is %s: it could not be started again", m.unit.Load)
	}
	if m.unit.givenUp() {
		warn(WarnLimit, " has failed as often as its start limit allows, %d within %s: systemd does not start it any more",
			m.unit.LimitBurst, m.unit.LimitInterval)
	}
	if m.course.spent() {
		warn(WarnGivenUp, " has failed or was sick in %d runs in a row: nothing more is tried before one has been well for %s", m.course.bad, proven)
	}
	return out
}
