package netbond

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// encode writes b and its members as the kernel would, so that Parse reads b again. What is not known is left out, and what
// is malformed is cut to nothing.
func encode(tb testing.TB, b Bond) [][]byte {
	tb.Helper()
	data := []*nl.RtAttr{}
	put := func(kind int, known bool, problem string, value []byte) {
		if known {
			data = append(data, nl.NewRtAttr(kind, value))
		} else if problem != "" {
			data = append(data, nl.NewRtAttr(kind, nil))
		}
	}
	put32 := func(kind int, r Reading[uint32]) { put(kind, r.Known, r.Problem, nl.Uint32Attr(r.Value)) }
	put8 := func(kind int, r Reading[uint8]) { put(kind, r.Known, r.Problem, []byte{r.Value}) }
	put(nl.IFLA_BOND_MODE, b.Mode.Known, b.Mode.Problem, []byte{byte(b.Mode.Value) - 1})
	put32(nl.IFLA_BOND_ACTIVE_SLAVE, b.Active)
	put32(nl.IFLA_BOND_PRIMARY, b.Primary)
	put8(nl.IFLA_BOND_PRIMARY_RESELECT, b.PrimaryReselect)
	put8(nl.IFLA_BOND_FAIL_OVER_MAC, b.FailOverMAC)
	put32(nl.IFLA_BOND_MIIMON, b.MIIMon)
	put32(nl.IFLA_BOND_ARP_INTERVAL, b.ARPInterval)
	put32(nl.IFLA_BOND_UPDELAY, b.UpDelay)
	put32(nl.IFLA_BOND_DOWNDELAY, b.DownDelay)
	put32(nl.IFLA_BOND_MIN_LINKS, b.MinLinks)
	put8(nl.IFLA_BOND_AD_SELECT, b.ADSelect)
	put8(nl.IFLA_BOND_AD_LACP_RATE, b.LACPRate)
	put8(nl.IFLA_BOND_XMIT_HASH_POLICY, b.XmitHash)
	put8(nl.IFLA_BOND_NUM_PEER_NOTIF, b.PeerNotices)
	if b.Aggregator.Known {
		info := nl.NewRtAttr(nl.IFLA_BOND_AD_INFO, nil)
		info.AddRtAttr(nl.IFLA_BOND_AD_INFO_AGGREGATOR, nl.Uint16Attr(b.Aggregator.Value.ID))
		info.AddRtAttr(nl.IFLA_BOND_AD_INFO_NUM_PORTS, nl.Uint16Attr(b.Aggregator.Value.Ports))
		info.AddRtAttr(nl.IFLA_BOND_AD_INFO_PARTNER_MAC, address(tb, b.Aggregator.Value.Partner))
		data = append(data, info)
	}
	link := message(b.Index, b.Name, b.Flags, b.OperState, nil, kindBond, "", data)
	if b.Address.Known {
		own := nl.NewRtAttr(unix.IFLA_ADDRESS, address(tb, b.Address.Value)).Serialize()
		link = slices.Insert(link, unix.SizeofIfInfomsg, own...)
	}
	out := [][]byte{link}
	for _, m := range b.Members {
		out = append(out, encodeMember(tb, b.Index, m))
	}
	return out
}

func encodeMember(tb testing.TB, master int32, m Member) []byte {
	tb.Helper()
	var data []*nl.RtAttr
	if m.Role.Known {
		data = append(data, nl.NewRtAttr(nl.IFLA_BOND_SLAVE_STATE, []byte{byte(m.Role.Value) - 1}))
	}
	if m.MII.Known {
		data = append(data, nl.NewRtAttr(nl.IFLA_BOND_SLAVE_MII_STATUS, []byte{byte(m.MII.Value) - 1}))
	}
	if m.LinkFailures.Known {
		data = append(data, nl.NewRtAttr(nl.IFLA_BOND_SLAVE_LINK_FAILURE_COUNT, nl.Uint32Attr(m.LinkFailures.Value)))
	}
	if m.Address.Known {
		data = append(data, nl.NewRtAttr(nl.IFLA_BOND_SLAVE_PERM_HWADDR, address(tb, m.Address.Value)))
	}
	if m.Aggregator.Known {
		data = append(data, nl.NewRtAttr(nl.IFLA_BOND_SLAVE_AD_AGGREGATOR_ID, nl.Uint16Attr(m.Aggregator.Value)))
	}
	if m.Actor.Known {
		data = append(data, nl.NewRtAttr(nl.IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE, []byte{byte(m.Actor.Value)}))
	}
	if m.Partner.Known {
		data = append(data, nl.NewRtAttr(nl.IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE, nl.Uint16Attr(uint16(m.Partner.Value))))
	}
	if m.Churn.Known {
		data = append(data,
			nl.NewRtAttr(churnActor, []byte{byte(m.Churn.Value.Actor) - 1}),
			nl.NewRtAttr(churnPartner, []byte{byte(m.Churn.Value.Partner) - 1}))
	}
	return message(m.Index, m.Name, m.Flags, m.OperState, &master, "", kindBond, data)
}

// message is the body of an RTM_NEWLINK message; data belongs to the link itself or, where it has a master, to the member.
func message(index int32, name string, flags LinkFlags, oper Reading[uint8], master *int32, kind, memberKind string, data []*nl.RtAttr) []byte {
	out := make([]byte, unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(out[4:], uint32(index))
	binary.NativeEndian.PutUint32(out[8:], uint32(flags))
	out = append(out, nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(name)).Serialize()...)
	if oper.Known {
		out = append(out, nl.NewRtAttr(unix.IFLA_OPERSTATE, []byte{oper.Value}).Serialize()...)
	}
	if master != nil {
		out = append(out, nl.NewRtAttr(unix.IFLA_MASTER, nl.Uint32Attr(uint32(*master))).Serialize()...)
	}
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	if kind != "" {
		info.AddRtAttr(nl.IFLA_INFO_KIND, nl.NonZeroTerminated(kind))
	}
	dataKind := nl.IFLA_INFO_DATA
	if memberKind != "" {
		info.AddRtAttr(nl.IFLA_INFO_SLAVE_KIND, nl.NonZeroTerminated(memberKind))
		dataKind = nl.IFLA_INFO_SLAVE_DATA
	}
	nest := nl.NewRtAttr(dataKind, nil)
	for _, a := range data {
		nest.AddChild(a)
	}
	info.AddChild(nest)
	return append(out, info.Serialize()...)
}

func address(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, ":", ""))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}
