package api

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/view/xtest"
	"plimsoll/redundancy"
)

const (
	md0 = "raid:a0b1c2d3:00000000:00000000:00000000"
	md1 = "raid:a0b1c2d3:00000000:00000000:00000001"
	md2 = "raid:a0b1c2d3:00000000:00000000:00000002"
)

func TestWordsOfPeopleMeanTheseThings(t *testing.T) {
	t.Parallel()
	v := xtest.Faulty()
	v.Assessment.Groups[0].Group.Members[1].StandsOn = []redundancy.ID{"card:0000:03:00.0"}
	for word, want := range map[string][]redundancy.ID{
		md0:                           {md0},
		"md0":                         {md0},
		"raid:md0":                    {md0},
		"raid/md0":                    {md0},
		"md0/slot1":                   {md0 + "/slot1"},
		"md0/sda1":                    {md0 + "/slot0"},
		"sda1":                        {md0 + "/slot0", "wwn:0x5000c500000000aa"},
		"sda":                         {md0 + "/slot0", md1 + "/slot0", "wwn:0x5000c500000000aa"},
		"disk:sda":                    {md0 + "/slot0", md1 + "/slot0", "wwn:0x5000c500000000aa"},
		"sdd":                         {md2 + "/slot0", "wwn:0x5000c500000000dd"},
		"wwn:0x5000c500000000aa":      {"wwn:0x5000c500000000aa"},
		"disk:wwn:0x5000c500000000aa": {"wwn:0x5000c500000000aa"},
		"0x5000c500000000aa":          {"wwn:0x5000c500000000aa"},
		"eth1":                        {"bond:bond0/52:54:00:00:00:01", "mac:52:54:00:00:00:01"},
		"nic:eth1":                    {"bond:bond0/52:54:00:00:00:01", "mac:52:54:00:00:00:01"},
		"bond:bond0":                  {"bond:bond0"},
		"card:0000:03:00.0":           {"card:0000:03:00.0"},
		"0000:03:00.0":                {"card:0000:03:00.0"},
	} {
		got, err := Lost(v, word)
		if err != nil {
			t.Errorf("%s: %v", word, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", word, diff)
		}
	}
}

func TestWordsForNothingAndForSeveralThingsAreErrors(t *testing.T) {
	t.Parallel()
	v := xtest.Faulty()
	v.Assessment.Groups[2].Group.Name = "md0"
	for word, want := range map[string]int{"": 0, "sdq": 0, "disk:eth0": 0, "raid:": 0, "sd": 0, "md0": 2} {
		_, err := Lost(v, word)
		var name *NameError
		if !errors.As(err, &name) || len(name.Matches) != want || name.Hint() == "" {
			t.Errorf("%q: got %v, want %d matches", word, err, want)
		}
	}
}

func TestALoneComponentIsFoundByIDNameAndWhatIsWrittenOnIt(t *testing.T) {
	t.Parallel()
	v := xtest.Dying()
	for _, word := range []string{"disk:wwn:0x5000c500000000aa", "sda", "/dev/sda", "disk:sda", "SERIAL-sda", "0x5000c500000000aa"} {
		l, found, err := FindLone(v, word)
		if err != nil || !found || l.Component.Name != "sda" {
			t.Errorf("%s: found %v %q, %v", word, found, l.Component.ID, err)
		}
	}
	for _, word := range []string{"md0", "sda1", "hwmon:sda", ""} {
		if l, found, err := FindLone(v, word); found || err != nil {
			t.Errorf("%s: found %q, %v", word, l.Component.ID, err)
		}
	}
	v.Assessment.Components[1].Component.Name = "sda"
	var name *NameError
	if _, _, err := FindLone(v, "sda"); !errors.As(err, &name) || len(name.Matches) != 2 {
		t.Errorf("of two: %v", err)
	}
	if ids, err := Lost(xtest.Faulty(), "sdz"); err != nil || !cmp.Equal(ids, []redundancy.ID{"disk:wwn:0x5000c500000000zz"}) {
		t.Errorf("lost with a disk that nothing stands on: %v, %v", ids, err)
	}
}

// TestADiskThatFailedAndIsStillAttachedIsOneDisk asks after the name that its slot and the device itself both bear.
func TestADiskThatFailedAndIsStillAttachedIsOneDisk(t *testing.T) {
	t.Parallel()
	v := xtest.Faulty()
	members := v.Assessment.Groups[1].Group.Members
	members[1] = redundancy.Component{ID: members[1].ID, Name: "sdb1", State: redundancy.Disabled, Health: redundancy.Critical}
	got, err := Lost(v, "sdb1")
	want := []redundancy.ID{md0 + "/dev/wwn:0x5000c500000000bb", md0 + "/slot1", "wwn:0x5000c500000000bb"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, lost (-want +got):\n%s", err, diff)
	}
	if _, member, err := Find(v, "sdb1"); err != nil || member != md0+"/slot1" {
		t.Errorf("want the slot, got %q, %v", member, err)
	}
}

// TestAnArrayThatIsAMemberOfAnotherIsTheArray asks after a name that a group and a member bear.
func TestAnArrayThatIsAMemberOfAnotherIsTheArray(t *testing.T) {
	t.Parallel()
	v := xtest.Faulty()
	above := &v.Assessment.Groups[3].Group.Members[0]
	above.Name, above.StandsOn = "md0", []redundancy.ID{md0}
	if got, err := Lost(v, "md0"); err != nil || len(got) != 1 || got[0] != md0 {
		t.Errorf("want the array, got %q, %v", got, err)
	}
}

func TestPartitionsAreKnownByTheKernelsNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, disk string
		want       bool
	}{
		{"sda1", "sda", true},
		{"sda15", "sda", true},
		{"sdaa1", "sda", false},
		{"sda", "sda", false},
		{"sda1p", "sda", false},
		{"nvme0n1p2", "nvme0n1", true},
		{"nvme0n12", "nvme0n1", false},
		{"nvme0n1p", "nvme0n1", false},
		{"1", "", false},
	} {
		if got := isPartition(c.name, c.disk); got != c.want {
			t.Errorf("%s of %s: %v", c.name, c.disk, got)
		}
	}
}

