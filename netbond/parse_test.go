package netbond

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
	"golang.org/x/tools/txtar"
)

func TestParseReadsWhatTheKernelWrites(t *testing.T) {
	t.Parallel()
	everyBond(func(b Bond) {
		got, notes := Parse(encode(t, b))
		if !reflect.DeepEqual([]Bond{b}, got) || notes != nil {
			t.Fatalf("notes %v, bonds (-want +got):\n%s", notes, cmp.Diff([]Bond{b}, got))
		}
	})
}

func TestBondsAndMembersAreSortedAndKeptApart(t *testing.T) {
	t.Parallel()
	a, b := bonded(ActiveBackup, 2), bonded(LACP, 2)
	b.Index, b.Name = 200, "bond1"
	for i := range b.Members {
		b.Members[i].Index += 10
	}
	links := append(encode(t, b), encode(t, a)...)
	links[0], links[5] = links[5], links[0]                                                             // members before bonds
	links = append(links, links...)                                                                     // each told twice
	links = append(links, message(7, "br0", carrier, Reading[uint8]{}, nil, "bridge", "", nil))         // neither bond nor member
	links = append(links, message(8, "eth8", carrier, Reading[uint8]{}, new(int32), "", kindBond, nil)) // of a bond that is gone
	got, notes := Parse(links)
	if d := cmp.Diff([]Bond{a, b}, got); d != "" || notes != nil {
		t.Errorf("notes %v, bonds (-want +got):\n%s", notes, d)
	}
}

func TestMalformedValuesAreUnreadAndChangeNothingElse(t *testing.T) {
	t.Parallel()
	short := func(kind int, n int) *nl.RtAttr { return nl.NewRtAttr(kind, make([]byte, n)) }
	links := [][]byte{message(100, "bond0", carrier, Reading[uint8]{}, nil, kindBond, "", []*nl.RtAttr{
		nl.NewRtAttr(nl.IFLA_BOND_MODE, []byte{77}),
		short(nl.IFLA_BOND_MIIMON, 3),
		short(nl.IFLA_BOND_ACTIVE_SLAVE, 0),
		short(nl.IFLA_BOND_AD_INFO, 3),
		nl.NewRtAttr(nl.IFLA_BOND_UPDELAY, []byte{1, 0, 0, 0, 9, 9}), // longer than today: a newer kernel
		short(999, 1), // of a newer kernel
	})}
	got, notes := Parse(links)
	want := Bond{
		Index: 100, Name: "bond0", Flags: carrier,
		Mode:       Reading[Mode]{Problem: "77 is a number without a known meaning"},
		MIIMon:     Reading[uint32]{Problem: "3 bytes where 4 are due"},
		Active:     Reading[uint32]{Problem: "0 bytes where 4 are due"},
		Aggregator: Reading[Aggregator]{Problem: "malformed"},
		UpDelay:    known(uint32(1)),
	}
	if d := cmp.Diff([]Bond{want}, got); d != "" || notes != nil {
		t.Errorf("notes %v, bonds (-want +got):\n%s", notes, d)
	}
}

func TestAMessageCutShortIsNotedAndWhatIsMissingIsUnread(t *testing.T) {
	t.Parallel()
	b := bonded(ActiveBackup, 2)
	links := encode(t, b)
	for n := range links[0] {
		cut := [][]byte{links[0][:n], links[1], links[2]}
		bonds, notes := Parse(cut)
		if len(notes) == 0 && n%4 == 0 && len(bonds) == 1 && !bonds[0].Active.Known && bonds[0].Active.Problem == "" {
			t.Fatalf("cut to %d of %d bytes it seems to have no active member", n, len(links[0]))
		}
		for _, b := range bonds {
			checked(t, b)
		}
	}
	_, notes := Parse([][]byte{links[0][:10]})
	if len(notes) != 1 || !strings.Contains(notes[0], "10 bytes") {
		t.Errorf("notes %q", notes)
	}
}

func TestPermanentAddressIsTheHardwaresOwn(t *testing.T) {
	t.Parallel()
	master := int32(100)
	member := message(1, "eth0", carrier, Reading[uint8]{}, &master, "", kindBond, []*nl.RtAttr{
		nl.NewRtAttr(nl.IFLA_BOND_SLAVE_PERM_HWADDR, []byte{2, 0, 0, 0, 0, 1}),
	})
	withOwn := append(slices.Clip(member), nl.NewRtAttr(unix.IFLA_PERM_ADDRESS, []byte{2, 0, 0, 0, 0, 2}).Serialize()...)
	infiniband := append(make([]byte, 12), 1, 2, 3, 4, 5, 6, 7, 8)
	withPort := append(slices.Clip(member), nl.NewRtAttr(unix.IFLA_PERM_ADDRESS, infiniband).Serialize()...)
	withNone := append(slices.Clip(member), nl.NewRtAttr(unix.IFLA_PERM_ADDRESS, make([]byte, 6)).Serialize()...)
	for want, m := range map[string][]byte{
		"02:00:00:00:00:01":       member,
		"02:00:00:00:00:02":       withOwn,
		"01:02:03:04:05:06:07:08": withPort,
	} {
		if got := parsedMember(t, m).Address; got != known(want) {
			t.Errorf("address %v, want %s", got, want)
		}
	}
	if got := parsedMember(t, withNone).Address; got != known("02:00:00:00:00:01") {
		t.Errorf("address %v, want that of the bond where the hardware's is zero", got)
	}
}

func parsedMember(t *testing.T, m []byte) Member {
	t.Helper()
	bond := message(100, "bond0", carrier, Reading[uint8]{}, nil, kindBond, "", nil)
	bonds, _ := Parse([][]byte{bond, m})
	if len(bonds) != 1 || len(bonds[0].Members) != 1 {
		t.Fatalf("bonds %v", bonds)
	}
	return bonds[0].Members[0]
}

func TestCaptureReadsWhatItWrote(t *testing.T) {
	t.Parallel()
	links := encode(t, bonded(LACP, 3))
	text := append([]byte("# a comment\n\n"), FormatCapture(links)...)
	got, err := ParseCapture(text)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(links, got); d != "" {
		t.Errorf("links (-want +got):\n%s", d)
	}
	if _, err := ParseCapture([]byte("00\nxyz\n")); err == nil || !strings.Contains(err.Error(), "link 1") {
		t.Errorf("error %v, want one that says where", err)
	}
}

// FuzzParse feeds messages cut at separators, as the kernel frames them, and asks that every bond can be judged.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, section := range txtar.Parse(text).Files {
			if section.Name == "rtnetlink/links" {
				f.Add(section.Data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		links, err := ParseCapture(text)
		if err != nil {
			return
		}
		bonds, _ := Parse(links)
		for _, b := range bonds {
			checked(t, b)
		}
		for _, l := range links {
			anyLink(l, New(Config{}))
		}
	})
}
