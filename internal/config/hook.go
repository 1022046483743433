package config

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"plimsoll/actions"
)

// Hook is something of the administrator's own that a rule of the policy may run: a program or a web address, one of the two.
// docs/policy.md says what each key means.
type Hook struct {
	Argv          []string      `yaml:"argv"`
	URL           string        `yaml:"url" form:"optional webhook URL"`
	Authorization string        `yaml:"authorization_file" form:"optional path"`
	Timeout       time.Duration `yaml:"timeout" min:"100ms" max:"1m"`
	MaxOutput     int           `yaml:"max_output" min:"0" max:"2048"`
}

// Hooks are hooks by name.
type Hooks map[string]Hook

// defaultHook is what a hook's keys are where it does not give them.
func defaultHook() Hook {
	// A pager's front door answers within a second or two; a line or two say why a program failed.
	return Hook{Timeout: 10 * time.Second, MaxOutput: 1024}
}

// checkHooks is all that is wrong with hooks.
func checkHooks(hooks Hooks) []Problem {
	var out []Problem
	for _, name := range slices.Sorted(maps.Keys(hooks)) {
		at, h := join("hooks", name), hooks[name]
		if !ruleName.MatchString(name) {
			out = append(out, Problem{
				Key: at, What: "a hook cannot have this name", Want: `a lower-case letter, then lower-case letters, digits and "-", at most 63`,
			})
		}
		each(reflect.ValueOf(h), at, func(v reflect.Value, tags reflect.StructTag, path string) {
			out = append(out, checkValue(v, tags, path)...)
		})
		switch {
		case (len(h.Argv) > 0) == (h.URL != ""):
			out = append(out, Problem{Key: at, What: "argv and url, or neither", Want: "one of the two"})
		case len(h.Argv) > 0 && !filepath.IsAbs(h.Argv[0]):
			out = append(out, Problem{Key: at + ".argv[0]", What: "a program that is not named by its path", Want: "an absolute path; there is no shell"})
		case h.Authorization != "" && h.URL == "":
			out = append(out, Problem{Key: at + ".authorization_file", What: "given without a url", Want: "no such line"})
		}
	}
	return out
}

// checkHook is what is wrong with how r names a hook.
func (r Rule) checkHook(at string, hooks Hooks) []Problem {
	runs := r.Do == string(actions.Hook)
	if runs != (r.Hook != "") {
		return []Problem{{Key: at + ".hook", What: "do: hook without a hook, or a hook without it", Want: "both or neither"}}
	}
	if _, known := hooks[r.Hook]; runs && !known {
		names := slices.Sorted(maps.Keys(hooks))
		p := Problem{Key: at + ".hook", What: fmt.Sprintf("no hook is named %q", r.Hook), Want: "a name under hooks"}
		p.Nearest, _ = Nearest(r.Hook, names)
		return []Problem{p}
	}
	return nil
}

// isWebhook says whether s is an address that what is sent to it is safe on its way to: encrypted, or on this host.
func isWebhook(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return false
	}
	local := u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
	return u.Scheme == "https" || u.Scheme == "http" && local
}

// veiled is a web address as it can be shown: whoever knows the path of a webhook can often use it.
func veiled(s string) string {
	scheme, rest, ok := strings.Cut(s, "://")
	host, path, _ := strings.Cut(rest, "/")
	if !ok || path == "" && !strings.ContainsAny(host, "?@") {
		return s
	}
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	host, _, _ = strings.Cut(host, "?")
	return scheme + "://" + host + "/…"
}
