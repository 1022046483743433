// Package raid is the room for Linux software RAID: what md says of its arrays, and what that means for redundancy.
//
// It reads, in /sys/block/md*/md (https://docs.kernel.org/admin-guide/md.html; words as in drivers/md/md.c): array_state,
// level, layout, raid_disks, degraded, metadata_version, uuid, chunk_size, consistency_policy, bitmap/location,
// sync_action, last_sync_action, resync_start, bitmap/metadata, mismatch_cnt, sync_min, while md is at work sync_completed and sync_speed,
// the links rd*, and of each dev-*: state, slot, errors, bad_blocks and the link block; where a device has bad blocks
// component_size and each dev-*/offset and recovery_start too; of a container the holders of its devices. Below the link
// block internal/blockid asks a disk who it is. Where the kernel knows no UUID (containers, arrays that were not
// started), udev's database in /run/udev/data does. Where an array lacks a member, or a spare that a declared pool could give, the
// host's other block devices are looked at too: who they are, what udev found on them, and what holds them. /proc/mdstat, read with procfs, is a cross-check only. Nothing here
// needs a privilege, and nothing touches a disk.
//
// The component is the slot, the device its occupant: a spare that takes over changes the slot's device, not the group. A
// slot is good if its device is in_sync and its block device is still there; md calls a mirror clean whose halves were
// both pulled, until it writes.
//
// One fault has one face, however far md has got with it: a pulled device's slot is Absent from the first moment, and the
// slot of a device that failed and is still attached is Disabled, with the device as a member of its own, before and after
// md empties the slot. Which slot a failed device came from is known to a collector that saw it there; one that started
// later takes the slots that are left over, if the numbers agree.
//
// An array that has devices and does not run is on its way up or down for a moment, at every assembly and every stop. It is
// judged (it has failed) at the first look at it after the agent's start, or when it stays so for two seconds and a look
// finds it so; until then it is not there.
//
// Read in this order: array.go (the facts), parse.go (text to facts), read.go and identity.go (files to text), needs.go,
// raid10.go, journal.go, udev.go, group.go and member.go (facts to a judged group), lost.go (data that is on no copy),
// warnings.go, collect.go and watch.go (when); unfit.go and candidate.go (what speaks against changing an array, and what could be taken
// into it), ways.go and done.go (what can be done, and what shows it), operate.go and refusals.go (asking the helper, and what
// came to nothing).
//
// What it is not: it does not judge (package redundancy does) or decide, changes nothing itself, and knows no disk's health but md's
// own opinion.
//
// What it cannot see: which device sits behind a block link whose disk was pulled and replaced by another one that the
// kernel gives the same name at the same place, before md has noticed; without udev's database, the UUID of an array that
// was assembled and not started (md reads it from the members at the start) and of a container, which are then named
// after the kernel's names; what a container (imsm, ddf) keeps besides its arrays, so that a spare and a failed disk in
// it look the same; bad blocks beyond the first page of them, some two hundred ranges; how much of a raid5's parity was
// never computed, once a member fails during its first resync (md then calls the resync done); a scrub that began and
// ended before the agent's first look; that a raid1 or raid10 has refused to fail its last copy and takes no more writes,
// if nothing was written to it since its assembly (6.1 goes on saying read-auto); dm-raid, which is LVM's and not in
// /sys/block/*/md; the name of a spare that was gone before the first look; and after a start of the agent, whether an
// empty slot lost its device to a pull or to the failure of a device that is still attached from before.
package raid
