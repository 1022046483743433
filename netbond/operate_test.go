package netbond

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/actions"
	"plimsoll/internal/priv"
	"plimsoll/internal/sysfs"
)

// fakeHelper says what it is told to say and notes what it was asked.
type fakeHelper struct {
	answer priv.Answer
	err    error
	asked  []string
	effect priv.Effect
	lacp   string
}

func (f *fakeHelper) SetActive(_ context.Context, bond, member string, e priv.Effect) (priv.Answer, error) {
	f.asked, f.effect = append(f.asked, bond+" "+member), e
	return f.answer, f.err
}

func (f *fakeHelper) PacketSocket(context.Context, string, string, priv.Hearing) (*os.File, error) {
	return nil, &priv.UnreachableError{Socket: "none", Cause: os.ErrNotExist}
}

func (f *fakeHelper) LACP(_ context.Context, bond string) (string, error) {
	f.asked = append(f.asked, "lacp "+bond)
	return f.lacp, f.err
}

const testBoot = "0f6f2b1c-7f1e-4a51-9d9e-0b1c2d3e4f50"

// moverOver is the operator over a bond that stays as it is.
func moverOver(t *testing.T, b Bond, h Helper) *mover {
	t.Helper()
	root := t.TempDir()
	file := filepath.Join(root, priv.BootIDFile)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(testBoot+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	links := encode(t, b)
	return &mover{helper: h, heard: &announcements{}, proc: sysfs.New(root), dump: func(context.Context, ...int32) ([][]byte, error) { return links, nil }}
}

func move(b Bond, from, to int) actions.Action {
	return actions.Action{ID: "host/log/7", Verb: actions.BondFailover, Group: b.id(), Name: b.Name, From: b.memberID(b.Members[from]), To: b.memberID(b.Members[to])}
}

func TestMoverAsksForExactlyWhatWasDecided(t *testing.T) {
	t.Parallel()
	b := bonded(ActiveBackup, 2)
	h := &fakeHelper{answer: priv.Answer{Outcome: priv.Done}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	before, err := priv.SinceBoot()
	if err != nil {
		t.Fatal(err)
	}
	if err := moverOver(t, b, h).Do(ctx, move(b, 0, 1)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"bond0 eth1"}, h.asked); diff != "" {
		t.Error(diff)
	}
	if late := h.effect.Deadline - before; late <= 0 || late > time.Minute+time.Second {
		t.Errorf("the deadline is %s from now, want a minute", late)
	}
	h.effect.Deadline = 0
	if diff := cmp.Diff(priv.Effect{Action: "host/log/7", Boot: testBoot, Expect: priv.State{Active: "eth0"}}, h.effect); diff != "" {
		t.Error(diff)
	}
}

func TestMoverSaysWhatIsSureAndWhatIsNot(t *testing.T) {
	t.Parallel()
	doubt := &priv.InDoubtError{Verb: priv.BondSetActive, Cause: errors.New("no answer")}
	for name, c := range map[string]struct {
		answer   priv.Answer
		err      error
		change   func(*Bond, *actions.Action)
		asked    bool
		done     bool
		notBegun bool
	}{
		"done":                         {answer: priv.Answer{Outcome: priv.Done}, asked: true, done: true},
		"failed, the kernel says":      {answer: priv.Answer{Outcome: priv.Failed}, asked: true},
		"no answer":                    {err: doubt, asked: true},
		"refused":                      {err: priv.Refuse(priv.ReasonFrozen, "frozen"), asked: true, notBegun: true},
		"nobody there":                 {err: &priv.UnreachableError{Cause: os.ErrNotExist}, asked: true, notBegun: true},
		"done already":                 {change: func(b *Bond, _ *actions.Action) { b.Active = known(uint32(2)) }, done: true},
		"another member is in use now": {change: func(b *Bond, _ *actions.Action) { b.Active = known(uint32(3)) }, notBegun: true},
		"the member has left":          {change: func(_ *Bond, a *actions.Action) { a.To = "bond:bond0/gone" }, notBegun: true},
		"the bond has gone":            {change: func(_ *Bond, a *actions.Action) { a.Group = "bond:bond1" }, notBegun: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bonded(ActiveBackup, 3)
			a := move(b, 0, 1)
			if c.change != nil {
				c.change(&b, &a)
			}
			h := &fakeHelper{answer: c.answer, err: c.err}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			err := moverOver(t, b, h).Do(ctx, a)
			got := []bool{len(h.asked) > 0, err == nil, errors.Is(err, actions.ErrNotBegun)}
			if diff := cmp.Diff([]bool{c.asked, c.done, c.notBegun}, got); diff != "" {
				t.Errorf("asked, done, not begun: %v\n%s", err, diff)
			}
		})
	}
}

func TestMoverWithoutADeadlineDoesNothing(t *testing.T) {
	t.Parallel()
	b := bonded(ActiveBackup, 2)
	h := &fakeHelper{answer: priv.Answer{Outcome: priv.Done}}
	if err := moverOver(t, b, h).Do(t.Context(), move(b, 0, 1)); !errors.Is(err, actions.ErrNotBegun) || len(h.asked) > 0 {
		t.Errorf("%v, asked %v", err, h.asked)
	}
}

func TestSwitchThatWasMadeHasItsAnnouncementAsEvidence(t *testing.T) {
	t.Parallel()
	b := bonded(ActiveBackup, 2)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for outcome, want := range map[priv.Outcome]bool{priv.Done: true, priv.Failed: false} {
		m := moverOver(t, b, &fakeHelper{answer: priv.Answer{Outcome: outcome}})
		err := m.Do(ctx, move(b, 0, 1))
		seen := bonded(ActiveBackup, 2)
		m.heard.add(&seen, time.Now())
		if got := seen.Members[1].Announced; got.Known != want || want && got.Value.Err == "" || seen.Members[0].Announced.Known {
			t.Errorf("%s: %v, %+v", outcome, err, got)
		}
		seen = bonded(ActiveBackup, 2)
		m.heard.add(&seen, time.Now().Add(2*announceKept))
		if seen.Members[1].Announced.Known {
			t.Error("it stays for ever")
		}
	}
}
