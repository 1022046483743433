// Package netbond is the room of network bonds: it reads what the kernel's bonding driver says of its bonds and their
// members over rtnetlink and tells it as groups of redundancy.
//
// What it does: [Ways] say when an active-backup bond is to use another member, though the link of the one in use is up, and
// the operators have the privileged helper do it.
//
// What it is not: on carrier loss the kernel moves by itself, within milliseconds, and a second actor would race it.
//
// What it reads, without privilege, in the network namespace it runs in:
//
//   - RTM_GETLINK dumps, filtered by the kernel: one for links of the kind "bond", then one for the members of each. A dump
//     of all links is not asked for: on a host with hundreds of them it costs more, it is interrupted by every link that
//     comes or goes (containers), and together with the flag for virtual functions, which vishvananda/netlink's LinkList
//     sets, it makes drivers ask their firmware. Kernels that ignore the filter send more, which is sorted out here. After a
//     hint the bond that it was of is asked for alone.
//   - IFLA_INFO_DATA of a bond (mode, miimon, arp_interval, active_slave, ad_info, …) and IFLA_INFO_SLAVE_DATA of a member
//     (state, mii_status, permanent address, LACP port states, churn), by the names of include/uapi/linux/if_link.h, which
//     is where most evidence points to. What they mean: https://docs.kernel.org/networking/bonding.html
//   - /proc/net/bonding/BOND, the kernel's report, for what rtnetlink does not tell: speed and duplex as bonding knows them
//     (sysfs would ask the driver at every look), and churn before rtnetlink had it. To those who may administer the network,
//     and the agent may not, it also tells who answers on each port and by which keys, which the agent asks of
//     the privileged helper, once a minute; that is evidence where it is there, and no verdict needs it.
//   - /sys/class/net/MEMBER, once for each link: which part it is (package linkid), and the PCI function, device or link that
//     carries it.
//   - The multicast group RTNLGRP_LINK, for hints to look again. The socket is read here rather than by the library, whose
//     subscription ends for good at the first overflow (ENOBUFS); here an overflow is one more reason to look, and the look
//     reads everything anew. One failover is six to eight messages; what is queued together is one hint.
//
// The attributes in /sys/class/net/BOND/bonding are left alone: rtnetlink tells all of them, the active aggregator's partner
// even to those to whom ad_partner_mac reads empty.
//
// Attributes are parsed here, not by the library: it indexes into short attributes without a check, and it leaves out
// IFLA_BOND_AD_INFO. Here a malformed value is unread, with evidence, and nothing else changes.
//
//   - What comes through each member of the active-backup bonds that the configuration lists (helper.packet_socket), through
//     sockets of the privileged helper: package paths below this one.
//
// What it can't see: bonds in other network namespaces (a member that leaves for one is named, if its leaving was heard);
// teams and Open vSwitch bonds; whether a path beyond the link carries, unless it is listened to or the bond watches by ARP; without privilege,
// the LACP partner of an aggregator that is not the active one.
//
// In 802.3ad the kernel announces nothing: a port can leave its aggregator with no message at all (seen on Linux 6.1). All
// bonds are therefore looked at every few seconds (looks.bond in the configuration), and a hint of one bond never stands in
// for a look at all that is older than that.
//
// The kernel calls a member a slave. We say member; the kernel's word stands in attribute names and nowhere else.
//
// The files, in the order of the flow, which is the same in every room: bond.go (the facts, typed), read.go (the kernel →
// raw messages), report.go, base.go, watch.go and hints.go (hints), parse.go (raw → facts, pure), group.go, lacp.go and
// warnings.go (facts → groups, pure), path.go (what those who listen have found), details.go (what the helper knows), collect.go;
// way.go (what is to be done, pure), operate.go and announce.go (the doing).
package netbond
