package netbond

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWarningsNameWhatIsSetUpWrongly(t *testing.T) {
	t.Parallel()
	speeds := func(b *Bond, mbps ...uint32) {
		for i, n := range mbps {
			b.Members[i].Speed, b.Members[i].Duplex = known(n), known(FullDuplex)
		}
	}
	churn := func(m *Member) {
		m.Churn, m.ChurnAt = known(Churn{ChurnNone, Churned}), "report"
		m.Actor = known(PortState(0x0f))
	}
	for name, tc := range map[string]struct {
		mode   Mode
		change func(*Bond)
		want   map[string]string // by key: the member's name, or empty
	}{
		"nothing": {ActiveBackup, func(b *Bond) { speeds(b, 1000, 1000) }, nil},
		"a slower member": {
			ActiveBackup, func(b *Bond) { speeds(b, 10000, 1000) },
			map[string]string{WarnSlow: "eth1"},
		},
		"a slower member without a link": {ActiveBackup, func(b *Bond) { speeds(b, 10000, 1000); cut(&b.Members[1]) }, nil},
		"a speed that is not known":      {ActiveBackup, func(b *Bond) { speeds(b, 10000) }, nil},
		"half duplex": {
			BalanceRR, func(b *Bond) { speeds(b, 100, 100); b.Members[0].Duplex = known(HalfDuplex) },
			map[string]string{WarnHalfDuplex: "eth0"},
		},
		"half duplex at both ends": {
			BalanceRR, func(b *Bond) {
				speeds(b, 100, 100)
				b.Members[0].Duplex, b.Members[1].Duplex = known(HalfDuplex), known(HalfDuplex)
			}, nil,
		},
		"min_links outside 802.3ad": {
			ActiveBackup, func(b *Bond) { b.MinLinks = known(uint32(2)) },
			map[string]string{WarnMinLinksIgnored: ""},
		},
		"min_links in 802.3ad": {LACP, func(b *Bond) { b.MinLinks = known(uint32(2)) }, nil},
		"fail_over_mac outside active-backup": {
			BalanceXOR, func(b *Bond) { b.FailOverMAC = known(uint8(1)) },
			map[string]string{WarnFailOverIgnored: ""},
		},
		"an address that moves and is announced": {ActiveBackup, func(b *Bond) { b.FailOverMAC, b.PeerNotices = known(uint8(1)), known(uint8(1)) }, nil},
		"an address that moves unannounced": {
			ActiveBackup, func(b *Bond) { b.FailOverMAC, b.PeerNotices = known(uint8(1)), known(uint8(0)) },
			map[string]string{WarnFailOverUnannounced: ""},
		},
		"one member": {ActiveBackup, func(b *Bond) { b.Members = b.Members[:1] }, map[string]string{WarnSingleMember: ""}},
		"one function": {
			ActiveBackup, func(b *Bond) { b.Members[0].Base, b.Members[1].Base = "0000:03:00.0", "0000:03:00.0" },
			map[string]string{WarnOneBase: ""},
		},
		"two functions of one card": {
			ActiveBackup, func(b *Bond) { b.Members[0].Base, b.Members[1].Base = "0000:03:00.0", "0000:03:00.1" }, nil,
		},
		"functions that are not known": {ActiveBackup, func(*Bond) {}, nil},
		"a port that has churned":      {LACP, func(b *Bond) { churn(&b.Members[1]) }, map[string]string{WarnChurned: "eth1"}},
		"a port that stands by, which the detection calls churned": {
			LACP, func(b *Bond) { churn(&b.Members[1]); b.Members[1].Aggregator = known(uint16(2)) }, nil,
		},
		"a port that nobody answers": {LACP, func(b *Bond) { churn(&b.Members[1]); defaulted(&b.Members[1], 1) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bonded(tc.mode, 2)
			b.Report = "/proc/net/bonding/bond0"
			tc.change(&b)
			g := checked(t, b)
			var got map[string]string
			for _, w := range g.Warnings {
				if got == nil {
					got = map[string]string{}
				}
				m, _ := g.Member(w.Member)
				got[w.Key] = m.Name
				if w.Text == "" || len(w.Evidence) == 0 {
					t.Errorf("%s: text %q, evidence %v", w.Key, w.Text, w.Evidence)
				}
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("warnings (-want +got):\n%s", d)
			}
		})
	}
}
