package lockmem

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Mapping is one line of /proc/PID/maps.
type Mapping struct {
	Start uint64
	End   uint64 // the first address after it
	Perms string // "r-xp"
	Path  string // as the kernel spells it; empty or in brackets where no file is behind it
}

// Size is the number of bytes from Start to End.
func (m Mapping) Size() uint64 { return m.End - m.Start }

// FromFile says whether a file is behind m. One that was deleted after the start, as by an upgrade, still is.
func (m Mapping) FromFile() bool { return strings.HasPrefix(m.Path, "/") }

// String is the form of a line that Parse reads again; offset, device and inode are not kept and stand as zero.
func (m Mapping) String() string {
	return strings.TrimRight(fmt.Sprintf("%08x-%08x %s 00000000 00:00 0 %s", m.Start, m.End, m.Perms, m.Path), " ")
}

// Parse reads /proc/PID/maps. A line that is not of its form is an error, and what stands before it is returned.
func Parse(maps []byte) ([]Mapping, error) {
	var list []Mapping
	for line := range bytes.Lines(maps) {
		m, ok := parseLine(strings.TrimSuffix(string(line), "\n"))
		if !ok {
			return list, fmt.Errorf("parse maps line %d: %q is no mapping", len(list)+1, bytes.TrimSpace(line))
		}
		list = append(list, m)
	}
	return list, nil
}

// pathField is the index of the path among the fields of a line; the only one that may hold spaces.
const pathField = 5

func parseLine(line string) (Mapping, bool) {
	fields := make([]string, 0, pathField)
	rest := line
	for range pathField {
		field, after, _ := strings.Cut(rest, " ")
		if field == "" {
			return Mapping{}, false
		}
		fields, rest = append(fields, field), after
	}
	from, to, _ := strings.Cut(fields[0], "-")
	start, err := strconv.ParseUint(from, 16, 64)
	if err != nil {
		return Mapping{}, false
	}
	end, err := strconv.ParseUint(to, 16, 64)
	if err != nil || end <= start || len(fields[1]) != len("rwxp") {
		return Mapping{}, false
	}
	return Mapping{Start: start, End: end, Perms: fields[1], Path: strings.Trim(rest, " ")}, true
}
