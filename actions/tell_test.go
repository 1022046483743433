package actions_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

func TestAnActionOnOneMemberNamesItOnce(t *testing.T) {
	t.Parallel()
	a := actions.Action{Verb: actions.ServiceRestart, Group: "service:web", Name: "web", From: "service:web/a", To: "service:web/a"}
	g := redundancy.Group{ID: "service:web", Members: []redundancy.Component{{ID: "service:web/a", Name: "a"}}}
	e, _ := actions.Notice{What: string(actions.Done), Action: a}.Event(&g)
	if diff := cmp.Diff("service.restart of web (a) is done", e.Text); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNothingIsSaidOfWhatIsAboutToChange(t *testing.T) {
	t.Parallel()
	refused := actions.Reason{Key: "refused", Text: "it changes"}
	h := actions.Holding{Why: []actions.Reason{refused}}
	if diff := cmp.Diff([]string{"refused"}, h.Keys()); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	for _, key := range []string{"one at a time", "settle"} {
		h.Why = []actions.Reason{refused, {Key: key}}
		if keys := h.Keys(); len(keys) > 0 {
			t.Errorf("keys %v beside %s", keys, key)
		}
	}
}
