package netbond

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// deadPath is a bond whose active path is silent and whose first standby is proven.
func deadPath(tb testing.TB, change func(*Bond)) redundancy.Group {
	tb.Helper()
	b := bonded(ActiveBackup, 3)
	if change != nil {
		change(&b)
	}
	g := checked(tb, b)
	for i := range g.Members {
		m := &g.Members[i]
		if m.State == redundancy.Enabled {
			m.Doubts = []redundancy.Doubt{redundancy.DoubtSilent}
		}
		if m.Name == "eth1" {
			m.Proven = redundancy.Yes
		}
	}
	return g
}

func idOf(g redundancy.Group, name string) redundancy.ID {
	i := slices.IndexFunc(g.Members, func(m redundancy.Component) bool { return m.Name == name })
	if i < 0 {
		return ""
	}
	return g.Members[i].ID
}

func nameOf(g redundancy.Group, id redundancy.ID) string {
	m, _ := g.Member(id)
	return m.Name
}

func aimOf(tb testing.TB, v actions.Verb, g redundancy.Group, w actions.Wish) actions.Aim {
	tb.Helper()
	ways := Ways()
	i := slices.IndexFunc(ways, func(w actions.Way) bool { return w.Verb == v })
	if i < 0 {
		tb.Fatalf("no way to do %s", v)
	}
	return ways[i].Aim(g, w)
}

func TestBondMovesOffASilentPathToAProvenStandby(t *testing.T) {
	t.Parallel()
	g := deadPath(t, nil)
	want := actions.Aim{Wanted: true, From: idOf(g, "eth0"), To: idOf(g, "eth1")}
	if diff := cmp.Diff(want, aimOf(t, actions.BondFailover, g, actions.Wish{})); diff != "" {
		t.Error(diff)
	}
}

func TestBondWhosePathAnswersIsLeftAlone(t *testing.T) {
	t.Parallel()
	g := deadPath(t, nil)
	g.Members[0].Doubts = nil
	if aim := aimOf(t, actions.BondFailover, g, actions.Wish{}); aim.Wanted {
		t.Errorf("%+v", aim)
	}
}

func TestLinkThatHasFailedIsTheKernelsAffair(t *testing.T) {
	t.Parallel()
	b := bonded(ActiveBackup, 2)
	cut(&b.Members[0])
	if aim := aimOf(t, actions.BondFailover, checked(t, b), actions.Wish{}); aim.Wanted {
		t.Errorf("%+v", aim)
	}
}

func TestPrimaryIsChosenBeforeOtherStandbys(t *testing.T) {
	t.Parallel()
	g := deadPath(t, func(b *Bond) { b.Primary, b.PrimaryReselect = known(uint32(3)), known(uint8(2)) })
	g.Members[2].Proven = redundancy.Yes
	if aim := aimOf(t, actions.BondFailover, g, actions.Wish{}); nameOf(g, aim.To) != "eth2" {
		t.Errorf("%+v", aim)
	}
}

func TestFailoverIsRefusedWithItsReason(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bond  func(*Bond)
		group func(*redundancy.Group)
		want  string
	}{
		"no standby is proven": {nil, func(g *redundancy.Group) { g.Members[1].Proven = redundancy.No }, "eth1 is unproven: its path has not been seen to carry yet"},
		"nobody listens":       {nil, func(g *redundancy.Group) { g.Members[1].Proven = redundancy.Unread }, "eth1 is unproven: nobody listens on it"},
		"the standby's link is down": {
			func(b *Bond) { cut(&b.Members[1]) }, nil, "eth1 is Disabled",
		},
		"the standby is silent too": {
			nil, func(g *redundancy.Group) { g.Members[1].Doubts = []redundancy.Doubt{redundancy.DoubtSilent} }, "eth1 is silent as well",
		},
		"nobody knows how the standby is": {
			nil, func(g *redundancy.Group) { g.Members[1].Doubts = []redundancy.Doubt{redundancy.DoubtStale} }, "whether eth1 works is not known",
		},
		"the kernel would take it back": {
			func(b *Bond) { b.Primary = known(uint32(1)) }, nil, "primary_reselect is always and eth0 is primary",
		},
		"whether the kernel would take it back is unread": {
			func(b *Bond) { b.Primary, b.PrimaryReselect = known(uint32(1)), malformed[uint8]() }, nil, "when bond0 returns to eth0 is not known",
		},
		"the primary is unread": {func(b *Bond) { b.Primary = malformed[uint32]() }, nil, "the primary of bond0 is not known"},
		"monitored by ARP":      {func(b *Bond) { b.ARPInterval = known(uint32(1000)) }, nil, "bond0 is monitored by ARP (arp_interval 1000)"},
		"monitoring is unread":  {func(b *Bond) { b.ARPInterval = malformed[uint32]() }, nil, "whether bond0 is monitored by ARP is not known"},
		"mode unread":           {nil, func(g *redundancy.Group) { delete(g.Settings, "mode") }, "the mode of bond0 is not known"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := deadPath(t, c.bond)
			if c.group != nil {
				c.group(&g)
			}
			aim := aimOf(t, actions.BondFailover, g, actions.Wish{})
			said := func(text string) bool { return strings.HasPrefix(text, c.want) }
			if !aim.Wanted || !slices.ContainsFunc(aim.Against, said) {
				t.Errorf("%+v, want wanted and refused: %s", aim, c.want)
			}
		})
	}
}

