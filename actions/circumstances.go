package actions

import (
	"fmt"
	"time"

	"plimsoll/redundancy"
)

// Circumstances are what is so of the host as a whole, beside its redundancy, as far as it bears on acting.
type Circumstances struct {
	Observe     bool          `json:"observe,omitempty"`     // mode observe: nothing is done, whatever is called for
	Booting     time.Time     `json:"booting,omitzero"`      // until when the host is coming up: what looks like a fault is not there yet
	Stopping    bool          `json:"stopping,omitempty"`    // the host is going down
	Frozen      []string      `json:"frozen,omitempty"`      // by whom and why; also that it can't be told. Empty: not frozen
	Maintenance []Maintenance `json:"maintenance,omitempty"` // those that have ended do nothing
	Unlogged    string        `json:"unlogged,omitempty"`    // why nothing can be made durable; empty: it can
	// Pools are those whose leave this host can ask for, each with why not at the moment; empty: it can.
	Pools      map[string]string `json:"pools,omitempty"`
	Correlated []redundancy.ID   `json:"correlated,omitempty"` // groups whose fault the fleet sees on many hosts
}

// Maintenance is a time in which people work on something: it is watched and told of, and nothing is done to it.
type Maintenance struct {
	Group string    `json:"group,omitempty"` // a pattern as in When; empty: the whole host
	Until time.Time `json:"until"`           // it ends by itself
	By    string    `json:"by"`
	Why   string    `json:"why,omitempty"`
}

func (m Maintenance) covers(g *redundancy.Group) bool {
	return m.Group == "" || Named(m.Group, g)
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

// unasked is why leave of pool cannot be asked for now; empty: it can.
func (c Circumstances) unasked(pool string) string {
	why, in := c.Pools[pool]
	if !in {
		return "it reaches others, who have to be asked, and this host is in no such pool: " + pool
	}
	return why
}

// hold is why nothing is done to g as things are. A person who asks for it has looked: neither maintenance nor a recent boot
// holds that.
func (c Circumstances) hold(now time.Time, g *redundancy.Group, byHand bool) []Reason {
	var out []Reason
	if c.Observe {
		out = append(out, Reason{Key: whyMode, Text: "in mode observe it is only said"})
	}
	for _, why := range c.Frozen {
		out = append(out, Reason{Key: whyFreeze, Text: why})
	}
	if c.Stopping {
		out = append(out, Reason{Key: whyShutdown, Text: "the host is going down"})
	}
	if now.Before(c.Booting) && !byHand {
		out = append(out, Reason{
			Key: whyBoot, Text: fmt.Sprintf("the host gets another %s to come up", span(c.Booting.Sub(now))), Until: c.Booting,
		})
	}
	for _, m := range c.Maintenance {
		if now.Before(m.Until) && m.covers(g) && !byHand {
			out = append(out, m.reason(now))
		}
	}
	if c.Unlogged != "" {
		out = append(out, Reason{Key: whyLog, Text: "what is done has to be written down first, and cannot: " + c.Unlogged})
	}
	return out
}
