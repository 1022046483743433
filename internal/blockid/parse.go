package blockid

import (
	"encoding/hex"
	"strings"

	"plimsoll/redundancy"
)

// ParseUUID reads an array's UUID in the kernel's form (8-4-4-4-12 digits) or mdadm's (four times eight, colons between),
// and writes it as the kernel does, in lower case. It is false for nonsense, and for all zeros, which is no UUID.
func ParseUUID(text string) (string, bool) {
	digits := strings.ToLower(strings.NewReplacer("-", "", ":", "").Replace(text))
	raw, err := hex.DecodeString(digits)
	const size = 16
	if err != nil || len(raw) != size || strings.Trim(digits, "0") == "" {
		return "", false
	}
	return digits[:8] + "-" + digits[8:12] + "-" + digits[12:16] + "-" + digits[16:20] + "-" + digits[20:], true
}

// ParseWWID reads the identifier that SCSI and NVMe devices have in sysfs, and is false where it holds no worldwide name:
// SCSI's t10 form is vendor and serial. naa is written as udev writes it, so that /dev/disk/by-id/wwn-0x… is found again.
func ParseWWID(text string) (redundancy.ID, bool) {
	kind, name, ok := strings.Cut(text, ".")
	if !ok || name == "" || strings.ContainsAny(text, " \t\n\x00") || strings.Trim(name, "0-") == "" {
		return "", false
	}
	switch kind {
	case "naa":
		return redundancy.ID("wwn:0x" + strings.ToLower(name)), true
	case "eui", "uuid", "nvme":
		return redundancy.ID("wwn:" + strings.ToLower(text)), true
	default:
		return "", false
	}
}

// ParseSerial reads a serial number, plain or as the SCSI page 80h (SPC-5, 7.7.17: four bytes of header, of which the
// second is the page's code), and is false where there is none.
func ParseSerial(text string) (redundancy.ID, bool) {
	const header, code = 4, 0x80
	if len(text) >= header && text[0] < ' ' && text[1] == code {
		text = text[header:]
	}
	text = strings.Join(strings.Fields(strings.Map(printable, text)), "_")
	if strings.Trim(text, "0_") == "" {
		return "", false
	}
	return redundancy.ID("serial:" + text), true
}

// printable drops what has no place in a name.
func printable(r rune) rune {
	if r < ' ' || r > '~' || r == '/' {
		return ' '
	}
	return r
}
