package agent

import (
	"log/slog"
	"testing"
	"time"

	"plimsoll/actions"
	"plimsoll/internal/api"
	"plimsoll/internal/config"
	"plimsoll/redundancy"
)

func TestAnotherPolicyCountsFromTheNextStepOn(t *testing.T) {
	t.Parallel()
	m := newMoved(t, func(m *moved) { m.acts, m.checked = false, true })
	m.step(Input{Settings: &Settings{}})
	m.silent = 0
	m.look()
	m.live(time.Minute)
	m.want("without a rule", nil, m.told())
	m.step(Input{Settings: &Settings{Policy: actions.Builtin(), Flap: redundancy.Flap{Count: 5, Within: time.Minute}}})
	m.live(time.Minute)
	m.want("with rules", []string{"action.held"}, m.told())
}

func TestAConfigurationCountsAsAWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	is := config.Default()
	l := &loop{
		state: NewState(time.Now(), Setup{Policy: actions.Policy{Rules: is.Rules()}}), config: newConfigured(is), log: slog.New(slog.DiscardHandler),
		clock: steadyClock{start: time.Now()}, trace: &Trace{}, board: &api.Board{}, outbox: &stream{peers: &peers{}}, lost: func() uint64 { return 0 },
	}
	want, err := config.Parse("test.yaml", []byte("version: 1\npolicy: [{name: mine, do: none}]\nsettle: {bond: {worse: 1m}}"))
	if err != nil {
		t.Fatal(err)
	}
	moved := want
	moved.Listen, moved.Host.Name = "", "db2"
	l.reload(moved)
	if got := l.state.Rules.Settle[redundancy.KindBond].Worse; got == time.Minute || len(l.config.policy.Load().Rules) != len(is.Rules()) {
		t.Errorf("half of it counts: bonds settle in %v", got)
	}
	l.reload(want)
	if got := l.state.Rules.Settle[redundancy.KindBond].Worse; got != time.Minute {
		t.Errorf("bonds settle in %v, want a minute", got)
	}
	for what, rules := range map[string][]actions.Rule{"the step": l.state.Will.Policy.Rules, "the fleet": l.config.policy.Load().Rules} {
		if len(rules) == 0 || rules[0].Name != "mine" {
			t.Errorf("the rules of %s: %+v", what, rules)
		}
	}
}
