package agent

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// lived is all that the step goes by, and what others read of it, but for events and where they are in the log.
func lived(t *testing.T, st *State) string {
	t.Helper()
	v := st.View(st.Assessment.At)
	text, err := json.MarshalIndent([]any{
		st.Snapshot, st.Rules, st.History, st.Looks, v.Assessment.Groups, v.Assessment.Components, v.Assessment.Coverage, v.Will, v.Baseline,
	}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestADrillLeavesNoTraceButItsOwnEvents(t *testing.T) {
	t.Parallel()
	m := newMoved(t, nil)
	var rehearsal *actions.Rehearsal
	m.seen = func(fx Effects) {
		if fx.Rehearsal != nil {
			rehearsal = fx.Rehearsal
		}
		m.carry(fx)
	}
	before, counts := lived(t, m.st), len(m.st.Recent)
	m.step(Input{Order: &actions.Order{By: "uid 0", Drill: &actions.Drill{Group: "bond:b", Member: "bond:b/0", Fault: actions.FaultSilent}}})
	if d := cmp.Diff(before, lived(t, m.st)); d != "" {
		t.Errorf("the drill changed (-before +after):\n%s", d)
	}
	var told []string
	for _, e := range m.st.Recent[counts:] {
		told = append(told, e.Type)
		if e.Drill == nil || e.Group != "" || e.Member != "" || e.Was != nil || e.Is != nil || e.Severity != redundancy.SeverityInfo {
			t.Errorf("%s can be taken for a real event: %+v", e.Type, e)
		}
	}
	if len(told) < 3 || told[0] != redundancy.DrillStarted || told[len(told)-1] != redundancy.DrillFinished {
		t.Errorf("told %v", told)
	}
	for kind, n := range m.st.Counts {
		if n > 0 && !strings.HasPrefix(kind, "drill.") && slices.Contains(told, kind) {
			t.Errorf("%s was counted", kind)
		}
	}
	if len(m.did) > 0 || rehearsal == nil {
		t.Fatalf("did %v, rehearsed %v", m.did, rehearsal)
	}
	if do := rehearsal.Do; len(do) != 1 || do[0].Verb != actions.BondFailover || do[0].To != "bond:b/1" {
		t.Errorf("would do %+v", do)
	}
}

func TestADrillInAFoldIsNothing(t *testing.T) {
	t.Parallel()
	m := newMoved(t, nil)
	was := m.st.Assessment
	m.step(Input{Order: &actions.Order{By: "uid 0", Drill: &actions.Drill{Group: "bond:b", Member: "bond:b/1", Fault: actions.FaultFailed}}})
	folded := was
	for _, e := range m.st.Recent {
		if e.Drill != nil {
			folded = redundancy.Fold(folded, e)
		}
	}
	if d := cmp.Diff(was, folded); d != "" {
		t.Errorf("(-was +folded):\n%s", d)
	}
}
