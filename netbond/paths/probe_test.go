package paths

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plimsoll/redundancy"
)

// world is what lies beyond the members of a bond: who answers through which of them. The time between looks at it is the
// ledger's own.
type world struct {
	l       *ledger
	now     time.Time
	reaches func(member string, t Target) bool
	asked   map[string]int // frames by member
	shouts  int            // those of them to everybody
}

func newWorld(b Bond, p Probing, random func() float64) *world {
	began := time.Unix(1e9, 0)
	n := &world{
		l: newLedger(began, b, p, random), now: began, asked: map[string]int{},
		reaches: func(string, Target) bool { return true },
	}
	for _, path := range n.l.paths {
		path.problem = ""
	}
	return n
}

// until goes on with rounds until end, or until stop says so.
func (n *world) until(end time.Time, stop func() bool) {
	for !n.l.due().After(end) && (stop == nil || !stop()) {
		n.now = n.l.due()
		for _, q := range n.l.step(n.now) {
			n.answer(q)
		}
	}
	if stop == nil {
		n.now = end
	}
}

func (n *world) after(d time.Duration) { n.until(n.now.Add(d), nil) }

// answer is the target's, in no time.
func (n *world) answer(q send) {
	f, _ := parseARP(q.frame)
	n.asked[q.member]++
	if f.broadcasts {
		n.shouts++
	}
	if n.reaches(q.member, q.target) {
		ip := q.target.Address.As4()
		n.l.hear(n.now, q.member, q.member, arp{to: f.from, from: mac(ip[3]), op: opReply, sender: mac(ip[3]), senderIP: ip})
	}
}

func (n *world) silent(member string) bool { return n.l.findings()[member].Silent }

func (n *world) want(t *testing.T, member string, want told) {
	t.Helper()
	f := n.l.findings()[member]
	if diff := cmp.Diff(want, told{f.Proven, f.Silent, f.WrongVLAN}); diff != "" {
		t.Errorf("%s: %s\n%+v", member, diff, f)
	}
}

func two(every time.Duration) Probing {
	return Probing{Targets: []Target{target("10.9.0.2", 0), target("10.9.0.3", 0)}, Every: every, Enough: 2}
}

func dead(members ...string) func(string, Target) bool {
	return func(m string, _ Target) bool { return !slices.Contains(members, m) }
}

func TestDeadPathInUseIsSaidWithinTwoAndAHalfIntervals(t *testing.T) {
	t.Parallel()
	for _, every := range []time.Duration{200 * time.Millisecond, time.Second, 10 * time.Second} {
		for _, random := range []func() float64{func() float64 { return 0 }, middle, func() float64 { return 0.999 }} {
			n := newWorld(bond0(), two(every), random)
			n.until(n.now.Add(10*every), nil)
			n.until(n.now.Add(2*every), func() bool { return n.l.closes.IsZero() && n.now.Equal(n.l.next.Add(-every)) })
			n.reaches = dead("eth1")
			died := n.now
			n.until(died.Add(time.Hour), func() bool { return n.silent("eth1") })
			if took := n.now.Sub(died); took > every*5/2 {
				t.Errorf("every %s: it took %s", every, took)
			}
			n.want(t, "eth2", told{Proven: redundancy.Yes})
		}
	}
}

func TestNothingIsSaidWhileNobodyAnswersAnywhere(t *testing.T) {
	t.Parallel()
	n := newWorld(bond0(), two(time.Second), middle)
	n.after(time.Minute)
	n.reaches = dead("eth1", "eth2")
	n.after(time.Hour)
	n.want(t, "eth1", told{})
	n.want(t, "eth2", told{Proven: redundancy.Yes})
}

func TestOneTargetOfTwoMovesNobody(t *testing.T) {
	t.Parallel()
	n := newWorld(bond0(), two(time.Second), middle)
	n.after(time.Minute)
	n.reaches = func(m string, to Target) bool { return m != "eth1" || to.Address.As4()[3] == 3 }
	n.after(time.Minute)
	n.want(t, "eth1", told{})
}

func TestOneTargetIsEnoughWhereThatIsSaid(t *testing.T) {
	t.Parallel()
	p := two(time.Second)
	p.Targets, p.Enough = p.Targets[:1], 1
	n := newWorld(bond0(), p, middle)
	n.after(time.Minute)
	n.reaches = dead("eth1")
	n.after(time.Minute)
	n.want(t, "eth1", told{Silent: true})
}

func TestStandbyThatDoesNotAnswerAnyMoreIsSilent(t *testing.T) {
	t.Parallel()
	n := newWorld(bond0(), two(time.Second), middle)
	n.after(time.Minute)
	n.reaches = dead("eth2")
	n.after(3 * time.Second)
	n.want(t, "eth2", told{Proven: redundancy.No, Silent: true})
	n.want(t, "eth1", told{})
	n.reaches = dead()
	n.after(2 * time.Second)
	n.want(t, "eth2", told{Proven: redundancy.Yes})
}

