package netbond

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/redundancy"
)

func between(least, most, full int) redundancy.Margin {
	return redundancy.Margin{Least: least, Most: most, Full: full}
}

func TestGroupFollowsTheFacts(t *testing.T) {
	t.Parallel()
	on, by, off, back, nobody := redundancy.Enabled, redundancy.Standby, redundancy.Disabled, redundancy.Recovering, redundancy.StateUnknown
	unmonitored := []string{WarnMonitoringOff}
	for name, tc := range map[string]struct {
		mode   Mode
		n      int
		change func(*Bond)
		want   shown
	}{
		"two links up": {
			ActiveBackup, 2, func(*Bond) {},
			shown{redundancy.FullyRedundant, whole(1), redundancy.Yes, states{"eth0": on, "eth1": by}, nil},
		},
		"a backup of three is down": {
			ActiveBackup, 3, func(b *Bond) { cut(&b.Members[2]) },
			shown{redundancy.Degraded, between(1, 1, 2), redundancy.Yes, states{"eth0": on, "eth1": by, "eth2": off}, nil},
		},
		"the active member has lost its carrier and the kernel has not moved yet": {
			ActiveBackup, 2, func(b *Bond) { b.Members[0].Flags = FlagUp },
			shown{redundancy.Lost, between(0, 0, 1), redundancy.Unread, states{"eth0": off, "eth1": by}, nil},
		},
		"the active member waits for downdelay": {
			ActiveBackup, 2, func(b *Bond) { b.Members[0].MII = known(MIIGoingDown) },
			shown{redundancy.Lost, between(0, 0, 1), redundancy.Unread, states{"eth0": off, "eth1": by}, nil},
		},
		"a member waits for updelay": {
			ActiveBackup, 2, func(b *Bond) { b.Members[1].MII = known(MIIGoingBack) },
			shown{redundancy.Lost, between(0, 0, 1), redundancy.Yes, states{"eth0": on, "eth1": back}, nil},
		},
		"a member is set down": {
			ActiveBackup, 2, func(b *Bond) { b.Members[1].Flags = 0 },
			shown{redundancy.Lost, between(0, 0, 1), redundancy.Yes, states{"eth0": on, "eth1": off}, nil},
		},
		"no link at all": {
			ActiveBackup, 2, func(b *Bond) { cut(&b.Members[0]); cut(&b.Members[1]); b.Flags = FlagUp; b.Active = Reading[uint32]{} },
			shown{redundancy.Failed, between(-1, -1, 1), redundancy.No, states{"eth0": off, "eth1": off}, nil},
		},
		"a single member": {
			ActiveBackup, 1, func(*Bond) {},
			shown{redundancy.NotRedundant, whole(0), redundancy.Yes, states{"eth0": on}, []string{WarnSingleMember}},
		},
		"up without a member": {
			ActiveBackup, 0, func(b *Bond) { b.Flags = FlagUp },
			shown{redundancy.Failed, whole(0), redundancy.No, states{}, nil},
		},
		"set down by a person": {
			ActiveBackup, 2, func(b *Bond) { b.Flags = 0 },
			shown{redundancy.Failed, between(1, 1, 1), redundancy.No, states{"eth0": on, "eth1": by}, []string{WarnAdminDown}},
		},
		"ARP monitoring is monitoring": {
			ActiveBackup, 2, func(b *Bond) { b.MIIMon, b.ARPInterval = known(uint32(0)), known(uint32(1000)) },
			shown{redundancy.FullyRedundant, whole(1), redundancy.Yes, states{"eth0": on, "eth1": by}, nil},
		},
		"no monitoring": {
			ActiveBackup, 2, func(b *Bond) { b.MIIMon = known(uint32(0)) },
			shown{redundancy.Lost, between(0, 1, 1), redundancy.Yes, states{"eth0": on, "eth1": by}, unmonitored},
		},
		"no monitoring, and a backup is down": {
			ActiveBackup, 3, func(b *Bond) { b.MIIMon = known(uint32(0)); b.Members[2].Flags = FlagUp },
			shown{redundancy.Lost, between(0, 1, 2), redundancy.Yes, states{"eth0": on, "eth1": by, "eth2": off}, unmonitored},
		},
		"no monitoring, and the active member is down": {
			ActiveBackup, 2, func(b *Bond) { b.MIIMon = known(uint32(0)); b.Members[0].Flags = FlagUp },
			shown{redundancy.Failed, between(-1, 0, 1), redundancy.No, states{"eth0": off, "eth1": by}, unmonitored},
		},
		"no monitoring, and one of those that share is down": {
			BalanceRR, 2, func(b *Bond) { b.MIIMon = known(uint32(0)); b.Members[0].Flags = FlagUp },
			shown{redundancy.Failed, between(-1, 0, 1), redundancy.Unread, states{"eth0": off, "eth1": on}, unmonitored},
		},
		"sharing, one of three is down": {
			BalanceXOR, 3, func(b *Bond) { cut(&b.Members[0]) },
			shown{redundancy.Degraded, between(1, 1, 2), redundancy.Yes, states{"eth0": off, "eth1": on, "eth2": on}, nil},
		},
		"monitoring is unread": {
			ActiveBackup, 2, func(b *Bond) { b.MIIMon = malformed[uint32]() },
			shown{redundancy.StatusUnknown, between(-2, 1, 1), redundancy.Unread, states{"eth0": on, "eth1": by}, nil},
		},
		"the mode is unread": {
			ActiveBackup, 2, func(b *Bond) { b.Mode = malformed[Mode]() },
			shown{redundancy.StatusUnknown, between(-2, 1, 1), redundancy.Unread, states{"eth0": on, "eth1": by}, nil},
		},
		"the status of one link is unread": {
			ActiveBackup, 2, func(b *Bond) { b.Members[1].MII = malformed[MII]() },
			shown{redundancy.StatusUnknown, between(0, 1, 1), redundancy.Yes, states{"eth0": on, "eth1": by}, nil},
		},
		"the role of a member is unread": {
			ActiveBackup, 2, func(b *Bond) { b.Members[1].Role = malformed[Role]() },
			shown{redundancy.FullyRedundant, whole(1), redundancy.Yes, states{"eth0": on, "eth1": by}, nil},
		},
		"the role of a member is unread and so is which is active": {
			ActiveBackup, 2, func(b *Bond) { b.Members[1].Role, b.Active = malformed[Role](), malformed[uint32]() },
			shown{redundancy.StatusUnknown, between(0, 1, 1), redundancy.Unread, states{"eth0": on, "eth1": nobody}, nil},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bonded(tc.mode, tc.n)
			tc.change(&b)
			if d := cmp.Diff(tc.want, show(checked(t, b))); d != "" {
				t.Errorf("group (-want +got):\n%s", d)
			}
		})
	}
}

