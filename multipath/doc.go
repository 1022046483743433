// Package multipath is the room of device-mapper multipath devices: one disk that several paths lead to. The paths cover for one
// another, so they are a group of which one is needed. The disk at their end is nobody's member: nothing covers for it here.
//
// What it reads, without privilege, in sysfs:
//
//   - block/dm-*/dm/uuid, name and suspended, and slaves/ (https://docs.kernel.org/admin-guide/abi-testing.html, sysfs-block-dm):
//     a uuid that begins with "mpath-" is a multipath device, and the rest of it is the disk's name for good;
//   - block/sd*/device/state of each path, SCSI's word for it (drivers/scsi/scsi_sysfs.c);
//   - where the path's link leads: a PCI function, and the port at the other end, of class/sas_device, class/fc_remote_ports and
//     class/iscsi_connection. These two name the path for good; sda is for people.
//
// Which paths device-mapper has given up stands in no attribute. The kernel's own status of the target (multipath_status in
// drivers/md/dm-mpath.c, https://docs.kernel.org/admin-guide/device-mapper/) is asked of the privileged helper (package priv,
// multipath.status). Without it a path that SCSI calls running may be one that no request takes: it is unread.
//
// It hears the kernel's uevents of device-mapper devices: PATH_FAILED and PATH_REINSTATED among them.
//
// A path is good if SCSI calls it running and device-mapper has not given it up. A disk whose array has other paths for other
// times (ALUA's standby) counts them as good as device-mapper does; whoever tests such paths is multipathd.
//
// What it is not: multipathd. It tests no path, reinstates none and loads no table; nor does it ask multipathd, whose word is
// in what device-mapper does.
//
// What it can't see: whether a path that has not been used since it broke still works, where no multipathd tests it; which disk
// of an array is behind the paths; NVMe's own multipath, whose controllers the room disk knows.
//
// The files, in the order of the flow: device.go (the facts, typed), read.go (sysfs), parse.go (the kernel's words), group.go
// (facts → group, pure), collect.go, watch.go.
package multipath
