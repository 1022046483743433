package config_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/config"
)

func TestProbesAreReadWithTheirDefaults(t *testing.T) {
	t.Parallel()
	c, err := config.Parse("f", []byte(`version: 1
probes: [{bond: bond0, targets: [10.0.0.1, 10.7.0.1 vlan 7]}]
helper: {packet_socket: [bond0]}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []config.Probe{{Bond: "bond0", Targets: []string{"10.0.0.1", "10.7.0.1 vlan 7"}, Every: 10 * time.Second, MinTargets: 2}}
	if diff := cmp.Diff(want, c.Probes); diff != "" {
		t.Error(diff)
	}
	if a, vlan, ok := config.ParseTarget(c.Probes[0].Targets[1]); !ok || vlan != 7 || a.String() != "10.7.0.1" {
		t.Errorf("%s in VLAN %d", a, vlan)
	}
}

func TestWhatIsWrongWithProbesIsSaidWithItsPlace(t *testing.T) {
	t.Parallel()
	const target = `an IPv4 address, such as "10.0.0.1", or "10.0.0.1 vlan 7" for one that is asked with a VLAN's tag`
	for _, tt := range []struct{ name, probes, want string }{
		{"one target alone", "[{bond: b, targets: [10.0.0.1]}]", `f:3:29: probes[0].targets: 1 of the 2 that min_targets asks for; want as many, or more`},
		{"one target, if that is meant", "[{bond: b, targets: [10.0.0.1], min_targets: 1}]", ""},
		{"no bond", "[{targets: [10.0.0.1, 10.0.0.2]}]", `f:3:10: probes[0].bond: ""; want the name of a network link, at most 15 characters
f:3:10: probes[0].bond: "" is not in helper.packet_socket, and nothing can be sent without; want it there too`},
		{"a bond without sockets", "[{bond: c, targets: [10.0.0.1, 10.0.0.2]}]", `f:3:17: probes[0].bond: "c" is not in helper.packet_socket, and nothing can be sent without; want it there too`},
		{"a bond twice", "[{bond: b, targets: [10.0.0.1], min_targets: 1}, {bond: b, targets: [10.0.0.2], min_targets: 1}]", `f:3:65: probes[1].bond: "b" has probes[0] already; want each bond once`},
		{"a target twice", "[{bond: b, targets: [10.0.0.1, 10.0.0.1]}]", `f:3:40: probes[0].targets[1]: "10.0.0.1" for the second time; want each once`},
		{"faster than it helps", "[{bond: b, targets: [10.0.0.1, 10.0.0.2], every: 100ms}]", `f:3:58: probes[0].every: 100ms is out of range; want 200ms to 1h`},
		{"IPv6", "[{bond: b, targets: ['fe80::1', 10.0.0.2]}]", `f:3:30: probes[0].targets[0]: "fe80::1"; want ` + target},
		{"everybody", "[{bond: b, targets: [10.0.0.1, 224.0.0.1]}]", `f:3:40: probes[0].targets[1]: "224.0.0.1"; want ` + target},
		{"a tag that is none", "[{bond: b, targets: [10.0.0.1, 10.0.0.2 vlan 4095]}]", `f:3:40: probes[0].targets[1]: "10.0.0.2 vlan 4095"; want ` + target},
		{"a slip in a key", "[{bond: b, target: [10.0.0.1]}]", `f:3:10: probes[0].targets: 0 of the 2 that min_targets asks for; want as many, or more
f:3:20: probes[0].target: unknown key; did you mean probes[0].targets?`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse("f", []byte("version: 1\nhelper: {packet_socket: [b]}\nprobes: "+tt.probes))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
