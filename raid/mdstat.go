package raid

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/prometheus/procfs"

	"plimsoll/internal/sysfs"
)

// stat is what /proc/mdstat said: the text, and the arrays that are running by it. A text that has not changed is not parsed
// again.
type stat struct {
	text    string
	running []string
}

// notes compare with /proc/mdstat, which lists the running arrays too. listed are the arrays found in sysfs.
func (c *Collector) notes(listed []string) []string {
	text, err := c.proc.ReadAll("mdstat")
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(listed) == 0:
		return []string{"this kernel has no md driver (there is no " + c.proc.Path("mdstat") + ")"}
	case err == nil && text != c.stat.text:
		c.stat, err = readStat(c.proc)
	}
	if err != nil {
		c.stat = stat{}
		return []string{"md arrays are not cross-checked: " + err.Error()}
	}
	var notes []string
	for _, name := range c.stat.running {
		if !slices.Contains(listed, name) {
			notes = append(notes, fmt.Sprintf("%s is running by %s and is not in %s: it is not judged",
				name, c.proc.Path("mdstat"), c.sys.Path("block")))
		}
	}
	return notes
}

// readStat has procfs parse mdstat. The text is kept only if it is the one that was parsed.
func readStat(proc sysfs.FS) (stat, error) {
	root, err := procfs.NewFS(proc.Path())
	if err != nil {
		return stat{}, err
	}
	before, err := proc.ReadAll("mdstat")
	if err != nil {
		return stat{}, err
	}
	arrays, err := root.MDStat()
	if err != nil {
		return stat{}, err
	}
	var s stat
	for _, a := range arrays {
		if a.ActivityState != "inactive" {
			s.running = append(s.running, a.Name)
		}
	}
	if after, err := proc.ReadAll("mdstat"); err == nil && after == before {
		s.text = after
	}
	return s, nil
}
