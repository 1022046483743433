package bench

import (
	"fmt"
	"strings"
	"time"
)

// Who is compared.
const (
	Ours   = "plimsolld"
	Helper = "its helper" // the part that asks hardware
	Peer   = "node_exporter"
	Loop   = "bare loop"
)

// Scrapes are all scrapes of a run.
type Scrapes []Scrape

// of is how long those of one exporter took, and how large its last answer was.
func (all Scrapes) of(name string) (s Sample, size int64) {
	for _, one := range all {
		if one.Name == name {
			s, size = append(s, one.Took), one.Bytes
		}
	}
	return s, size
}

// Memory is what /proc/PID/status says, in KiB.
type Memory struct {
	Anon   int // RssAnon: the program's own
	File   int // RssFile: pages of files, its text among them
	Locked int // VmLck
}

// ParseMemory reads /proc/PID/status.
func ParseMemory(status string) (Memory, error) {
	var m Memory
	fields := map[string]*int{"RssAnon:": &m.Anon, "RssFile:": &m.File, "VmLck:": &m.Locked}
	found := 0
	for line := range strings.Lines(status) {
		key, value, _ := strings.Cut(line, "\t")
		if to := fields[key]; to != nil {
			if _, err := fmt.Sscanf(value, "%d kB", to); err != nil {
				return m, fmt.Errorf("parse status: %q: %w", strings.TrimSpace(line), err)
			}
			found++
		}
	}
	if found != len(fields) {
		return m, fmt.Errorf("parse status: %d of %d fields", found, len(fields))
	}
	return m, nil
}

// CrowdDisks is how many disks a host gets on top of its own, for what many disks cost.
const CrowdDisks = 200

// Idle is the CPU time that each took For so long.
type Idle struct {
	For  time.Duration
	Took map[string]time.Duration
}

// ratio is how many times as much as the bare loop the agent takes, with what its helper does for it.
func (i Idle) ratio() float64 {
	return ratio(float64(i.Took[Ours]+i.Took[Helper]), float64(i.Took[Loop]))
}
