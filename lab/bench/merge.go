package bench

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Write puts what was measured into the page at path: each section in the place of the one of the same name, numbers in it aside,
// what has none behind the others, and the beginning if there is a new one. What was not measured stays as it is.
func Write(path, measured string) error {
	before, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write what was measured: %w", err)
	}
	return os.WriteFile(path, []byte(merge(string(before), measured)), 0o644)
}

func merge(before, measured string) string {
	was, is := sections(before), sections(measured)
	for i, s := range is {
		at := -1
		for j, old := range was {
			if nameOf(old) == nameOf(s) {
				at = j
			}
		}
		switch {
		case at >= 0 && strings.TrimSpace(s) != "":
			was[at] = s
		case at < 0 && i > 0:
			was = append(was, s)
		}
	}
	for i := range was {
		was[i] = strings.TrimSpace(was[i])
	}
	return strings.TrimSpace(strings.Join(was, "\n\n")) + "\n"
}

// sections are the parts of a page, the first of which is what stands before the first heading.
func sections(page string) []string {
	parts := strings.Split("\n"+page, "\n## ")
	for i := range parts[1:] {
		parts[i+1] = "## " + parts[i+1]
	}
	return parts
}

// nameOf is a section's heading without digits; empty: it is the beginning.
func nameOf(section string) string {
	heading, found := strings.CutPrefix(section, "## ")
	if !found {
		return ""
	}
	heading, _, _ = strings.Cut(heading, "\n")
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, heading)
}