func TestFindNamesTheGroupAndTheMember(t *testing.T) {
	t.Parallel()
	v := xtest.Faulty()
	for word, want := range map[string][2]redundancy.ID{
		"md0": {md0, ""}, "sda1": {md0, md0 + "/slot0"}, "md1/slot1": {md1, md1 + "/slot1"},
		"sdd": {md2, md2 + "/slot0"}, "wwn:0x5000c500000000ee": {md2, md2 + "/slot1"}, "eth0": {"bond:bond0", "bond:bond0/52:54:00:00:00:00"},
	} {
		g, member, err := Find(v, word)
		if err != nil {
			t.Errorf("%s: %v", word, err)
		}
		if got := [2]redundancy.ID{g.Group.ID, member}; got != want {
			t.Errorf("%s: got %q, want %q", word, got, want)
		}
	}
	for _, word := range []string{"sda", "wwn:0x5000c500000000aa", "nothing"} {
		if g, member, err := Find(v, word); err == nil {
			t.Errorf("%s: got %s %s, want an error", word, g.Group.ID, member)
		}
	}
}

func TestWhatIfCountsTheDoubtsThatAreShown(t *testing.T) {
	t.Parallel()
	v := xtest.Healthy(1, 0)
	g := &v.Assessment.Groups[0]
	g.Group.Members[1].Doubts = []redundancy.Doubt{redundancy.DoubtStale} // the snapshot does not know of it
	g.Verdict = redundancy.Judge(g.Group)
	doc := NewWhatIf(v, []redundancy.ID{g.Group.Members[0].ID})
	if got := doc.Groups[0].Is; got.Worst != redundancy.Failed || got.Best != redundancy.Lost {
		t.Errorf("got %v to %v", got.Worst, got.Best)
	}
}

func TestWhatIfTouchesNothingThatDoesNotStandOnIt(t *testing.T) {
	t.Parallel()
	for _, f := range NewWhatIf(xtest.Faulty(), []redundancy.ID{"wwn:nothing"}).Groups {
		if f.Changed {
			t.Errorf("%s is changed from %v to %v", f.Name, f.Was, f.Is)
		}
	}
}

func TestCauseTooOldForMemoryKeepsItsID(t *testing.T) {
	t.Parallel()
	v := xtest.Faulty()
	v.Recent = nil
	g, _, err := Find(v, "md0")
	if err != nil {
		t.Fatal(err)
	}
	want := []Cause{{Event: "h1/l1/18", Subject: md0}, {Event: "h1/l1/17", Subject: md0 + "/slot1"}}
	if diff := cmp.Diff(want, NewWhy(v, g, "", xtest.At()).Causes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
