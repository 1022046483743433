package raid

import (
	"slices"

	"plimsoll/internal/blockid"
	"plimsoll/internal/fact"
	"plimsoll/redundancy"
)

// ArrayState is md/array_state. A word that is none of these is kept as it is.
type ArrayState string

// The words of array_state, from array_states in drivers/md/md.c.
const (
	Clear        ArrayState = "clear"         // no array at all
	Inactive     ArrayState = "inactive"      // not started; I/O fails
	Suspended    ArrayState = "suspended"     // I/O waits
	ReadOnly     ArrayState = "readonly"      // writes fail
	ReadAuto     ArrayState = "read-auto"     // nothing written yet; the first write makes it active
	Clean        ArrayState = "clean"         // no writes pending
	Active       ArrayState = "active"        // writes pending, or a resync
	WritePending ArrayState = "write-pending" // writes wait for the metadata
	ActiveIdle   ArrayState = "active-idle"   // active, no writes for a moment
	Broken       ArrayState = "broken"        // too many members failed, or the last one was refused to fail
)

// Level is md/level. A word that is none of these is kept as it is.
type Level string

// The words of level. md writes "container" nowhere: metadata_version tells a container (see Metadata).
const (
	Linear    Level = "linear"
	RAID0     Level = "raid0"
	RAID1     Level = "raid1"
	RAID4     Level = "raid4"
	RAID5     Level = "raid5"
	RAID6     Level = "raid6"
	RAID10    Level = "raid10"
	Multipath Level = "multipath"
	Faulty    Level = "faulty" // the fault injector, no redundancy
)

// SyncAction is md/sync_action. A word that is none of these is kept as it is.
type SyncAction string

// The words of sync_action, from action_show in drivers/md/md.c.
const (
	Idle    SyncAction = "idle"
	Frozen  SyncAction = "frozen"
	Resync  SyncAction = "resync"
	Recover SyncAction = "recover"
	Check   SyncAction = "check"
	Repair  SyncAction = "repair"
	Reshape SyncAction = "reshape"
)

// Policy is md/consistency_policy: what makes the redundancy right again after a crash.
type Policy string

// The policies that leave nothing to make right: parity can be trusted at every moment. PolicyUnknown is what md says of an
// array that does not run.
const (
	PolicyJournal Policy = "journal"
	PolicyPPL     Policy = "ppl"
	PolicyUnknown Policy = "unknown"
)

// Bitmap is md/bitmap/location: where the write-intent bitmap is kept, "+8" for sectors behind the metadata, "file" or none.
type Bitmap string

// NoBitmap is the location of no bitmap.
const NoBitmap Bitmap = "none"

// DeviceWord is one of the comma-separated words of dev-*/state. A word that is none of these is kept as it is.
type DeviceWord string

// The words of dev-*/state, from state_show in drivers/md/md.c.
const (
	DevFaulty          DeviceWord = "faulty"
	DevInSync          DeviceWord = "in_sync"
	DevJournal         DeviceWord = "journal"
	DevWriteMostly     DeviceWord = "write_mostly"
	DevBlocked         DeviceWord = "blocked"
	DevSpare           DeviceWord = "spare" // also a slot's occupant that is not in sync yet
	DevWriteError      DeviceWord = "write_error"
	DevWantReplacement DeviceWord = "want_replacement"
	DevReplacement     DeviceWord = "replacement"
	DevFailFast        DeviceWord = "failfast"     // md gives up on its requests early; says nothing of how it fares
	DevExternalBBL     DeviceWord = "external_bbl" // its bad blocks are kept by mdmon
)

// Disks is md/raid_disks: how many slots there are, and during a reshape how many there were.
type Disks struct {
	Now    int
	Before int // equal to Now where no reshape changes it
}

// Shape is md/layout or md/chunk_size: what it is, and what it still is where a reshape has not come yet.
type Shape struct {
	Now    uint64
	Before uint64 // equal to Now where no reshape changes it
}

// Range is a line of dev-*/bad_blocks, in sectors of the device: what md has to know of it lies before its data.
type Range struct{ Start, Length uint64 }

// Progress is md/sync_completed, in sectors. Delayed: it waits for another array on the same disks.
type Progress struct {
	Running, Delayed bool
	Done, Total      uint64
}

// Slot is dev-*/slot.
type Slot struct {
	Number  int
	Taken   bool // false: a spare, or a device that md has thrown out
	Journal bool
}

