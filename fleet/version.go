package fleet

import (
	"fmt"
	"strconv"
	"strings"
)

// tooOld answers ErrOldServer for a version before OldestServer. One that can't be read is taken for new.
func tooOld(version string) error {
	have, oldest := versionParts(version), versionParts(OldestServer)
	if have == nil {
		return nil
	}
	for i := range oldest {
		if have[i] != oldest[i] {
			if have[i] > oldest[i] {
				return nil
			}
			return hint(fmt.Errorf("use nats-server %s: %w", version, ErrOldServer),
				"nats-server "+OldestServer+" or newer is needed: older ones do not keep the order of events")
		}
	}
	return nil
}

// versionParts are major, minor and patch, nil where version has another form.
func versionParts(version string) []int {
	version, _, _ = strings.Cut(strings.TrimPrefix(version, "v"), "-")
	var parts []int
	for word := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(word)
		if err != nil {
			return nil
		}
		parts = append(parts, n)
	}
	if len(parts) != 3 { // major, minor, patch
		return nil
	}
	return parts
}
