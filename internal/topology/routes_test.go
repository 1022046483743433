package topology_test

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"plimsoll/internal/topology"
)

// nexthopObject is RTA_NH_ID of linux/rtnetlink.h.
const nexthopObject = 30

// message is the body of an RTM_NEWROUTE.
func message(family, length, table, kind byte, attributes ...[]byte) []byte {
	b := make([]byte, unix.SizeofRtMsg)
	b[0], b[1], b[4], b[7] = family, length, table, kind
	for _, a := range attributes {
		b = append(b, a...)
	}
	return b
}

func attribute(kind uint16, value ...byte) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(unix.SizeofRtAttr+len(value)))
	b = append(binary.NativeEndian.AppendUint16(b, kind), value...)
	for len(b)%unix.RTA_ALIGNTO != 0 {
		b = append(b, 0)
	}
	return b
}

func word(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }

func hop(index uint32) []byte {
	b := binary.NativeEndian.AppendUint16(nil, unix.SizeofRtNexthop)
	return append(append(b, 0, 0), word(index)...)
}

func TestDefaultRoutesOfTheMainTableAreRead(t *testing.T) {
	t.Parallel()
	const v4, v6, main = unix.AF_INET, unix.AF_INET6, unix.RT_TABLE_MAIN
	oif, metric := attribute(unix.RTA_OIF, word(3)...), attribute(unix.RTA_PRIORITY, word(100)...)
	for name, c := range map[string]struct {
		message []byte
		want    topology.Route
		ok      bool
	}{
		"by one link": {
			message(v4, 0, main, unix.RTN_UNICAST, oif, metric), topology.Route{Family: "inet", Metric: 100, Links: []int{3}}, true,
		},
		"by two, one of them twice": {
			message(v6, 0, main, unix.RTN_UNICAST, attribute(unix.RTA_MULTIPATH, append(append(hop(7), hop(2)...), hop(7)...)...)),
			topology.Route{Family: "inet6", Links: []int{2, 7}},
			true,
		},
		"by an object that is not resolved": {
			message(v4, 0, main, unix.RTN_UNICAST, attribute(nexthopObject, word(1)...)), topology.Route{Family: "inet"}, true,
		},
		"to a network":                    {message(v4, 24, main, unix.RTN_UNICAST, oif), topology.Route{}, false},
		"unreachable":                     {message(v4, 0, main, unix.RTN_UNREACHABLE, oif), topology.Route{}, false},
		"of a table by its short number":  {message(v4, 0, 100, unix.RTN_UNICAST, oif), topology.Route{Family: "inet", Links: []int{3}}, false},
		"of a table by its whole number":  {message(v4, 0, 0, unix.RTN_UNICAST, attribute(unix.RTA_TABLE, word(1000)...)), topology.Route{Family: "inet"}, false},
		"cut short":                       {message(v4, 0, main, unix.RTN_UNICAST)[:5], topology.Route{}, false},
		"with an attribute of no length":  {message(v4, 0, main, unix.RTN_UNICAST, []byte{0, 0, 0, 0}), topology.Route{Family: "inet"}, true},
		"with a hop longer than its list": {message(v4, 0, main, unix.RTN_UNICAST, attribute(unix.RTA_MULTIPATH, 200, 0, 0, 0, 1, 0, 0, 0)), topology.Route{Family: "inet"}, true},
	} {
		got, ok := topology.ParseRoute(c.message)
		if diff := cmp.Diff(c.want, got); ok != c.ok || diff != "" {
			t.Errorf("%s: %t (-want +got):\n%s", name, ok, diff)
		}
	}
}

func TestRoutesAreReadFromThisKernel(t *testing.T) {
	t.Parallel()
	routes, err := topology.ReadRoutes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range routes {
		if r.Family != "inet" && r.Family != "inet6" {
			t.Errorf("%+v", r)
		}
	}
}
