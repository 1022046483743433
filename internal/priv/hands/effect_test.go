package hands_test

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"plimsoll/internal/priv"
)

var eth1Active = priv.State{Active: "eth1"}

// do asks the helper directly.
func do(t *testing.T, h *host, r priv.Request) (priv.Answer, error) {
	t.Helper()
	r.Version = priv.Version
	a, f, err := h.hands().Do(t.Context(), r)
	if f != nil {
		t.Error("a file that nobody asked for")
	}
	return a, err
}

func toEth2(h *host) priv.Request {
	e := h.effect("a/1", eth1Active)
	return priv.Request{Verb: priv.BondSetActive, Bond: "bond0", Member: "eth2", Effect: &e}
}

func TestActiveMemberIsChangedAndLookedAt(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	a, err := do(t, h, toEth2(h))
	want := priv.Answer{Outcome: priv.Done, Seen: &priv.State{Active: "eth2"}}
	if diff := cmp.Diff(want, a); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if h.active() != "eth2" {
		t.Errorf("active is %s", h.active())
	}
	if h.log.with("effect begins", "action=a/1", `target="bond bond0"`) != 1 || h.log.with("effect ended", "action=a/1", "outcome=done") != 1 {
		t.Errorf("the log does not tell begin and end: %v", h.log.all)
	}
}

func TestNothingIsWrittenToABondThatIsNotAsItHasToBe(t *testing.T) {
	t.Parallel()
	const bonding = "sys/class/net/bond0/bonding/"
	for name, tt := range map[string]struct {
		change func(h *host, r *priv.Request)
		want   priv.Reason
	}{
		"frozen":         {func(h *host, _ *priv.Request) { h.write("run/freeze", "") }, priv.ReasonFrozen},
		"perhaps frozen": {func(h *host, _ *priv.Request) { h.write("run", "") }, priv.ReasonFrozen},
		"late":           {func(h *host, _ *priv.Request) { h.now += 11 * time.Second }, priv.ReasonLate},
		"of another boot": {func(h *host, _ *priv.Request) {
			h.write("proc/"+priv.BootIDFile, strings.Replace(boot, "0", "1", 1))
		}, priv.ReasonLate},
		"of an unknown boot":                  {func(h *host, _ *priv.Request) { _ = os.Remove(h.path("proc/" + priv.BootIDFile)) }, priv.ReasonUnread},
		"of a distant future":                 {func(h *host, _ *priv.Request) { h.now -= priv.MaxAhead }, priv.ReasonLate},
		"another member by now":               {func(h *host, _ *priv.Request) { h.write(bonding+"active_slave", "eth3") }, priv.ReasonChanged},
		"no active member":                    {func(h *host, _ *priv.Request) { h.write(bonding+"active_slave", "") }, priv.ReasonChanged},
		"done already":                        {func(h *host, _ *priv.Request) { h.write(bonding+"active_slave", "eth2") }, priv.ReasonChanged},
		"to the same":                         {func(_ *host, r *priv.Request) { r.Member = "eth1" }, priv.ReasonUnfit},
		"802.3ad":                             {func(h *host, _ *priv.Request) { h.write(bonding+"mode", "802.3ad 4") }, priv.ReasonUnfit},
		"balance-alb":                         {func(h *host, _ *priv.Request) { h.write(bonding+"mode", "balance-alb 6") }, priv.ReasonUnfit},
		"monitored by ARP":                    {func(h *host, _ *priv.Request) { h.write(bonding+"arp_interval", "1000") }, priv.ReasonUnfit},
		"moved back at once":                  {func(h *host, _ *priv.Request) { h.write(bonding+"primary", "eth1") }, priv.ReasonUnfit},
		"to a member whose link is down":      {func(_ *host, r *priv.Request) { r.Member = "eth3" }, priv.ReasonUnfit},
		"to a stranger":                       {func(_ *host, r *priv.Request) { r.Member = "eth9" }, priv.ReasonUnfit},
		"no bond":                             {func(_ *host, r *priv.Request) { r.Bond = "eth9" }, priv.ReasonUnfit},
		"not listed":                          {func(h *host, _ *priv.Request) { h.allow.SetActive = []string{"bond1"} }, priv.ReasonNotAllowed},
		"observe mode":                        {func(h *host, _ *priv.Request) { h.allow.Writes = false }, priv.ReasonVocabulary},
		"a configuration that cannot be read": {func(h *host, _ *priv.Request) { h.broken = errors.New("parse: no") }, priv.ReasonNotAllowed},
		"a mode that cannot be read":          {func(h *host, _ *priv.Request) { _ = os.Remove(h.path(bonding + "mode")) }, priv.ReasonUnread},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			r := toEth2(h)
			tt.change(h, &r)
			before := h.active()
			_, err := do(t, h, r)
			if got := reasonOf(err); got != tt.want {
				t.Errorf("%v, want %s", err, tt.want)
			}
			if h.active() != before || h.log.with("effect begins") != 0 {
				t.Errorf("%s became %s", before, h.active())
			}
		})
	}
}

