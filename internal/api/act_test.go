package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/actions"
	"plimsoll/internal/api"
	"plimsoll/internal/api/xtest"
	"plimsoll/internal/view"
	views "plimsoll/internal/view/xtest"
	"plimsoll/redundancy"
)

// me is this test as the socket knows it.
func me() string { return fmt.Sprintf("uid %d", os.Getuid()) }

// works is a view in which what this test asked for is at this stage, beside the work of others.
func works(t *testing.T, stage string) *view.View {
	t.Helper()
	v := views.Faulty()
	var w actions.Work
	if err := json.Unmarshal([]byte(`{"stage":"`+stage+`"}`), &w); err != nil {
		t.Fatal(err)
	}
	w.Action = actions.Action{ID: "h/l/1", Verb: actions.BondFailover, Group: "bond:bond0", Name: "bond0", By: me()}
	others := actions.Work{Action: actions.Action{ID: "h/l/0", Verb: actions.RaidReplace, Group: "raid:x", By: me()}, Stage: w.Stage}
	v.Will.Works = []actions.Work{others, w}
	return v
}

// step is what a client is told, in a word or two.
func step(s api.Step) string {
	if s.Work != nil {
		return s.Work.Stage
	}
	text := string(s.Ended.Outcome)
	for _, e := range s.Ended.Evidence {
		text += " " + e.Where + "=" + *e.Value
	}
	return text
}

// ordering has bond0 moved and gives what the client was told, each step having been heard before the next one comes.
func ordering(t *testing.T, stages []string, end func() (actions.Outcome, error)) ([]string, error) {
	t.Helper()
	agent, socket := xtest.Serve(t, views.Faulty(), views.At)
	heard := make(chan struct{}, len(stages)+1)
	agent.Becomes = func(actions.Order) (actions.Outcome, error) {
		last := ""
		for _, stage := range stages {
			agent.Post(works(t, stage))
			if stage != last {
				<-heard
			}
			last = stage
		}
		return end()
	}
	var told []string
	err := api.NewClient(socket).Steps(t.Context(), api.PathFailover, url.Values{"group": {"bond0"}}, func(s api.Step) error {
		told = append(told, step(s))
		heard <- struct{}{}
		return nil
	})
	return told, err
}

func TestAnActIsToldStageByStageUntilItsProof(t *testing.T) {
	t.Parallel()
	stages := []string{"intending", "looking", "looking", "doing", "proving"}
	told, err := ordering(t, stages, func() (actions.Outcome, error) {
		proof := []redundancy.Evidence{{Where: "active_slave", Value: "eth1"}}
		return actions.Outcome{At: views.At(), Action: &actions.Record{Phase: actions.Done, At: views.At(), Evidence: proof}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"intending", "looking", "doing", "proving", "done active_slave=eth1"}, told); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestARefusedActIsAnErrorAndNoStream(t *testing.T) {
	t.Parallel()
	told, err := ordering(t, nil, func() (actions.Outcome, error) {
		return actions.Outcome{}, &actions.RefusedError{Text: "freeze: anna", Why: []actions.Reason{{Key: "freeze"}}}
	})
	answered, ok := errors.AsType[*api.AnswerError](err)
	if !ok || answered.Code != 409 || answered.Error() != "not done: freeze: anna" || answered.Hint() == "" || len(told) > 0 {
		t.Errorf("told %q, error %v", told, err)
	}
}

func TestAnActWhoseEndIsNotKnownEndsInAnError(t *testing.T) {
	t.Parallel()
	told, err := ordering(t, []string{"proving"}, func() (actions.Outcome, error) {
		return actions.Outcome{}, errors.New("order: taken, and its end is not known yet")
	})
	answered, ok := errors.AsType[*api.AnswerError](err)
	if !ok || answered.Code != 503 || len(told) != 1 {
		t.Errorf("told %q, error %v", told, err)
	}
}

func TestWhoAsksTwiceIsRefusedAndNotToldOfTheFirst(t *testing.T) {
	t.Parallel()
	agent, socket := xtest.Serve(t, works(t, "doing"), views.At)
	agent.Becomes = func(actions.Order) (actions.Outcome, error) {
		agent.Post(works(t, "proving"))
		return actions.Outcome{}, &actions.RefusedError{Text: "one at a time: netbond.failover is started"}
	}
	err := api.NewClient(socket).Steps(t.Context(), api.PathFailover, url.Values{"group": {"bond0"}}, func(s api.Step) error {
		t.Errorf("told of %+v", s)
		return nil
	})
	if answered, ok := errors.AsType[*api.AnswerError](err); !ok || answered.Code != 409 {
		t.Errorf("error %v", err)
	}
}

func TestAClientThatLeavesIsWaitedForByNobody(t *testing.T) {
	t.Parallel()
	agent := &leaver{Agent: &xtest.Agent{}, left: make(chan error, 1)}
	agent.Post(views.Faulty())
	socket := t.TempDir() + "/s"
	xtest.Run(t, agent, api.Options{Socket: socket, Now: views.At})
	ctx, leave := context.WithCancel(t.Context())
	agent.asked = leave
	if err := api.NewClient(socket).Steps(ctx, api.PathFailover, url.Values{"group": {"bond0"}}, nil); err == nil {
		t.Error("the client was answered")
	}
	select {
	case <-agent.left:
	case <-time.After(10 * time.Second):
		t.Error("the agent still holds an order whose client has left")
	}
}

// leaver is an agent whose client leaves when it has asked.
type leaver struct {
	*xtest.Agent
	asked func()
	left  chan error
}

func (l *leaver) Order(ctx context.Context, _ actions.Order) (actions.Outcome, error) {
	l.asked()
	<-ctx.Done()
	l.left <- ctx.Err()
	return actions.Outcome{}, ctx.Err()
}
