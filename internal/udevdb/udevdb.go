package udevdb

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"plimsoll/internal/sysfs"
)

// Entry is what udev keeps of one device.
type Entry struct {
	Where string // the file, for people and as evidence
	text  string
}

// Read is the entry of the block device with this number (8:16), from the file system mounted at run. It is false where udev has
// none: it has not taken the device up yet, or does not run.
func Read(run sysfs.FS, number string) (Entry, bool) {
	path := "udev/data/b" + number
	if run.Path() == "" {
		return Entry{}, false
	}
	text, err := run.ReadAll(path)
	return Parse(run.Path(path), text), err == nil
}

// Parse is the entry that a text is, which stands at where.
func Parse(where, text string) Entry { return Entry{Where: where, text: text} }

// Property is the value of a property, and false where there is none of that name.
func (e Entry) Property(name string) (string, bool) { return e.line("E:" + name + "=") }

// TakenUp is when udev first took the device up, by CLOCK_MONOTONIC, and false where it has not.
func (e Entry) TakenUp() (time.Duration, bool) {
	value, said := e.line("I:")
	micros, err := strconv.ParseInt(value, 10, 64)
	const most = int64(1<<63-1) / int64(time.Microsecond)
	if !said || err != nil || micros < 0 || micros > most {
		return 0, false
	}
	return time.Duration(micros) * time.Microsecond, true
}

func (e Entry) line(prefix string) (string, bool) {
	for line := range strings.Lines(e.text) {
		if value, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), prefix); ok {
			return value, true
		}
	}
	return "", false
}

// Turn is how long a device is udev's alone after it has taken that up: its rules run mdadm, and who else did would race them.
const Turn = 30 * time.Second

// Now is the time of the clock that udev writes down.
func Now() (time.Duration, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		return 0, fmt.Errorf("read CLOCK_MONOTONIC: %w", err)
	}
	return time.Duration(t.Nano()), nil
}
