package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Probe is whom to ask through the members of a bond whether their paths carry; docs/paths.md says what follows.
type Probe struct {
	Bond       string        `yaml:"bond" form:"link name"`
	Targets    []string      `yaml:"targets" form:"probe target"`
	Every      time.Duration `yaml:"every" min:"200ms" max:"1h"`
	MinTargets int           `yaml:"min_targets" min:"1" max:"8"`
}

// defaultProbe is rare enough for a rack of hosts that ask one gateway, whose switch answers ARP at a bounded rate, and moves
// nothing on the word of one target.
func defaultProbe() Probe { return Probe{Every: 10 * time.Second, MinTargets: 2} }

// maxTargets bounds how many frames one round sends.
const maxTargets = 8

// maxVLAN is the highest tag that a network can have (IEEE 802.1Q; 4095 is reserved).
const maxVLAN = 4094

// ParseTarget reads a target: an IPv4 address that can be one host's, and the VLAN that it is asked in; 0: without a tag.
func ParseTarget(s string) (address netip.Addr, vlan uint16, ok bool) {
	host, tag, tagged := strings.Cut(s, " vlan ")
	address, err := netip.ParseAddr(host)
	if err != nil || !address.Is4() || address.IsUnspecified() || address.IsMulticast() || address.IsLoopback() {
		return netip.Addr{}, 0, false
	}
	if !tagged {
		return address, 0, true
	}
	n, err := strconv.ParseUint(tag, 10, 16)
	if err != nil || n == 0 || n > maxVLAN || strconv.FormatUint(n, 10) != tag {
		return netip.Addr{}, 0, false
	}
	return address, uint16(n), true
}

// checkProbes is all that is wrong with probes, where packet sockets may be opened on the members of these bonds.
func checkProbes(probes []Probe, sockets []string) []Problem {
	var out []Problem
	first := map[string]int{}
	for i, p := range probes {
		at := fmt.Sprintf("probes[%d]", i)
		report := func(key, what, want string) { out = append(out, Problem{Key: at + key, What: what, Want: want}) }
		out = append(out, checkLeaves(p, at)...)
		if before, twice := first[p.Bond]; twice {
			report(".bond", fmt.Sprintf("%q has probes[%d] already", p.Bond, before), "each bond once")
		}
		first[p.Bond] = i
		if !slices.Contains(sockets, p.Bond) {
			report(".bond", fmt.Sprintf("%q is not in helper.packet_socket, and nothing can be sent without", p.Bond), "it there too")
		}
		if n := len(p.Targets); n < p.MinTargets {
			report(".targets", fmt.Sprintf("%d of the %d that min_targets asks for", n, p.MinTargets), "as many, or more")
		} else if n > maxTargets {
			report(".targets", fmt.Sprintf("%d targets", n), fmt.Sprintf("at most %d", maxTargets))
		}
		for k, t := range p.Targets {
			if slices.Contains(p.Targets[:k], t) {
				report(fmt.Sprintf(".targets[%d]", k), strconv.Quote(t)+" for the second time", "each once")
			}
		}
	}
	return out
}
