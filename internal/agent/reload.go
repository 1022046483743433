package agent

import (
	"slices"
	"strings"
	"sync/atomic"

	"plimsoll/actions"
	"plimsoll/internal/config"
	"plimsoll/redundancy"
)

// Settings are what of a configuration can change while the agent runs: what the step judges and decides by.
type Settings struct {
	Settle map[redundancy.Kind]redundancy.Settle `json:"settle,omitempty"`
	Flap   redundancy.Flap                       `json:"flap"`
	Policy []actions.Rule                        `json:"policy"` // with those built in
}

// settled are the keys of Settings. All others are what the agent was put together from.
var settled = []string{"settle", "flap", "policy"}

func settings(c config.Config) Settings {
	r := rules(c)
	return Settings{Settle: r.Settle, Flap: r.Flap, Policy: c.Rules()}
}

// takeSettings has them count from this step on. What was told is not taken back, and what is under way ends as it began.
func (st *State) takeSettings(s Settings) {
	st.Rules.Settle, st.Rules.Flap, st.Will.Policy.Rules = s.Settle, s.Flap, s.Policy
}

// configured is the configuration in force. The loop changes it; whom the fleet asks reads the policy.
type configured struct {
	whole  config.Config // the loop's own
	policy atomic.Pointer[actions.Policy]
}

func newConfigured(c config.Config) *configured {
	out := &configured{}
	out.put(c)
	return out
}

func (c *configured) put(is config.Config) {
	c.whole = is
	c.policy.Store(&actions.Policy{Rules: is.Rules(), Labels: is.Host.Labels, Ways: ways()})
}

// reload has a new configuration count, the whole of it or nothing: half of one is in nobody's file.
func (l *loop) reload(c config.Config) Effects {
	fixed := slices.DeleteFunc(config.Changed(l.config.whole, c), func(key string) bool { return slices.Contains(settled, key) })
	if len(fixed) > 0 {
		l.log.Warn("the configuration stays as it was: a key that has changed needs a restart", "keys", strings.Join(fixed, ", "))
		return l.step(Input{})
	}
	l.config.put(c)
	l.log.Info("the configuration was read again, and counts from now on")
	s := settings(c)
	return l.step(Input{Settings: &s})
}
