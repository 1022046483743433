package lldp

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/procrun"
	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

// host is a host with the links near0, a card, and near1, without one, both with a carrier.
type host struct {
	t      *testing.T
	root   string
	answer []byte // lldpcli's
	err    error
}

func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{t: t, root: t.TempDir()}
	for i, link := range []string{"near0", "near1"} {
		h.write("sys/class/net/"+link+"/ifindex", []string{"7", "8"}[i])
		h.write("sys/class/net/"+link+"/carrier", "1")
	}
	h.write("sys/class/net/near0/address", "AA:bb:cc:00:00:00")
	h.write("sys/class/net/near0/addr_assign_type", "0")
	if err := os.Symlink("../../../devices/0000:03:00.0", filepath.Join(h.root, "sys/class/net/near0/device")); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *host) write(path, text string) {
	h.t.Helper()
	path = filepath.Join(h.root, path)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		h.t.Fatal(err)
	}
}

// networkd makes networkd keep these frames, which it wrote at the given time.
func (h *host) networkd(index string, written time.Time, frames ...[]byte) {
	h.t.Helper()
	var file []byte
	for _, f := range frames {
		file = append(binary.LittleEndian.AppendUint64(file, uint64(len(f))), f...)
	}
	h.write("run/"+frameFiles+"/"+index, string(file))
	if err := os.Chtimes(filepath.Join(h.root, "run", frameFiles, index), written, written); err != nil {
		h.t.Fatal(err)
	}
}

func (h *host) collector() *Collector {
	return New(Config{
		Sys: sysfs.New(filepath.Join(h.root, "sys")), Run: sysfs.New(filepath.Join(h.root, "run")),
		Ask: func(context.Context) ([]byte, error) { return h.answer, h.err },
	})
}

