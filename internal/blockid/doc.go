// Package blockid says who a block device is, for good: by what the device says of itself, never by the order in which the
// kernel found it.
//
// It reads, in a block device's directory in sysfs: partition, wwid, device/wwid (SCSI, SATA and NVMe:
// https://docs.kernel.org/admin-guide/abi-testing.html#abi-sys-block-disk-wwid), serial, device/vpd_pg80, device/serial,
// dm/uuid and dm/name (Documentation/ABI/testing/sysfs-block-dm), md/uuid and md/metadata_version, and whether there is a
// device behind it at all. No privilege is needed, no disk is woken: what SCSI says of itself was read when it was found.
//
// Two names come of that. Events name a device by Identity.Disk and ID ("wwn:0x5000c500a1b2c3d4-part1"). What stands on
// what is told in part ids, PartID:
//
//	disk:wwn:0x5000c500a1b2c3d4            a disk; disk:serial:… without a worldwide name, disk:name:sda without either
//	disk:wwn:0x5000c500a1b2c3d4-part1      a partition, whatever it is on: raid:UUID-part1, dm:…-part1, block:loop0-part1
//	dm:LVM-…                               a device-mapper device by its uuid; dm:name/vg0-root without one
//	raid:UUID                              an md array, exactly as its group is named; raid:md127/0 in a container
//	block:loop0                            what has no hardware of its own: loop, ram, zram, nbd
//
// What it is not: it remembers nothing. Who asks keeps the answer for as long as the device is the same incarnation.
//
// What it cannot see: the UUID of an array on kernels without md/uuid, which is raid:name/md0 here, and of a container:
// package raid, which asks udev too, says as a part what raid:md127/0 is; which of two arrays with one UUID a device is; a disk behind a bridge that gives every disk the
// same serial number.
package blockid
