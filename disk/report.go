package disk

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"plimsoll/internal/priv"
	"plimsoll/redundancy"
)

// Report is what a disk's pages say of its health.
type Report struct {
	Model    string // empty: no page has it
	Speaks   bool   // the disk keeps watch over its own health, so that silence about a fault is an answer
	Predicts bool   // it expects to fail
	Warnings []redundancy.Warning
	Evidence []redundancy.Evidence // the readings; where a page could not be read, why
	// Link is the generation of a SATA link, and Best the disk's own best; 0: not said.
	Link, Best int
}

// usedUp is how much of a disk's life, in percent of what its maker expects, is worth a word: enough is left to order the next.
const usedUp = 90

// Read makes a report of the pages of a look, which it calls after the disk's name.
func Read(name string, d priv.Disk, pages [][]byte) Report {
	page := func(place int) []byte {
		if place < len(pages) {
			return pages[place]
		}
		return nil
	}
	r := reporter{name: name}
	for _, said := range d.Said {
		r.unread("pages", said)
	}
	switch d.Protocol {
	case priv.NVMe:
		h, err := ParseNVMe(page(priv.NVMeSMART))
		r.fault("health log", err)
		if err == nil {
			r.nvme(h)
		}
	case priv.ATA:
		h, err := ParseATA(page(priv.ATAIdentify), page(priv.ATAStatus), page(priv.ATAData), page(priv.ATAThresholds))
		r.fault("SMART", err)
		r.ata(h)
	case priv.SCSI:
		h, err := ParseSCSI(SCSIPages{
			Sense: page(priv.SCSISense), Writes: page(priv.SCSIWrites), Reads: page(priv.SCSIReads), Verifies: page(priv.SCSIVerifies),
			Temperature: page(priv.SCSITemperature), Wear: page(priv.SCSIWear), Scan: page(priv.SCSIScan),
			Exceptions: page(priv.SCSIExceptions), Grown: page(priv.SCSIGrown),
		})
		r.fault("log pages", err)
		r.scsi(h)
	default:
		r.unread("pages", fmt.Sprintf("protocol %q is not known here", d.Protocol))
	}
	slices.SortFunc(r.Warnings, func(a, b redundancy.Warning) int { return cmp.Compare(a.Key, b.Key) })
	return r.Report
}

// reporter puts a report together.
type reporter struct {
	Report
	name string
	aged []redundancy.Evidence // attributes at their thresholds, now or once, that predict nothing now
}

// read adds a reading, and is it as evidence.
func (r *reporter) read(what, value string) redundancy.Evidence {
	e := redundancy.Evidence{Where: r.name + " " + what, Value: value}
	r.Evidence = append(r.Evidence, e)
	return e
}

func (r *reporter) count(what string, n uint64) redundancy.Evidence {
	return r.read(what, strconv.FormatUint(n, 10))
}

func (r *reporter) unread(what, why string) {
	r.Evidence = append(r.Evidence, redundancy.Evidence{Where: r.name + " " + what, Err: why})
}

func (r *reporter) fault(what string, err error) {
	if err != nil {
		r.unread(what, err.Error())
	}
}

func (r *reporter) warn(key, text string, because ...redundancy.Evidence) {
	r.Warnings = append(r.Warnings, redundancy.Warning{Key: key, Text: r.name + ": " + text, Evidence: because})
}

// bits are what the bits of a critical warning mean; the two that predict a failure raise no warning beside it.
var bits = []struct {
	bit       CriticalWarning
	key, text string
}{
	{SpareLow, WarnSpareLow, "its spare space is below its threshold"},
	{TemperatureOff, WarnTemperature, "its temperature is beyond a threshold"},
	{BackupFailed, WarnBackupFailed, "the backup of its volatile memory has failed: a power failure can lose data"},
	{RegionReadOnly, WarnRegion, "its persistent memory region is read-only or unreliable"},
}

func (r *reporter) nvme(h NVMeHealth) {
	r.Speaks = true
	said := r.read("critical_warning", fmt.Sprintf("0x%02x", uint8(h.Warning)))
	r.Predicts = h.Warning&predictWarnings != 0
	for _, b := range bits {
		if h.Warning&b.bit != 0 {
			r.warn(b.key, b.text, said)
		}
	}
	if unknown := h.Warning &^ knownWarnings; unknown != 0 {
		r.warn(WarnUnknown, fmt.Sprintf("it warns of something that has no name yet (critical_warning 0x%02x)", uint8(unknown)), said)
	}
	if celsius, ok := h.Celsius(); ok {
		r.read("temperature", strconv.Itoa(celsius)+" C")
	}
	r.read("available_spare", fmt.Sprintf("%d%%, threshold %d%%", h.Spare, h.SpareThreshold))
	r.used(h.Used)
	r.count("power_on_hours", h.PowerOnHours)
	r.count("unsafe_shutdowns", h.UnsafeShutdowns)
	if media := r.count("media_errors", h.MediaErrors); h.MediaErrors > 0 {
		r.warn(WarnMediaErrors, "data on it could not be read back as it was written", media)
	}
}

