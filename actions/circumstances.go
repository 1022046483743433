package actions

import (
	"fmt"
	"time"

	"plimsoll/redundancy"
)

// BootGrace is how long after a boot nothing is done: arrays assemble, links negotiate and services start in that time, and
// what looks like a fault is a host that is not there yet.
const BootGrace = 5 * time.Minute

// Circumstances are what is so of the host as a whole, beside its redundancy, as far as it bears on acting.
type Circumstances struct {
	Booted      time.Time       `json:"booted,omitzero"`       // zero: not known, and long ago
	Stopping    bool            `json:"stopping,omitempty"`    // the host is going down
	Frozen      []string        `json:"frozen,omitempty"`      // by whom and why; also that it can't be told. Empty: not frozen
	Maintenance []Maintenance   `json:"maintenance,omitempty"` // those that have ended do nothing
	Unlogged    string          `json:"unlogged,omitempty"`    // why nothing can be made durable; empty: it can
	Fleet       bool            `json:"fleet,omitempty"`       // there is a fleet to ask
	Correlated  []redundancy.ID `json:"correlated,omitempty"`  // groups whose fault the fleet sees on many hosts
}

// Maintenance is a time in which people work on something: it is watched and told of, and nothing is done to it.
type Maintenance struct {
	Group string    `json:"group,omitempty"` // a pattern as in When; empty: the whole host
	Until time.Time `json:"until"`           // it ends by itself
	By    string    `json:"by"`
	Why   string    `json:"why,omitempty"`
}

func (m Maintenance) covers(g *redundancy.Group) bool {
	return m.Group == "" || glob(m.Group, g.Name) || glob(m.Group, string(g.ID))
}

func (m Maintenance) reason(now time.Time) Reason {
	what := "the host"
	if m.Group != "" {
		what = m.Group
	}
	text := fmt.Sprintf("%s for another %s, says %s", what, span(m.Until.Sub(now)), m.By)
	if m.Why != "" {
		text += ": " + m.Why
	}
	return Reason{Key: whyMaintenance, Text: text, Until: m.Until}
}

// hold is why nothing is done to g as things are.
func (c Circumstances) hold(now time.Time, g *redundancy.Group) []Reason {
	var out []Reason
	for _, why := range c.Frozen {
		out = append(out, Reason{Key: whyFreeze, Text: why})
	}
	if c.Stopping {
		out = append(out, Reason{Key: whyShutdown, Text: "the host is going down"})
	}
	if up := now.Sub(c.Booted); !c.Booted.IsZero() && up < BootGrace {
		out = append(out, Reason{
			Key: whyBoot, Text: fmt.Sprintf("the host is up for %s; it gets %s to come up", span(up), span(BootGrace)),
			Until: c.Booted.Add(BootGrace),
		})
	}
	for _, m := range c.Maintenance {
		if now.Before(m.Until) && m.covers(g) {
			out = append(out, m.reason(now))
		}
	}
	if c.Unlogged != "" {
		out = append(out, Reason{Key: whyLog, Text: "what is done has to be written down first, and cannot: " + c.Unlogged})
	}
	return out
}
