package paths

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/redundancy"
)

// story is a ledger of bond0 with the members eth1, in use, and eth2, and of a clock.
type story struct {
	t   *testing.T
	l   *ledger
	now time.Time
}

func bond0() Bond {
	return Bond{Name: "bond0", Address: mac(1), Active: "eth1", Members: []Member{
		{Name: "eth1", Index: 1, Permanent: mac(1), Up: true},
		{Name: "eth2", Index: 2, Permanent: mac(2), Up: true},
	}}
}

func middle() float64 { return 0.5 } // no jitter

func newStory(t *testing.T) *story {
	t.Helper()
	began := time.Unix(1e9, 0)
	s := &story{t: t, l: newLedger(began, bond0(), Probing{}, middle), now: began}
	s.open()
	return s
}

func (s *story) open() {
	for _, p := range s.l.paths {
		s.l.listen(p, "")
	}
}

// look is a look that finds the bond changed.
func (s *story) look(change func(*Bond)) {
	b := bond0()
	if change != nil {
		change(&b)
	}
	s.l.look(b)
}

// everybody is a broadcast that was heard on these members, and time enough to know that it was heard on no other. Through
// the member in use it came to the link net, a VLAN's or the bond's own.
func (s *story) everybody(from byte, net string, on ...string) {
	f := arp{to: broadcast(), from: mac(from), op: opRequest, sender: mac(from), senderIP: [4]byte{10, 9, 0, from}, broadcasts: true}
	for _, m := range on {
		link := m
		if m == s.l.bond.Active {
			link = net
		}
		s.l.hear(s.now, m, link, f)
	}
	s.now = s.now.Add(flood)
	s.l.step(s.now)
}

func (s *story) times(n int, do func()) {
	for range n {
		do()
	}
}

// told is what the finding on a member comes to.
type told struct {
	Proven        redundancy.Tristate
	Silent, Wrong bool
}

func (s *story) want(member string, want told) {
	s.t.Helper()
	f := s.l.findings()[member]
	if diff := cmp.Diff(want, told{f.Proven, f.Silent, f.WrongVLAN}); diff != "" {
		s.t.Errorf("%s: %s\n%+v", member, diff, f)
	}
}

func TestStandbyIsProvenByTheBondsOwnBroadcastFloodedBack(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.want("eth2", told{Proven: redundancy.No})
	s.everybody(1, "", "eth2")
	s.want("eth2", told{Proven: redundancy.Yes})
}

func TestStandbyIsProvenByWhatComesInThroughBoth(t *testing.T) {
	t.Parallel()
	for _, on := range [][]string{{"eth1", "eth2"}, {"eth2", "eth1"}} {
		s := newStory(t)
		s.everybody(9, "bond0", on...)
		s.want("eth2", told{Proven: redundancy.Yes})
	}
}

func TestWhatComesThroughTheStandbyAloneProvesNothing(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.times(often, func() { s.everybody(9, "bond0", "eth2") })
	s.want("eth2", told{Proven: redundancy.No})
}

func TestStandbyThatWasHeardAndMissesFiveBroadcastsIsSilent(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.everybody(9, "bond0", "eth1", "eth2")
	s.times(often-1, func() { s.everybody(9, "bond0", "eth1") })
	s.want("eth2", told{Proven: redundancy.Yes})
	s.everybody(9, "bond0", "eth1")
	s.want("eth2", told{Proven: redundancy.Yes, Silent: true})
	s.everybody(9, "bond0", "eth1", "eth2")
	s.want("eth2", told{Proven: redundancy.Yes})
}

func TestNobodyIsSilentWhileNobodySpeaks(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.everybody(9, "bond0", "eth1", "eth2")
	s.times(1000, func() { s.everybody(9, "bond0") })
	s.want("eth1", told{})
	s.want("eth2", told{Proven: redundancy.Yes})
}

func TestStandbyThatHearsOthersInsteadIsInTheWrongVLAN(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.times(often, func() {
		s.everybody(9, "bond0", "eth1")
		s.want("eth2", told{Proven: redundancy.No})
		s.everybody(8, "bond0", "eth2")
	})
	s.want("eth2", told{Proven: redundancy.No, Wrong: true})
	s.everybody(9, "bond0", "eth1", "eth2")
	s.want("eth2", told{Proven: redundancy.Yes})
}

func TestStandbyThatMissesOneVLANOfTwoIsAstray(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.times(often, func() {
		s.everybody(9, "bond0", "eth1", "eth2")
		s.everybody(8, "bond0.7", "eth1")
	})
	s.want("eth2", told{Proven: redundancy.No, Wrong: true})
	s.everybody(8, "bond0.7", "eth1", "eth2")
	s.want("eth2", told{Proven: redundancy.Yes})
	s.times(often, func() {
		s.everybody(9, "bond0", "eth1", "eth2")
		s.everybody(8, "bond0.7", "eth1")
	})
	s.want("eth2", told{Proven: redundancy.Yes, Silent: true, Wrong: true})
}

func TestLinkThatWasDownHasToProveItselfAnew(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.everybody(9, "bond0", "eth1", "eth2")
	s.look(nil)
	s.want("eth2", told{Proven: redundancy.Yes})
	s.look(func(b *Bond) { b.Members[1].Up = false })
	s.look(nil)
	s.want("eth2", told{Proven: redundancy.No})
	s.look(func(b *Bond) { b.Members[1].Index = 3 })
	s.open()
	s.want("eth2", told{Proven: redundancy.No})
}

func TestMemberThatWasInUseIsProvenByThat(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.everybody(9, "bond0", "eth1", "eth2")
	s.look(func(b *Bond) { b.Active = "eth2" })
	s.want("eth1", told{Proven: redundancy.Yes})
}

func TestWhatAMemberMissedWhileItStoodByIsForgottenOnceItIsInUse(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.everybody(9, "bond0", "eth1", "eth2")
	s.times(often, func() { s.everybody(9, "bond0", "eth1") })
	s.want("eth2", told{Proven: redundancy.Yes, Silent: true})
	s.look(func(b *Bond) { b.Active = "eth2" })
	s.everybody(9, "bond0", "eth1", "eth2")
	s.look(nil)
	s.want("eth2", told{Proven: redundancy.Yes})
}

func TestMemberWithoutASocketIsNeitherProvenNorSilent(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.everybody(9, "bond0", "eth1", "eth2")
	s.l.path("eth2").problem = "the helper is away"
	s.times(2*often, func() { s.everybody(9, "bond0", "eth1") })
	s.want("eth2", told{})
	s.open()
	s.want("eth2", told{Proven: redundancy.Yes})
}

func TestStormOfBroadcastsIsBounded(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	for i := range 10 * crowd {
		s.l.hear(s.now, "eth1", "bond0", arp{from: mac(9), subjectIP: [4]byte{byte(i), byte(i >> 8)}, broadcasts: true})
	}
	if n := len(s.l.recent); n != crowd {
		t.Errorf("%d broadcasts are kept, want %d", n, crowd)
	}
	s.now = s.now.Add(flood)
	s.l.step(s.now)
	if n := len(s.l.recent); n != 0 {
		t.Errorf("%d broadcasts are kept for longer than it takes", n)
	}
}
