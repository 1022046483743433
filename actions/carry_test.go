package actions_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/actions"
)

// hand is an operator, a granter and a brake that do as they are told.
type hand struct {
	did    int
	begun  int
	taken  error // the grant is gone
	err    error
	why    string
	broken error
}

func (h *hand) Do(context.Context, actions.Action) error { h.did++; return h.err }

func (h *hand) Frozen(context.Context) (string, error) { return h.why, h.broken }

func (h *hand) Ask(context.Context, actions.Action) (uint64, error) { return 7, h.err }

func (h *hand) Begin(context.Context, actions.Action) error { h.begun++; return h.taken }

func (h *hand) Release(context.Context, actions.Release) error { return h.err }

func TestBrakeIsReadBeforeEveryDeed(t *testing.T) {
	t.Parallel()
	soon := noon.Add(time.Second)
	for _, tt := range []struct {
		name string
		hand hand
		verb actions.Verb
		by   time.Time
		want actions.Returned
		did  int
	}{
		{"free to act", hand{}, actions.BondFailover, soon, actions.Returned{ID: "a"}, 1},
		{"an error may hide a deed", hand{err: errors.New("busy")}, actions.BondFailover, soon, actions.Returned{ID: "a", Why: "busy"}, 1},
		{
			"the helper refused",
			hand{err: fmt.Errorf("wrong user: %w", actions.ErrNotBegun)},
			actions.BondFailover, soon,
			actions.Returned{ID: "a", NotBegun: true, Why: "wrong user: not begun"},
			1,
		},
		{"frozen", hand{why: "anna"}, actions.BondFailover, soon, actions.Returned{ID: "a", NotBegun: true, Why: "freeze: anna"}, 0},
		{
			"nobody knows whether it is frozen",
			hand{broken: errors.New("permission denied")},
			actions.BondFailover, soon,
			actions.Returned{ID: "a", NotBegun: true, Why: "freeze: whether this host is frozen cannot be told: permission denied"},
			0,
		},
		{"too late", hand{}, actions.BondFailover, noon, actions.Returned{ID: "a", NotBegun: true, Why: "it was too late to begin"}, 0},
		{"nobody does it", hand{}, actions.RaidReplace, soon, actions.Returned{ID: "a", NotBegun: true, Why: "nobody here does raid.replace"}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			hands := actions.Hands{
				Operators: map[actions.Verb]actions.Operator{actions.BondFailover: &tt.hand}, Brake: &tt.hand,
				Now: func() time.Time { return noon },
			}
			got := hands.Do(t.Context(), actions.Action{ID: "a", Verb: tt.verb, Reach: actions.ReachHost, Deadline: tt.by})
			if diff := cmp.Diff(actions.Input{Returned: &tt.want}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if tt.hand.did != tt.did {
				t.Errorf("the operator was called %d times, want %d", tt.hand.did, tt.did)
			}
		})
	}
}

func TestWhatReachesOthersIsBegunOnlyOnceItsGrantIsCommittedAsStarted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		hand  hand
		alone bool
		want  string
		did   int
	}{
		{name: "committed", did: 1},
		{name: "a person took the holder for dead", hand: hand{taken: errors.New("no such grant")}, want: "its grant is not committed as started: no such grant"},
		{name: "frozen meanwhile", hand: hand{why: "anna"}, want: "freeze: anna"},
		{name: "no fleet", alone: true, want: "there is no fleet to ask"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			hands := actions.Hands{
				Operators: map[actions.Verb]actions.Operator{actions.ServiceRestart: &tt.hand}, Brake: &tt.hand,
				Now: func() time.Time { return noon },
			}
			if !tt.alone {
				hands.Granter = &tt.hand
			}
			got := hands.Do(t.Context(), actions.Action{
				ID: "a", Verb: actions.ServiceRestart, Reach: actions.ReachFleet, Pool: "db", Deadline: noon.Add(time.Second),
			})
			want := actions.Input{Returned: &actions.Returned{ID: "a", NotBegun: tt.want != "", Why: tt.want}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if tt.hand.did != tt.did || !tt.alone && tt.hand.begun != 1 {
				t.Errorf("the operator was called %d times, want %d, the grant begun %d times", tt.hand.did, tt.did, tt.hand.begun)
			}
		})
	}
}

func TestWithoutAFleetNobodyGrantsAnything(t *testing.T) {
	t.Parallel()
	now := func() time.Time { return noon }
	a := actions.Action{ID: "a", Deadline: noon.Add(time.Second)}
	alone := actions.Hands{Now: now}.Ask(t.Context(), a)
	if diff := cmp.Diff(actions.Input{Answer: &actions.Answer{ID: "a", Why: "there is no fleet to ask"}}, alone); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	granted := actions.Hands{Now: now, Granter: &hand{}}.Ask(t.Context(), a)
	if diff := cmp.Diff(actions.Input{Answer: &actions.Answer{ID: "a", Granted: true, Token: 7}}, granted); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	lost := actions.Hands{Now: now, Granter: &hand{err: errors.New("no answer")}}
	if got := lost.Release(t.Context(), actions.Release{Action: a}); got.Freed != "" {
		t.Errorf("%q counts as given back, and nobody heard", got.Freed)
	}
}