func (r *reporter) used(percent uint8) {
	if used := r.read("percentage_used", fmt.Sprintf("%d%%", percent)); percent >= usedUp {
		r.warn(WarnWorn, "its life, as its maker expects it, is nearly or wholly used up", used)
	}
}

// sectors are the attributes that mean the same to every maker, each a count of sectors that went bad.
var sectors = map[uint8]struct{ name, key, text string }{
	5:   {"reallocated_sectors", WarnReallocated, "sectors went bad and were replaced"},
	197: {"pending_sectors", WarnPending, "sectors cannot be read and wait to be written anew"},
	198: {"uncorrectable_sectors", WarnUncorrectable, "its own test found sectors that cannot be read"},
}

func (r *reporter) ata(h ATAHealth) {
	r.Link, r.Best = h.Speed, h.Most
	if !h.On {
		r.warn(WarnSMARTOff, "SMART is not enabled: it says nothing of its health", r.read("SMART", "off"))
		return
	}
	switch h.Failing {
	case Yes:
		r.Speaks, r.Predicts = true, true
		r.read("SMART status", "failing")
	case No:
		r.Speaks = true
		r.read("SMART status", "passed")
	case Unsaid:
	}
	for _, a := range h.Attributes {
		r.attribute(a)
	}
	if len(r.aged) > 0 {
		r.warn(WarnAttribute, "SMART attributes are at their thresholds, or were: by age, or once", r.aged...)
	}
}

func (r *reporter) attribute(a Attribute) {
	const powerOnHours, temperature = 9, 194
	s, counts := sectors[a.ID]
	switch {
	case counts:
		if n := r.count(s.name, a.Raw); a.Raw > 0 {
			r.warn(s.key, s.text, n)
		}
	case a.ID == powerOnHours:
		r.count("power_on_hours", a.Raw&0xffffffff) // makers put other things above
	case a.ID == temperature:
		r.read("temperature", fmt.Sprintf("%d C", a.Raw&0xff)) // likewise
	}
	if !a.Below() && !a.WasBelow() {
		return
	}
	said := r.read(fmt.Sprintf("SMART attribute %d", a.ID), fmt.Sprintf("value %d, worst %d, threshold %d", a.Value, a.Worst, a.Threshold))
	if a.Below() && a.Prefail {
		r.Predicts = true
		return
	}
	r.aged = append(r.aged, said)
}

func (r *reporter) scsi(h SCSIHealth) {
	r.Speaks = h.Reports
	if h.Reports || h.Exception != 0 {
		said := r.read("informational exceptions", fmt.Sprintf("%02x/%02x", h.Exception, h.Qualifier))
		switch {
		case h.Exception == ascPredicted:
			r.Speaks, r.Predicts = true, true
		case h.Exception == ascWarning && (h.Qualifier == 1 || h.Qualifier == 2): // temperature; the enclosure, mostly its fans
			r.warn(WarnTemperature, "it warns of its temperature or of its enclosure", said)
		case h.Exception != 0:
			r.warn(WarnUnknown, fmt.Sprintf("it warns of something (additional sense %02x/%02x)", h.Exception, h.Qualifier), said)
		}
	}
	if h.Celsius != nil {
		r.read("temperature", strconv.Itoa(*h.Celsius)+" C")
	}
	if h.Used != nil {
		r.used(*h.Used)
	}
	var bad []redundancy.Evidence
	for _, c := range []struct {
		name string
		n    *uint64
	}{
		{"uncorrected reads", h.UncorrectedReads},
		{"uncorrected writes", h.UncorrectedWrites},
		{"uncorrected verifies", h.UncorrectedVerifies},
	} {
		if c.n == nil {
			continue
		}
		if e := r.count(c.name, *c.n); *c.n > 0 {
			bad = append(bad, e)
		}
	}
	if len(bad) > 0 {
		r.warn(WarnMediaErrors, "data on it could not be read or written", bad...)
	}
	if h.Grown != nil {
		if e := r.count("grown defects", *h.Grown); *h.Grown > 0 {
			r.warn(WarnReallocated, "blocks went bad and were replaced", e)
		}
	}
	if h.ScanErrors != nil && *h.ScanErrors > 0 {
		r.warn(WarnPending, "its background scan found blocks that are hard or impossible to read", r.count("background scan errors", uint64(*h.ScanErrors)))
	}
}
