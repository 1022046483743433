package member_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/actions"
	"plimsoll/fleet/ledger"
	"plimsoll/fleet/member"
)

func TestWhatIsKeptIsReadBack(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "fleet.json")
	if k, err := member.NewFile(path).Read(); err != nil || len(k.Pools) > 0 {
		t.Fatalf("before anything is kept: %+v, %v", k, err)
	}
	want := member.Kept{Pools: map[string]member.KeptPool{"db": {
		Remembers: ledger.Mark{Created: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Epoch: 1, Revision: 7},
		Holds:     map[string]member.Held{"h/l/7": {Action: "service.restart of web", Giving: true}},
	}}}
	for range 2 {
		if err := member.NewFile(path).Keep(t.Context(), want); err != nil {
			t.Fatal(err)
		}
	}
	got, err := member.NewFile(path).Read()
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if k, err := member.NewFile(path).Read(); err == nil {
		t.Errorf("half a file reads as %+v", k)
	}
}

// arbiters say yes to everything.
type arbiters struct{ started int }

func (*arbiters) Ask(context.Context, string, ledger.Ask) (member.Answer, error) {
	return member.Answer{Token: 7}, nil
}

func (a *arbiters) Start(context.Context, string, string, uint64) (member.Answer, error) {
	a.started++
	return member.Answer{}, nil
}

func (*arbiters) Release(context.Context, string, string, ledger.End) (member.Answer, error) {
	return member.Answer{}, nil
}

func (*arbiters) Assert(context.Context, string, ledger.Opinion) (member.Answer, error) {
	return member.Answer{}, nil
}

type host struct{}

func (host) Condition(string) member.Condition { return member.Condition{} }

func (host) Healthy(actions.Action) (bool, string) { return true, "" }

// full is a disk that takes nothing from a certain write on.
type full struct{ left int }

func (f *full) Keep(context.Context, member.Kept) error {
	if f.left--; f.left < 0 {
		return errors.New("no space left on device")
	}
	return nil
}

// TestNothingIsBegunThatCouldNotBeRemembered: with a disk that takes nothing there is no leave, and with one that is full after
// the grant nothing is begun.
func TestNothingIsBegunThatCouldNotBeRemembered(t *testing.T) {
	t.Parallel()
	a := actions.Action{ID: "h/l/7", Verb: actions.Hook, Pool: "db", Reach: actions.ReachFleet}
	if _, err := member.NewLeave("db1", member.Kept{}, &arbiters{}, host{}, &full{}).Ask(t.Context(), a); err == nil {
		t.Error("leave is taken and cannot be remembered")
	}
	l := member.NewLeave("db1", member.Kept{}, &arbiters{}, host{}, &full{left: 1})
	if _, err := l.Ask(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if err := l.Begin(t.Context(), a); err == nil {
		t.Error("it is begun and cannot be remembered")
	}
}

// TestAHostSaysNoToItsOwnWishOnceItHasGivenItUp is what makes leave safe that is granted when nobody waits for it any more.
func TestAHostSaysNoToItsOwnWishOnceItHasGivenItUp(t *testing.T) {
	t.Parallel()
	l := member.NewLeave("db1", member.Kept{}, &arbiters{}, host{}, &full{left: 9})
	a := actions.Action{ID: "h/l/7", Verb: actions.ServiceRestart, Pool: "db", Reach: actions.ReachFleet}
	q := ledger.Question{Ask: ledger.Ask{Host: "db1", Nonce: a.ID}}
	says := func(want bool) {
		t.Helper()
		if o := l.Opine("db", q); o.Yes != want {
			t.Errorf("its opinion is %+v, want yes %v", o, want)
		}
	}
	says(false)
	if _, err := l.Ask(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	says(true)
	if err := l.Release(t.Context(), actions.Release{Action: a, Outcome: actions.Abandoned}); err != nil {
		t.Fatal(err)
	}
	says(false)
}
