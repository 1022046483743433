package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/actions"
	"plimsoll/internal/view/xtest"
	"plimsoll/redundancy"
)

const bond0 = redundancy.ID("bond:bond0")

// doings are requests that would do something, well formed.
var doings = []string{
	PathAccept, PathFailover + "?group=bond0", PathFailback + "?group=bond0", PathFreeze + "?why=x", PathThaw,
	PathMaintain + "?for=1h", PathResume, PathRelease,
	PathReadmit + "?group=md0", PathReplace + "?group=md0", PathEvict + "?group=md0&to=sda1", PathAddSpare + "?group=md0",
}

func TestStrangersChangeNothing(t *testing.T) {
	t.Parallel()
	for _, target := range doings {
		k := newKeeper()
		code, text := ask(t, k, false, http.MethodPost, target)
		if code != http.StatusForbidden || len(k.orders)+len(k.froze)+len(k.asked) > 0 || k.by != "" {
			t.Errorf("%s: a stranger got %d %s, and the agent was asked %+v", target, code, text, k)
		}
		var problem Problem
		if err := json.Unmarshal([]byte(text), &problem); err != nil || !strings.Contains(problem.Text, "not allowed for uid 1000") || problem.Advice == "" {
			t.Errorf("%s: problem %+v, %v", target, problem, err)
		}
	}
}

func TestOrdersReachTheAgentWithWhoGaveThem(t *testing.T) {
	t.Parallel()
	until := xtest.At().Add(2 * time.Hour)
	none := ""
	for target, want := range map[string]actions.Order{
		PathMaintain + "?for=2h&why=new+switch":             {Maintain: &actions.Maintenance{Until: until, By: "uid 1000", Why: "new switch"}},
		PathMaintain + "?for=2h&group=bond*":                {Maintain: &actions.Maintenance{Until: until, By: "uid 1000", Group: "bond*"}},
		PathResume:                                          {Resume: &none},
		PathRelease:                                         {Release: true},
		PathFailover + "?group=bond0":                       {Act: &actions.Act{Verb: actions.BondFailover, Group: bond0}},
		PathFailover + "?group=bond0&to=eth1":               {Act: &actions.Act{Verb: actions.BondFailover, Group: bond0, To: member(t, "eth1")}},
		PathReadmit + "?group=md1":                          {Act: &actions.Act{Verb: actions.RaidReadmit, Group: md1}},
		PathReplace + "?group=md1":                          {Act: &actions.Act{Verb: actions.RaidReplace, Group: md1}},
		PathEvict + "?group=md1&to=slot0":                   {Act: &actions.Act{Verb: actions.RaidEvict, Group: md1, To: md1 + "/slot0"}},
		PathAddSpare + "?group=md1":                         {Act: &actions.Act{Verb: actions.RaidAddSpare, Group: md1}},
		PathFailback + "?group=" + url.QueryEscape("bond0"): {Act: &actions.Act{Verb: actions.BondFailback, Group: bond0}},
	} {
		k := newKeeper()
		k.becomes = func(context.Context, actions.Order) (actions.Outcome, error) {
			return actions.Outcome{At: xtest.At(), Action: &actions.Record{Phase: actions.Done}}, nil
		}
		want.By = "uid 1000"
		code, text := ask(t, k, true, http.MethodPost, target)
		if code != http.StatusOK {
			t.Errorf("%s: %d %s", target, code, text)
			continue
		}
		if diff := cmp.Diff([]actions.Order{want}, k.orders); diff != "" {
			t.Errorf("%s (-want +got):\n%s", target, diff)
		}
	}
}

// member is the id of a member of bond0 in the faulty view.
func member(t *testing.T, name string) redundancy.ID {
	t.Helper()
	g, _ := xtest.Faulty().Assessment.Group(bond0)
	for _, m := range g.Group.Members {
		if m.Name == name {
			return m.ID
		}
	}
	t.Fatalf("bond0 has no %s", name)
	return ""
}

