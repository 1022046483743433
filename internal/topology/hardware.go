package topology

import (
	"strings"

	"plimsoll/internal/sysfs"
)

// attachment is what tells a disk from a volume that a controller makes of several.
type attachment struct {
	place  Place
	driver string // of the SCSI host, as scsi_host/*/proc_name has it; empty for what is no SCSI device
	level  string // raid_level, or aacraid's level; empty where there is none
	raid   bool   // the kernel's RAID class lists it
	model  string
}

// readAttachment asks about the disk name in dir, which is /sys/class/block.
func (c *Collector) readAttachment(dir *sysfs.Dir, name string, place Place) attachment {
	a := attachment{place: place}
	a.model = said(dir, name+"/device/model")
	if place.Host == "" {
		return a
	}
	driver, err := c.sys.Read("class/scsi_host/" + place.Host + "/proc_name")
	if err != nil {
		return a
	}
	a.driver = driver
	a.level = said(dir, name+"/device/raid_level")
	if a.driver == "aacraid" {
		a.level = said(dir, name+"/device/level")
	}
	_, err = c.sys.Stat("class/raid_devices/" + place.Address)
	a.raid = err == nil
	return a
}

// said is what the attribute says, nothing where it can't be read.
func said(dir *sysfs.Dir, path string) string {
	text, err := dir.Read(path)
	if err != nil {
		return ""
	}
	return text
}

// opaque is why the disk can't be judged as one, and empty if it can. What can't be told is not called a disk.
func (a attachment) opaque() string {
	if a.place.Remote != "" {
		return a.place.Remote + " disk: how it is kept is not seen here"
	}
	for _, made := range []string{"DELLBOSS", "Dell BOSS", "HPE NS204i"} { // boot cards that mirror two M.2 disks
		if strings.HasPrefix(a.model, made) {
			return "hardware RAID of " + a.model
		}
	}
	if a.plain() {
		return ""
	}
	return "hardware RAID of " + a.driver
}

// plain says whether the driver surely passes a disk through, or never makes volumes.
func (a attachment) plain() bool {
	const disk = "N/A" // what hpsa and smartpqi say of the RAID level of what has none
	switch a.driver {
	case "megaraid_sas":
		// Channels 0 and 1 are for disks, the rest for volumes (MEGASAS_MAX_PD_CHANNELS in megaraid_sas.h).
		return a.place.channel() == "0" || a.place.channel() == "1"
	case "mptsas", "mpt2sas", "mpt3sas":
		// Disks are devices of the SAS domain, or NVMe disks on channel 2 (PCIE_CHANNEL in mpt3sas_base.h); volumes are
		// neither.
		return a.place.SAS || a.place.channel() == "2"
	case "mpi3mr":
		return a.place.SAS
	case "hpsa", "smartpqi":
		return a.level == disk
	case "aacraid":
		return a.level == "JBOD"
	case "myrb", "myrs":
		return a.level == "Physical Drive"
	case "3w-9xxx", "3w-sas", "3w-xxxx", "arcmsr", "esas2r", "gdth", "hptiop", "ipr", "ips", "leapraid", "megaraid",
		"megaraid_legacy", "mvumi", "pmcraid", "sssraid", "stex":
		return false
	default:
		return !a.raid
	}
}
