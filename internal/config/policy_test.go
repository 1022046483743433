package config_test

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/actions"
	"plimsoll/internal/config"
	"plimsoll/redundancy"
)

func TestRulesOfTheFileComeBeforeThoseBuiltIn(t *testing.T) {
	t.Parallel()
	c, err := config.Parse("f", []byte(`
version: 1
policy:
- name: path
  when: {kind: bond, group: "bond*", event: component.failed, labels: {rack: [r12, r13]}}
  do: netbond.failover
  reach: host
  settle: {worse: 0s, better: 30s}
  limit: {max: 3, per: 1h}
  migration_threshold: 2
  failure_timeout: 24h
  failback: {mode: auto, stable_for: 10m}
  unless: [correlated]
- name: predicted
  when: {kind: raid, member_health: Warning, status: [FullyRedundant, Degraded, Lost]}
  do: raid.replace
  reach: fleet
  pool: db
helper: {raid: {replace: ["6b8b4567:327b23c6:643c9869:66334873"]}}
`))
	if err != nil {
		t.Fatal(err)
	}
	predicted := actions.DefaultRule()
	predicted.Name, predicted.Do, predicted.Reach, predicted.Pool = "predicted", actions.RaidReplace, actions.ReachFleet, "db"
	predicted.When = actions.When{
		Kind: []redundancy.Kind{redundancy.KindRAID}, MemberHealth: []redundancy.Health{redundancy.HealthWarning},
		Status: []redundancy.Status{redundancy.FullyRedundant, redundancy.Degraded, redundancy.Lost},
	}
	want := append([]actions.Rule{
		{
			Name: "path", Do: actions.BondFailover, Reach: actions.ReachHost,
			When: actions.When{
				Kind: []redundancy.Kind{redundancy.KindBond}, Group: []string{"bond*"}, Event: []string{redundancy.ComponentFailed},
				Labels: map[string][]string{"rack": {"r12", "r13"}},
			},
			Settle:   redundancy.Settle{Better: 30 * time.Second},
			Limit:    actions.Limit{Max: 3, Per: time.Hour},
			Failures: actions.Failures{Threshold: 2, Timeout: 24 * time.Hour},
			Failback: actions.Failback{Mode: actions.FailbackAuto, StableFor: 10 * time.Minute},
			Unless:   []actions.Exception{actions.UnlessCorrelated},
		},
		predicted,
	}, actions.Builtin()...)
	if diff := cmp.Diff(want, c.Rules()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRulesBuiltInAreShownAsTheyHold(t *testing.T) {
	t.Parallel()
	text, err := config.BuiltinYAML()
	if err != nil {
		t.Fatal(err)
	}
	// Under other names, a file may hold them too.
	renamed := strings.ReplaceAll(string(text), "name: builtin-", "name: own-")
	c, err := config.Parse("f", []byte("version: 1\n"+renamed))
	if err != nil {
		t.Fatalf("%v\n%s", err, renamed)
	}
	want := actions.Builtin()
	for i := range want {
		want[i].Name = strings.Replace(want[i].Name, "builtin-", "own-", 1)
	}
	if diff := cmp.Diff(append(want, actions.Builtin()...), c.Rules()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestHooksHaveDefaultsAndTheirAddressesAreNotShown(t *testing.T) {
	t.Parallel()
	c, err := config.Parse("f", []byte(`
version: 1
hooks:
  page: {url: "https://pager.example/s3cr3t?t=s3cr3t", timeout: 5s}
  local: {url: "http://127.0.0.1:8080"}
  note: {argv: [/usr/local/bin/note, "a b"], max_output: 0}
policy:
- {name: tell, when: {kind: raid}, do: hook, hook: page}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := config.Hooks{
		"page":  {URL: "https://pager.example/s3cr3t?t=s3cr3t", Timeout: 5 * time.Second, MaxOutput: 1024},
		"local": {URL: "http://127.0.0.1:8080", Timeout: 10 * time.Second, MaxOutput: 1024},
		"note":  {Argv: []string{"/usr/local/bin/note", "a b"}, Timeout: 10 * time.Second},
	}
	if diff := cmp.Diff(want, c.Hooks); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r := c.Rules()[0]; r.Do != actions.Hook || r.Hook != "page" {
		t.Errorf("the rule is %+v", r)
	}
	text, err := c.YAML()
	if err != nil || strings.Contains(string(text), "s3cr3t") || !strings.Contains(string(text), "https://pager.example/…") {
		t.Errorf("%v\n%s", err, text)
	}
	if c.Hooks["page"].URL != want["page"].URL {
		t.Error("showing it changed it")
	}
}

func TestEveryKeyOfAHookStandsInTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	leaves(reflect.TypeFor[config.Hook](), "", &keys)
	for _, key := range keys {
		if !strings.Contains(string(page), "| `"+key+"` |") {
			t.Errorf("docs/policy.md has no row for `%s`", key)
		}
	}
}

func TestEveryKeyOfARuleStandsInTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	leaves(reflect.TypeFor[config.Rule](), "", &keys)
	for _, key := range keys {
		if !strings.Contains(string(page), "| `"+key+"` |") {
			t.Errorf("docs/policy.md has no row for `%s`", key)
		}
	}
	for _, verb := range actions.Verbs() {
		if !strings.Contains(string(page), "`"+string(verb)+"`") {
			t.Errorf("docs/policy.md does not name `%s`", verb)
		}
	}
	for _, level := range actions.Levels() {
		if !strings.Contains(string(page), "`"+level+"`") {
			t.Errorf("docs/policy.md does not name `%s`", level)
		}
	}
}
