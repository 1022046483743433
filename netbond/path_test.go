package netbond

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/netbond/paths"
	"plimsoll/redundancy"
)

func TestWhatIsFoundOfAPathTellsOnItsMember(t *testing.T) {
	t.Parallel()
	type seen struct {
		Status  redundancy.Status
		Serving redundancy.Tristate
		Proven  redundancy.Tristate // of the standby
		Warns   []string
	}
	const full, lost = redundancy.FullyRedundant, redundancy.Lost
	silent := []redundancy.Doubt{redundancy.DoubtSilent}
	for name, c := range map[string]struct {
		change func(*Bond)
		want   seen
		doubts [][]redundancy.Doubt
	}{
		"nobody listens": {func(*Bond) {}, seen{full, redundancy.Yes, redundancy.Unread, nil}, [][]redundancy.Doubt{nil, nil}},
		"proven": {
			func(b *Bond) { b.Members[1].Path.Value.Proven = redundancy.Yes; listened(b) },
			seen{full, redundancy.Yes, redundancy.Yes, nil},
			[][]redundancy.Doubt{nil, nil},
		},
		"unproven": {
			func(b *Bond) { b.Members[1].Path.Value.Proven = redundancy.No; listened(b) },
			seen{full, redundancy.Yes, redundancy.No, []string{redundancy.WarnUnproven}},
			[][]redundancy.Doubt{nil, nil},
		},
		"the standby is silent": {
			func(b *Bond) {
				b.Members[1].Path.Value = paths.Finding{Proven: redundancy.No, Silent: true}
				listened(b)
			},
			seen{lost, redundancy.Yes, redundancy.No, nil},
			[][]redundancy.Doubt{nil, silent},
		},
		"the member in use is silent": {
			func(b *Bond) {
				b.Members[0].Path.Value.Silent, b.Members[1].Path.Value.Proven = true, redundancy.Yes
				listened(b)
			},
			seen{lost, redundancy.Unread, redundancy.Yes, nil},
			[][]redundancy.Doubt{silent, nil},
		},
		"the standby is in another VLAN": {
			func(b *Bond) {
				b.Members[1].Path.Value = paths.Finding{Proven: redundancy.No, WrongVLAN: true}
				listened(b)
			},
			seen{full, redundancy.Yes, redundancy.No, []string{WarnWrongVLAN}},
			[][]redundancy.Doubt{nil, nil},
		},
		"a standby without a link says no more than that": {
			func(b *Bond) {
				b.Members[1].Path.Value = paths.Finding{Proven: redundancy.No, Silent: true}
				cut(&b.Members[1])
				listened(b)
			},
			seen{lost, redundancy.Yes, redundancy.Unread, nil},
			[][]redundancy.Doubt{nil, nil},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bonded(ActiveBackup, 2)
			c.change(&b)
			g := checked(t, b)
			v := redundancy.Judge(g)
			got := seen{v.Status, v.Serving, g.Members[1].Proven, show(g).Warns}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.doubts, [][]redundancy.Doubt{g.Members[0].Doubts, g.Members[1].Doubts}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// listened has somebody listen on all members of b.
func listened(b *Bond) {
	for i := range b.Members {
		b.Members[i].Path.Known = true
	}
}

func TestThoseWhoListenAreToldOfActiveBackupOverEthernetAlone(t *testing.T) {
	t.Parallel()
	b := bonded(ActiveBackup, 2)
	cut(&b.Members[1])
	first, second := paths.MAC{0xaa, 0xbb, 0xcc}, paths.MAC{0xaa, 0xbb, 0xcc, 0, 0, 1}
	want := paths.Bond{Name: "bond0", Address: first, Active: "eth0", Members: []paths.Member{
		{Name: "eth0", Index: 1, Permanent: first, Up: true},
		{Name: "eth1", Index: 2, Permanent: second},
	}}
	got, fit := b.forPaths()
	if diff := cmp.Diff(want, got); diff != "" || !fit {
		t.Error(diff)
	}
	infiniband := bonded(ActiveBackup, 2)
	infiniband.Address = known("00:11:22:33:44:55:66:77")
	for _, b := range []Bond{infiniband, bonded(LACP, 2), bonded(BalanceALB, 2)} {
		if got, fit := b.forPaths(); fit {
			t.Errorf("%+v", got)
		}
	}
}

func TestWatchThatHearsNothingSaysSo(t *testing.T) {
	t.Parallel()
	b := bonded(ActiveBackup, 2)
	c := New(Config{Helper: &fakeHelper{}, Listen: []string{"bond0"}})
	if notes := b.hear(c.paths); notes != nil || b.Members[0].Path.Known {
		t.Errorf("before anything was found: %q", notes)
	}
	lag := bonded(LACP, 2)
	if notes := lag.hear(c.paths); len(notes) != 1 {
		t.Errorf("a bond to which nobody can listen: %q", notes)
	}
	if c := New(Config{Helper: &fakeHelper{}}); c.paths != nil {
		t.Error("somebody listens though no bond is named")
	}
}
