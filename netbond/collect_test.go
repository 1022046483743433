package netbond

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"plimsoll/redundancy"
)

func from(links [][]byte) Dump {
	return func(context.Context, ...int32) ([][]byte, error) { return links, nil }
}

func TestNoBondsAreNoted(t *testing.T) {
	t.Parallel()
	got, err := New(Config{Dump: from(nil)}).Collect(t.Context())
	want := redundancy.Observation{Notes: []string{"no bonds: the kernel lists no link of the kind bond"}}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("error %v, observation (-want +got):\n%s", err, d)
	}
}

func TestABondThatTheModuleMadeByItselfIsNotedAndNotJudged(t *testing.T) {
	t.Parallel()
	empty := bonded(BalanceRR, 0)
	empty.Flags = 0
	got, err := New(Config{Dump: from(encode(t, empty))}).Collect(t.Context())
	want := redundancy.Observation{Notes: []string{"bond0 is down and has no members: not judged"}}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("error %v, observation (-want +got):\n%s", err, d)
	}
}

// TestABondThatIsBeingMadeIsNotCalledFailed makes a bond before the agent's eyes: from its first member to its carrier takes a
// moment. It is judged when it serves, and when it does not for too long.
func TestABondThatIsBeingMadeIsNotCalledFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var links [][]byte
		c := New(Config{Dump: func(context.Context, ...int32) ([][]byte, error) { return links, nil }})
		judged := func() int {
			got, err := c.Collect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return len(got.Groups)
		}
		unfinished, whole := bonded(ActiveBackup, 1), bonded(ActiveBackup, 2)
		unfinished.Flags = 0
		empty := unfinished
		empty.Members = nil
		for i, step := range []struct {
			bonds []Bond
			wait  time.Duration
			want  int
		}{
			{bonds: nil, want: 0},
			{bonds: []Bond{empty}, wait: time.Minute, want: 0}, // the module's own, for as long as it likes
			{bonds: []Bond{unfinished}, want: 0},
			{bonds: []Bond{whole}, want: 1},
			{bonds: []Bond{unfinished}, want: 1}, // it served before: it has failed
			{bonds: nil, want: 0},
			{bonds: []Bond{unfinished}, wait: forming, want: 0},
			{bonds: []Bond{unfinished}, want: 1},
		} {
			links = nil
			for _, b := range step.bonds {
				links = append(links, encode(t, b)...)
			}
			if got := judged(); got != step.want {
				t.Errorf("step %d: want %d bonds judged, got %d", i, step.want, got)
			}
			time.Sleep(step.wait)
		}
	})
	unfinished := bonded(ActiveBackup, 1)
	unfinished.Flags = 0
	if got, err := New(Config{Dump: from(encode(t, unfinished))}).Collect(t.Context()); err != nil || len(got.Groups) != 1 {
		t.Errorf("at the first look: want it judged, got %+v, %v", got, err)
	}
}

func TestOneBondThatCannotBeReadHidesNoOther(t *testing.T) {
	t.Parallel()
	good, bad := bonded(ActiveBackup, 2), bonded(ActiveBackup, 2)
	bad.Index, bad.Name = 200, "bond1"
	links := encode(t, bad)
	links[0] = links[0][:len(links[0])-45] // miimon and what comes after it
	got, err := New(Config{Dump: from(append(links, encode(t, good)...))}).Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, g := range got.Groups {
		names = append(names, fmt.Sprintf("%s %s", g.ID, redundancy.Judge(g).Status))
	}
	want := []string{"bond:bond0 FullyRedundant", "bond:bond1 Unknown"}
	if d := cmp.Diff(want, names); d != "" || len(got.Notes) != 1 {
		t.Errorf("notes %q, groups (-want +got):\n%s", got.Notes, d)
	}
}

func TestADumpThatFailsTeachesNothing(t *testing.T) {
	t.Parallel()
	cause := errors.New("no buffer space available")
	got, err := New(Config{Dump: func(context.Context, ...int32) ([][]byte, error) { return nil, cause }}).Collect(t.Context())
	if d := cmp.Diff(redundancy.Observation{}, got); d != "" || !errors.Is(err, cause) {
		t.Errorf("error %v, observation (-want +got):\n%s", err, d)
	}
	_, err = New(Config{Dump: FromCapture(filepath.Join(t.TempDir(), "none"))}).Collect(t.Context())
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a capture that is not there: %v", err)
	}
	if _, err = New(Config{Dump: FromCapture("")}).Collect(t.Context()); !errors.Is(err, ErrNotCaptured) {
		t.Errorf("no capture: %v", err)
	}
}

func TestARefusedSocketHasAHint(t *testing.T) {
	t.Parallel()
	var hint interface{ Hint() string }
	if err := fmt.Errorf("dump links: %w", hinted(unix.EAFNOSUPPORT)); !errors.As(err, &hint) || !errors.Is(err, unix.EAFNOSUPPORT) {
		t.Errorf("%v has no hint", err)
	}
	if err := hinted(unix.ENOBUFS); errors.As(err, &hint) {
		t.Errorf("%v has the hint %q", err, hint.Hint())
	}
}

func TestOnlyLinksThatMatterPoke(t *testing.T) {
	t.Parallel()
	b := bonded(ActiveBackup, 2)
	links := encode(t, b)
	other := message(50, "veth0", carrier, Reading[uint8]{}, nil, "veth", "", nil)
	left := message(2, "eth1", carrier, Reading[uint8]{}, nil, "veth", "", nil)
	fresh := New(Config{Dump: from(links)})
	c := New(Config{Dump: from(links)})
	if _, err := c.Collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		c    *Collector
		link []byte
		want bool
	}{
		"a bond":                                {fresh, links[0], true},
		"a member":                              {fresh, links[1], true},
		"another link":                          {c, other, false},
		"a member that has just left":           {c, left, true},
		"the same, before the first look":       {fresh, left, false},
		"a message that is too short to be one": {fresh, other[:8], true},
	} {
		if got := anyLink(framed(unix.RTM_NEWLINK, tc.link), tc.c); got != tc.want {
			t.Errorf("%s: pokes %v, want %v", name, got, tc.want)
		}
	}
	if anyLink(framed(unix.RTM_NEWADDR, links[0]), c) {
		t.Error("an address pokes")
	}
	two := append(framed(unix.RTM_NEWLINK, other), framed(unix.RTM_DELLINK, links[1])...)
	if !anyLink(two, c) {
		t.Error("a member behind another link in one read does not poke")
	}
	if !anyLink(two[:len(two)-1], c) {
		t.Error("a read that was cut short does not poke")
	}
}

// framed is one netlink message.
func framed(kind uint16, body []byte) []byte {
	m := nl.NewNetlinkRequest(int(kind), 0)
	m.AddRawData(body)
	return m.Serialize()
}