func TestPrimaryThatIsTheTargetIsNoObstacle(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.write("sys/class/net/bond0/bonding/primary", "eth2")
	if a, err := do(t, h, toEth2(h)); err != nil || a.Outcome != priv.Done {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestWriteThatFailsIsToldWithWhatWasSeenAfterIt(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	// Sealed memory: it reads as before and refuses every write, root's as well.
	fd, err := unix.MemfdCreate("active_slave", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		t.Fatal(err)
	}
	sealed := os.NewFile(uintptr(fd), "active_slave")
	defer func() { _ = sealed.Close() }()
	if _, err := sealed.WriteString("eth1\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := unix.FcntlInt(sealed.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_WRITE); err != nil {
		t.Fatal(err)
	}
	name := h.path("sys/class/net/bond0/bonding/active_slave")
	if err := errors.Join(os.Remove(name), os.Symlink(fmt.Sprintf("/proc/self/fd/%d", fd), name)); err != nil {
		t.Fatal(err)
	}
	a, err := do(t, h, toEth2(h))
	if err != nil || a.Outcome != priv.Failed || a.Text == "" || a.Seen == nil || *a.Seen != eth1Active {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestActionIsCarriedOutOnceAndRemembered(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	helper, r := h.hands(), toEth2(h)
	r.Version = priv.Version
	first, _, err := helper.Do(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	h.write("sys/class/net/bond0/bonding/active_slave", "eth1") // somebody undid it: the expectation would hold again
	again, _, err := helper.Do(t.Context(), r)
	first.Repeated = true
	if diff := cmp.Diff(first, again); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if h.active() != "eth1" {
		t.Error("it was carried out twice")
	}
	other := *r.Effect
	other.Deadline++
	r.Effect = &other
	if _, _, err := helper.Do(t.Context(), r); reasonOf(err) != priv.ReasonRepeated {
		t.Errorf("another effect by the same id: %v", err)
	}
	h.now += time.Minute
	if _, _, err := helper.Do(t.Context(), r); reasonOf(err) != priv.ReasonLate {
		t.Errorf("after its deadline: %v", err)
	}
}

func TestRefusedActionMayBeAskedForAgain(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	helper, r := h.hands(), toEth2(h)
	r.Version = priv.Version
	h.write("run/freeze", "")
	if _, _, err := helper.Do(t.Context(), r); reasonOf(err) != priv.ReasonFrozen {
		t.Fatalf("frozen: %v", err)
	}
	if err := os.Remove(h.freeze()); err != nil {
		t.Fatal(err)
	}
	if a, _, err := helper.Do(t.Context(), r); err != nil || a.Repeated || h.active() != "eth2" {
		t.Errorf("thawed: %+v, %v", a, err)
	}
}

func TestMoreActionsThanAHostHasReasonForAreRefusedUntilTheirDeadlinesPass(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	helper := h.hands()
	ask := func(i int) error {
		from, to := "eth1", "eth2"
		if i%2 == 1 {
			from, to = to, from
		}
		e := h.effect("a/"+strconv.Itoa(i), priv.State{Active: from})
		_, _, err := helper.Do(t.Context(), priv.Request{Version: 1, Verb: priv.BondSetActive, Bond: "bond0", Member: to, Effect: &e})
		return err
	}
	n := 0
	for ; n < 1000; n++ {
		if err := ask(n); err != nil {
			if reasonOf(err) != priv.ReasonBusy {
				t.Fatal(err)
			}
			break
		}
	}
	if n == 1000 {
		t.Fatal("a thousand actions in a moment")
	}
	h.now += 11 * time.Second
	if err := ask(n); err != nil {
		t.Errorf("after the deadlines of the others: %v", err)
	}
}

func TestUnitIsRestartedOnlyAsTheIncarnationThatWasSeen(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	seen := h.units.state
	ask := func(verb priv.Verb, action string, expect priv.State) (priv.Answer, error) {
		e := h.effect(action, expect)
		return do(t, h, priv.Request{Verb: verb, Unit: "app.service", Effect: &e})
	}
	a, err := ask(priv.UnitRestart, "a/1", seen)
	if err != nil || a.Outcome != priv.Done || a.Seen == nil || a.Seen.Invocation == seen.Invocation {
		t.Fatalf("%+v, %v", a, err)
	}
	// Another helper, which remembers nothing.
	if _, err := ask(priv.UnitRestart, "a/1", seen); reasonOf(err) != priv.ReasonChanged {
		t.Errorf("again: %v", err)
	}
	h.units.state.Unit = "activating"
	if _, err := ask(priv.UnitRestart, "a/2", h.units.state); reasonOf(err) != priv.ReasonUnfit {
		t.Errorf("activating: %v", err)
	}
	h.units.state.Unit = "failed"
	if _, err := ask(priv.UnitStop, "a/3", h.units.state); reasonOf(err) != priv.ReasonUnfit {
		t.Errorf("stop of a failed one: %v", err)
	}
	h.units.result = "dependency"
	if a, err = ask(priv.UnitRestart, "a/4", h.units.state); err != nil || a.Outcome != priv.Failed || !strings.Contains(a.Text, "dependency") {
		t.Errorf("a job that fails: %+v, %v", a, err)
	}
	if diff := cmp.Diff([]string{"restart app.service", "restart app.service"}, h.units.asked()); diff != "" {
		t.Error(diff)
	}
}

func TestUnitThatIsNotListedOrNotThereIsLeftAlone(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.allow.Restart = []string{"gone.service"}
	for unit, want := range map[string]priv.Reason{"app.service": priv.ReasonNotAllowed, "gone.service": priv.ReasonUnread} {
		e := h.effect("a/1", h.units.state)
		if _, err := do(t, h, priv.Request{Verb: priv.UnitRestart, Unit: unit, Effect: &e}); reasonOf(err) != want {
			t.Errorf("%s: %v, want %s", unit, err, want)
		}
	}
	if len(h.units.asked()) != 0 {
		t.Error(h.units.asked())
	}
}

func TestObserveModeHasNoVerbThatWrites(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.allow.Writes = false
	for _, entry := range priv.Vocabulary() {
		h.part = entry.Part
		e := h.effect("a/1", eth1Active)
		r := priv.Request{Version: 1, Verb: entry.Verb, Bond: "bond0", Member: "eth2", Unit: "app.service", Effect: &e}
		_, f, err := h.hands().Do(t.Context(), r)
		if f != nil {
			_ = f.Close()
		}
		if gone := reasonOf(err) == priv.ReasonVocabulary; gone != entry.Writes {
			t.Errorf("%s: writes %v, and %v", entry.Verb, entry.Writes, err)
		}
	}
}

func TestWithoutAConfigurationOnlyWhatNeedsNoneGoesOn(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.broken = errors.New("parse: no")
	a, err := do(t, h, priv.Request{Verb: priv.BondLACP, Bond: "bond0"})
	if err != nil || !strings.Contains(a.Told, "port key") {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := do(t, h, priv.Request{Verb: priv.BondPacketSocket, Bond: "bond0", Member: "eth1", Hear: priv.HearBoth}); reasonOf(err) != priv.ReasonNotAllowed {
		t.Error(err)
	}
}

func TestLACPIsReadOfBondsAlone(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.write("proc/net/bonding/eth9", "not a bond")
	for name, want := range map[string]priv.Reason{"eth9": priv.ReasonUnfit, "nothing": priv.ReasonUnfit} {
		if _, err := do(t, h, priv.Request{Verb: priv.BondLACP, Bond: name}); reasonOf(err) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	h.write("proc/net/bonding/bond0", strings.Repeat("x", priv.MaxAnswer))
	if _, err := do(t, h, priv.Request{Verb: priv.BondLACP, Bond: "bond0"}); reasonOf(err) != priv.ReasonUnread {
		t.Errorf("a text that no answer holds: %v", err)
	}
}
