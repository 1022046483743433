package paths

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func mac(last byte) MAC { return MAC{0x00, 0x11, 0x22, 0x33, 0x44, last} }

func target(address string, vlan uint16) Target { return Target{netip.MustParseAddr(address), vlan} }

func TestQuestionReadsBackAsItWasAsked(t *testing.T) {
	t.Parallel()
	for _, vlan := range []uint16{0, 7, 4094} {
		b := question(probeAddress(mac(1)), mac(9), target("10.9.0.2", vlan))
		if len(b) < 60 {
			t.Errorf("%d bytes are no Ethernet frame", len(b))
		}
		got, ok := parseARP(b)
		want := arp{to: mac(9), from: probeAddress(mac(1)), op: opRequest, sender: probeAddress(mac(1)), subjectIP: [4]byte{10, 9, 0, 2}}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(arp{}), cmpopts.EquateComparable(MAC{})); diff != "" || !ok {
			t.Errorf("VLAN %d: %s", vlan, diff)
		}
	}
}

func TestProbesComeFromAnAddressThatIsNobodyElses(t *testing.T) {
	t.Parallel()
	local := MAC{0x52, 0x54, 0, 0, 0, 1}
	for _, m := range []MAC{mac(1), local, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}} {
		p := probeAddress(m)
		if p == m || p[0]&localBit == 0 || p[0]&groupBit != 0 {
			t.Errorf("%s asks from %s", m, p)
		}
		if probeAddress(m) != p {
			t.Errorf("%s asks from one address now and another then", m)
		}
	}
	if probeAddress(local) == probeAddress(MAC{0x52, 0x54, 0, 0, 0, 2}) {
		t.Error("two members ask from one address")
	}
}

func FuzzParseARP(f *testing.F) {
	f.Add(question(mac(1), broadcast(), target("10.9.0.2", 0)))
	f.Add(question(mac(1), mac(2), target("10.9.0.2", 7)))
	f.Add([]byte("0123456789ab\x81\x00\x00\x07\x08\x06"))
	f.Fuzz(func(t *testing.T, b []byte) {
		frame, ok := parseARP(b)
		if ok && (frame.broadcasts != (frame.to == broadcast()) || len(b) < headerLen+arpLen) {
			t.Fatalf("%x became %+v", b, frame)
		}
	})
}
