// Package paths finds out whether the path behind each member of an active-backup bond carries, though its link is up: by
// listening on every member, and, where a person has named whom to ask, by asking through every member.
//
// Listening sends nothing. A broadcast that the host itself sends through the member in use has to come out of the switch
// again at every standby, and one that somebody else sends has to come in through all of them: that proves the receive side
// of a standby and the VLAN it is in, not that it could send. Each network that the member in use is in, the bond's own and
// that of each VLAN on top of it, is compared for itself. A standby that misses one of them, and hears another or strangers, is
// not in the same VLANs.
//
// Asking sends an ARP request for each target through each member, from an address of the member's own that nothing else
// has, without an IP address, to the target's own address once that is known (by broadcast until then, at most every ten
// seconds). Nobody learns anything from it about the bond. Tried on Linux 6.1 on a stream of 500 packets to an otherwise
// silent host: probes from the bond's address, or from a permanent address that the bond has adopted, cost more than half of
// them; from a locally administered one none.
//
// What is concluded. Silent: a path that carried before has missed five occasions in a row, while another one had them: a
// target that answers through another member, a broadcast that came in through the one in use. The member in use is called
// silent only if as many targets as the configuration asks for fail through it and answer through one standby. If nobody
// answers through any member, that is the targets' affair, and nothing follows. Unproven: what has not been heard yet. A link
// that was down has to prove itself anew.
//
// Five occasions are five rounds. A suspected path is asked again after a quarter of the interval rather than after all of
// it, so that the five fit into less than two and a half intervals (docs/decisions/0025-silent-paths.md).
//
// What it reads: packet sockets (packet(7)) that the privileged helper opens, with a filter through which ARP alone comes;
// RFC 826 and RFC 5227. The kernel takes VLAN tags off before a socket for ARP sees a frame; of what the member in use
// receives it says instead for which of the bond's links it was.
//
// What it can't see: what the host itself sends; what the member in use of a bond receives that is a port of a bridge; IPv6,
// since the helper's filter lets ARP through alone. A switch that drops frames from addresses that it does not know yet (port security, 802.1X, SR-IOV and virtual switches with spoof checks) drops probes:
// the path then stays unproven.
//
// The files: paths.go (what is watched and found), frame.go (ARP, pure), ledger.go (what was heard), probe.go (what was
// answered), finding.go (what follows; these three are pure), socket.go and watch.go (the doing).
package paths
