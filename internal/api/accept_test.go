package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/actions"
	"plimsoll/internal/view/xtest"
	"plimsoll/redundancy"
)

// keeper is an agent that notes what it is asked to do.
type keeper struct {
	Board
	asked  []redundancy.ID
	by     string
	orders []actions.Order
	froze  []string
	// becomes is what becomes of an order; nil: it is followed.
	becomes func(context.Context, actions.Order) (actions.Outcome, error)
}

func (k *keeper) Trace(io.Writer) error { return nil }

func (k *keeper) Order(ctx context.Context, o actions.Order) (actions.Outcome, error) {
	k.orders = append(k.orders, o)
	if k.becomes == nil {
		return actions.Outcome{}, nil
	}
	return k.becomes(ctx, o)
}

func (k *keeper) Freeze(_ context.Context, why, by string) error {
	k.froze = append(k.froze, by+": "+why)
	return nil
}

func (k *keeper) Thaw(_ context.Context, by string) error {
	k.froze = append(k.froze, by+" thaws")
	return nil
}

func (k *keeper) Accept(_ context.Context, groups []redundancy.ID, by string) ([]redundancy.Acceptance, error) {
	k.asked, k.by = groups, by
	return nil, nil
}

func ask(t *testing.T, k *keeper, may bool, method, target string) (int, string) {
	t.Helper()
	p := pages{agent: k, now: xtest.At, metrics: http.NotFoundHandler(), may: func(peer) bool { return may }}
	r := httptest.NewRequest(method, target, http.NoBody)
	r = r.WithContext(context.WithValue(t.Context(), peerKey{}, peer{uid: 1000, known: true}))
	w := httptest.NewRecorder()
	p.unix().ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func newKeeper() *keeper {
	k := &keeper{}
	k.Post(xtest.Faulty())
	return k
}

func TestOnlyThoseWhoMayActAccept(t *testing.T) {
	t.Parallel()
	k := newKeeper()
	code, text := ask(t, k, false, http.MethodPost, PathAccept+"?group=md0")
	if code != http.StatusForbidden || k.by != "" {
		t.Errorf("a stranger got %d %s, and the agent was asked by %q", code, text, k.by)
	}
	var problem Problem
	if err := json.Unmarshal([]byte(text), &problem); err != nil || problem.Text != "accept: not allowed for uid 1000" || problem.Advice == "" {
		t.Errorf("problem %+v, %v", problem, err)
	}
	if code, text = ask(t, k, true, http.MethodPost, PathAccept+"?group=md0"); code != http.StatusOK || k.by != "uid 1000" {
		t.Errorf("got %d %s, and the agent was asked by %q", code, text, k.by)
	}
	if diff := cmp.Diff([]redundancy.ID{md0}, k.asked); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}

func TestEverybodyMaySeeWhatWouldBeAccepted(t *testing.T) {
	t.Parallel()
	k := newKeeper()
	code, text := ask(t, k, false, http.MethodGet, PathAccept+"?group=md0")
	var doc Accept
	if err := json.Unmarshal([]byte(text), &doc); err != nil || code != http.StatusOK {
		t.Fatalf("%d %s: %v", code, text, err)
	}
	if doc.Done || len(doc.Changes) != 1 || doc.Changes[0].Group != md0 || doc.Changes[0].Is == nil || k.by != "" {
		t.Errorf("got %+v, asked by %q", doc, k.by)
	}
	if code, _ = ask(t, k, true, http.MethodPost, PathAccept+"?group=nothing"); code != http.StatusNotFound {
		t.Errorf("a name that nothing has: %d", code)
	}
}

func TestAGroupThatMayYetComeIsNotAccepted(t *testing.T) {
	t.Parallel()
	v := xtest.Faulty()
	known := redundancy.Known{Name: "md7", Kind: redundancy.KindRAID, Source: "raid", Members: []redundancy.ID{"raid:seven/slot0"}}
	v.Baseline.Groups = map[redundancy.ID]redundancy.Known{"raid:seven": known}
	v.Assessment.Groups = append(v.Assessment.Groups, redundancy.Assessed{
		Group: redundancy.Group{ID: "raid:seven", Name: "md7"}, Source: "raid", Carried: true,
	})
	k := &keeper{}
	k.Post(v)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		code, text := ask(t, k, true, method, PathAccept+"?group=md7")
		var problem Problem
		if err := json.Unmarshal([]byte(text), &problem); err != nil || code != http.StatusConflict || k.by != "" {
			t.Errorf("%s: got %d %s (%v), and the agent was asked by %q", method, code, text, err, k.by)
		}
		if problem.Text != "accept: may yet come: raid:seven" || problem.Advice == "" {
			t.Errorf("%s: %+v", method, problem)
		}
	}
}

func TestAnUnknownPeerMayNotAct(t *testing.T) {
	t.Parallel()
	if mayAct(peer{}) {
		t.Error("somebody of whom nothing is known may act")
	}
	if !mayAct(peer{uid: uint32(os.Getuid()), known: true}) || !mayAct(peer{known: true}) {
		t.Error("the agent's own user or root may not act")
	}
	const nobody = 65534
	if os.Getuid() != nobody && mayAct(peer{uid: nobody, gid: nobody, known: true}) {
		t.Error("nobody may act")
	}
}
