// Package topology is the source that says what stands on what: from mounted filesystems, swap and default routes down to
// disks, controllers and cards. It tells parts and uses, no groups: which group covers for a use, and what dies with a part,
// is worked out by package redundancy.
//
// What it is not: it judges nothing, opens no device and no mount point, and asks no filesystem anything (statfs on a dead
// disk or server never returns). What a disk says of itself was read by the kernel when the disk was found.
//
// What it reads, without privilege:
//
//   - /sys/class/block, and of each device dev, dm/name, dm/uuid, slaves/, loop/backing_file and what internal/blockid reads
//     (https://docs.kernel.org/admin-guide/abi-stable.html, abi-testing.html). Where a device's link leads says what it is
//     attached to: PCI functions, SCSI host and address, SAS expanders, NVMe subsystem.
//   - /sys/class/scsi_host/*/proc_name, raid_level and level of a SCSI disk, /sys/class/raid_devices: whether it is a disk or
//     made of disks by a controller. /sys/class/enclosure and /sys/bus/pci/slots: where a disk or card is to be found.
//   - /sys/fs/btrfs/*/devices: a btrfs has no device number of its own.
//   - /proc/1/mountinfo, or /proc/self/mountinfo where other processes are hidden (as from plimsolld.service), and
//     /proc/swaps: proc(5). /run/udev/data, for the type of a partition that may be the EFI system partition.
//   - /sys/class/net with its links lower_*, and the default routes over rtnetlink: /proc/net/route shows one hop of a route
//     over several.
//
// Parts are named by what lasts: block devices as internal/blockid names them, and
//
//	pci:0000:03:00.0    a PCI function, domain "controller"    card:0000:03:00    all its functions, domain "card"
//	expander:0x5000…    a SAS expander, by its address         enclosure:0x5000…  a disk enclosure, by its logical id
//	nic:52:54:00:…      a network card's link, by its permanent address; link:br0, a virtual link, by its name
//	path:sda            a way of a multipath device's to its disk, by the name that the kernel gave it
//	btrfs:UUID          a btrfs over several devices           zfs:tank           a ZFS pool
//	route:inet          a default route over several links
//
// An md array is its group raid:UUID, a bond its group bond:bond0; the rooms raid and netbond say what those stand on. A
// device-mapper multipath device stands on its disk and on the group multipath:WWID, whose members stand on the paths.
//
// A part is opaque where it may survive the loss of something below in a way that is not understood: LVM RAID and mirrors,
// dmraid, one disk by several names without multipath, NVMe with several controllers, btrfs and bcachefs over several
// devices, ZFS, hardware RAID, disks of other machines (iSCSI, Fibre Channel, NVMe over Fabrics), DRBD, a bridge with
// several uplinks, Open vSwitch, teams, routes over several links. A hardware RAID's disk is told from a plain one by the
// driver's own word; where that can't be told it is opaque.
//
// Uses are mounted filesystems that are kept on block devices, ZFS pools (one use each), swap and the default route of each
// family in the main table, the one with the lowest metric. A filesystem that is mounted in several places is one use, named
// by its shortest mount point. No uses are filesystems in memory, network filesystems, FUSE other than on a block device,
// read-only images on loop devices, and swap in memory (zram).
//
// What it cannot see: links, bonds and mounts in other namespaces; routes in other tables than main (policy routing, VRF);
// whether a route's gateway answers; which physical card two functions behind a PCIe switch are on, where firmware names no
// slots; that two LUNs of a disk with two actuators are one disk; f2fs over several devices; which of two md arrays with one
// UUID a filesystem is on; the device of a bcachefs or btrfs whose source names none; disks of a virtual machine for what
// they are on its host. A bridge port, a team's port or a route that changes is found by the next look, not announced.
//
// The files, in the order of the flow: device.go and link.go (the facts), parse.go and place.go (text → facts, pure),
// readblock.go, readnet.go and routes.go (the kernel → facts), hardware.go (what is a disk and what a controller made),
// parts.go, netparts.go and uses.go (facts → parts and uses, pure), collect.go and watch.go (when).
package topology
