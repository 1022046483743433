package lab

import (
	"fmt"
	"path/filepath"
)

// The machine of "boot with drives".
const (
	nvmes = 2 // nvme0 and nvme1, numbered after the SCSI disks
	// sata is the number of the SATA disk; it gets the name after the last SCSI disk's.
	sata = disks + nvmes
	// behind is the number in the WWN of the disk that a hardware RAID controller hides, whose driver a script loads.
	behind      = sata + 1
	behindBytes = 64 << 20
)

// disks is how many disks the machine has in all.
func (m *Machine) disks() int {
	if m.boot.Drives {
		return sata + 1
	}
	return disks
}

// missing is how many SCSI disks are out of their slots.
func (m *Machine) missing() int {
	n := 0
	for _, i := range m.pulled {
		if i < disks {
			n++
		}
	}
	return n
}

// out reports whether disk i is out of its slot.
func (m *Machine) out(i int) bool {
	for _, p := range m.pulled {
		if p == i {
			return true
		}
	}
	return false
}

func nvmeSerial(i int) string { return fmt.Sprintf("NVME%d", i-disks) }

// diskFile is where the content of disk i is kept.
func (m *Machine) diskFile(i int) string { return filepath.Join(m.Dir, fmt.Sprintf("disk%d.img", i)) }

// blockdev is what disk i holds. It outlives the device that is pulled, as a drive would not.
func (m *Machine) blockdev(i int) string {
	return fmt.Sprintf("driver=raw,node-name=node%d,file.driver=file,cache.no-flush=on,file.filename=%s", i, m.diskFile(i))
}

// wwn is the name under which the guest's kernel knows disk i.
func wwn(i int) string { return fmt.Sprintf("5000c5000000%04x", i) }

// The second card, where there is one, has the disks from onCard on, so many on
// each of its functions.
const (
	onCard     = disks / 2
	onFunction = 2
)

// cardFunctions are QEMU's names for the functions of the second card.
func cardFunctions() []string { return []string{"scsi1", "scsi2"} }

// diskID is QEMU's name for the device of disk i.
func diskID(i int) string {
	if i >= disks {
		return fmt.Sprintf("nvme%d", i-disks)
	}
	return fmt.Sprintf("disk%d", i)
}

func (m *Machine) diskDevice(i int) string {
	if i >= disks {
		return fmt.Sprintf("nvme,id=%s,drive=node%d,serial=NVME%d", diskID(i), i, i-disks)
	}
	controller := "scsi0"
	if m.boot.SecondCard && i >= onCard {
		controller = cardFunctions()[(i-onCard)/onFunction]
	}
	return scsiDisk(i, controller, diskID(i))
}

// scsiDisk is a device that leads to disk i through a controller. Several may.
func scsiDisk(i int, controller, id string) string {
	return fmt.Sprintf("scsi-hd,bus=%s.0,scsi-id=%d,id=%s,drive=node%d,share-rw=on,serial=DISK%d,wwn=0x%s", controller, i, id, i, i, wwn(i))
}

// driveArguments are two NVMe devices, a hardware RAID controller with a disk behind it, and a SATA disk.
func (m *Machine) driveArguments() []string {
	args := []string{"-device", "ich9-ahci,id=ahci"}
	for i := range nvmes {
		args = append(args, "-blockdev", m.blockdev(disks+i), "-device", m.diskDevice(disks+i))
	}
	args = append(args, "-device", "megasas,id=raid0,addr=0x1c", "-blockdev", fmt.Sprintf("driver=null-co,read-zeroes=on,size=%d,node-name=behind", behindBytes),
		"-device", "scsi-hd,bus=raid0.0,scsi-id=0,drive=behind,serial=BEHIND0,wwn=0x"+wwn(behind))
	return append(args, "-blockdev", m.blockdev(sata), "-device", fmt.Sprintf("ide-hd,bus=ahci.0,drive=node%d,id=sata0,serial=SATA0,wwn=0x%s", sata, wwn(sata)))
}
