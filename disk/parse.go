package disk

import (
	"strconv"
	"strings"
)

// condition is what the kernel's word for a path means for the disk at its end.
type condition uint8

const (
	unclear condition = iota // between two states, or a word that nobody knows
	works
	dead
)

// conditions are the states of SCSI devices (drivers/scsi/scsi_sysfs.c) and of NVMe controllers (drivers/nvme/host/sysfs.c,
// Documentation/ABI/stable/sysfs-bus-nvme) that are surely one or the other. Devices that are blocked, quiesced, reset or
// connected anew are neither.
var conditions = map[string]condition{
	"running": works, "live": works,
	"offline": dead, "transport-offline": dead, "deleted": dead, "cancel": dead,
	"dead": dead, "deleting": dead, "deleting (no IO)": dead,
}

// parseSpeed reads the speed of a link: "8.0 GT/s PCIe", "6.0 Gbps", "16 GT/s". It is 0 for what says none.
func parseSpeed(text string) float64 {
	number, _, _ := strings.Cut(text, " ")
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || v < 0 || v > 1e6 { // NaN and infinities are no speeds
		return 0
	}
	return v
}

// parseWidth reads the lanes of a link: 0 for none, and for the kernel's 255, which is not known.
func parseWidth(text string) int {
	const most = 32
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > most {
		return 0
	}
	return n
}

// parseTotal is the line with the sum of a list of PCIe errors: "TOTAL_ERR_COR 3". It is empty for what has none.
func parseTotal(text string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "TOTAL_ERR_") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// parseCount reads a counter, which the kernel writes in hexadecimal with 0x before it, or in decimal.
func parseCount(text string) (uint64, bool) {
	n, err := strconv.ParseUint(text, 0, 64)
	return n, err == nil
}

// isDisk says whether name is a whole disk that is told of here: sda, nvme0n1. Others (virtio, MMC) say nothing of themselves.
func isDisk(name string) bool {
	rest, scsi := strings.CutPrefix(name, "sd")
	if scsi {
		return rest != "" && strings.Trim(rest, "abcdefghijklmnopqrstuvwxyz") == ""
	}
	rest, nvme := strings.CutPrefix(name, "nvme")
	if !nvme {
		return false
	}
	controller, namespace, ok := strings.Cut(rest, "n")
	return ok && digits(controller) && digits(namespace)
}

// isController says whether name is an NVMe controller's: nvme0, and neither nvme0n1 nor nvme0c0n1.
func isController(name string) bool {
	rest, ok := strings.CutPrefix(name, "nvme")
	return ok && digits(rest)
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