func (h *host) look(c *Collector) redundancy.Observation {
	h.t.Helper()
	o, err := c.Collect(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return o
}

// lldpd makes lldpd answer what it did on a host with two links to one other host.
func (h *host) lldpd() {
	h.t.Helper()
	h.write("run/"+lldpSocket, "")
	text, err := os.ReadFile("testdata/lldpd-1.0.16-two-links.json")
	if err != nil {
		h.t.Fatal(err)
	}
	h.answer = text
}

// stands are a host's parts, each with what it stands on.
func stands(o redundancy.Observation) map[redundancy.ID][]redundancy.ID {
	out := map[redundancy.ID][]redundancy.ID{}
	for _, p := range o.Parts {
		out[p.ID] = p.StandsOn
	}
	return out
}

func TestLinksStandOnPortsAndPortsOnSwitches(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.lldpd()
	const chassis = "switch:7e:c4:41:70:44:37"
	got := h.look(h.collector())
	port0 := redundancy.ID(chassis + "/7e:c4:41:70:44:37")
	want := redundancy.Observation{Parts: []redundancy.Part{
		{ID: "link:near1", Name: "near1", StandsOn: []redundancy.ID{got.Parts[0].StandsOn[0]}},
		{ID: "nic:aa:bb:cc:00:00:00", Name: "near0", StandsOn: []redundancy.ID{port0}},
		{ID: chassis, Name: "tor-a", Domain: "switch", Labels: map[string]string{"chassis": "7e:c4:41:70:44:37"}},
		{ID: port0, Name: "tor-a far0", StandsOn: []redundancy.ID{chassis}, Labels: map[string]string{"port": "7e:c4:41:70:44:37"}},
	}}
	if d := cmp.Diff(want.Parts, got.Parts[:4]); d != "" || len(got.Parts) != 5 || got.Notes != nil {
		t.Errorf("notes %q, parts (-want +got):\n%s", got.Notes, d)
	}
}

func TestNetworkdsFilesAreEnoughAndAnOldOneIsNotBelieved(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.networkd("7", time.Now().Add(-time.Minute), switched())
	h.networkd("8", time.Now().Add(-time.Hour), switched())
	h.networkd("99", time.Now(), switched()) // of a link that is gone
	want := map[redundancy.ID][]redundancy.ID{
		"nic:aa:bb:cc:00:00:00":                {"switch:7e:c4:41:70:44:37/Ethernet1-7"},
		"switch:7e:c4:41:70:44:37/Ethernet1-7": {"switch:7e:c4:41:70:44:37"},
		"switch:7e:c4:41:70:44:37":             nil,
	}
	if d := cmp.Diff(want, stands(h.look(h.collector()))); d != "" {
		t.Errorf("parts (-want +got):\n%s", d)
	}
	h.networkd("7", time.Now(), switched()[:20])
	if o := h.look(h.collector()); len(o.Parts) != 0 || len(o.Notes) != 1 || !strings.Contains(o.Notes[0], "near0") {
		t.Errorf("of a file that is cut short: %+v", o)
	}
}

// TestBothDaemonsTellTheSame reads what networkd kept and what lldpd answered about one neighbour, in one guest.
func TestBothDaemonsTellTheSame(t *testing.T) {
	t.Parallel()
	kept, err := os.ReadFile("testdata/networkd-252-near0")
	if err != nil {
		t.Fatal(err)
	}
	frames, err := parseFrames(kept)
	if err != nil || len(frames) != 1 {
		t.Fatalf("%d frames, %v", len(frames), err)
	}
	fromFrame, life, err := parseFrame(frames[0])
	if err != nil || life != 8*time.Second {
		t.Errorf("life %v, %v", life, err)
	}
	text, err := os.ReadFile("testdata/lldpd-1.0.16-guest.json")
	if err != nil {
		t.Fatal(err)
	}
	answered, err := parseAnswer(text)
	if err != nil || len(answered) != 2 {
		t.Fatalf("%d neighbours, %v", len(answered), err)
	}
	fromFrame.Link = "near0"
	if d := cmp.Diff(answered[0], fromFrame); d != "" {
		t.Errorf("lldpd's and networkd's (-lldpd +networkd):\n%s", d)
	}
}

func TestOfSeveralNeighboursTheSwitchCounts(t *testing.T) {
	t.Parallel()
	phone, bridge, router := Neighbour{Chassis: "phone", Port: "1"}, Neighbour{Chassis: "bridge", Port: "1", Carries: true},
		Neighbour{Chassis: "router", Port: "1", Carries: true}
	for name, tc := range map[string]struct {
		heard []Neighbour
		want  string
	}{
		"one":                         {[]Neighbour{phone}, "phone"},
		"one of which is a switch":    {[]Neighbour{phone, bridge}, "bridge"},
		"one that both daemons heard": {[]Neighbour{bridge, bridge}, "bridge"},
		"two switches":                {[]Neighbour{bridge, router}, ""},
		"two that are none":           {[]Neighbour{phone, {Chassis: "host", Port: "1"}}, ""},
	} {
		if n, ok := opposite(tc.heard); n.Chassis != tc.want || ok != (tc.want != "") {
			t.Errorf("%s: %q, %v, want %q", name, n.Chassis, ok, tc.want)
		}
	}
}

// TestWhatWasHeardCountsForItsTimeAndWhileTheLinkIsDown makes lldpd hang, and a cable be pulled.
func TestWhatWasHeardCountsForItsTimeAndWhileTheLinkIsDown(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.lldpd()
	c := h.collector()
	h.look(c)
	h.answer, h.err = nil, context.DeadlineExceeded
	o := h.look(c)
	if len(o.Parts) != 5 || !strings.HasPrefix(o.Parts[1].Labels["lldp"], "last heard 2") || len(o.Notes) != 1 {
		t.Errorf("right after lldpd hangs: %+v", o)
	}
	h.write("sys/class/net/near0/carrier", "0")
	pass := func(d time.Duration) { // as if what is known had been heard so much earlier
		for link, s := range c.seen {
			s.heard, s.until = s.heard.Add(-d), s.until.Add(-d)
			c.seen[link] = s
		}
	}
	pass(remembered)
	if got := stands(h.look(c)); got["nic:aa:bb:cc:00:00:00"] == nil || got["link:near1"] != nil {
		t.Errorf("after its time the link with a carrier stands on a switch, or that without one does not: %v", got)
	}
	h.write("sys/class/net/near0/carrier", "1")
	pass(remembered)
	if o := h.look(c); len(o.Parts) != 0 {
		t.Errorf("after its time, with a carrier again: %+v", o.Parts)
	}
}

func TestNobodyToAskIsANoteAndNoFailure(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	if o := h.look(h.collector()); len(o.Parts) != 0 || len(o.Notes) != 1 {
		t.Errorf("without a daemon: %+v", o)
	}
	if o := h.look(New(Config{})); len(o.Parts) != 0 || len(o.Notes) != 1 {
		t.Errorf("without a host: %+v", o)
	}
	h.write("run/"+lldpSocket, "")
	socket := filepath.Join(h.root, "run", lldpSocket)
	for want, err := range map[string]error{
		"no answer within 5s": context.DeadlineExceeded,
		"lldpcli is not there, or may not be run: let the agent's user into the groups of lldpcli and of " + socket: procrun.ErrNotFound,
		"permission denied: let the agent's user into the groups of lldpcli and of " + socket: procrun.Ended{
			Words: "[WARN/control] unable to connect to socket /run/lldpd.socket: Permission denied",
		},
	} {
		h.err = err
		if d := cmp.Diff([]string{"lldpd was asked in vain: " + want}, h.look(h.collector()).Notes); d != "" {
			t.Errorf("notes (-want +got):\n%s", d)
		}
	}
	h.err = procrun.Ended{Path: "/usr/sbin/lldpcli", Code: 1, Words: "unable to connect\x1b[2J"}
	o := h.look(h.collector())
	want := []string{"lldpd was asked in vain: run /usr/sbin/lldpcli: it ended with code 1: unable to connect[2J"}
	if d := cmp.Diff(want, o.Notes); d != "" {
		t.Errorf("notes (-want +got):\n%s", d)
	}
	h.err, h.answer = nil, []byte("<lldp/>")
	if o := h.look(h.collector()); len(o.Parts) != 0 || len(o.Notes) != 1 {
		t.Errorf("an answer in another form: %+v", o)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.collector().Collect(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a look that was called off: %v", err)
	}
}
