package topology

import "strings"

// Place is how a device is reached, read off its path in sysfs.
type Place struct {
	Functions []string // the PCI functions on the way, outermost first: bridges, then the device's own
	Host      string   // the SCSI host: host0
	Address   string   // within SCSI: host:channel:target:lun
	Expanders []string // SAS expanders, outermost first: by address, or as the kernel calls them: expander-0:0
	SAS       bool     // it is a device of a SAS domain itself, no volume that a controller made
	Port      string   // the ATA port: ata1
	Subsystem string   // of NVMe: nvme-subsys0, for one that is reached through several controllers
	Remote    string   // how, if another machine keeps it: iSCSI, Fibre Channel, NVMe over Fabrics
}

// ParsePlace reads the path of a device below /sys/devices. What it does not know it passes over.
func ParsePlace(path string) Place {
	var p Place
	for part := range strings.SplitSeq(path, "/") {
		switch {
		case isFunction(part):
			p.Functions = append(p.Functions, part)
		case numbered(part, "host"):
			p.Host = part
		case numbered(part, "ata"):
			p.Port = part
		case numbered(part, "nvme-subsys"):
			p.Subsystem = part
		case strings.HasPrefix(part, "expander-"):
			p.Expanders = append(p.Expanders, part)
		case strings.HasPrefix(part, "end_device-"):
			p.SAS = true
		case isAddress(part):
			p.Address = part
		case numbered(part, "session"):
			p.Remote = "iSCSI"
		case strings.HasPrefix(part, "rport-"):
			p.Remote = "Fibre Channel"
		case part == "nvme-fabrics":
			p.Remote = "NVMe over Fabrics"
		}
	}
	return p
}

// Function is the device's own PCI function, and empty where it has none.
func (p Place) Function() string {
	if len(p.Functions) == 0 {
		return ""
	}
	return p.Functions[len(p.Functions)-1]
}

// channel is the second number of the SCSI address.
func (p Place) channel() string {
	_, rest, _ := strings.Cut(p.Address, ":")
	channel, _, _ := strings.Cut(rest, ":")
	return channel
}

// isFunction says whether s is the address of a PCI function: domain:bus:device.function, in hexadecimal. Domains of more
// than four digits are made by Intel's VMD.
func isFunction(s string) bool {
	address, function, ok := strings.Cut(s, ".")
	if !ok || len(function) != 1 || function[0] < '0' || function[0] > '7' {
		return false
	}
	domain, rest, _ := strings.Cut(address, ":")
	bus, device, ok := strings.Cut(rest, ":")
	return ok && len(domain) >= 4 && len(bus) == 2 && len(device) == 2 && all(domain+bus+device, hexDigit)
}

// isAddress says whether s is a SCSI address: four numbers, colons between.
func isAddress(s string) bool {
	if strings.Count(s, ":") != 3 {
		return false
	}
	for number := range strings.SplitSeq(s, ":") {
		if number == "" || !all(number, digit) {
			return false
		}
	}
	return true
}

// numbered says whether s is prefix and a number.
func numbered(s, prefix string) bool {
	number, ok := strings.CutPrefix(s, prefix)
	return ok && number != "" && all(number, digit)
}

func all(s string, is func(byte) bool) bool {
	for i := range len(s) {
		if !is(s[i]) {
			return false
		}
	}
	return true
}

func digit(c byte) bool    { return c >= '0' && c <= '9' }
func hexDigit(c byte) bool { return digit(c) || c >= 'a' && c <= 'f' }
