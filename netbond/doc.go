// Package netbond is the room of network bonds: it reads what the kernel's bonding driver says of its bonds and their
// members over rtnetlink and tells it as groups of redundancy.
//
// What it is not: it does not fail over. On carrier loss the kernel moves by itself, within milliseconds, and a second
// actor would race it. It does not probe paths either: a link that is up can lead nowhere.
//
// What it reads, without privilege, in the network namespace it runs in:
//
//   - RTM_GETLINK dumps, filtered by the kernel: one for links of the kind "bond", then one for the members of each. A dump
//     of all links is not asked for: on a host with hundreds of them it costs more, it is interrupted by every link that
//     comes or goes (containers), and together with the flag for virtual functions, which vishvananda/netlink's LinkList
//     sets, it makes drivers ask their firmware. Kernels that ignore the filter send more, which is sorted out here.
//   - IFLA_INFO_DATA of a bond (mode, miimon, arp_interval, active_slave, ad_info, …) and IFLA_INFO_SLAVE_DATA of a member
//     (state, mii_status, permanent address, LACP port states), by the names of include/uapi/linux/if_link.h, which is where
//     every piece of evidence points to. What they mean: https://docs.kernel.org/networking/bonding.html
//   - The multicast group RTNLGRP_LINK, for hints to look again. The socket is read here rather than by the library, whose
//     subscription ends for good at the first overflow (ENOBUFS); here an overflow is one more reason to look, and the look
//     reads everything anew. One failover is six to eight messages; what is queued together is one hint.
//
// Attributes are parsed here, not by the library: it indexes into short attributes without a check, and it leaves out
// IFLA_BOND_AD_INFO. Here a malformed value is unread, with evidence, and nothing else changes.
//
// What it can't see: bonds in other network namespaces; teams and Open vSwitch bonds; whether two members end in one
// switch; whether a path beyond the link carries; speed and duplex (ethtool's); the LACP partner of an aggregator that is
// not the active one. In 802.3ad a port can leave its aggregator with no message at all (seen on Linux 6.1), so hints alone
// are never enough there.
//
// The kernel calls a member a slave. We say member; the kernel's word stands in attribute names and nowhere else.
//
// The files, in the order of the flow, which is the same in every room: bond.go (the facts, typed), read.go (the kernel →
// raw messages) and watch.go (hints), parse.go (raw → facts, pure), group.go and lacp.go (facts → groups, pure), collect.go.
package netbond
