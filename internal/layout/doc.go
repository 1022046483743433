// Package layout says by which commands a host's groups are made, from what the baseline knows of them: arrays by mdadm, bonds by
// iproute2, units by systemctl. Pure: what it is given and the standard library, no I/O.
//
// [Make] is for a host that was lost: a group from nothing, on blank disks. [Restore] is for one that has drifted: the shortest
// way back to what the baseline knows. Both print and do nothing; the host's own configuration management stays the owner.
//
// What a command is correct for was read in mdadm(8), md(4), ip-link(8) and the kernel's Documentation/networking/bonding.rst,
// which says of each option whether a bond must be down, or without members, to take it.
//
// # What it cannot say
//
// What stands on an array (filesystems, LVM), what addresses a bond has, and the targets of its ARP monitoring: no room reads
// them. A disk that had no worldwide name is called by the name that the kernel gave it then. Where no command leads back, as from another
// level, a note says so instead.
package layout
