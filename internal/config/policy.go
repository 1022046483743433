package config

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"plimsoll/actions"
	"plimsoll/internal/shape"
	"plimsoll/redundancy"
)

// Words are one or more words. In the file, one alone may stand without brackets.
type Words []string

// Rule is one rule of the policy, as the file has it; docs/policy.md says what each key means. The tag words names a
// vocabulary.
type Rule struct {
	Name               string        `yaml:"name" form:"rule name"`
	When               When          `yaml:"when"`
	Do                 string        `yaml:"do" words:"verb"`
	Hook               string        `yaml:"hook"`
	Reach              string        `yaml:"reach" oneof:"host fleet"`
	Pool               string        `yaml:"pool" form:"optional pool name"`
	Settle             Hold          `yaml:"settle"`
	Limit              Limit         `yaml:"limit"`
	MigrationThreshold int           `yaml:"migration_threshold" min:"1" max:"16"`
	FailureTimeout     time.Duration `yaml:"failure_timeout" min:"1m" max:"744h"`
	Failback           Failback      `yaml:"failback"`
	Unless             Words         `yaml:"unless" words:"exception"`
}

// When says when a rule matches: all keys given hold, and of each one of its words.
type When struct {
	Kind         Words            `yaml:"kind" words:"kind"`
	Group        Words            `yaml:"group" form:"pattern"`
	Event        Words            `yaml:"event" words:"event"`
	Labels       map[string]Words `yaml:"labels"`
	MemberHealth Words            `yaml:"member_health" words:"health"`
	Status       Words            `yaml:"status" words:"status"`
}

// Limit is how often a rule acts on one group.
type Limit struct {
	Max int           `yaml:"max" min:"0" max:"100"`
	Per time.Duration `yaml:"per" min:"1m" max:"744h"`
}

// Failback is how a group returns home after a failover.
type Failback struct {
	Mode      string        `yaml:"mode" oneof:"manual auto"`
	StableFor time.Duration `yaml:"stable_for" min:"1m" max:"744h"`
}

// ruleName is what reads well in events, and cannot be taken for anything else in them.
var ruleName = shape.UpTo(63, `^[a-z][a-z0-9-]*$`)

// builtinPrefix begins the names of the rules built in.
const builtinPrefix = "builtin-"

// vocabularies are the words that a rule's keys can have.
func vocabularies() map[string][]string {
	return map[string][]string{
		"verb":      texts(actions.Verbs()),
		"kind":      texts(actions.Kinds()),
		"event":     actions.Levels(),
		"exception": {string(actions.UnlessCorrelated)},
		"health":    {redundancy.OK.String(), redundancy.HealthWarning.String(), redundancy.Critical.String()},
		"status": {
			redundancy.FullyRedundant.String(), redundancy.Degraded.String(), redundancy.Lost.String(),
			redundancy.Failed.String(), redundancy.NotRedundant.String(),
		},
	}
}

func texts[T ~string](words []T) []string {
	var out []string
	for _, w := range words {
		out = append(out, string(w))
	}
	return out
}

// defaultRule is what a rule's keys are where it does not give them.
func defaultRule() Rule {
	r := ruleOf(actions.DefaultRule())
	r.Reach = actions.ReachHost.String()
	return r
}

// checkPolicy is all that is wrong with rules.
func checkPolicy(rules []Rule, hooks Hooks) []Problem {
	var out []Problem
	first := map[string]int{}
	for i, r := range rules {
		at := fmt.Sprintf("policy[%d]", i)
		each(reflect.ValueOf(r), at, func(v reflect.Value, tags reflect.StructTag, path string) {
			out = append(out, checkValue(v, tags, path)...)
		})
		out = append(out, r.check(at)...)
		out = append(out, r.checkHook(at, hooks)...)
		if before, twice := first[r.Name]; twice {
			out = append(out, Problem{
				Key: at + ".name", What: fmt.Sprintf("%q names policy[%d] already", r.Name, before), Want: "a name of its own",
			})
		}
		first[r.Name] = i
	}
	return out
}

// check is what is wrong between the keys of one rule.
func (r Rule) check(at string) []Problem {
	var out []Problem
	if strings.HasPrefix(r.Name, builtinPrefix) {
		out = append(out, Problem{Key: at + ".name", What: "a name of the rules built in", Want: "one that does not begin with " + builtinPrefix})
	}
	if fleet := r.Reach == actions.ReachFleet.String(); fleet != (r.Pool != "") {
		out = append(out, Problem{Key: at + ".pool", What: "reach: fleet without a pool, or a pool without it", Want: "both or neither"})
	}
	if r.Reach != actions.ReachFleet.String() && actions.Verb(r.Do).NeedsLeave() {
		out = append(out, Problem{Key: at + ".reach", What: r.Do + " reaches others whatever the rule says", Want: "reach: fleet, and a pool"})
	}
	possible := func(kind string) bool { return actions.Verb(r.Do).Of(redundancy.Kind(kind)) }
	known := slices.Contains(vocabularies()["verb"], r.Do)
	if known && len(r.When.Kind) > 0 && !slices.ContainsFunc(r.When.Kind, possible) {
		out = append(out, Problem{
			Key: at + ".when.kind", What: r.Do + " cannot be done to any of these", Want: strings.Join(kindsOf(r.Do), ", "),
		})
	}
	for _, name := range slices.Sorted(maps.Keys(r.When.Labels)) {
		key := join(at+".when.labels", name)
		if !labelName.MatchString(name) {
			out = append(out, wrongLabelName(key)...)
		}
		if len(r.When.Labels[name]) == 0 {
			out = append(out, Problem{Key: key, What: "no value, which no host has", Want: "one or more, or no such line"})
		}
	}
	return out
}

