// Package disk is the room of disks: SCSI, SATA and NVMe. A disk is no group: nothing covers for it, and it has no margin. It is
// told as a lone component, and what is wrong with it weighs where something stands on it: a mirror on a disk that expects to
// fail has one member in doubt.
//
// What it reads, without privilege, in sysfs:
//
//   - block/*/size, removable, queue/rotational, device/model, device/state, device/iotmo_cnt, device/ioerr_cnt
//     (https://docs.kernel.org/admin-guide/abi-testing.html; drivers/scsi/scsi_sysfs.c for the counters);
//   - class/nvme/*/state, and the link of a controller and of the port above it: current_link_speed, max_link_speed and
//     width (https://docs.kernel.org/admin-guide/abi-testing.html#abi-sys-bus-pci-devices-current-link-speed);
//   - its aer_dev_correctable, aer_dev_nonfatal and aer_dev_fatal, where somebody wants them;
//   - ata_link/*/sata_spd and hw_sata_spd_limit; class/sas_phy/*/negotiated_linkrate and maximum_linkrate;
//   - uevents of disks and controllers, for hints to look again.
//
// What disks say of themselves, through the privileged helper (package priv, disk.look): the NVMe SMART / health information
// log (NVM Express Base Specification 2.0, 5.16.1.3), ATA's SMART status, attributes and thresholds and IDENTIFY DEVICE (ACS-3;
// SFF-8035i for the attributes), SCSI's informational exceptions and other log pages (SPC-4 7.3, SBC-3 6.4) and the length of
// the grown defect list.
//
// What smartctl says beside that, where the configuration has it asked, and of disks behind MegaRAID controllers it alone: its JSON,
// format 1, and its exit status (https://www.smartmontools.org/browser/trunk/smartmontools/smartctl.8.in).
//
// Looking does no harm: the helper wakes no disk that sleeps. One disk is asked at a time, overall. A disk whose state is not good,
// of which the kernel has counted an error within ten minutes, or that may be in one group with a disk that owes an answer is not
// asked. One that does not answer is asked again ever more rarely, and never while the first request is out.
//
// What is old is told as old: a reading carries the time when it was read, a disk that no longer answers is not well for what it
// said before, and what it predicted is not taken back by its silence.
//
// What it is not: smartd. It starts no self-tests, keeps no trend, and knows no maker's own attributes.
//
// What it can't see: disks behind USB (their bridges answer as they like, and may wake them for a question) and behind
// hardware RAID, which hides them from all but smartctl; virtio, MMC and Xen disks, which say nothing; SMART of ATA disks whose controller does not
// pass commands through; what a SAS disk's link could do at the best, but for what others of its model do; the rate of a SATA
// link behind a port multiplier; errors that the kernel counted while it was being asked. ioerr_cnt also counts others'
// commands that told something by sense data, such as smartd's: such a disk is asked somewhat later.
//
// The files, in the order of the flow: drive.go (the facts, typed), read.go (sysfs), parse.go (its words), ask.go (when the helper
// is asked) and course.go (what came of it), nvme.go, ata.go and scsi.go (pages → facts, pure), report.go (what a disk says of its
// health, pure), smartctl.go (its words → facts, pure), second.go (when it is asked, and what it adds), hidden.go (disks that it alone
// reaches), group.go and warnings.go (facts → components, pure), collect.go, watch.go.
package disk
