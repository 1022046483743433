package layout

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"plimsoll/redundancy"
)

// The settings of an array, in the kernel's words (md(4), Documentation/admin-guide/md.rst).
const (
	keyLevel    = "level"
	keyDisks    = "raid_disks"
	keyLayout   = "layout"
	keyChunk    = "chunk_size"
	keyPolicy   = "consistency_policy"
	keyBitmap   = "bitmap"
	keyMetadata = "metadata"
)

// byParity are the layouts of raid5 and raid6 by number, as mdadm calls them; those of raid6 alone follow at 16.
var (
	parityLayouts = []string{"left-asymmetric", "right-asymmetric", "left-symmetric", "right-symmetric", "parity-first", "parity-last"}
	raid6Layouts  = []string{"left-asymmetric-6", "right-asymmetric-6", "left-symmetric-6", "right-symmetric-6", "parity-first-6"}
)

// firstRAID6 is the number of the first of raid6Layouts.
const firstRAID6 = 16

// striped are the levels that have a chunk size.
var striped = []string{"raid0", "raid4", "raid5", "raid6", "raid10"}

func makeArray(p *Plan, id redundancy.ID, k redundancy.Known) {
	level := k.Settings[keyLevel]
	switch {
	case level == "":
		p.note("%s: the baseline does not know its level", k.Name)
		return
	case k.Settings[keyMetadata] == "external":
		p.note("%s lives in a container of the firmware's: make that first, with its metadata, and the array in it", k.Name)
		return
	}
	slots, spares, journal := places(k)
	words := []string{"mdadm", "--create", "/dev/" + k.Name, "--run"}
	if uuid, known := uuidOf(id); known {
		words = append(words, "--uuid="+uuid)
	}
	if v := k.Settings[keyMetadata]; v != "" {
		words = append(words, "--metadata="+v)
	}
	words = append(words, "--level="+level, "--raid-devices="+cmp.Or(k.Settings[keyDisks], strconv.Itoa(len(slots))))
	if len(spares) > 0 {
		words = append(words, "--spare-devices="+strconv.Itoa(len(spares)))
	}
	words = append(words, shape(p, k, level)...)
	if journal != nil {
		words = append(words, "--write-journal="+device(p, k, *journal))
	}
	for n, s := range slots {
		if s == nil {
			words = append(words, "missing")
			p.note("%s: the baseline does not know what was in slot %d", k.Name, n)
			continue
		}
		words = append(words, device(p, k, *s))
	}
	for _, s := range spares {
		words = append(words, device(p, k, s))
	}
	p.run(words...)
	p.Config = append(p.Config, configLine(id, k))
}

// shape are the options that say how the array spreads and protects its data.
func shape(p *Plan, k redundancy.Known, level string) []string {
	var words []string
	if word, known := layoutWord(level, k.Settings[keyLayout]); known && word != "" {
		words = append(words, "--layout="+word)
	} else if !known {
		p.note("%s: mdadm has no word for the layout %s of %s", k.Name, k.Settings[keyLayout], level)
	}
	if chunk, err := strconv.ParseUint(k.Settings[keyChunk], 10, 64); err == nil && slices.Contains(striped, level) {
		const kib = 1024
		words = append(words, "--chunk="+strconv.FormatUint(chunk/kib, 10))
	}
	switch policy := k.Settings[keyPolicy]; {
	case policy == "journal":
	case policy == "ppl":
		words = append(words, "--consistency-policy=ppl")
	case bitmapWord(k) != "" && level != "raid0" && level != "linear":
		words = append(words, "--bitmap="+bitmapWord(k))
	}
	if k.Settings[keyBitmap] == "file" {
		p.note("%s kept its bitmap in a file, whose name md does not tell: an internal one takes its place", k.Name)
	}
	return words
}

// bitmapWord is what mdadm calls where the bitmap is; empty: that is not known.
func bitmapWord(k redundancy.Known) string {
	switch at := k.Settings[keyBitmap]; at {
	case "", "none":
		return at
	default:
		return "internal"
	}
}

