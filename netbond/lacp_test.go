package netbond

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/redundancy"
)

// defaulted makes m a port that nobody answers, alone in aggregator agg.
func defaulted(m *Member, agg uint16) {
	m.Aggregator, m.Actor, m.Partner, m.Role = known(agg), known(PortState(0x47)), known(PortState(0)), known(RoleBackup)
}

func TestLACPFollowsTheFacts(t *testing.T) {
	t.Parallel()
	on, by, off, back := redundancy.Enabled, redundancy.Standby, redundancy.Disabled, redundancy.Recovering
	second := func(b *Bond) { b.Members[2].Aggregator, b.Members[2].Role = known(uint16(2)), known(RoleBackup) }
	// fast makes two aggregators of two ports each, with these speeds, of which the bond needs two.
	fast := func(b *Bond, speeds ...uint32) {
		b.MinLinks, b.ADSelect, b.Report = known(uint32(2)), known(uint8(adSelectBandwidth)), "report"
		for i, mbps := range speeds {
			b.Members[i].Speed = known(mbps)
		}
		for i := 2; i < 4; i++ {
			b.Members[i].Aggregator, b.Members[i].Role = known(uint16(2)), known(RoleBackup)
		}
	}
	for name, tc := range map[string]struct {
		n      int
		change func(*Bond)
		want   shown
	}{
		"a port is up and outside the aggregator": {
			2, func(b *Bond) { defaulted(&b.Members[1], 2) },
			shown{redundancy.Lost, between(0, 0, 1), redundancy.Yes, states{"eth0": on, "eth1": off}, nil},
		},
		"nobody answers anywhere": {
			3, func(b *Bond) {
				for i := range b.Members {
					defaulted(&b.Members[i], uint16(i+1))
				}
			},
			shown{redundancy.StatusUnknown, between(-1, 0, 2), redundancy.Unread, states{"eth0": on, "eth1": off, "eth2": off}, []string{WarnNoPartner}},
		},
		"a second aggregator stands by": {
			3, second,
			shown{redundancy.FullyRedundant, whole(2), redundancy.Yes, states{"eth0": on, "eth1": on, "eth2": by}, nil},
		},
		"the active aggregator keeps one port and the second stands by": {
			3, func(b *Bond) { second(b); cut(&b.Members[1]); b.Members[1].Aggregator = Reading[uint16]{} },
			shown{redundancy.Degraded, between(1, 1, 2), redundancy.Yes, states{"eth0": on, "eth1": off, "eth2": by}, nil},
		},
		"stable selection with min_links does not move over": {
			3, func(b *Bond) { second(b); b.MinLinks = known(uint32(2)) },
			shown{redundancy.NotRedundant, whole(0), redundancy.Yes, states{"eth0": on, "eth1": on, "eth2": by}, nil},
		},
		"selection by count with min_links counts every aggregator that has enough": {
			3, func(b *Bond) { second(b); b.MinLinks, b.ADSelect = known(uint32(2)), known(uint8(2)) },
			shown{redundancy.NotRedundant, whole(0), redundancy.Yes, states{"eth0": on, "eth1": on, "eth2": by}, nil},
		},
		"selection by bandwidth with min_links counts every aggregator where all ports are as fast": {
			4, func(b *Bond) { fast(b, 10000, 10000, 10000, 10000) },
			shown{redundancy.FullyRedundant, whole(1), redundancy.Yes, states{"eth0": on, "eth1": on, "eth2": by, "eth3": by}, nil},
		},
		"selection by bandwidth with min_links may go where a fast port is alone": {
			4, func(b *Bond) { fast(b, 10000, 10000, 25000, 25000) },
			shown{
				redundancy.Lost, between(0, 2, 2), redundancy.Yes,
				states{"eth0": on, "eth1": on, "eth2": by, "eth3": by},
				[]string{WarnOutweighed, WarnSlow, WarnSlow},
			},
		},
		"selection by bandwidth with min_links may leave a partner whose first port is down for one that is short": {
			4, func(b *Bond) {
				fast(b, 10000, 10000, 10000, 10000)
				b.Members[2].Aggregator, b.Members[2].Role = known(uint16(1)), known(RoleActive)
			},
			shown{
				redundancy.Lost, between(0, 1, 1), redundancy.Yes,
				states{"eth0": on, "eth1": on, "eth2": on, "eth3": by},
				[]string{WarnOutweighed},
			},
		},
		"min_links is unread": {
			2, func(b *Bond) { b.MinLinks = malformed[uint32]() },
			shown{redundancy.StatusUnknown, between(0, 1, 1), redundancy.Yes, states{"eth0": on, "eth1": on}, nil},
		},
		"a port agrees with its partner still": {
			2, func(b *Bond) { b.Members[1].Actor = known(PortState(0x0f)) },
			shown{redundancy.Lost, between(0, 0, 1), redundancy.Yes, states{"eth0": on, "eth1": back}, nil},
		},
		"a partner has fallen silent": {
			2, func(b *Bond) { b.Members[1].Actor = known(PortState(0xbf)) },
			shown{redundancy.Lost, between(0, 1, 1), redundancy.Yes, states{"eth0": on, "eth1": on}, nil},
		},
		"a port's state is unread": {
			2, func(b *Bond) { b.Members[1].Actor = malformed[PortState]() },
			shown{redundancy.StatusUnknown, between(0, 1, 1), redundancy.Yes, states{"eth0": on, "eth1": on}, nil},
		},
		"the active aggregator is unread": {
			2, func(b *Bond) { b.Aggregator = malformed[Aggregator]() },
			shown{redundancy.StatusUnknown, between(-1, 1, 1), redundancy.Unread, states{"eth0": on, "eth1": on}, nil},
		},
		"no link at all": {
			2, func(b *Bond) {
				cut(&b.Members[0])
				cut(&b.Members[1])
				b.Flags = FlagUp
				b.Aggregator = Reading[Aggregator]{}
			},
			shown{redundancy.Failed, between(-1, -1, 1), redundancy.No, states{"eth0": off, "eth1": off}, nil},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bonded(LACP, tc.n)
			tc.change(&b)
			if d := cmp.Diff(tc.want, show(checked(t, b))); d != "" {
				t.Errorf("group (-want +got):\n%s", d)
			}
		})
	}
}
