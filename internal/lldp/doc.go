// Package lldp says which switch, and which port of it, is at the other end of each link, so that a switch is a failure domain:
// what stands on a network card then stands on that port, and through it on the switch.
//
// Two daemons are asked for what they have heard; either is enough.
//
//   - systemd-networkd keeps the frames in /run/systemd/netif/lldp/IFINDEX, one file a link, readable by all: for each frame
//     its length (eight bytes, little-endian) and the frame (IEEE 802.1AB). networkd listens by default to bridges and routers
//     (LLDP=routers-only in systemd.network(5)). A file is written anew with each frame, so one that is older than the
//     frame's own time to live is what a networkd that ended has left behind; it is not believed. Later versions of systemd
//     tell over Varlink instead and write no such file.
//   - lldpd is asked by `lldpcli -f json0 show neighbors`, the form that its manual calls the easiest to parse. Its socket itself
//     speaks C structures that change with every version. Debian's and the project's own packages let lldpd's group (_lldpd) use
//     the socket and the group adm run lldpcli; an agent that may not is told so in a note.
//
// Of several neighbours on one link the one that says that it works as a bridge or a router counts; where several say so, none
// does, with a note. LLDP is unauthenticated: who can send frames into a link can claim to be any switch. What is told is used
// to see what fails together, and for nothing else.
//
// What was heard counts for two minutes after it was heard last, LLDP's usual time to live, and for as long as the link has had
// no carrier since: a switch that is down can't say so, and what was on it still was. The part of the link then says when its
// neighbour was heard last. After that nobody claims it.
//
// What it cannot see: switches that speak no LLDP; that two switches are one stack with two chassis ids, or that one chassis id
// is a stack of two; links in other network namespaces.
//
// The files: neighbour.go (the facts), frame.go and lldpd.go (the two forms, pure), read.go, parts.go (facts → parts, pure),
// collect.go.
package lldp
