package agent

import (
	"encoding/json"
	"errors"
	"maps"
	"time"

	"plimsoll/actions"
	"plimsoll/internal/api"
	"plimsoll/internal/config"
	"plimsoll/internal/hook"
	"plimsoll/internal/view"
)

// hooks are those of the configuration.
func hooks(c config.Hooks) map[string]hook.Hook {
	out := map[string]hook.Hook{}
	for name, h := range c {
		out[name] = hook.Hook{
			Argv: h.Argv, URL: h.URL, Authorization: h.Authorization, Timeout: h.Timeout, MaxOutput: h.MaxOutput,
		}
	}
	return out
}

// errNoView is what a hook meets that is run before the first step has ended, which cannot be.
var errNoView = errors.New("internal error: nothing is known yet")

// hands are the operators of h, with that of its hooks, which are told what newest has.
func (h host) hands(newest func() *view.View) map[actions.Verb]actions.Operator {
	if len(h.hooks) == 0 {
		return h.operators
	}
	all := maps.Clone(h.operators)
	all[actions.Hook] = &hook.Operator{Hooks: h.hooks, Told: func(a actions.Action) ([]byte, error) {
		v := newest()
		if v == nil {
			return nil, errNoView
		}
		return json.Marshal(api.NewHook(v, a, time.Now()))
	}}
	return all
}