func TestMembersAreNamedByTheirPermanentAddress(t *testing.T) {
	t.Parallel()
	type named struct{ ID, Device redundancy.ID }
	names := func(b Bond) []named {
		var out []named
		for _, c := range checked(t, b).Members {
			out = append(out, named{c.ID, c.Device})
		}
		return out
	}
	b := bonded(ActiveBackup, 3)
	want := []named{
		{"bond:bond0/aa:bb:cc:00:00:00", "mac:aa:bb:cc:00:00:00"},
		{"bond:bond0/aa:bb:cc:00:00:01", "mac:aa:bb:cc:00:00:01"},
		{"bond:bond0/aa:bb:cc:00:00:02", "mac:aa:bb:cc:00:00:02"},
	}
	if d := cmp.Diff(want, names(b)); d != "" {
		t.Errorf("members (-want +got):\n%s", d)
	}
	b.Members[0].Address = b.Members[1].Address
	b.Members[2].Address = malformed[string]()
	want = []named{{"bond:bond0/eth0", ""}, {"bond:bond0/eth1", ""}, {"bond:bond0/eth2", ""}}
	if d := cmp.Diff(want, names(b)); d != "" {
		t.Errorf("members that share an address or have none (-want +got):\n%s", d)
	}
}

func TestSettingsAreThoseThatABaselineKeeps(t *testing.T) {
	t.Parallel()
	b := bonded(ActiveBackup, 2)
	b.Primary = known(uint32(2))
	b.UpDelay = malformed[uint32]()
	want := map[string]string{
		"mode": "active-backup", "miimon": "100", "arp_interval": "0", "downdelay": "0",
		"fail_over_mac": "none", "primary": "eth1", "primary_reselect": "always",
	}
	if d := cmp.Diff(want, b.Group().Settings); d != "" {
		t.Errorf("settings (-want +got):\n%s", d)
	}
	b = bonded(LACP, 2)
	want = map[string]string{
		"mode": "802.3ad", "miimon": "100", "arp_interval": "0", "updelay": "0", "downdelay": "0",
		"fail_over_mac": "none", "primary": "none", "min_links": "0", "ad_select": "stable",
	}
	if d := cmp.Diff(want, b.Group().Settings); d != "" {
		t.Errorf("settings (-want +got):\n%s", d)
	}
}

func TestEveryMemberAndGroupHasEvidence(t *testing.T) {
	t.Parallel()
	b := bonded(ActiveBackup, 2)
	b.Members[0].MII = Reading[MII]{Problem: "0 bytes where 1 are due"}
	g := checked(t, b)
	want := []redundancy.Evidence{
		{Where: "rtnetlink eth0 ifi_flags", Value: "UP,RUNNING,LOWER_UP"},
		{Where: "rtnetlink eth0 IFLA_BOND_SLAVE_MII_STATUS", Err: "0 bytes where 1 are due"},
		{Where: "rtnetlink eth0 IFLA_BOND_SLAVE_STATE", Value: "active"},
		{Where: "rtnetlink eth0 IFLA_BOND_SLAVE_LINK_FAILURE_COUNT", Value: "0"},
	}
	if d := cmp.Diff(want, g.Members[0].Evidence); d != "" {
		t.Errorf("member's evidence (-want +got):\n%s", d)
	}
	want = []redundancy.Evidence{
		{Where: "rtnetlink bond0 IFLA_BOND_MODE", Value: "active-backup"},
		{Where: "rtnetlink bond0 ifi_flags", Value: "UP,RUNNING,LOWER_UP"},
		{Where: "rtnetlink bond0 IFLA_OPERSTATE", Value: "up"},
		{Where: "rtnetlink bond0 IFLA_BOND_ACTIVE_SLAVE", Value: "eth0"},
		{Where: "rtnetlink bond0 IFLA_BOND_MIIMON", Value: "100"},
		{Where: "rtnetlink bond0 IFLA_BOND_ARP_INTERVAL", Value: "0"},
	}
	if d := cmp.Diff(want, g.Evidence); d != "" {
		t.Errorf("group's evidence (-want +got):\n%s", d)
	}
}
