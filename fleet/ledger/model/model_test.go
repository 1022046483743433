package model_test

import (
	"flag"
	"strings"
	"testing"
	"time"

	"plimsoll/fleet/ledger/model"
)

var deep = flag.Int("deep", 0, "search the large protocols too, up to so many states each: make model")

// search walks through all of a protocol, or as far as most states go, and says what it found.
func search(t *testing.T, m model.Model, most int) model.Result {
	t.Helper()
	began := time.Now()
	r := m.Search(most)
	t.Logf("%+v %q: %d states, depth %d, all of them %v, %s", m.Limits, m.Mistake, r.States, r.Depth, r.Whole, time.Since(began).Round(time.Millisecond))
	return r
}

func TestTheProtocolKeepsItsPromises(t *testing.T) {
	t.Parallel()
	for _, l := range []model.Limits{
		{Hosts: 2, Nonces: 1, Budget: 1, Flights: 2},
		{Hosts: 2, Nonces: 1, Budget: 1, Flights: 1, Clears: 1},
		{Hosts: 2, Nonces: 1, Budget: 1, Flights: 1, Crashes: 1},
	} {
		if r := search(t, model.Model{Limits: l}, 1_000_000); r.Wrong != "" || !r.Whole {
			t.Errorf("%s, after\n%s", r.Wrong, strings.Join(r.Story, "\n"))
		}
	}
}

func TestEachMistakeBreaksAPromise(t *testing.T) {
	t.Parallel()
	for _, mistake := range model.Mistakes() {
		t.Run(string(mistake), func(t *testing.T) {
			t.Parallel()
			l := model.Limits{Hosts: 2, Nonces: 1, Budget: 1, Flights: 2, Clears: 1, Lags: true}
			switch mistake {
			case model.NewNonce:
				l.Nonces = 2
			case model.NoMemory:
				l = model.Limits{Hosts: 2, Nonces: 1, Budget: 1, Flights: 1, Forgets: true}
			case model.None, model.NoFence, model.GrantSuffices, model.Expiry, model.SilentRelease, model.NotAskedItself, model.BlindWrite,
				model.EarlyRelease, model.ClearedVanish, model.ClearedWhileUp, model.FrozenOnRead:
			}
			r := search(t, model.Model{Limits: l, Mistake: mistake}, 1_000_000)
			if r.Wrong == "" {
				t.Fatal("no promise is broken")
			}
			t.Logf("%s, after\n%s", r.Wrong, strings.Join(r.Story, "\n"))
		})
	}
}

func TestAHolderThatNobodyHearsIsNotProtectedFromAStoreThatHasForgottenInTheLarge(t *testing.T) {
	t.Parallel()
	if *deep == 0 {
		t.Skip("takes minutes and gigabytes: make model")
	}
	l := model.Limits{Hosts: 2, Nonces: 1, Budget: 1, Flights: 1, Forgets: true, Unheard: true}
	if r := search(t, model.Model{Limits: l}, *deep); r.Wrong != "G1: more are at it than the budget allows" {
		t.Errorf("a holder that nobody heard: %q", r.Wrong)
	}
}

func TestTheProtocolKeepsItsPromisesInTheLarge(t *testing.T) {
	t.Parallel()
	if *deep == 0 {
		t.Skip("takes minutes and gigabytes: make model")
	}
	for _, l := range []model.Limits{
		{Hosts: 2, Nonces: 1, Budget: 1, Flights: 2, Clears: 1, Crashes: 2},
		{Hosts: 2, Nonces: 1, Budget: 1, Flights: 1, Lags: true, Memory: true},
		{Hosts: 2, Nonces: 1, Budget: 1, Flights: 2, Clears: 1, Lags: true, Memory: true},
		{Hosts: 2, Nonces: 2, Budget: 1, Flights: 1, Clears: 1, Crashes: 1},
		{Hosts: 3, Nonces: 1, Budget: 2, Flights: 2, Clears: 1},
		{Hosts: 3, Nonces: 1, Budget: 1, Flights: 1, Clears: 1, Crashes: 1},
		{Hosts: 2, Nonces: 1, Budget: 1, Flights: 1, Forgets: true},
		{Hosts: 2, Nonces: 1, Budget: 1, Flights: 2, Crashes: 1, Forgets: true, Memory: true},
		{Hosts: 3, Nonces: 1, Budget: 1, Flights: 1, Forgets: true},
	} {
		if r := search(t, model.Model{Limits: l}, *deep); r.Wrong != "" {
			t.Errorf("%s, after\n%s", r.Wrong, strings.Join(r.Story, "\n"))
		}
	}
}
