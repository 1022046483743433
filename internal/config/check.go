package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// problems are all that is wrong with c's values, in the order of the fields. Types cannot be wrong any more.
func (c Config) problems() []Problem {
	var out []Problem
	each(reflect.ValueOf(c), "", func(v reflect.Value, tags reflect.StructTag, path string) {
		out = append(out, checkValue(v, tags, path)...)
	})
	for _, name := range slices.Sorted(maps.Keys(c.Host.Labels)) {
		out = append(out, checkLabel(name, c.Host.Labels[name])...)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Power.Feeds)) {
		out = append(out, checkSupply("power.feeds", name, c.Power.Feeds[name], "the name of a feed")...)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Power.Names)) {
		out = append(out, checkSupply("power.names", name, c.Power.Names[name], "what the kernel calls a chip, such as pfe3000 0058")...)
	}
	out = append(out, checkServices(c.Services)...)
	out = append(out, checkProbes(c.Probes, c.Helper.PacketSocket)...)
	out = append(out, checkPolicy(c.Policy, c.Hooks)...)
	out = append(out, checkHooks(c.Hooks)...)
	out = append(out, c.checkReach()...)
	if c.NATS.Embedded && len(c.NATS.URLs) > 0 {
		out = append(out, Problem{Key: "nats.embedded", What: "true beside nats.urls", Want: "one of the two"})
	}
	if len(c.Disk.Behind) > 0 && c.Disk.AskSmartctl == 0 {
		out = append(out, Problem{Key: "disk.behind", What: "disks that nobody asks", Want: "how often smartctl does, in disk.ask_smartctl"})
	}
	out = append(out, c.checkFleet()...)
	if (c.NATS.TLS.Cert == "") != (c.NATS.TLS.Key == "") {
		out = append(out, Problem{Key: "nats.tls", What: "cert without key, or key without cert", Want: "both or neither"})
	}
	return out
}

// checkFleet finds settings that lack what they need.
func (c Config) checkFleet() []Problem {
	var out []Problem
	lacks := func(key, what, want string) { out = append(out, Problem{Key: key, What: what, Want: want}) }
	f := c.Fleet
	if (f.Register || f.Arbiter) && len(c.NATS.URLs) == 0 {
		lacks("fleet", "register or arbiter without nats.urls", "the servers of the fleet in nats.urls")
	}
	if len(f.Pools) > 0 && !f.Register {
		lacks("fleet.pools", "pools of a host that does not register", "fleet.register: true")
	}
	if f.Arbiter && f.ArbiterCredentials == "" && !f.TrustPeers {
		lacks("fleet.arbiter", "true without credentials of its own", "fleet.arbiter_credentials, as plimsoll fleet bootstrap makes them")
	}
	return out
}

// each walks the leaves of a struct: everything that is no struct itself.
func each(v reflect.Value, path string, visit func(v reflect.Value, tags reflect.StructTag, path string)) {
	for f, fv := range v.Fields() {
		at := join(path, f.Tag.Get("yaml"))
		if fv.Kind() == reflect.Struct {
			each(fv, at, visit)
			continue
		}
		visit(fv, f.Tag, at)
	}
}

// knownKeys are the paths of all keys, those that hold others included.
func knownKeys() []string {
	var out []string
	each(reflect.ValueOf(Config{}), "", func(_ reflect.Value, _ reflect.StructTag, path string) {
		for i, r := range path {
			if r == '.' && !slices.Contains(out, path[:i]) {
				out = append(out, path[:i])
			}
		}
		out = append(out, path)
	})
	return out
}

func checkValue(v reflect.Value, tags reflect.StructTag, path string) []Problem {
	switch x := v.Interface().(type) {
	case string:
		return checkText(x, tags, path)
	case []string:
		return checkTexts(x, tags, path)
	case Words:
		return checkTexts(x, tags, path)
	case time.Duration:
		least, most := duration(tags.Get("min")), duration(tags.Get("max"))
		if x < least || x > most {
			return outOfRange(path, x.String(), tags)
		}
	case int:
		least, most := number(tags.Get("min")), number(tags.Get("max"))
		if x < least || x > most {
			return outOfRange(path, strconv.Itoa(x), tags)
		}
	}
	return nil
}

func checkTexts(texts []string, tags reflect.StructTag, path string) []Problem {
	var out []Problem
	for i, s := range texts {
		out = append(out, checkText(s, tags, fmt.Sprintf("%s[%d]", path, i))...)
	}
	return out
}

func outOfRange(path, value string, tags reflect.StructTag) []Problem {
	return []Problem{{Key: path, What: value + " is out of range", Want: rangeOf(tags)}}
}

// rangeOf is the range in words; empty where there is none.
func rangeOf(tags reflect.StructTag) string {
	least, most := tags.Get("min"), tags.Get("max")
	if least == most {
		return least // both empty where there is no range
	}
	return least + " to " + most
}

func checkText(s string, tags reflect.StructTag, path string) []Problem {
	if strings.ContainsFunc(s, unicode.IsControl) {
		return []Problem{{Key: path, What: fmt.Sprintf("%q has control characters in it", s), Want: "plain text"}}
	}
	if words := words(tags); len(words) > 0 && !slices.Contains(words, s) {
		return []Problem{wrongWord(s, words, path)}
	}
	if name := tags.Get("form"); name != "" {
		if want, ok := forms()[name](s); !ok {
			return []Problem{{Key: path, What: strconv.Quote(shown(s)), Want: want}}
		}
	}
	return nil
}

// words are those that a text can be; none where it can be any.
func words(tags reflect.StructTag) []string {
	if name := tags.Get("words"); name != "" {
		return vocabularies()[name]
	}
	return strings.Fields(tags.Get("oneof"))
}

func wrongWord(s string, words []string, path string) Problem {
	n, _ := Nearest(s, words)
	return Problem{Key: path, What: strconv.Quote(s), Want: oneOf(words), Nearest: n}
}

// oneOf lists words for people.
func oneOf(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return "one of " + strings.Join(words, ", ")
}

// duration reads a tag of this package.
func duration(tag string) time.Duration {
	d, err := time.ParseDuration(tag)
	if err != nil {
		panic("internal error: config: range " + err.Error())
	}
	return d
}

// number reads a tag of this package.
func number(tag string) int {
	i, err := strconv.Atoi(tag)
	if err != nil {
		panic("internal error: config: range " + err.Error())
	}
	return i
}
