package api

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/view/xtest"
	"plimsoll/redundancy"
)

func TestPartsAreNamedByWhatPeopleReadOnThem(t *testing.T) {
	t.Parallel()
	v := xtest.Grounded()
	const sda, slot0 = "disk:wwn:0x5000c500000000aa", md0 + "/slot0"
	for word, want := range map[string][]redundancy.ID{
		"sda":                         {sda, slot0, "wwn:0x5000c500000000aa"},
		"/dev/sda":                    {sda, slot0, "wwn:0x5000c500000000aa"},
		"disk:sda":                    {sda, slot0, "wwn:0x5000c500000000aa"},
		"sda2":                        {sda + "-part2"},
		"sdz":                         {"disk:wwn:0x5000c500000000zz"},
		"SERIAL-sdz":                  {"disk:wwn:0x5000c500000000zz"},
		"serial:SERIAL-sdz":           {"disk:wwn:0x5000c500000000zz"},
		"slot:5":                      {"disk:wwn:0x5000c500000000zz"},
		"controller:0000:03:00.0":     {"controller:0000:03:00.0"},
		"0000:03:00.0":                {"controller:0000:03:00.0"},
		"/scratch":                    {"fs:/scratch"},
		"md0":                         {md0},
		"md0/slot1":                   {md0 + "/slot1"},
		"wwn:0x5000c500000000aa":      {sda, "wwn:0x5000c500000000aa"},
		"disk:wwn:0x5000c500000000bb": {"disk:wwn:0x5000c500000000bb", "wwn:0x5000c500000000bb"},
	} {
		got, err := Lost(v, word)
		if err != nil {
			t.Errorf("%s: %v", word, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", word, diff)
		}
	}
	var name *NameError
	if _, err := Lost(v, "enclosure:2:0:8:0"); !errors.As(err, &name) || len(name.Matches) != 3 {
		t.Errorf("what is written on three: %v", err)
	}
}

func TestWhatMayBePulledDependsOnAllThatStandsOnIt(t *testing.T) {
	t.Parallel()
	v := xtest.Grounded()
	for _, c := range []struct {
		names []string
		safe  redundancy.Tristate
		why   int
		mind  int
		disks []string
	}{
		{[]string{"sdb"}, redundancy.Yes, 0, 1, []string{"sdb"}},
		{[]string{"md0/slot1"}, redundancy.Yes, 0, 1, []string{"sdb"}},
		{[]string{"sda"}, redundancy.No, 1, 1, []string{"sda"}},                // swap
		{[]string{"sda1", "sdb"}, redundancy.No, 2, 0, []string{"sda", "sdb"}}, // md0 and /
		{[]string{"sdz"}, redundancy.No, 1, 0, []string{"sdz"}},
		{[]string{"sdx"}, redundancy.Unread, 1, 0, []string{"sdx"}},
		{[]string{"controller:0000:03:00.0"}, redundancy.No, 2, 1, []string{"sda", "sdz", "0000:03:00.0"}},
		{[]string{"controller:0000:04:00.0"}, redundancy.Unread, 1, 1, []string{"sdb", "sdx", "sdy", "0000:04:00.0"}},
	} {
		var ids []redundancy.ID
		for _, name := range c.names {
			more, err := Lost(v, name)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, more...)
		}
		s := NewSafe(v, ids)
		if s.Safe != c.safe || len(s.Why) != c.why || len(s.Mind) != c.mind {
			t.Errorf("%q: safe %s, why %q, mind %q; want %s, %d, %d", c.names, s.Safe, s.Why, s.Mind, c.safe, c.why, c.mind)
		}
		var names []string
		for _, p := range s.Pulled {
			names = append(names, p.Name)
		}
		if !slices.Equal(names, c.disks) {
			t.Errorf("%q: pulled %q, want %q", c.names, names, c.disks)
		}
	}
}

func TestNothingIsSafeToPullWhileASourceIsSilent(t *testing.T) {
	t.Parallel()
	for name, silence := range map[string]func(*redundancy.SourceState){
		"blind":      func(s *redundancy.SourceState) { s.Blind = true },
		"never read": func(s *redundancy.SourceState) { s.At = time.Time{} },
	} {
		v := xtest.Grounded()
		silence(&v.Assessment.Sources[1])
		ids, err := Lost(v, "sdb")
		if err != nil {
			t.Fatal(err)
		}
		if s := NewSafe(v, ids); s.Safe != redundancy.Unread || len(s.Why) != 1 {
			t.Errorf("%s: safe %s, why %q", name, s.Safe, s.Why)
		}
		if diff := cmp.Diff([]string{"topology"}, NewWhatIf(v, ids).Unread); diff != "" {
			t.Errorf("%s: what-if's unread sources (-want +got):\n%s", name, diff)
		}
	}
}