func TestMalformedOrdersChangeNothing(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxReason+1)
	for target, want := range map[string]int{
		PathFailover:                                    http.StatusBadRequest,
		PathFailover + "?group=nothing":                 http.StatusNotFound,
		PathFailover + "?group=eth1":                    http.StatusNotFound, // a member
		PathFailover + "?group=md0":                     http.StatusBadRequest,
		PathFailover + "?group=bond0&to=sda1":           http.StatusNotFound,
		PathFailback + "?group=md0":                     http.StatusBadRequest,
		PathEvict + "?group=bond0&to=eth1":              http.StatusBadRequest,
		PathEvict + "?group=md1&to=eth1":                http.StatusNotFound,
		PathFreeze + "?why=" + long:                     http.StatusBadRequest,
		PathFreeze + "?why=a%0Aby:+root":                http.StatusBadRequest,
		PathFreeze + "?why=%ff":                         http.StatusBadRequest,
		PathMaintain:                                    http.StatusBadRequest,
		PathMaintain + "?for=forever":                   http.StatusBadRequest,
		PathMaintain + "?for=-1h":                       http.StatusBadRequest,
		PathMaintain + "?for=10000h":                    http.StatusBadRequest,
		PathMaintain + "?for=1h&group=nothing*":         http.StatusNotFound,
		PathMaintain + "?for=1h&why=%1b[2J":             http.StatusBadRequest,
		"/frieze":                                       http.StatusNotFound,
		PathFailover + "?group=" + url.QueryEscape("*"): http.StatusNotFound,
	} {
		k := newKeeper()
		code, text := ask(t, k, true, http.MethodPost, target)
		if code != want || len(k.orders)+len(k.froze) > 0 {
			t.Errorf("%s: %d %s, and the agent was asked %+v %q", target, code, text, k.orders, k.froze)
		}
	}
}

func TestAFreezeSaysByWhomAndWhy(t *testing.T) {
	t.Parallel()
	k := newKeeper()
	for _, target := range []string{PathFreeze + "?why=new+switch", PathFreeze, PathThaw} {
		if code, text := ask(t, k, true, http.MethodPost, target); code != http.StatusOK {
			t.Errorf("%s: %d %s", target, code, text)
		}
	}
	if diff := cmp.Diff([]string{"uid 1000: new switch", "uid 1000: ", "uid 1000 thaws"}, k.froze); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestARefusalSaysWhyAndWhatToDo(t *testing.T) {
	t.Parallel()
	k := newKeeper()
	k.becomes = func(context.Context, actions.Order) (actions.Outcome, error) {
		return actions.Outcome{}, &actions.RefusedError{Text: "mode: in mode observe it is only said", Why: []actions.Reason{{Key: "mode"}}}
	}
	for _, target := range []string{PathFailover + "?group=bond0", PathRelease} {
		code, text := ask(t, k, true, http.MethodPost, target)
		var problem Problem
		if err := json.Unmarshal([]byte(text), &problem); err != nil || code != http.StatusConflict {
			t.Fatalf("%d %s: %v", code, text, err)
		}
		if problem.Text != "not done: mode: in mode observe it is only said" || !strings.Contains(problem.Advice, "mode: enforce") {
			t.Errorf("%s: %+v", target, problem)
		}
	}
	k.becomes = func(context.Context, actions.Order) (actions.Outcome, error) {
		return actions.Outcome{}, errors.New("no answer")
	}
	if code, _ := ask(t, k, true, http.MethodPost, PathRelease); code != http.StatusServiceUnavailable {
		t.Errorf("what nobody knows the outcome of is answered with %d", code)
	}
}

func TestWhatHasBeenTakenUpIsUnderWayAndNotToBeDone(t *testing.T) {
	t.Parallel()
	v := xtest.Willing()
	busy, idle := v.Will.Works[0].Action, v.Will.Plan.Held[0].Action
	v.Will.Plan.Do = []actions.Action{busy, idle}
	p := NewPlan(v, xtest.At())
	if len(p.Do) != 1 || p.Do[0].Group != idle.Group || len(p.Acting) != 1 {
		t.Errorf("to be done %+v, under way %+v", p.Do, p.Acting)
	}
}