func kindsOf(verb string) []string {
	return slices.DeleteFunc(texts(actions.Kinds()), func(k string) bool { return !actions.Verb(verb).Of(redundancy.Kind(k)) })
}

// checkReach finds rules that the privileged helper would refuse whatever they are for: it touches what its lists name.
func (c Config) checkReach() []Problem {
	var out []Problem
	for i, r := range c.Policy {
		for _, need := range []struct {
			verb actions.Verb
			list []string
			key  string
			what string
		}{
			{actions.ServiceRestart, c.Helper.Restart, "helper.restart", "the units"},
			{actions.ServiceStop, c.Helper.Stop, "helper.stop", "the units"},
			{actions.RaidReadmit, c.Helper.Raid.Readmit, "helper.raid.readmit", "the arrays"},
			{actions.RaidReplace, c.Helper.Raid.Replace, "helper.raid.replace", "the arrays"},
			{actions.RaidAddSpare, c.Helper.Raid.AddSpare, "helper.raid.add_spare", "the arrays"},
			{actions.RaidAddSpare, c.Helper.Raid.Pool, "helper.raid.pool", "the disks"},
		} {
			if r.Do == string(need.verb) && len(need.list) == 0 {
				out = append(out, Problem{
					Key: fmt.Sprintf("policy[%d].do", i), What: r.Do + ", and " + need.key + " lists nothing", Want: need.what + " there too",
				})
			}
		}
	}
	return out
}

// Rules are the policy's rules, with those built in behind them. The configuration has to be valid.
func (c Config) Rules() []actions.Rule {
	out := make([]actions.Rule, 0, len(c.Policy)+2)
	for _, r := range c.Policy {
		out = append(out, r.rule())
	}
	return append(out, actions.Builtin()...)
}

func (r Rule) rule() actions.Rule {
	out := actions.Rule{
		Name: r.Name, Do: actions.Verb(r.Do), Hook: r.Hook, Pool: r.Pool,
		Settle:   redundancy.Settle{Worse: r.Settle.Worse, Better: r.Settle.Better},
		Limit:    actions.Limit{Max: r.Limit.Max, Per: r.Limit.Per},
		Failures: actions.Failures{Threshold: r.MigrationThreshold, Timeout: r.FailureTimeout},
		Failback: actions.Failback{Mode: actions.FailbackMode(r.Failback.Mode), StableFor: r.Failback.StableFor},
		When:     actions.When{Group: slices.Clone(r.When.Group), Event: slices.Clone(r.When.Event)},
	}
	understand(&out.Reach, r.Reach)
	for _, w := range r.Unless {
		out.Unless = append(out.Unless, actions.Exception(w))
	}
	for _, w := range r.When.Kind {
		out.When.Kind = append(out.When.Kind, redundancy.Kind(w))
	}
	out.When.MemberHealth = understood[redundancy.Health](r.When.MemberHealth)
	out.When.Status = understood[redundancy.Status](r.When.Status)
	if len(r.When.Labels) > 0 {
		out.When.Labels = map[string][]string{}
	}
	for name, values := range r.When.Labels {
		out.When.Labels[name] = slices.Clone(values)
	}
	return out
}

// understand reads a word that has been checked.
func understand(v interface{ UnmarshalText(b []byte) error }, word string) {
	if err := v.UnmarshalText([]byte(word)); err != nil {
		panic("internal error: config: " + err.Error())
	}
}

func understood[T any, P interface {
	*T
	UnmarshalText(b []byte) error
}](words []string) []T {
	var out []T
	for _, w := range words {
		var v T
		understand(P(&v), w)
		out = append(out, v)
	}
	return out
}

// ruleOf is r as the file would have it.
func ruleOf(r actions.Rule) Rule {
	return Rule{
		Name: r.Name, Do: string(r.Do), Hook: r.Hook, Reach: r.Reach.String(), Pool: r.Pool,
		When:               When{Kind: texts(r.When.Kind), Group: r.When.Group, Event: r.When.Event},
		Settle:             Hold{Worse: r.Settle.Worse, Better: r.Settle.Better},
		Limit:              Limit{Max: r.Limit.Max, Per: r.Limit.Per},
		MigrationThreshold: r.Failures.Threshold,
		FailureTimeout:     r.Failures.Timeout,
		Failback:           Failback{Mode: string(r.Failback.Mode), StableFor: r.Failback.StableFor},
	}
}

// BuiltinYAML are the rules built in, as a file would have them. Those of a file come first.
func BuiltinYAML() ([]byte, error) {
	var shown struct {
		Policy []Rule `yaml:"policy"`
	}
	for _, r := range actions.Builtin() {
		shown.Policy = append(shown.Policy, ruleOf(r))
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := errors.Join(enc.Encode(shown), enc.Close()); err != nil {
		return nil, fmt.Errorf("write rules: %w", err)
	}
	return out.Bytes(), nil
}
