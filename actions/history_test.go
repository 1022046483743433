package actions_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// bondEvent is an event about bond0's eth0.
func bondEvent(kind string, at time.Duration, is redundancy.ComponentFace) redundancy.Event {
	return redundancy.Event{
		ID: kind, Type: kind, Time: noon.Add(at), Group: "bond:bond0", Member: "bond:bond0/eth0", Kind: redundancy.KindBond,
		Is: &redundancy.Face{ComponentFace: &is},
	}
}

func TestFaultsAreHeardToBeginAndToEnd(t *testing.T) {
	t.Parallel()
	silent := redundancy.ComponentFace{State: redundancy.Enabled, Health: redundancy.OK, Doubts: []redundancy.Doubt{redundancy.DoubtSilent}}
	fine := redundancy.ComponentFace{State: redundancy.Standby, Health: redundancy.OK}
	down := redundancy.ComponentFace{State: redundancy.Disabled, Health: redundancy.Critical}
	gone := redundancy.ComponentFace{State: redundancy.Absent}
	var h actions.History
	for _, e := range []redundancy.Event{
		bondEvent(redundancy.ComponentChanged, 0, silent),            // silence has no event of its own
		bondEvent(redundancy.ComponentFailed, 1*time.Second, down),   // the same failure, now of the link
		bondEvent(redundancy.ComponentMissing, 2*time.Second, gone),  // another one
		bondEvent(redundancy.ComponentReturned, 3*time.Second, fine), //
		bondEvent(redundancy.ComponentFailed, 4*time.Second, silent), //
		{Type: redundancy.RedundancyUnknown, Group: "bond:bond0", Time: noon.Add(5 * time.Second), Is: &redundancy.Face{GroupFace: &redundancy.GroupFace{}}},
	} {
		h.Hear(e)
	}
	want := []actions.Fault{
		{Member: "bond:bond0/eth0", Level: redundancy.ComponentFailed, Began: noon, Ended: noon.Add(2 * time.Second), Event: redundancy.ComponentChanged},
		{Member: "bond:bond0/eth0", Level: redundancy.ComponentMissing, Began: noon.Add(2 * time.Second), Ended: noon.Add(3 * time.Second), Event: redundancy.ComponentMissing},
		{Member: "bond:bond0/eth0", Level: redundancy.ComponentFailed, Began: noon.Add(4 * time.Second), Event: redundancy.ComponentFailed},
	}
	if diff := cmp.Diff(want, h.Faults["bond:bond0"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	h.Hear(redundancy.Event{Type: redundancy.GroupRemoved, Group: "bond:bond0"})
	if len(h.Faults) > 0 {
		t.Errorf("faults of a group that is gone: %v", h.Faults)
	}
}

func TestStatusOfAGroupIsAFaultUntilItIsWell(t *testing.T) {
	t.Parallel()
	var h actions.History
	tell := func(at time.Duration, s redundancy.Status) {
		h.Hear(redundancy.Event{
			Type: redundancy.RedundancyChanged, Group: "raid:a", Time: noon.Add(at), Is: &redundancy.Face{GroupFace: &redundancy.GroupFace{Status: s}},
		})
	}
	tell(0, redundancy.Degraded)
	tell(1, redundancy.Lost)
	tell(2, redundancy.Lost)
	tell(3, redundancy.FullyRedundant)
	want := []actions.Fault{
		{Level: redundancy.RedundancyDegraded, Began: noon, Ended: noon.Add(1)},
		{Level: redundancy.RedundancyLost, Began: noon.Add(1), Ended: noon.Add(3)},
	}
	if diff := cmp.Diff(want, h.Faults["raid:a"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestGroupThatIsFirstSeenBrokenHasItsFaults(t *testing.T) {
	t.Parallel()
	var h actions.History
	h.Hear(redundancy.Event{Type: redundancy.GroupAdded, ID: "e1", Group: "raid:a", Time: noon, Members: []redundancy.MemberFace{
		{ID: "raid:a/slot0", ComponentFace: redundancy.ComponentFace{State: redundancy.Enabled, Health: redundancy.OK}},
		{ID: "raid:a/slot1", ComponentFace: redundancy.ComponentFace{State: redundancy.Disabled, Health: redundancy.Critical}},
		{ID: "raid:a/dev/x", ComponentFace: redundancy.ComponentFace{State: redundancy.Spare, Health: redundancy.OK}},
	}})
	want := []actions.Fault{{Member: "raid:a/slot1", Level: redundancy.ComponentFailed, Began: noon, Event: "e1"}}
	if diff := cmp.Diff(want, h.Faults["raid:a"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestHistoryOfAFlappingMemberIsBounded(t *testing.T) {
	t.Parallel()
	var h actions.History
	for i := range 1000 {
		at := time.Duration(i) * time.Second
		h.Hear(bondEvent(redundancy.ComponentFailed, at, redundancy.ComponentFace{State: redundancy.Disabled}))
		h.Hear(bondEvent(redundancy.ComponentReturned, at+1, redundancy.ComponentFace{State: redundancy.Enabled}))
	}
	faults := h.Faults["bond:bond0"]
	if len(faults) > 32 || !faults[len(faults)-1].Began.Equal(noon.Add(999*time.Second)) {
		t.Errorf("%d faults, the newest of %v", len(faults), faults[len(faults)-1].Began)
	}
}

func TestMoveIsForgottenOnceHomeIsInUseAgain(t *testing.T) {
	t.Parallel()
	var h actions.History
	moved := actions.Action{Rule: "r", Verb: actions.BondFailover, Group: "bond:bond0", From: "bond:bond0/eth0", To: "bond:bond0/eth1"}
	h.Took(actions.Record{Phase: actions.Done, At: noon, Action: moved})
	on := moved
	on.From, on.To = "bond:bond0/eth1", "bond:bond0/eth2"
	h.Took(actions.Record{Phase: actions.Done, At: noon.Add(1), Action: on})
	want := actions.Move{Home: "bond:bond0/eth0", To: "bond:bond0/eth2", At: noon.Add(1), Rule: "r", Verb: actions.BondFailover}
	if diff := cmp.Diff(want, h.Moves["bond:bond0"]); diff != "" {
		t.Errorf("moved twice (-want +got):\n%s", diff)
	}
	h.Hear(bondEvent(redundancy.ComponentChanged, 2, redundancy.ComponentFace{State: redundancy.Standby}))
	if len(h.Moves) != 1 {
		t.Error("home stands by, and the move is forgotten")
	}
	h.Hear(bondEvent(redundancy.ComponentChanged, 3, redundancy.ComponentFace{State: redundancy.Enabled}))
	if len(h.Moves) != 0 {
		t.Errorf("home is in use, and there is still %v", h.Moves)
	}
}

func FuzzGlobMatchesAsARegularExpressionDoes(f *testing.F) {
	f.Add("bond*", "bond0")
	f.Add("*a?b*", "xaybz")
	f.Add("**", "")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		pattern, name = pattern[:min(len(pattern), 20)], name[:min(len(name), 40)] // longer ones only cost time
		var re strings.Builder
		re.WriteString(`(?s)^`)
		for _, c := range []byte(pattern) {
			switch c {
			case '*':
				re.WriteString(".*")
			case '?':
				re.WriteString(".")
			default:
				re.WriteString(regexp.QuoteMeta(string(rune(c))))
			}
		}
		want := regexp.MustCompile(re.String() + `$`).MatchString(latin(name))
		if got := actions.Glob(pattern, name); got != want {
			t.Errorf("glob %q on %q is %v", pattern, name, got)
		}
	})
}

// latin is a text with a rune for each byte of s.
func latin(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		b.WriteRune(rune(c))
	}
	return b.String()
}
