package fleet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// tooOld answers ErrOldServer for a version before OldestServer. One that can't be read is taken for new.
func tooOld(version string) error {
	return needs(version, OldestServer, "older ones do not keep the order of events")
}

// ConfinesHosts answers ErrOldServer for a version before OldestConfining, with a hint. One that can't be read is taken for new.
func ConfinesHosts(version string) error {
	return needs(version, OldestConfining, "with older ones a host can have answers of the server sent to the subjects of others")
}

func needs(version, oldest, why string) error {
	if have := versionParts(version); have == nil || slices.Compare(have, versionParts(oldest)) >= 0 {
		return nil
	}
	return hint(fmt.Errorf("use nats-server %s: %w", version, ErrOldServer), "nats-server "+oldest+" or newer is needed: "+why)
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