// layoutWord is what mdadm calls a layout; empty: the level has none that could be chosen. It is false for one that mdadm cannot
// be told.
func layoutWord(level, number string) (string, bool) {
	if number == "" {
		return "", true
	}
	n, err := strconv.Atoi(number)
	switch {
	case err != nil || n < 0:
		return "", false
	case level == "raid10":
		return raid10Layout(n)
	case level != "raid5" && level != "raid6":
		return "", true
	case n < len(parityLayouts):
		return parityLayouts[n], true
	case level == "raid6" && n >= firstRAID6 && n < firstRAID6+len(raid6Layouts):
		return raid6Layouts[n-firstRAID6], true
	default:
		return "", false
	}
}

// raid10Layout reads the number as raid10.c does: the near copies in the lowest byte, the far ones in the next, and a bit that
// says that those are at an offset.
func raid10Layout(n int) (string, bool) {
	const (
		mask, far = 0xff, 8
		offset    = 1 << 16
	)
	nears, fars := n&mask, n>>far&mask
	switch {
	case n >= offset<<1:
		return "", false
	case fars == 1 && n&offset == 0:
		return fmt.Sprintf("n%d", nears), true
	case nears == 1 && n&offset == 0:
		return fmt.Sprintf("f%d", fars), true
	case nears == 1:
		return fmt.Sprintf("o%d", fars), true
	default:
		return "", false
	}
}

// places are what was in the slots of an array, in their order, the spares, and the journal.
func places(k redundancy.Known) (slots []*redundancy.Held, spares []redundancy.Held, journal *redundancy.Held) {
	n, err := strconv.Atoi(k.Settings[keyDisks])
	if err != nil || n < 0 || n > len(k.Members) {
		n = len(k.Members)
	}
	slots = make([]*redundancy.Held, n)
	for i := range k.Holds {
		h := &k.Holds[i]
		place := string(h.Member[strings.LastIndexByte(string(h.Member), '/')+1:])
		number, isSlot := strings.CutPrefix(place, "slot")
		slot, err := strconv.Atoi(number)
		switch {
		case isSlot && err == nil && slot < n:
			slots[slot] = h
		case place == "journal":
			journal = h
		case h.State == redundancy.Spare:
			spares = append(spares, *h)
		}
	}
	return slots, spares, journal
}

// device is where udev puts a device for good.
func device(p *Plan, k redundancy.Known, h redundancy.Held) string {
	if path, known := byID(h.Part); known {
		return path
	}
	p.note("%s: %s has no worldwide name (%s): see that it is still called /dev/%s", k.Name, h.Name, h.Device, h.Name)
	return "/dev/" + h.Name
}

// byID is the link to a part in /dev/disk/by-id, and false where udev's rules make none that its id tells.
func byID(part redundancy.ID) (string, bool) {
	const dir = "/dev/disk/by-id/"
	kind, rest, _ := strings.Cut(string(part), ":")
	switch {
	case kind == "disk" && strings.HasPrefix(rest, "wwn:0x"):
		return dir + "wwn-" + strings.TrimPrefix(rest, "wwn:"), true
	case kind == "disk" && strings.HasPrefix(rest, "wwn:"): // of NVMe: eui.…, uuid.…, nvme.…
		return dir + "nvme-" + strings.TrimPrefix(rest, "wwn:"), true
	case kind == "dm" && rest != "" && !strings.HasPrefix(rest, "name/"):
		return dir + "dm-uuid-" + rest, true
	case kind == "raid":
		whole, number, partition := strings.Cut(rest, "-part")
		uuid, known := uuidOf(redundancy.ID("raid:" + whole))
		if partition {
			uuid += "-part" + number
		}
		return dir + "md-uuid-" + uuid, known
	default:
		return "", false
	}
}

