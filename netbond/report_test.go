package netbond

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"plimsoll/internal/sysfs"
)

// reported is a report on one 802.3ad port, as those who may administer the network read it.
const reported = `Ethernet Channel Bonding Driver: v6.1.0-56-amd64

Bonding Mode: IEEE 802.3ad Dynamic link aggregation
MII Status: up

802.3ad info
System MAC address: 02:00:00:00:00:0a
Active Aggregator Info:
	Aggregator ID: 1
	Partner Mac Address: 02:00:00:00:00:01

Slave Interface: eth0
MII Status: up
Speed: 10000 Mbps
Duplex: full
Link Failure Count: 0
Permanent HW addr: aa:bb:cc:00:00:00
Aggregator ID: 1
Actor Churn State: none
Partner Churn State: churned
Actor Churned Count: 0
details actor lacp pdu:
    system priority: 65535
    system mac address: 02:00:00:00:00:0a
    port key: 15
    port number: 1
details partner lacp pdu:
    system priority: 65535
    system mac address: 02:00:00:00:00:01
    oper key: 16
    port number: 3

Slave Interface: eth1
MII Status: down
Speed: Unknown
Duplex: Unknown
Actor Churn State: monitoring
`

func TestReportTellsWhatRtnetlinkDoesNot(t *testing.T) {
	t.Parallel()
	want := map[string]port{
		"eth0": {
			speed: known(uint32(10000)), duplex: known(FullDuplex), actor: known(ChurnNone), partner: known(Churned),
			peer: Peer{ActorKey: 15, Key: 16, System: "02:00:00:00:00:01", Port: 3}, detail: true,
		},
		"eth1": {actor: known(ChurnMonitoring)},
	}
	if d := cmp.Diff(want, parseReport(reported), cmp.AllowUnexported(port{})); d != "" {
		t.Errorf("report (-want +got):\n%s", d)
	}
}

// TestUnprivilegedReportHasNoPeer reads what the kernel lets others read: all but the blocks of the two ends.
func TestUnprivilegedReportHasNoPeer(t *testing.T) {
	t.Parallel()
	text, _, _ := strings.Cut(reported, "details actor")
	b := read(t, text)
	m := b.Members[0]
	if want := known(Churn{ChurnNone, Churned}); m.Churn != want || m.Peer.Known || m.Speed != known(uint32(10000)) {
		t.Errorf("churn %v, peer %v, speed %v", m.Churn, m.Peer, m.Speed)
	}
	if m := b.Members[1]; m.Churn.Known || m.Speed.Known || m.Duplex.Known {
		t.Errorf("of a member that the report leaves out: %+v", m)
	}
}

func TestChurnOfRtnetlinkStandsBeforeTheReports(t *testing.T) {
	t.Parallel()
	m := Member{Name: "eth0", Churn: known(Churn{ChurnNone, ChurnNone}), ChurnAt: "rtnetlink"}
	m.amend(parseReport(reported)["eth0"], "report")
	if m.ChurnAt != "rtnetlink" || m.Churn.Value.Partner != ChurnNone {
		t.Errorf("churn %v from %s", m.Churn, m.ChurnAt)
	}
}

// read is an 802.3ad bond of two members whose report is text.
func read(t *testing.T, text string) Bond {
	t.Helper()
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, reports), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, reports, "bond0"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	b := bonded(LACP, 2)
	if err := readReport(sysfs.New(root), &b); err != nil {
		t.Fatal(err)
	}
	return b
}

func FuzzReport(f *testing.F) {
	f.Add(reported)
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, section := range archive.Files {
			if strings.HasPrefix(section.Name, "proc/") {
				f.Add(string(section.Data))
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		b := bonded(LACP, 2)
		for name, p := range parseReport(text) {
			b.Members[0].Name = name
			b.Members[0].amend(p, "report")
			checked(t, b)
		}
	})
}