// reshaping says whether a reshape changes the geometry, so that no place holds what either geometry alone says.
func (a Array) reshaping() bool {
	return a.Action.Known() && a.Action.Value == Reshape || a.Disks.Known() && a.Disks.Value.Now != a.Disks.Value.Before ||
		a.Layout.Known() && a.Layout.Value.Now != a.Layout.Value.Before ||
		a.ChunkSize.Known() && a.ChunkSize.Value.Now != a.ChunkSize.Value.Before
}

// Metadata is md/metadata_version. External metadata (imsm, ddf) is kept by mdmon; an array of it lives in a container.
type Metadata struct {
	External  bool
	Container string // the container's kernel name, of an array that lives in one
	Index     string // which of the container's arrays
}

// IsContainer says whether this is a container: it holds arrays, and is none.
func (m Metadata) IsContainer() bool { return m.External && m.Container == "" }

// Device is one dev-* directory: a device that md holds on to, in a slot or not.
type Device struct {
	Name      string // the kernel's: sda1
	State     fact.Of[[]DeviceWord]
	Slot      fact.Of[Slot]
	Errors    fact.Of[uint64] // read errors that md put right
	BadBlocks fact.Of[[]Range]
	// Offset and Recovered are read only where a device of the array has bad blocks: where its data begins, and up to where
	// it has been recovered, in sectors of its data.
	Offset    fact.Of[uint64]
	Recovered fact.Of[uint64]
	// Free says that it belongs to the array's container, and to no array in it: a spare, or a disk that has failed there.
	// Only the container's metadata can tell; sysfs calls every device of a container a spare.
	Free bool
	// Block is the link to the block device, and an error once that has left the host. md holds on to a device that was
	// pulled, and calls it in_sync until it writes to it.
	Block    fact.Of[struct{}]
	Identity blockid.Identity
}

// Is says whether the device's state has the word w. Of a state that is not known nothing is said.
func (d Device) Is(w DeviceWord) bool {
	return d.State.Known() && slices.Contains(d.State.Value, w)
}

// Gone says whether the device surely has left the host.
func (d Device) Gone() bool { return d.Block.Missing() }

// Thrown says whether md has failed the device. A device that is faulty and in_sync at once is not: it has bad blocks that
// the metadata does not know of yet (state_show in drivers/md/md.c).
func (d Device) Thrown() bool { return d.Is(DevFaulty) && !d.Is(DevInSync) }

// Array is what md says of one array. Every fact stands alone: one that is not known changes no other.
type Array struct {
	Name     string // the kernel's: md0
	Dir      string // its md directory
	ID       redundancy.ID
	IDSource redundancy.Evidence
	Twin     bool            // another array of the host has the same UUID
	Frozen   bool            // sync_action says frozen, and has for a while
	Last     []redundancy.ID // by slot: the device that was last seen in it (its identity's ID), empty for none

	State      fact.Of[ArrayState]
	Level      fact.Of[Level]
	Layout     fact.Of[Shape]
	Disks      fact.Of[Disks]
	Degraded   fact.Of[int]
	Metadata   fact.Of[Metadata]
	ChunkSize  fact.Of[Shape]
	Size       fact.Of[uint64] // component_size, in KiB; read only where a device has bad blocks
	Policy     fact.Of[Policy]
	Bitmap     fact.Of[Bitmap]
	Keeper     fact.Of[Keeper]
	Action     fact.Of[SyncAction]
	LastAction fact.Of[SyncAction]
	Progress   fact.Of[Progress]
	Speed      fact.Of[float64] // bytes per second
	Start      fact.Of[bool]    // resync_start: whether a resync is still to come, or at work
	Mismatches fact.Of[uint64]  // sectors
	ScrubFrom  fact.Of[uint64]  // sync_min: where a scrub that was broken off got to, 0 after one that was not
	Held       fact.Of[int]     // how many devices md holds; not known where they could not be listed
	Devices    []Device         // sorted by name
}

// Parity says whether the level computes its redundancy from all members, so that it can't be trusted while a resync puts
// it right.
func (l Level) Parity() bool {
	switch l {
	case RAID4, RAID5, RAID6:
		return true
	case Linear, RAID0, RAID1, RAID10, Multipath, Faulty:
		return false
	default:
		return false
	}
}