// uuidOf is the UUID of an array as mdadm writes it, from an id that has one.
func uuidOf(id redundancy.ID) (string, bool) {
	digits := strings.NewReplacer("-", "", ":", "").Replace(strings.TrimPrefix(string(id), "raid:"))
	if len(digits) != 32 || strings.Trim(digits, "0123456789abcdef") != "" {
		return "", false
	}
	return digits[:8] + ":" + digits[8:16] + ":" + digits[16:24] + ":" + digits[24:], true
}

// configLine is the array's line in mdadm.conf(5).
func configLine(id redundancy.ID, k redundancy.Known) string {
	line := "ARRAY /dev/" + k.Name
	if v := k.Settings[keyMetadata]; v != "" {
		line += " metadata=" + v
	}
	if k.Spares > 0 {
		line += " spares=" + strconv.Itoa(k.Spares)
	}
	if uuid, known := uuidOf(id); known {
		line += " UUID=" + uuid
	}
	return line
}

// assemble is the way back of an array that is not there: its disks may be.
func assemble(p *Plan, id redundancy.ID, was redundancy.Known) {
	words := []string{"mdadm", "--assemble", "/dev/" + was.Name}
	if uuid, known := uuidOf(id); known {
		words = append(words, "--uuid="+uuid)
	}
	slots, spares, _ := places(was)
	for _, s := range slots {
		if s != nil {
			words = append(words, device(p, was, *s))
		}
	}
	for _, s := range spares {
		words = append(words, device(p, was, s))
	}
	p.run(words...)
	p.note("%s is not there: this puts it together from its disks; on blank disks see `plimsoll baseline show %s`", was.Name, was.Name)
}

func restoreArray(p *Plan, was, is redundancy.Known) {
	dev := "/dev/" + is.Name
	slots, spares, _ := places(was)
	now, sparesNow, _ := places(is)
	for n, s := range slots {
		if s != nil && n < len(now) && now[n] == nil {
			p.run("mdadm", "--manage", dev, "--re-add", device(p, was, *s))
		}
	}
	for _, s := range spares {
		used := slices.ContainsFunc(is.Holds, func(h redundancy.Held) bool { return h.Device == s.Device && h.Part == s.Part })
		if !used && len(sparesNow) < was.Spares {
			p.run("mdadm", "--manage", dev, "--add-spare", device(p, was, s))
		}
	}
	if len(sparesNow) < was.Spares && len(spares) > 0 && len(p.Commands) == 0 {
		p.note("%s: the spare is in a slot now: add another disk with mdadm --manage %s --add-spare DISK", is.Name, dev)
	}
	changed := func(key string) bool {
		before, now := was.Settings[key], is.Settings[key]
		return before != "" && now != "" && before != now
	}
	reshaped := false
	for _, key := range []string{keyLevel, keyLayout, keyChunk, keyMetadata} {
		if changed(key) {
			reshaped = true
			p.note("%s: no command turns %s %s back into %s safely: a reshape needs room and a backup", is.Name, key, is.Settings[key], was.Settings[key])
		}
	}
	if reshaped {
		return
	}
	if changed(keyDisks) {
		p.run("mdadm", "--grow", dev, "--raid-devices="+was.Settings[keyDisks])
		p.note("%s: this reshapes the array, which takes hours and, to fewer disks, room that is not used", is.Name)
	}
	switch {
	case changed(keyPolicy) && was.Settings[keyPolicy] == "ppl":
		p.run("mdadm", "--grow", dev, "--consistency-policy=ppl")
	case changed(keyPolicy) && is.Settings[keyPolicy] == "ppl":
		p.run("mdadm", "--grow", dev, "--consistency-policy=resync")
	}
	if changed(keyBitmap) && bitmapWord(was) != bitmapWord(is) && was.Settings[keyPolicy] != "ppl" {
		p.run("mdadm", "--grow", dev, "--bitmap="+bitmapWord(was))
	}
}
