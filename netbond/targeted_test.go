package netbond

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"plimsoll/redundancy"
)

// fake answers as the kernel does: bonds by index, and what was asked for.
type fake struct {
	bonds map[int32]Bond
	asked [][]int32
}

// encode is what it answers when it is asked for all.
func (k *fake) encode(tb testing.TB) [][]byte {
	tb.Helper()
	var links [][]byte
	for _, b := range k.bonds {
		links = append(links, encode(tb, b)...)
	}
	return links
}

func (k *fake) dump(t *testing.T) Dump {
	t.Helper()
	return func(_ context.Context, only ...int32) ([][]byte, error) {
		k.asked = append(k.asked, only)
		var links [][]byte
		for index, b := range k.bonds {
			if len(only) == 0 || slices.Contains(only, index) {
				links = append(links, encode(t, b)...)
			}
		}
		if len(links) == 0 && len(only) > 0 {
			return nil, unix.ENODEV
		}
		return links, nil
	}
}

// two is a kernel with bond0 of eth0 and eth1, and bond1 of eth2 and eth3.
func two() *fake {
	zero, one := bonded(ActiveBackup, 2), bonded(ActiveBackup, 4)
	one.Index, one.Name, one.Members, one.Active = 200, "bond1", one.Members[2:], known(uint32(3))
	one.Members[0].Role = known(RoleActive)
	return &fake{bonds: map[int32]Bond{zero.Index: zero, one.Index: one}}
}

// heard makes c hear that b has changed.
func heard(t *testing.T, c *Collector, b Bond) {
	t.Helper()
	if !anyLink(framed(unix.RTM_NEWLINK, encode(t, b)[0]), c) {
		t.Fatal("the change of a bond does not matter")
	}
}

func TestAHintIsLookedAtAndTheOthersStandWithTheirAge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := two()
		c := New(Config{Dump: k.dump(t)})
		first, err := c.Collect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		then := time.Now()
		time.Sleep(time.Second)
		changed := clone(k.bonds[200])
		cut(&changed.Members[1])
		k.bonds[200] = changed
		heard(t, c, changed)
		got, err := c.Collect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([][]int32{nil, {200}}, k.asked); d != "" {
			t.Errorf("asked for (-want +got):\n%s", d)
		}
		if d := cmp.Diff(first.Groups[0].Dated(then), got.Groups[0]); d != "" {
			t.Errorf("the bond that stands (-want +got):\n%s", d)
		}
		for i, m := range changed.Members {
			changed.Members[i].Part = redundancy.ID("link:" + m.Name)
		}
		if d := cmp.Diff(checked(t, changed), got.Groups[1]); d != "" {
			t.Errorf("the bond that changed (-want +got):\n%s", d)
		}
		if _, err := c.Collect(t.Context()); err != nil || len(k.asked) != 3 || k.asked[2] != nil {
			t.Errorf("the look that follows asked for %v, error %v: want all", k.asked, err)
		}
	})
}

func TestALookIsWholeWhereAHintIsNotEnough(t *testing.T) {
	t.Parallel()
	left := message(1, "eth0", carrier, Reading[uint8]{}, nil, "veth", "", nil)
	for name, tc := range map[string]struct {
		hint func(t *testing.T, c *Collector, k *fake)
		want [][]int32 // what is asked for after the first look
	}{
		"a bond that is new": {func(t *testing.T, c *Collector, k *fake) {
			t.Helper()
			b := bonded(BalanceRR, 0)
			b.Index, b.Name = 300, "bond3"
			k.bonds[300] = b
			heard(t, c, b)
		}, [][]int32{nil}},
		"a bond that is gone": {func(t *testing.T, c *Collector, k *fake) {
			t.Helper()
			heard(t, c, k.bonds[200])
			delete(k.bonds, 200)
		}, [][]int32{{200}, nil}},
		"a message that was lost": {func(t *testing.T, c *Collector, k *fake) {
			t.Helper()
			heard(t, c, k.bonds[200])
			c.lost()
		}, [][]int32{nil}},
		"a bond that speaks without end": {func(t *testing.T, c *Collector, k *fake) {
			t.Helper()
			time.Sleep(wholly + time.Second)
			heard(t, c, k.bonds[200])
		}, [][]int32{nil}},
		"a member that has left": {func(t *testing.T, c *Collector, _ *fake) {
			t.Helper()
			anyLink(framed(unix.RTM_NEWLINK, left), c)
		}, [][]int32{{100}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				k := two()
				c := New(Config{Dump: k.dump(t)})
				if _, err := c.Collect(t.Context()); err != nil {
					t.Fatal(err)
				}
				tc.hint(t, c, k)
				if _, err := c.Collect(t.Context()); err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(tc.want, k.asked[1:]); d != "" {
					t.Errorf("asked for (-want +got):\n%s", d)
				}
			})
		})
	}
}

func TestALookThatFailsForgetsNoHint(t *testing.T) {
	t.Parallel()
	k := two()
	broken := errors.New("no buffer space available")
	fail, dump := false, k.dump(t)
	c := New(Config{Dump: func(ctx context.Context, only ...int32) ([][]byte, error) {
		if fail {
			return nil, broken
		}
		return dump(ctx, only...)
	}})
	if _, err := c.Collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	heard(t, c, k.bonds[200])
	fail = true
	if _, err := c.Collect(t.Context()); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	fail = false
	heard(t, c, k.bonds[100])
	if _, err := c.Collect(t.Context()); err != nil || k.asked[1] != nil {
		t.Errorf("asked for %v, error %v: want all", k.asked[1], err)
	}
}

func TestAMemberThatLeavesForAnotherNamespaceIsNotedUntilItIsBack(t *testing.T) {
	t.Parallel()
	k := two()
	c := New(Config{Dump: k.dump(t)})
	notes := func() string {
		o, err := c.Collect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(o.Notes, "\n")
	}
	notes()
	whole := k.bonds[100]
	away := clone(whole)
	away.Members = away.Members[:1]
	k.bonds[100] = away
	moved := message(2, "eth1", carrier, Reading[uint8]{}, nil, "veth", "", nil)
	moved = append(moved, nl.NewRtAttr(unix.IFLA_NEW_NETNSID, nl.Uint32Attr(1)).Serialize()...)
	anyLink(framed(unix.RTM_DELLINK, moved), c)
	want := "eth1 has been moved to another network namespace: bond0 is without it"
	for range 3 {
		if got := notes(); got != want {
			t.Errorf("notes %q, want %q", got, want)
		}
	}
	k.bonds[100] = whole
	if got := notes(); got != "" {
		t.Errorf("when it is back the notes are %q", got)
	}
}
