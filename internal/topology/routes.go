package topology

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"plimsoll/internal/rtnl"
)

// mostRoutes bounds how many routes of a family are looked through for a default one. A host that speaks BGP may hold all of
// the Internet's, a million; its default routes stand first in IPv4's table, and IPv6's is a fifth of that.
const mostRoutes = 1 << 18

// ErrRoutes says that a family has more routes than are looked through.
var ErrRoutes = errors.New("too many routes")

// ReadRoutes reads the default routes of the main table from the kernel, in the network namespace of the process. It needs no
// privilege.
func ReadRoutes(ctx context.Context) ([]Route, error) {
	var kernel rtnl.Socket
	defer kernel.Close()
	var all []Route
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		routes, err := dumpRoutes(ctx, &kernel, family)
		if err != nil {
			return nil, err
		}
		all = append(all, routes...)
	}
	return all, nil
}

// dumpTries is how often a dump that the kernel calls inconsistent, because routes changed while it was made, is asked for
// again.
const dumpTries = 5

func dumpRoutes(ctx context.Context, kernel *rtnl.Socket, family byte) ([]Route, error) {
	for try := 1; ; try++ {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("dump routes: %w", err)
		}
		routes, err := dumpOnce(kernel, family)
		switch {
		case errors.Is(err, rtnl.ErrInterrupted) && try < dumpTries:
		case errors.Is(err, unix.EAFNOSUPPORT), errors.Is(err, unix.EOPNOTSUPP):
			return nil, nil // a kernel without IPv6
		case err != nil:
			return nil, fmt.Errorf("dump routes: %w", err)
		default:
			return routes, nil
		}
	}
}

func dumpOnce(kernel *rtnl.Socket, family byte) ([]Route, error) {
	filter := make([]byte, unix.SizeofRtMsg) // what is zero is not filtered by
	filter[familyAt], filter[tableAt] = family, unix.RT_TABLE_MAIN
	q := rtnl.Question{Kind: unix.RTM_GETROUTE, Dump: true, Body: filter, Answer: unix.RTM_NEWROUTE}
	var routes []Route
	seen := 0
	err := kernel.Ask(q, func(message []byte) bool {
		if r, ok := ParseRoute(message); ok {
			routes = append(routes, r)
		}
		seen++
		return seen < mostRoutes
	})
	if err == nil && seen >= mostRoutes && len(routes) == 0 {
		return nil, fmt.Errorf("%w: no default route among the first %d", ErrRoutes, seen)
	}
	return routes, err
}

// The places in struct rtmsg.
const (
	familyAt = 0
	lengthAt = 1
	tableAt  = 4
	typeAt   = 7
)

// ParseRoute reads the body of an RTM_NEWROUTE message (rtnetlink(7)), and is false for what is no unicast default route of
// the main table.
func ParseRoute(message []byte) (Route, bool) {
	if len(message) < unix.SizeofRtMsg {
		return Route{}, false
	}
	if message[lengthAt] != 0 || message[typeAt] != unix.RTN_UNICAST {
		return Route{}, false
	}
	r := Route{Family: "inet"}
	if message[familyAt] == unix.AF_INET6 {
		r.Family = "inet6"
	}
	table := uint32(message[tableAt])
	for kind, value := range attributes(message[unix.SizeofRtMsg:]) {
		switch kind {
		case unix.RTA_TABLE:
			table, _ = number(value)
		case unix.RTA_PRIORITY:
			r.Metric, _ = number(value)
		case unix.RTA_OIF:
			if index, ok := number(value); ok {
				r.Links = append(r.Links, int(index))
			}
		case unix.RTA_MULTIPATH:
			r.Links = append(r.Links, hops(value)...)
		}
	}
	slices.Sort(r.Links)
	r.Links = slices.Compact(r.Links)
	return r, table == unix.RT_TABLE_MAIN
}

// hops are the links of the struct rtnexthop in b.
func hops(b []byte) []int {
	var links []int
	const indexAt = 4
	for len(b) >= unix.SizeofRtNexthop {
		size := int(binary.NativeEndian.Uint16(b))
		if size < unix.SizeofRtNexthop || size > len(b) {
			return links
		}
		links = append(links, int(binary.NativeEndian.Uint32(b[indexAt:])))
		b = b[min(aligned(size), len(b)):]
	}
	return links
}

// attributes goes over the struct rtattr in b, up to the first that makes no sense.
func attributes(b []byte) func(yield func(kind uint16, value []byte) bool) {
	return func(yield func(uint16, []byte) bool) {
		const kindAt = 2
		for len(b) >= unix.SizeofRtAttr {
			size := int(binary.NativeEndian.Uint16(b))
			if size < unix.SizeofRtAttr || size > len(b) {
				return
			}
			kind := binary.NativeEndian.Uint16(b[kindAt:]) & kindMask
			if !yield(kind, b[unix.SizeofRtAttr:size]) {
				return
			}
			b = b[min(aligned(size), len(b)):]
		}
	}
}

// kindMask is NLA_TYPE_MASK: the kind of an attribute without its flags.
const kindMask = 0x3fff

func aligned(size int) int { return (size + unix.RTA_ALIGNTO - 1) &^ (unix.RTA_ALIGNTO - 1) }

func number(value []byte) (uint32, bool) {
	const size = 4
	if len(value) != size {
		return 0, false
	}
	return binary.NativeEndian.Uint32(value), true
}
