package raid

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"plimsoll/internal/blockid"
)

// ErrNonsense means that an attribute holds nothing that its documentation allows.
var ErrNonsense = errors.New("not understood")

func nonsense(text, want string) error { return fmt.Errorf("%q: %w: want %s", text, ErrNonsense, want) }

// maxDisks bounds the slots of an array: version 1 metadata has room for 1920 and a bit more, and a number far above that
// is damage, not an array.
const maxDisks = 4096

// ParseWord reads an attribute of one word. Unknown words are kept; an empty attribute says nothing and is ErrNonsense.
func ParseWord[T ~string](text string) (T, error) {
	if text == "" {
		return "", nonsense(text, "a word")
	}
	return T(text), nil
}

// ParseNumber reads a whole number.
func ParseNumber(text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, nonsense(text, "a whole number")
	}
	return n, nil
}

// ParseCount reads a number of disks.
func ParseCount(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || n > maxDisks {
		return 0, nonsense(text, "a number of disks")
	}
	return int(n), nil
}

// ParseDisks reads raid_disks: "4", or "6 (4)" while a reshape makes six of four.
func ParseDisks(text string) (Disks, error) {
	now, before, err := parseChange(text, ParseCount)
	return Disks{Now: now, Before: before}, err
}

// ParseShape reads layout and chunk_size: "258", or "66049 (258)" while a reshape makes the one of the other.
func ParseShape(text string) (Shape, error) {
	now, before, err := parseChange(text, ParseNumber)
	return Shape{Now: now, Before: before}, err
}

// parseChange reads a number, and behind it in brackets the one before, which is the same where none is written.
func parseChange[T any](text string, parse func(string) (T, error)) (now, before T, err error) {
	var none T
	first, second, changing := strings.Cut(text, " ")
	if now, err = parse(first); err != nil || !changing {
		return now, now, err
	}
	second, opened := strings.CutPrefix(second, "(")
	second, closed := strings.CutSuffix(second, ")")
	if !opened || !closed {
		return none, none, nonsense(text, "a number, and the one before in brackets")
	}
	if before, err = parse(second); err != nil {
		return none, none, err
	}
	return now, before, nil
}

// ParseSlot reads dev-*/slot: a number, "none" or "journal".
func ParseSlot(text string) (Slot, error) {
	switch text {
	case "none":
		return Slot{}, nil
	case "journal":
		return Slot{Journal: true}, nil
	}
	n, err := ParseCount(text)
	if err != nil {
		return Slot{}, nonsense(text, "a slot, none or journal")
	}
	return Slot{Number: n, Taken: true}, nil
}

// ParseDeviceState reads dev-*/state: words between commas. md writes "write_mostly", its documentation "writemostly".
func ParseDeviceState(text string) ([]DeviceWord, error) {
	if text == "" {
		return nil, nonsense(text, "words between commas")
	}
	words := make([]DeviceWord, 0, 1+strings.Count(text, ","))
	for word := range strings.SplitSeq(text, ",") {
		if word == "writemostly" {
			word = string(DevWriteMostly)
		}
		words = append(words, DeviceWord(word))
	}
	return words, nil
}

// ParseBadBlocks reads dev-*/bad_blocks: a line "start length" each, none in a device without. md writes what fits into a
// page: of more ranges than that the last line may be cut off, and is left out.
func ParseBadBlocks(text string) ([]Range, error) {
	const page, line = 4096, 32 // a line has two numbers of at most 20 and 3 digits
	var ranges []Range
	for l := range strings.Lines(text) {
		start, length, ok := strings.Cut(strings.TrimSpace(l), " ")
		s, err := ParseNumber(start)
		n, err2 := ParseNumber(length)
		if !ok || err != nil || err2 != nil {
			if len(text) > page-line && strings.HasSuffix(text, l) {
				return ranges, nil
			}
			return nil, nonsense(l, "start and length")
		}
		ranges = append(ranges, Range{Start: s, Length: n})
	}
	return ranges, nil
}

// ParseRecovered reads dev-*/recovery_start: a sector, or "none" for a device that needs no recovery.
func ParseRecovered(text string) (uint64, error) {
	if text == "none" {
		return ^uint64(0), nil
	}
	n, err := ParseNumber(text)
	if err != nil {
		return 0, nonsense(text, "a sector, or none")
	}
	return n, nil
}

// ParseProgress reads sync_completed: "none", "delayed", or "done / total" in sectors.
func ParseProgress(text string) (Progress, error) {
	switch text {
	case "none":
		return Progress{}, nil
	case "delayed":
		return Progress{Delayed: true}, nil
	}
	done, total, ok := strings.Cut(text, " / ")
	d, err := ParseNumber(done)
	t, err2 := ParseNumber(total)
	if !ok || err != nil || err2 != nil {
		return Progress{}, nonsense(text, "none, delayed, or done / total")
	}
	return Progress{Running: true, Done: min(d, t), Total: t}, nil
}

// ParseSpeed reads sync_speed, KiB a second or "none", as bytes a second.
func ParseSpeed(text string) (float64, error) {
	if text == "none" {
		return 0, nil
	}
	const (
		kibi = 1024
		bits = 43 // so that bytes are exact in a float64, and far above any disk
	)
	n, err := strconv.ParseUint(text, 10, bits)
	if err != nil {
		return 0, nonsense(text, "KiB a second, or none")
	}
	return float64(n) * kibi, nil
}

// ParseStart reads resync_start: "none" when all is in sync, else where a resync would begin or go on. Kernels before 3.0
// wrote a very large number for none.
func ParseStart(text string) (due bool, err error) {
	if text == "none" {
		return false, nil
	}
	n, err := ParseNumber(text)
	if err != nil {
		return false, nonsense(text, "none, or a sector")
	}
	const never = ^uint64(0)
	return n != never, nil
}

// ParseMetadata reads metadata_version: "1.2", "none", "external:imsm" of a container, "external:/md127/0" of an array
// in one ("external:-md127/0" while mdmon keeps it read-only).
func ParseMetadata(text string) (Metadata, error) {
	if text == "" {
		return Metadata{}, nonsense(text, "a version")
	}
	rest, external := strings.CutPrefix(text, "external:")
	if !external {
		return Metadata{}, nil
	}
	m := Metadata{External: true}
	if rest == "" {
		return m, nonsense(text, "external: and what keeps it")
	}
	if rest[0] != '/' && rest[0] != '-' {
		return m, nil
	}
	container, index, ok := strings.Cut(rest[1:], "/")
	if !ok || container == "" || index == "" {
		return Metadata{}, nonsense(text, "external:/container/index")
	}
	m.Container, m.Index = container, index
	return m, nil
}

// ParseUUID reads an array's UUID and writes it as the kernel does. All zeros is no UUID; that and other nonsense are
// ErrNonsense.
func ParseUUID(text string) (string, error) {
	uuid, ok := blockid.ParseUUID(text)
	if !ok {
		return "", nonsense(text, "a UUID, which is never all zeros")
	}
	return uuid, nil
}
