package actions

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/redundancy"
)

// rehearsedHost is a host with a mirror of two and rules, as the judge knows it after its first look.
func rehearsedHost(t *testing.T) (time.Time, redundancy.Assessment, redundancy.Snapshot, redundancy.Rules, Policy) {
	t.Helper()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	g := redundancy.Group{ID: "raid:m", Name: "md0", Kind: redundancy.KindRAID, Type: redundancy.NPlusM, Serving: redundancy.Yes}
	need := redundancy.Need{Needed: redundancy.Exactly(1)}
	for _, m := range []string{"slot0", "slot1"} {
		c := redundancy.Component{ID: g.ID + "/" + redundancy.ID(m), Name: m, State: redundancy.Enabled, Health: redundancy.OK}
		g.Members, need.Members = append(g.Members, c), append(need.Members, c.ID)
	}
	g.Needs.AllOf = []redundancy.Need{need}
	s := redundancy.Snapshot{Sources: []redundancy.Source{{
		Name: "raid", At: now, Since: now, StaleAfter: 30 * time.Second, Observation: redundancy.Observation{Groups: []redundancy.Group{g}},
	}}}
	r := redundancy.Rules{Settle: map[redundancy.Kind]redundancy.Settle{redundancy.KindRAID: {Worse: 10 * time.Second}}}
	rule := DefaultRule()
	rule.Name, rule.Do, rule.Hook, rule.Reach = "page", Hook, "pager", ReachHost
	rule.When.Event, rule.Settle.Worse = []string{redundancy.RedundancyLost}, time.Minute
	return now, redundancy.Assess(redundancy.Assessment{}, s, now, r), s, r, Policy{Rules: []Rule{rule}, Ways: []Way{HookWay()}}
}

func TestARehearsalTellsAndDecidesAsTheFaultWould(t *testing.T) {
	t.Parallel()
	now, a, s, r, p := rehearsedHost(t)
	before, err := json.Marshal([]any{a, s})
	if err != nil {
		t.Fatal(err)
	}
	got := Rehearse(now, a, s, r, &History{}, p, Circumstances{}, Drill{Group: "raid:m", Member: "raid:m/slot1", Fault: FaultFailed})
	var told []string
	for _, e := range got.Events {
		told = append(told, e.Type+" "+e.Time.Sub(now).String())
	}
	if d := cmp.Diff([]string{"component.failed 10s", "redundancy.lost 10s"}, told); d != "" {
		t.Errorf("events (-want +got):\n%s", d)
	}
	if len(got.Do) != 1 || got.Do[0].Hook != "pager" || got.Verdict.Status != redundancy.Lost {
		t.Errorf("got %+v", got)
	}
	after, err := json.Marshal([]any{a, s})
	if err != nil || string(before) != string(after) {
		t.Errorf("what was passed in was changed: %v\n%s", err, cmp.Diff(string(before), string(after)))
	}
}

func TestARehearsalHoldsWhatAFaultWouldFindHeld(t *testing.T) {
	t.Parallel()
	now, a, s, r, p := rehearsedHost(t)
	got := Rehearse(now, a, s, r, &History{}, p, Circumstances{Observe: true}, Drill{Group: "raid:m", Member: "raid:m/slot0", Fault: FaultMissing})
	if len(got.Do) != 0 || len(got.Held) != 1 || got.Held[0].Why[0].Key != whyMode {
		t.Errorf("got %+v", got)
	}
}

func TestARehearsalOfTheLastMemberIsAnOutage(t *testing.T) {
	t.Parallel()
	now, _, s, r, p := rehearsedHost(t)
	s.Sources[0].Observation.Groups[0].Members[0].State = redundancy.Disabled
	a := redundancy.Assess(redundancy.Assessment{}, s, now, r)
	got := Rehearse(now, a, s, r, &History{}, p, Circumstances{}, Drill{Group: "raid:m", Member: "raid:m/slot1", Fault: FaultFailed})
	if got.Verdict.Status != redundancy.Failed {
		t.Errorf("got %s", got.Verdict.Status)
	}
}