func TestBondThatSharesTheWorkIsLeftAloneAndAPersonIsTold(t *testing.T) {
	t.Parallel()
	g := deadPath(t, nil)
	g.Settings["mode"] = LACP.String()
	if aim := aimOf(t, actions.BondFailover, g, actions.Wish{}); aim.Wanted {
		t.Errorf("%+v", aim)
	}
	aim := aimOf(t, actions.BondFailover, g, actions.Wish{ByHand: true})
	if !aim.Wanted || len(aim.Against) == 0 || !strings.HasPrefix(aim.Against[0], "bond0 is 802.3ad") {
		t.Errorf("by hand: %+v", aim)
	}
}

func TestPersonChoosesAMemberAndIsHeldByWhatSpeaksAgainstIt(t *testing.T) {
	t.Parallel()
	g := deadPath(t, nil)
	g.Members[0].Doubts = nil
	to := func(name string) actions.Wish { return actions.Wish{To: idOf(g, name), ByHand: true} }
	if aim := aimOf(t, actions.BondFailover, g, to("eth1")); !aim.Wanted || len(aim.Against) > 0 || nameOf(g, aim.To) != "eth1" {
		t.Errorf("to the proven one: %+v", aim)
	}
	if aim := aimOf(t, actions.BondFailover, g, to("eth2")); !aim.Wanted || len(aim.Against) == 0 {
		t.Errorf("to the unproven one: %+v", aim)
	}
	if aim := aimOf(t, actions.BondFailover, g, to("eth0")); aim.Wanted {
		t.Errorf("to the one in use: %+v", aim)
	}
}

func TestBondReturnsHomeOnceHomeIsProven(t *testing.T) {
	t.Parallel()
	g := deadPath(t, nil)
	home := actions.Wish{To: idOf(g, "eth2")}
	if aim := aimOf(t, actions.BondFailback, g, home); !aim.Wanted || len(aim.Against) != 1 {
		t.Errorf("unproven: %+v", aim)
	}
	g.Members[2].Proven = redundancy.Yes
	want := actions.Aim{Wanted: true, From: idOf(g, "eth0"), To: idOf(g, "eth2")}
	if diff := cmp.Diff(want, aimOf(t, actions.BondFailback, g, home)); diff != "" {
		t.Error(diff)
	}
	if aim := aimOf(t, actions.BondFailback, g, actions.Wish{To: idOf(g, "eth0")}); aim.Wanted {
		t.Errorf("it is home: %+v", aim)
	}
}

func TestMoveIsDoneWhenTheBondUsesTheMemberChosen(t *testing.T) {
	t.Parallel()
	g := deadPath(t, nil)
	none := deadPath(t, func(b *Bond) {
		for i := range b.Members {
			cut(&b.Members[i])
		}
	})
	for _, c := range []struct {
		g    redundancy.Group
		to   string
		want redundancy.Tristate
	}{{g, "eth0", redundancy.Yes}, {g, "eth1", redundancy.No}, {none, "eth1", redundancy.Unread}} {
		if got := Ways()[0].Done(c.g, actions.Action{To: idOf(c.g, c.to)}); got != c.want {
			t.Errorf("%s: %s, want %s", c.to, got, c.want)
		}
	}
}

// TestNothingSpeaksForAMemberThatIsNotReady draws bonds: a move that nothing speaks against goes from a silent member in use
// to a standby that surely works and is proven, in a bond that the kernel leaves to us.
func TestNothingSpeaksForAMemberThatIsNotReady(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := bonded(rapid.SampledFrom([]Mode{ActiveBackup, ActiveBackup, LACP, BalanceALB}).Draw(t, "mode"), 3)
		b.ARPInterval = known(rapid.SampledFrom([]uint32{0, 0, 1000}).Draw(t, "arp"))
		b.Primary = rapid.SampledFrom([]Reading[uint32]{{}, known(uint32(1)), known(uint32(2))}).Draw(t, "primary")
		b.PrimaryReselect = known(rapid.Uint8Range(0, 2).Draw(t, "reselect"))
		for i := range b.Members {
			if rapid.Bool().Draw(t, "cut") {
				cut(&b.Members[i])
			}
		}
		g := b.Group()
		for i := range g.Members {
			g.Members[i].Proven = rapid.SampledFrom([]redundancy.Tristate{redundancy.Unread, redundancy.Yes, redundancy.No}).Draw(t, "proven")
			if rapid.Bool().Draw(t, "silent") && g.Members[i].Works() {
				g.Members[i].Doubts = []redundancy.Doubt{redundancy.DoubtSilent}
			}
		}
		aim := failover(g, actions.Wish{})
		if !aim.Wanted || len(aim.Against) > 0 {
			return
		}
		from, _ := g.Member(aim.From)
		to, _ := g.Member(aim.To)
		always := is(b.PrimaryReselect, reselectAlways) && b.Primary.Known && !is(b.Primary, uint32(slices.IndexFunc(b.Members, func(m Member) bool { return m.Name == to.Name })+1))
		if !isSilent(from) || from.State != redundancy.Enabled || to.State != redundancy.Standby || !to.Works() || to.Proven != redundancy.Yes ||
			b.Mode.Value != ActiveBackup || b.ARPInterval.Value != 0 || always {
			t.Fatalf("%+v in %+v", aim, g)
		}
	})
}
