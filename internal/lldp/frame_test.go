package lldp

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tlv is one value of a frame.
func tlv(kind int, value ...byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(kind<<9|len(value))), value...)
}

func text(subtype byte, s string) []byte { return append([]byte{subtype}, s...) }

// frame is an Ethernet frame of LLDP.
func frame(values ...[]byte) []byte {
	b := []byte{0x01, 0x80, 0xc2, 0, 0, 0x0e, 2, 0, 0, 0, 0, 1, 0x88, 0xcc}
	for _, v := range values {
		b = append(b, v...)
	}
	return append(b, tlv(tlvEnd)...)
}

// switched is what a switch says.
func switched() []byte {
	return frame(
		tlv(tlvChassis, chassisMAC, 0x7e, 0xc4, 0x41, 0x70, 0x44, 0x37),
		tlv(tlvPort, text(5, "Ethernet1/7")...),
		tlv(tlvLife, 0, 120),
		tlv(tlvPortDescription, []byte("to db1")...),
		tlv(tlvSystem, []byte("tor-a")...),
		tlv(6, []byte("a switch")...),
		tlv(tlvCapabilities, 0, 0x14, 0, 0x04),
		tlv(127, 0x00, 0x12, 0x0f, 1),
	)
}

func TestAFrameTellsWhoSentIt(t *testing.T) {
	t.Parallel()
	got, life, err := parseFrame(switched())
	want := Neighbour{Chassis: "7e:c4:41:70:44:37", Port: "Ethernet1-7", System: "tor-a", Label: "to db1", Carries: true}
	if d := cmp.Diff(want, got); d != "" || life != 2*time.Minute || err != nil {
		t.Errorf("life %v, error %v, neighbour (-want +got):\n%s", life, err, d)
	}
}

func TestIdsAreWrittenAsLLDPDWritesThem(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		value []byte
		want  string
	}{
		"an address of the network": {[]byte{chassisAddress, 1, 192, 0, 2, 1}, "192.0.2.1"},
		"of six":                    {append([]byte{chassisAddress, 2}, make([]byte, 16)...), "::"},
		"of no family":              {[]byte{chassisAddress, 9, 1}, "0x0901"},
		"a name with a space":       {text(7, "rack 12/a"), "rack_12-a"},
		"a name that is no text":    {text(7, "a\x1b[2J"), "0x611b5b324a"},
		"a name with a zero":        {text(7, "tor-a\x00"), "tor-a"},
		"nothing":                   {[]byte{chassisMAC}, ""},
	} {
		if got := identifier(tc.value, chassisMAC, chassisAddress); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestAFrameThatIsNotWholeTellsNothing(t *testing.T) {
	t.Parallel()
	whole := switched()
	for n := range len(whole) {
		if got, _, err := parseFrame(whole[:n]); err == nil {
			t.Fatalf("%d bytes of %d tell of %+v", n, len(whole), got)
		}
	}
	if _, _, err := parseFrame(frame(tlv(tlvSystem, 'a'))); err == nil {
		t.Error("a frame without chassis and port tells of somebody")
	}
	other := switched()
	other[12] = 0x08
	if _, _, err := parseFrame(other); err == nil {
		t.Error("a frame that is not LLDP's tells of somebody")
	}
}

func TestStrangersTextIsMadeFitForPeople(t *testing.T) {
	t.Parallel()
	long := make([]byte, 500)
	for i := range long {
		long[i] = 'x'
	}
	for in, want := range map[string]string{
		" tor-a\n": "tor-a", "a\x1b[31mred": "a[31mred", "\xff\xfe": "", "Zürich": "Zürich", string(long): string(long[:64]) + "…",
	} {
		if got := spoken(in); got != want {
			t.Errorf("%q is told as %q, want %q", in, got, want)
		}
	}
}

func FuzzFrames(f *testing.F) {
	sized := binary.LittleEndian.AppendUint64(nil, uint64(len(switched())))
	f.Add(append(sized, switched()...))
	f.Fuzz(func(t *testing.T, b []byte) {
		frames, _ := parseFrames(b)
		for _, raw := range frames {
			n, _, err := parseFrame(raw)
			if err == nil && (name(n.Chassis) != n.Chassis || name(n.Port) != n.Port) {
				t.Errorf("ids of %+v are not fit", n)
			}
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"lldp":[{"interface":[{"name":"eth0","chassis":[{"id":[{"value":"a b"}]}],"port":[{"id":[{"value":"1"}]}]}]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		heard, _ := parseAnswer(b)
		for _, n := range heard {
			if n.Link == "" || n.Chassis == "" || n.Port == "" {
				t.Errorf("somebody without a name: %+v", n)
			}
		}
	})
}