func TestStandbyThatNeverAnsweredIsUnprovenAndNotSilent(t *testing.T) {
	t.Parallel()
	n := newWorld(bond0(), two(time.Second), middle)
	n.reaches = dead("eth2")
	n.after(time.Hour)
	n.want(t, "eth2", told{Proven: redundancy.No})
	n.reaches = dead("eth1", "eth2")
	n.after(time.Hour)
	n.want(t, "eth1", told{})
	n.want(t, "eth2", told{Proven: redundancy.No})
}

func TestPathThatLosesSomeIsNotSilent(t *testing.T) {
	t.Parallel()
	n := newWorld(bond0(), two(time.Second), middle)
	rounds := 0
	n.reaches = func(m string, to Target) bool {
		if m == "eth1" && to.Address.As4()[3] == 2 {
			rounds++
		}
		return m != "eth1" || rounds%often == 0
	}
	n.until(n.now.Add(time.Hour), func() bool { return n.silent("eth1") })
	n.want(t, "eth1", told{})
}

func TestPathThatCannotBeHeardIsNoBetterForItAndNothingMovesOnOldWord(t *testing.T) {
	t.Parallel()
	n := newWorld(bond0(), two(time.Second), middle)
	n.after(time.Minute)
	n.reaches = dead("eth1")
	n.after(time.Minute)
	n.l.path("eth1").problem = "the helper is away"
	n.after(time.Minute)
	n.want(t, "eth1", told{Silent: true})
	n.want(t, "eth2", told{})
	n.l.path("eth1").problem = ""
	n.reaches = dead()
	n.after(time.Minute)
	n.want(t, "eth1", told{})
	n.want(t, "eth2", told{Proven: redundancy.Yes})
}

func TestAfterTheSwitchThePathThatWasLeftStaysSilentUntilItAnswers(t *testing.T) {
	t.Parallel()
	n := newWorld(bond0(), two(time.Second), middle)
	n.after(time.Minute)
	n.reaches = dead("eth1")
	n.after(time.Minute)
	b := bond0()
	b.Active = "eth2"
	n.l.look(b)
	n.want(t, "eth1", told{Proven: redundancy.No, Silent: true})
	n.want(t, "eth2", told{})
	n.reaches = dead()
	n.after(2 * time.Second)
	n.want(t, "eth1", told{Proven: redundancy.Yes})
}

func TestProbesAreRareAndShoutsRarer(t *testing.T) {
	t.Parallel()
	n := newWorld(bond0(), two(time.Second), middle)
	n.after(time.Minute)
	if n.asked["eth1"] > 122 || n.asked["eth1"] < 118 || n.shouts != 4 {
		t.Errorf("in a minute %v frames, %d of them to everybody", n.asked, n.shouts)
	}
	n.reaches = dead("eth1", "eth2")
	n.shouts = 0
	n.after(time.Minute)
	if n.shouts < 20 || n.shouts > 24 { // two targets, two members, every ten seconds
		t.Errorf("in a minute %d frames to everybody", n.shouts)
	}
}

func TestTargetThatMovesToAnotherAddressIsFound(t *testing.T) {
	t.Parallel()
	n := newWorld(bond0(), two(time.Second), middle)
	n.after(time.Minute)
	moved := mac(77)
	n.reaches = func(string, Target) bool { return false }
	n.until(n.now.Add(time.Minute), func() bool { return len(n.l.homes) == 0 })
	n.l.homes[n.l.probe.Targets[0]] = moved
	n.reaches = dead()
	n.after(20 * time.Second)
	n.want(t, "eth1", told{})
	n.want(t, "eth2", told{Proven: redundancy.Yes})
}

// TestPathInUseIsSilentIfAndOnlyIfAStandbyReachesWhatItDoesNot draws who reaches whom, before and after: what is said at
// last is what is so.
func TestPathInUseIsSilentIfAndOnlyIfAStandbyReachesWhatItDoesNot(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := bond0()
		b.Members = append(b.Members, Member{Name: "eth3", Index: 3, Permanent: mac(3), Up: true})
		p := two(time.Second)
		p.Targets = append(p.Targets, target("10.9.0.4", 0))
		p.Enough = rapid.IntRange(1, 3).Draw(t, "enough")
		n := newWorld(b, p, func() float64 { return rapid.Float64Range(0, 0.999).Draw(t, "random") })
		type way struct {
			member string
			to     Target
		}
		draw := func(label string) map[way]bool {
			out := map[way]bool{}
			for _, m := range b.Members {
				for _, to := range p.Targets {
					out[way{m.Name, to}] = rapid.Bool().Draw(t, label)
				}
			}
			return out
		}
		before, after := draw("before"), draw("after")
		n.reaches = func(m string, to Target) bool { return before[way{m, to}] }
		n.after(time.Minute)
		n.reaches = func(m string, to Target) bool { return after[way{m, to}] }
		n.after(time.Minute)
		want := false
		for _, s := range []string{"eth2", "eth3"} {
			escapes := 0
			for _, to := range p.Targets {
				if before[way{"eth1", to}] && !after[way{"eth1", to}] && after[way{s, to}] {
					escapes++
				}
			}
			want = want || escapes >= p.Enough
		}
		if n.silent("eth1") != want {
			t.Fatalf("silent is %v, want %v\nbefore %v\nafter %v\n%+v", n.silent("eth1"), want, before, after, n.l.findings())
		}
	})
}
