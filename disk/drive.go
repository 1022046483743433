package disk

import (
	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

// Drive is one disk as the kernel shows it: a SCSI or ATA disk, or an NVMe namespace with the controllers that lead to it.
type Drive struct {
	ID    redundancy.ID // the part that others stand on: disk:wwn:…
	Name  string        // the kernel's: sda, nvme0n1
	Model string
	Flash bool // nothing in it turns
	NVMe  bool
	// Hidden is the disk's name as priv.HiddenDisk has it, where a RAID controller keeps it to itself.
	Hidden string
	Size   Fact // in sectors of 512 bytes
	// Paths are how the kernel reaches the disk, at least one: the SCSI device itself, or each NVMe controller. More than one where a
	// namespace, or a disk by its name for good, is reached by several.
	Paths []Path
}

// way is the path to ask the disk through: the first that works, else the first.
func (d Drive) way() Path {
	for _, p := range d.Paths {
		if conditions[p.State.Value] == works {
			return p
		}
	}
	return d.Paths[0]
}

// holders are what is made of the disk and its partitions: md0, dm-1. Two disks that share one may be members of a group.
func (d Drive) holders(sys sysfs.FS) []string {
	if d.NVMe {
		return holders(sys, d.Name)
	}
	var out []string
	for _, p := range d.Paths {
		out = append(out, holders(sys, p.Name)...)
	}
	return out
}

// Path is one way to a disk.
type Path struct {
	Name  string // what the helper is asked for: sda, nvme0
	State Fact   // the kernel's word: running, offline; live, resetting
	// Timeouts counts commands that were not answered in time (iotmo_cnt); older kernels and NVMe have none.
	Timeouts Fact
	Link     Link
	// PCIe are the totals of the errors that the port of an NVMe controller has reported (AER), where they are asked for and kept:
	// corrected ones, and of the others those that were not fatal and those that were.
	PCIe []Fact
}

// stateFile is where the kernel says how the path is, below the mount point of sysfs.
func (p Path) stateFile() string {
	if isController(p.Name) {
		return "class/nvme/" + p.Name + "/state"
	}
	return "block/" + p.Name + "/device/state"
}

// Fact is an attribute as it is spelled, or why it could not be read.
type Fact struct {
	Where string
	Value string
	Err   error
}

// Said says whether the attribute was read and is not empty.
func (f Fact) Said() bool { return f.Err == nil && f.Value != "" }

// Evidence is f as evidence.
func (f Fact) Evidence() redundancy.Evidence {
	if f.Err != nil {
		return redundancy.Evidence{Where: f.Where, Err: f.Err.Error()}
	}
	return redundancy.Evidence{Where: f.Where, Value: f.Value}
}

// Link is the link to a disk or its controller, now and at the best that both ends can; 0: not said.
type Link struct {
	Where       string
	Speed, Best float64 // GT/s of PCIe, Gbit/s of SATA and SAS
	Width, Wide int     // lanes of PCIe
	// SAS says that Best is what our end can. What the other end can is proved by Proven, the fastest link to a disk of its model.
	SAS    bool
	Proven float64
}

// Below says whether the link does less than both ends can.
func (l Link) Below() bool {
	return l.Speed > 0 && l.Best > l.Speed || l.Width > 0 && l.Wide > l.Width
}
