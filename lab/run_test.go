package lab

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/lab/script"
)

// oneLane is the order in which a single guest after another takes the scripts.
func oneLane(q *queue) []string {
	var got []string
	for m := (*Machine)(nil); ; {
		s, b, any := q.next(m)
		if !any {
			return got
		}
		got = append(got, s.Name+b.String())
		m = &Machine{boot: b}
	}
}

func TestScriptsShareAGuestThatHasAllTheyNeed(t *testing.T) {
	t.Parallel()
	needs := func(name string, boot ...string) script.Script { return script.Script{Name: name, Boot: boot} }
	q := newQueue([]script.Script{
		needs("masked", "masked-md-rules"), needs("plain"), needs("both", "root-on-dm", "masked-md-rules"), needs("plain2"),
	}, 0)
	special := Boot{RootOnDM: true, MaskedMDRules: true}
	want := []string{"masked" + special.String(), "both" + special.String(), "plain", "plain2"}
	if diff := cmp.Diff(want, oneLane(q)); diff != "" {
		t.Errorf("one lane (-want +got):\n%s", diff)
	}
}

func TestAScriptThatSpendsItsGuestComesLastInIt(t *testing.T) {
	t.Parallel()
	q := newQueue([]script.Script{
		{Name: "pulls", Steps: []script.Step{{Do: script.Mark{}}, {Do: script.UnplugCard{}}}}, {Name: "first"}, {Name: "second"},
	}, 0)
	if diff := cmp.Diff([]string{"first", "second", "pulls"}, oneLane(q)); diff != "" {
		t.Errorf("one lane (-want +got):\n%s", diff)
	}
}

func TestOnlySoManyScriptsAreRunAgain(t *testing.T) {
	t.Parallel()
	q := newQueue(nil, 2)
	var got []bool
	for range 4 {
		got = append(got, q.mayAgain())
	}
	if diff := cmp.Diff([]bool{true, true, false, false}, got); diff != "" {
		t.Errorf("may run again (-want +got):\n%s", diff)
	}
	if newQueue(nil, 0).mayAgain() {
		t.Error("unless it is asked for, nothing is run again")
	}
}
